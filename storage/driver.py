"""How statements reach SQLite: each takes one trip to the connection's thread, and to its end.

The trips cost more than the statements. The adapter that comes with aiosql takes two or three for
one statement: execute, fetch, close.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any, TypeAlias, TypeVar

import aiosqlite
from aiosql.adapters.aiosqlite import AioSQLiteAdapter

Connection: TypeAlias = aiosqlite.Connection
Values: TypeAlias = Mapping[str, Any] | None
T = TypeVar("T")
PAGE = 500
"""Rows taken at once of what may be many: between two pages others have their turn."""


class OneTrip(AioSQLiteAdapter):
    """Runs the named statements of `storage/*.sql`."""

    async def select(
        self, conn: Connection, name: str, sql: str, values: Values, record_class: object = None
    ) -> AsyncIterator[sqlite3.Row]:
        """Yield every row."""
        del name, record_class
        for row in await rows(conn, sql, values):
            yield row

    async def select_one(
        self, conn: Connection, name: str, sql: str, values: Values, record_class: object = None
    ) -> sqlite3.Row | None:
        """Return the first row."""
        del name, record_class
        found = await rows(conn, sql, values)
        return found[0] if found else None

    async def select_value(self, conn: Connection, name: str, sql: str, values: Values) -> Any:
        """Return the first column of the first row."""
        row = await self.select_one(conn, name, sql, values)
        return row[0] if row else None

    async def insert_returning(self, conn: Connection, name: str, sql: str, values: Values) -> Any:
        """Return the number of the row it made."""
        del name
        return (await conn.execute(sql, values)).lastrowid

    async def insert_update_delete(
        self, conn: Connection, name: str, sql: str, values: Values
    ) -> int:
        """Return how many rows it changed."""
        del name
        # A statement that gives no rows is over once it ran; closing its cursor were another trip.
        return (await conn.execute(sql, values)).rowcount


async def rows(conn: Connection, sql: str, values: Values = None) -> list[sqlite3.Row]:
    """Run one statement and return its rows."""
    return list(await conn.execute_fetchall(sql, values))


async def paged(
    ask: Callable[[sqlite3.Row | None], AsyncIterator[sqlite3.Row]],
) -> AsyncIterator[sqlite3.Row]:
    """Yield all rows of a question that is asked page by page, each from the last row before it."""
    last = None
    while True:
        page = [row async for row in ask(last)]
        for row in page:
            yield row
        if len(page) < PAGE:
            return
        last = page[-1]


async def in_turn(conn: Connection, statement: Coroutine[Any, Any, T]) -> T:
    """Let a *statement* end although the caller is being cancelled meanwhile, who is told then.

    The connection's thread runs it anyway; leaving early would hand the next task a connection that
    is still inside somebody else's transaction. The thread takes one after the other, so what is
    asked after it is answered after it.
    """
    try:
        return await statement
    except asyncio.CancelledError:
        await to_its_end(asyncio.ensure_future(conn.execute("SELECT 1")))
        raise


async def to_its_end(running: asyncio.Task[T]) -> T:
    """Let a task end although the caller is being cancelled meanwhile, who is told afterwards."""
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError as error:
            cancelled = error
        except sqlite3.Error:
            break
    if cancelled is not None:
        raise cancelled
    return running.result()
