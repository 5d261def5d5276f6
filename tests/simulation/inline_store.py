"""The store's connections without a thread: real SQLite, each statement where it is asked for.

Between a statement and its answer the others may go on, as with the driver's own thread. The disk
may be slow, full, locked or broken for a while; a process that ends leaves what it had not
committed behind.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import aiosqlite
from virtual_time import Killed, owner

FAULTS: dict[str, str] = {
    "disk full": "database or disk is full",
    "disk locked": "database is locked",
    "disk broken": "disk I/O error",
}
YIELDS = 0.25
"""How often others may go on before a statement's answer is taken."""
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "BEGIN IMMEDIATE", "COMMIT", "WITH")


@dataclass(eq=False)
class Disk:
    """What the disk under the store does."""

    chance: Random
    trouble: str = ""
    left: int = 0
    struck: Counter[str] = field(default_factory=Counter)

    def arm(self, kind: str, times: int) -> None:
        """Let the next writes fail."""
        self.trouble, self.left = kind, times

    def calm(self) -> None:
        """From now on it works."""
        self.left = 0

    def strike(self, statement: str) -> None:
        """Raise what the disk says to a write while it is in trouble."""
        if not self.left or not statement.lstrip().upper().startswith(_WRITES):
            return
        if statement.startswith("COMMIT") and self.trouble == "disk locked":
            return  # who holds the lock commits
        self.left -= 1
        self.struck[self.trouble] += 1
        raise sqlite3.OperationalError(FAULTS[self.trouble])

    def delay(self, statement: str) -> float | None:
        """Seconds an answer takes, None for no time at all; a commit waits for the disk."""
        if statement.startswith("COMMIT"):
            return self.chance.random() * 0.004
        return 0.0 if self.chance.random() < YIELDS else None


class InlineConnection(aiosqlite.Connection):
    """A connection as `aiosqlite` gives, driven in the loop's own thread."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], disk: Disk) -> None:
        super().__init__(connector, 64)
        self._disk = disk
        self._process = owner()
        if self._process is not None:
            self._process.at_death.append(self._cut)

    def __del__(self) -> None: ...

    def __await__(self) -> Any:
        return self._connect().__await__()

    async def _connect(self) -> InlineConnection:
        if self._connection is None:
            self._connection = self._connector()
        return self

    async def _execute(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if not self._connection:
            raise Killed if self._process and not self._process.alive else ValueError("closed")
        statement = args[0] if args and isinstance(args[0], str) else ""
        self._disk.strike(statement)
        result = fn(*args, **more)
        delay = self._disk.delay(statement)
        if delay is not None:
            await asyncio.sleep(delay)
        return result

    @property
    def in_transaction(self) -> bool:
        return self._connection is not None and self._connection.in_transaction

    async def close(self) -> None:
        self._cut()

    def stop(self) -> None: ...

    def _cut(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def inline(disk: Disk) -> Callable[..., aiosqlite.Connection]:
    """How a process opens its store on *disk*."""

    def connect(path: Path, **options: Any) -> InlineConnection:
        return InlineConnection(lambda: sqlite3.connect(path, **options), disk)

    return connect
