"""Tells the end of the audit trail elsewhere: every hour to a file, every day to a channel.

A chain alone cannot tell that its end was cut off, or that whoever has the key wrote it anew. What
was told elsewhere can.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from bot.auditing.keys import to_disk
from bot.clock import Bell, Ports
from bot.sending.places import Reachable
from bot.settings import Settings
from cards.audit_head import head_message
from cards.language import language_of
from storage import audit, conversations, outbox
from storage.chain import Anchor, Row
from storage.database import Database, StoreError
from storage.records import OutboxItem

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
AGAIN = timedelta(minutes=1)
"""After a file could not be written."""
TOLD = "audit head told"
_MAC = re.compile(r"[0-9a-f]{64}")


def anchor_file(settings: Settings) -> Path:
    """Return where the end of the trail is told."""
    store = settings.storage.path
    return settings.audit.anchor or store.with_name(store.name + ".anchor")


@dataclass(frozen=True, slots=True)
class Anchors:
    """What was told to a file."""

    told: tuple[Anchor, ...] = ()
    damaged: tuple[int, ...] = ()
    """Lines that cannot be read; a stop in the middle of writing leaves one."""


def read_anchors(path: Path) -> Anchors:
    """Read what was told to a file. Raises OSError."""
    told, damaged = [], []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            anchor = _read(line)
            if anchor is not None:
                told.append(anchor)
            elif line.strip():
                damaged.append(number)
    return Anchors(tuple(told), tuple(damaged))


def read_head(text: str) -> Anchor:
    """Read `ROWS:PROOF`, as a person copies it out of a channel. Raises StoreError."""
    rows, _, mac = re.sub(r"[\s,.]", "", text).partition(":")
    anchor = _read(json.dumps({"at": "the message", "seq": rows, "mac": mac}))
    if anchor is None:
        raise StoreError(f"{text!r} must be like 1234:PROOF, with the 64 characters of the message")
    return anchor


def _read(line: str) -> Anchor | None:
    try:
        told = json.loads(line)
        anchor = Anchor(str(told["at"]), int(told["seq"]), str(told["mac"]))
    except (ValueError, KeyError, TypeError):
        return None
    return anchor if anchor.seq > 0 and _MAC.fullmatch(anchor.mac) else None


def append(path: Path, anchor: Anchor) -> None:
    """Add a line, on the disk when this returns. Raises OSError."""
    fresh = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Only ever appended to: the file may be one that the system lets nobody cut (`chattr +a`).
    with os.fdopen(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600), "a+b") as file:
        torn = _is_torn(file)
        file.write(b"\n" * torn + json.dumps(asdict(anchor)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if fresh:
        to_disk(path.parent)


def _is_torn(file: BinaryIO) -> bool:
    """Say whether the last line was cut short by a stop."""
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


class Anchoring:
    """Tells the end of the trail, to the file and to the channel, when it is time."""

    def __init__(
        self,
        store: Database,
        path: Path,
        ports: Ports,
        *,
        channel: tuple[str, str] = ("", ""),
        reachable: Reachable = str,
    ) -> None:
        self._store = store
        self._path = path
        self._ports = ports
        self._channel, self._language = channel
        self._reachable = reachable
        self.outbox: Bell | None = None
        self._due: float = 0.0
        self._told = ""
        self._trouble = ""

    async def step(self) -> bool:
        """Tell the end of the trail if it is time; always False, as nothing is due right after."""
        seconds = self._ports.clock.reading().seconds
        if seconds < self._due:
            return False
        async with self._store.reading() as conn:
            last = await audit.head(conn)
        if last is None:
            return False
        if self._channel:
            await self._tell_channel(last)
        written = last.mac == self._told or await self._tell_file(last)
        self._due = seconds + (EVERY if written else AGAIN).total_seconds()
        return False

    async def next_due(self) -> datetime | None:
        """Return when the end of the trail is told again."""
        wait = self._due - self._ports.clock.reading().seconds
        return self._ports.clock.now() + timedelta(seconds=max(wait, 0.0))

    def troubles(self) -> list[str]:
        """Tell an operator what is wrong with the anchors."""
        return [self._trouble] if self._trouble else []

    async def _tell_file(self, last: Row) -> bool:
        anchor = Anchor(self._ports.clock.now().isoformat(), last.seq, last.mac)
        try:
            await asyncio.to_thread(append, self._path, anchor)
        except OSError as error:
            self._trouble = f"the audit trail has no anchor: {self._path}: {error.strerror}"
            log.warning("audit trail not anchored", extra={"reason": self._trouble})
            return False
        self._told, self._trouble = last.mac, ""
        return True

    async def _tell_channel(self, last: Row) -> None:
        today = self._ports.clock.now().date().isoformat()
        async with self._store.transaction() as conn:
            if await audit.seen_before(conn, TOLD) == today:
                return
            place = await conversations.bound(conn, self._channel)
            if not place:
                return  # told once the channel is bound
            known = await conversations.get(conn, place)
            message = head_message(last.seq, last.at, last.mac, language_of(self._language))
            payload = {
                "service_url": self._reachable(known.service_url if known else ""),
                "conversation": place,
                "activity": message,
            }
            key = f"audit|head|{today}"
            item = OutboxItem(key, "say", "", f"audit {today}", place, payload, self._ports.token())
            await outbox.add(conn, item, now=self._ports.clock.now())
            await audit.remember(conn, TOLD, today)
        if self.outbox is not None:
            self.outbox.ring()
