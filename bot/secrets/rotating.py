"""A new encryption key: put in front where the keys come from, then every row sealed with it.

Whenever this is stopped, the keys that are told open every row, and the next call (or the next
start of the service) goes on. The former key stays behind the new one: backups need it, and so may
the audit trail.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.auditing.changes import key_mark, note_key, seen_key
from bot.auditing.keys import open_chain, to_disk
from bot.checked import SettingsError
from bot.clock import Ports
from bot.secrets.key_vault import keep_in_vault
from bot.secrets.sources import Source, keys_file, keys_source
from bot.settings import MAKE_KEY, Settings
from storage import audit
from storage.database import Database, StoreInUse
from storage.vault import Vault

Write = Callable[[str], None]
"""Puts keys, separated by commas, where they are read from."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of it."""

    place: str
    """Where the new key stands."""
    rows: int = 0
    waits: str = ""
    """What has to be done before the rows are sealed anew; empty when they are."""
    went_on: bool = False
    """Whether a rotation that had been broken off was finished, with its key."""
    proves: bool = False
    """Whether the former key also proves the audit trail."""

    def lines(self) -> list[str]:
        """Return what happened and what to do next, for a person."""
        if self.waits:
            return [f"✓ a new key stands in front in {self.place}", f"  Next: {self.waits}"]
        told = "an unfinished rotation is finished" if self.went_on else "a new key is in use"
        kept = (
            "it also proves the older rows of the audit trail, as AUDIT__KEYS is not set"
            if self.proves
            else "older backups open with it alone: keep it with them"
        )
        return [
            f"✓ {told}: {self.rows} rows sealed anew; it stands in front in {self.place}",
            f"  Next: start the service. The former key may stay behind it; {kept}",
        ]


async def rotate(settings: Settings, ports: Ports, key: str, to: Path | None) -> Rotated:
    """Put *key* in front and seal every row with it, or finish what was broken off.

    Keys of the environment cannot be changed from here: they go to the file *to*, with the new one.
    Raises SettingsError, StoreError, OSError.
    """
    keys = settings.encryption.listed
    problems = settings.encryption.problems()
    if problems or not keys:
        raise SettingsError(problems or [f"ENCRYPTION__KEYS is empty; {MAKE_KEY}"])
    place, write = _place(settings, to)
    more = ",".join((key, *keys))
    if to is not None:
        write(more)
        return Rotated(place, waits=_take(place))
    try:
        chain = open_chain(settings, ports.token)
        store = await Database.open(settings.storage.path, ports.connect, chain)
    except StoreInUse:
        write(more)
        return Rotated(place, waits="restart the service: it seals every row anew at its start")
    proves = not settings.audit.listed
    try:
        await audit.begin(store, chain, now=ports.clock.now())
        went_on = await _is_unfinished(store, keys, ports)
        if not went_on:
            write(more)
            keys = (key, *keys)
        return Rotated(place, await _seal(store, keys, ports), went_on=went_on, proves=proves)
    finally:
        await store.close()


async def _is_unfinished(store: Database, keys: tuple[str, ...], ports: Ports) -> bool:
    async with store.transaction() as conn:
        seen = await seen_key(conn)
        if seen is None:
            await note_key(conn, keys, ports)
        unlike = await Vault(keys).unlike(conn)
    # One key alone is what sealed everything: nothing was begun.
    return len(keys) > 1 and (unlike > 0 or seen not in (None, key_mark(keys)))


async def _seal(store: Database, keys: tuple[str, ...], ports: Ports) -> int:
    async with store.transaction() as conn:
        await note_key(conn, keys, ports)
    return await Vault(keys).reseal(store)


def _take(place: str) -> str:
    return (
        f"set ENCRYPTION__KEYS_FILE={place}, take ENCRYPTION__KEYS out of the environment, and"
        " restart the service: it seals every row anew at its start"
    )


def _place(settings: Settings, to: Path | None) -> tuple[str, Write]:
    if to is not None:
        if to.exists():
            raise SettingsError([f"{to} exists already; name a file that does not"])
        return str(to), partial(write_keys, to)
    asked, source = settings.encryption, keys_source()
    if source is Source.FILE:
        return keys_file(), partial(write_keys, Path(keys_file()))
    if asked.key_vault and source is Source.NOWHERE:
        return f"{asked.key_vault_secret} of {asked.key_vault}", partial(keep_in_vault, asked)
    raise SettingsError(
        ["ENCRYPTION__KEYS stands in the environment, which no command can change: add --to FILE"]
    )


def write_keys(path: Path, keys: str) -> None:
    """Write a file for us alone, whole or not at all, on the disk when this returns."""
    partial_ = path.with_name(path.name + ".partial")
    opened = os.open(partial_, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(opened, "w") as file:
        file.write(keys + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial_.replace(path)
    to_disk(path.parent)
