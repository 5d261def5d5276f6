"""What the service stands on, part by part: well or not, since when, why, and what to do.

Some of it a restart mends, or nothing can be served without it: that alone makes the service not
ready. What only one company or one peer lacks does not, as the others are served.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.board import Board
from bot.clock import Clock
from bot.pulse import Pulse
from storage import vitals
from storage.database import Database

LITTLE, NONE = 1_000_000_000, 100_000_000
"""Bytes left on the disk below which it is told, and below which nothing may work."""
APART = 60.0
"""Seconds by which the machine's clock may have been set since the start."""
TEAMS = "sending to Teams"
"""Where a company's board tells that Teams does not take the bot's token."""
CLOCK = "clock"
STEPS = {
    "store": "make room on the disk, end what locks the file; the service tries again by itself",
    "migrations": "run the version of Countersign that this store was written by, or a newer one",
    "disk": "make room, or move the store",
    "tasks": "restart the service, and keep its log lines: this is a mistake of ours",
    "clock": "keep the machine's time by NTP; times on cards and in the audit trail go by it",
    "teams": "run `doctor`: it names the setting of the bot registration that is wrong",
    "acumatica": "run `doctor`: it names who can mend it in Acumatica, and where",
}
"""Kind of part -> what an operator does."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing the service stands on."""

    kind: str
    company: str = ""
    reason: str = ""
    """Why it is not well; empty when it is."""
    since: datetime | None = None
    blocks: bool = False
    """Whether the service is not ready because of it."""

    def to_json(self) -> dict[str, Any]:
        """Return the part as `/health/ready` tells it."""
        told: dict[str, Any] = {"part": self.kind, "well": not self.reason}
        if self.company:
            told["company"] = self.company
        if self.reason:
            told |= {
                "reason": self.reason,
                "since": self.since.isoformat() if self.since else None,
                "step": STEPS[self.kind],
                "blocks": self.blocks,
            }
        return told


def bytes_left(folder: Path) -> int:
    """Return how many bytes are left on the disk of *folder*."""
    return shutil.disk_usage(folder).free


class Health:
    """Looks at every part when it is asked."""

    def __init__(
        self,
        store: Database,
        path: Path,
        clock: Clock,
        boards: Mapping[str, Board],
        pulse: Pulse | None = None,
        *,
        free: Callable[[Path], int] = bytes_left,
    ) -> None:
        self._free = free
        self._store = store
        self._path = path
        self._clock = clock
        self._boards = boards
        self._pulse = pulse
        self._newest = vitals.newest_version()
        self._started = clock.now(), clock.reading().seconds
        self._since: dict[str, datetime] = {}

    async def parts(self) -> list[Part]:
        """Look at everything now."""
        store = await self._store_part()
        return [
            store,
            *([] if store.reason else [await self._migrations()]),
            await self._disk(),
            self._tasks(),
            self._time(),
            *self._peers(),
        ]

    def _part(self, kind: str, reason: str, *, blocks: bool = False) -> Part:
        """Remember since when a part is not well."""
        if not reason:
            self._since.pop(kind, None)
            return Part(kind)
        since = self._since.setdefault(kind, self._clock.now())
        return Part(kind, "", reason, since, blocks)

    async def _store_part(self) -> Part:
        try:
            trouble = await self._store.trouble()
        except sqlite3.Error as error:
            trouble = str(error)
        told = f"nothing can be stored: {trouble}" if trouble else ""
        return self._part("store", told, blocks=True)

    async def _migrations(self) -> Part:
        async with self._store.reading() as conn:
            has = await vitals.version(conn)
        wrong = "" if has == self._newest else f"the store is of version {has}, not {self._newest}"
        return self._part("migrations", wrong, blocks=True)

    async def _disk(self) -> Part:
        left = await asyncio.to_thread(self._free, self._path.resolve().parent)
        told = f"{left / 1e9:,.2f} GB are left" if left < LITTLE else ""
        # It blocks nothing by itself: whether the store takes what is written, the store tells.
        return self._part("disk", told)

    def _tasks(self) -> Part:
        ailing = self._pulse.ailing() if self._pulse else []
        return self._part("tasks", "; ".join(ailing), blocks=True)

    def _time(self) -> Part:
        """Compare the wall's clock with the one nobody can set: both went on as long."""
        wall, steady = self._started
        passed = (self._clock.now() - wall).total_seconds()
        off = passed - (self._clock.reading().seconds - steady)
        told = f"the machine's clock was set by {off:+.0f} seconds since the start"
        return self._part("clock", told if abs(off) > APART else "")

    def _peers(self) -> Iterator[Part]:
        """Tell what the boards know of Teams, and of each company's Acumatica."""
        refused = [board for board in self._boards.values() if TEAMS in board.troubles]
        if refused:
            yield Part("teams", "", refused[0].troubles[TEAMS], refused[0].since.get(TEAMS))
        else:
            yield Part("teams")
        for name, board in self._boards.items():
            apart = board.troubles.get(CLOCK, "")
            if apart:
                yield Part("clock", name, apart, board.since.get(CLOCK))
            where = sorted(one for one in board.troubles if is_of_erp(one))
            told = "; ".join(f"{one}: {board.troubles[one]}" for one in where)
            since = min((board.since[one] for one in where if one in board.since), default=None)
            yield Part("acumatica", name, told, since)


def is_of_erp(where: str) -> bool:
    """Say whether a trouble is about Acumatica itself."""
    return where.startswith(("Acumatica", "poll ", "watermark ", "employees", "reconciliation"))
