"""Takes pushes in at the door: while one commit is on its way, what arrives goes into the next.

The rows of a group are written with one statement and answered when they are on the disk.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from storage import inbox
from storage.database import Database
from storage.records import stamp

MOST_AT_ONCE = 256
"""Pushes of one statement; a press waits for no more than these."""
MOST_WAITING = 4096
"""Pushes in line. Who comes then is told to come again: memory and waiting stay bounded."""
SMALL = 16 * 1024
"""Bytes up to which a push shares a statement; a larger one would keep the others waiting."""


class Crowded(Exception):
    """More pushes are in line than will be stored soon; the sender may come again."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A push somebody proved to have sent."""

    company: str
    identity: str
    body: bytes
    correlation: str
    received_at: datetime
    order: int = 0
    """The sender's own time stamp: what has not been read yet is read in that order."""


Waiting: TypeAlias = tuple[Arrival, asyncio.Future[bool]]


class Intake:
    """Stores pushes, many with one commit."""

    def __init__(self, store: Database, *, most_waiting: int = MOST_WAITING) -> None:
        self._store = store
        self._most_waiting = most_waiting
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, push: Arrival) -> bool:
        """Store a push on the disk; False when the same one is there already.

        Raises Crowded, and sqlite3.Error when the store fails.
        """
        if not _can_share(push):
            return await self._add_alone(push)
        if len(self._waiting) >= self._most_waiting:
            raise Crowded(f"{len(self._waiting)} pushes wait to be stored")
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((push, told))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await told

    async def _add_alone(self, push: Arrival) -> bool:
        async with self._store.transaction() as conn:
            return await inbox.add_push(
                conn,
                company=push.company,
                identity=push.identity,
                body=push.body,
                correlation=push.correlation,
                now=push.received_at,
                order=push.order,
            )

    async def _write(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = _split(self._waiting, MOST_AT_ONCE)
                try:
                    await self._store_group(group)
                finally:
                    _leave(group)
        finally:
            self._writing = None
            _leave(self._waiting)

    async def _store_group(self, group: Sequence[Waiting]) -> None:
        """Store a group; one that the store refuses because of a row, in halves."""
        try:
            fresh = await self._insert([push for push, _ in group])
        except sqlite3.OperationalError as error:
            _fail(group, error)  # the disk, not a row: halves would fare no better
        except sqlite3.Error as error:
            if len(group) == 1:
                _fail(group, error)
                return
            for half in _split(group, len(group) // 2):
                await self._store_group(half)
        else:
            _answer(group, fresh)

    async def _insert(self, pushes: Sequence[Arrival]) -> Counter[tuple[str, str]]:
        """Return which were not there before."""
        packed = json.dumps([_row(push) for push in pushes])
        found = await self._store.write(inbox.SQL.add_all.sql, {"rows": packed})
        return Counter((company, identity) for company, identity in found)


def _can_share(push: Arrival) -> bool:
    # SQLite's JSON ends a text at its first NUL, and what is no UTF-8 would fail the whole group.
    if len(push.body) > SMALL or "\0" in push.identity or b"\0" in push.body:
        return False
    try:
        push.identity.encode()
        push.body.decode()
    except UnicodeError:
        return False
    return True


def _row(push: Arrival) -> list[str | int]:
    return [
        push.company, push.identity, stamp(push.received_at), inbox.sortable(push.order),
        push.body.decode(), push.correlation,
    ]  # fmt: skip


def _split(group: Sequence[Waiting], at: int) -> tuple[list[Waiting], list[Waiting]]:
    return [*group[:at]], [*group[at:]]


def _answer(group: Sequence[Waiting], fresh: Counter[tuple[str, str]]) -> None:
    for push, told in group:
        key = (push.company, push.identity)
        if not told.done():  # a caller that was cancelled hears nothing; its push is stored
            told.set_result(fresh[key] > 0)
        fresh[key] -= 1


def _fail(group: Sequence[Waiting], error: sqlite3.Error) -> None:
    for _, told in group:
        if not told.done():
            told.set_exception(error)


def _leave(group: Sequence[Waiting]) -> None:
    """Let go of whoever was not answered: the process ends."""
    for _, told in group:
        told.cancel()
