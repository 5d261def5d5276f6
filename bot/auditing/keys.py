"""Where the key of the audit trail comes from.

The newest first: AUDIT__KEYS, then ENCRYPTION__KEYS, each by a derivation of its own. Where there
are none, a key is made once and kept beside the store: it tells damage and clumsy hands, but who
can write both files can write anything, and readiness says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from bot.settings import MIN_SECRET, Settings
from storage.chain import Chain, Key, derive
from storage.database import StoreError
from storage.examining import has_rows

WEAK = (
    "the audit trail's key lies beside the store: whoever can write both can write the trail anew;"
    " set AUDIT__KEYS"
)


def open_chain(settings: Settings, token: Callable[[], str]) -> Chain:
    """Return what signs the trail, making a key where there is no trail yet.

    Raises OSError, and StoreError where the key of the trail is told by nobody: with a new one its
    next row would not follow.
    """
    keys = known_keys(settings)
    if not keys and has_rows(settings.storage.path):
        raise StoreError(
            f"there is no key for the audit trail of {settings.storage.path}: set AUDIT__KEYS or"
            " ENCRYPTION__KEYS as the service has them"
        )
    return Chain(keys or (_made(_beside(settings), token),), token)


def known_keys(settings: Settings) -> tuple[Key, ...]:
    """Return every key there is, the newest first; none when the service never started."""
    listed = [*settings.audit.listed, *settings.encryption.listed]
    beside = _beside(settings)
    if beside.exists():
        listed.append(_read(beside))
    return tuple(derive(material) for material in dict.fromkeys(listed))


def weaknesses(settings: Settings) -> list[str]:
    """List what an operator should know about the key."""
    return [] if settings.audit.listed or settings.encryption.listed else [WEAK]


def _beside(settings: Settings) -> Path:
    store = settings.storage.path
    return store.with_name(store.name + ".audit-key")


def _read(path: Path) -> str:
    material = path.read_text("ascii", "replace").strip()
    if len(material) < MIN_SECRET:
        raise StoreError(f"{path} holds no key; put back the one the audit trail was signed with")
    return material


def _made(path: Path, token: Callable[[], str]) -> Key:
    """Make a key that is whole or not there, whenever we are stopped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    opened = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(opened, "w") as file:
        file.write(token() + token() + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    to_disk(path.parent)
    return derive(_read(path))


def to_disk(folder: Path) -> None:
    """Have a new file's name on the disk, where the system knows how."""
    if os.name != "nt":  # pragma: no branch  # there a folder cannot be synced
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
