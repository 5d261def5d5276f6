"""Looks for secrets where none may be: every value a world's service was given is a canary.

Looked through: log lines with their tracebacks, every file of the world (the store with its audit
rows, exports, anchors), what both stand-ins saw and show, what the service's own doors tell, and
the command lines of all processes. A secret is known raw, in base64, for a URL, and within JSON.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Shorter ones are not secrets but words."""
SIGN_INS = (
    "/entity/auth/login",
    "/identity/connect/token",
    "/identity/connect/revocation",
    "/oauth2/v2.0/token",
)
"""Requests a secret legitimately goes into."""


@functools.cache
def forms_of(secret: str) -> frozenset[bytes]:
    """Every way a secret may be written."""
    raw = secret.encode()
    texts = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    encoded = {base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"=")}
    return frozenset({text.encode() for text in texts} | encoded)


class Canaries:
    """What must be found nowhere, and where was looked."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}
        self.allowed: set[Path] = set()
        """Files in which a test itself put a secret, for the service to read."""
        self.armed: set[str] = set()
        """Places where a test itself put a secret: a peer that quotes it, say."""
        self.heard: dict[str, bytes] = {}
        self.log = _Log()
        logging.getLogger().addHandler(self.log)
        for logger in logging.root.manager.loggerDict.values():
            if isinstance(logger, logging.Logger):
                logger.disabled = False  # import-linter's set-up silences whoever was there

    def plant(self, name: str, secret: str) -> None:
        """From now on nobody may tell *secret*."""
        if len(secret) >= SHORTEST:
            self.planted[secret] = name

    def close(self) -> None:
        logging.getLogger().removeHandler(self.log)

    def hear(self, where: str, told: bytes) -> None:
        """Keep what was told somewhere, to be looked through in the end."""
        self.heard[where] = told

    def found(self, data: Path) -> list[str]:
        """Which secret stands where."""
        places = {**self.heard, "the log": "\n".join(self.log.lines).encode()}
        places = {where: text for where, text in places.items() if where not in self.armed}
        told = [one for where, text in places.items() for one in self._in(text, where)]
        for path in data.rglob("*"):
            if path.is_file() and path not in self.allowed:
                told += self._in(path.read_bytes(), str(path.relative_to(data)))
        for line in command_lines():
            told += self._in(line, "a command line")
        return told

    def _in(self, text: bytes, where: str) -> Iterator[str]:
        for secret, name in self.planted.items():
            if any(form in text for form in forms_of(secret)):
                yield f"{name} stands in {where}"


class _Log(logging.Handler):
    """Keeps every line with all that was given to it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        told = [self.format(record), *map(repr, record.__dict__.values())]
        self.lines.append("\n".join(told))


def command_lines() -> Iterator[bytes]:
    """The command line of every process, where the system tells."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_bytes()
        except OSError:
            continue  # it ended meanwhile


def secrets_in(settings: dict[str, Any]) -> dict[str, str]:
    """Every secret of a bot's settings, by the name of its variable."""
    from bot.secrets.names import secret_names

    told = {}
    for name in secret_names(settings.get("acumatica", {})):
        section = settings.get(name.section, {})
        inner = section.get(name.company, {}) if name.company else section
        told[name.variable] = str(inner.get(name.field, ""))
    for section in ("encryption", "audit"):
        for place, key in enumerate(str(settings.get(section, {}).get("keys", "")).split(","), 1):
            told[f"{section.upper()}__KEYS {place}"] = key.strip()
    return told


def kept_in(store: Path, keys: str) -> dict[str, str]:
    """Every secret a store keeps sealed, refresh tokens above all, by where it is kept."""
    from storage.database import StoreError
    from storage.vault import Vault, VaultError, look_inside

    told = {}
    with contextlib.suppress(StoreError):  # a file this test made that is no store
        for row in look_inside(store) if keys else []:
            with contextlib.suppress(VaultError):  # of a key this test took away
                told[f"{row.name} of {row.company}"] = Vault(keys.split(",")).opened(row)
    return told


def without_sign_ins(history: dict[str, Any]) -> dict[str, Any]:
    """What a stand-in saw, but for the requests that are there to carry a secret."""
    events = [
        event
        for event in history["events"]
        if not any(path in str(event.get("path", "")) for path in SIGN_INS)
    ]
    return {"events": events}
