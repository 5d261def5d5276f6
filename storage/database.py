"""Opens the store, brings it up to date, and hands out transactions.

SQLite in WAL mode with `synchronous=FULL`: what a caller was told is on disk. One process owns the
store; in it one writer connection behind a lock, and one reader that never waits for a write.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import aiosql
import aiosqlite

Connection: TypeAlias = aiosqlite.Connection
MIGRATIONS = Path(__file__).with_name("migrations")


class StoreError(Exception):
    """The store cannot be used; says which file and what to do."""


class StoreInUse(StoreError):
    """Another process owns the store: a service is running."""


def statements(name: str) -> Any:
    """Load the named statements of one table from `storage/NAME.sql`."""
    return aiosql.from_path(Path(__file__).with_name(f"{name}.sql"), "aiosqlite")


class Database:
    """The open store."""

    def __init__(self, writer: Connection, reader: Connection, owner: Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._owner = owner
        self._lock = asyncio.Lock()
        self._read_lock = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path) -> Database:
        """Open the store at *path*, creating or migrating it. Raises StoreError."""
        async with AsyncExitStack() as opened:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                owner = await _own(path, opened)
                writer = await _connect(path, opened)
                await _migrate(writer)
                store = cls(writer, await _connect(path, opened), owner)
            except (sqlite3.Error, OSError) as error:
                raise StoreError(f"{path}: {error}") from error
            opened.pop_all()
            return store

    async def close(self) -> None:
        """Close both connections; the write-ahead log is folded in by SQLite."""
        await self._reader.close()
        await self._writer.close()
        await self._owner.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Write in one piece: everything inside is committed at the end, or nothing is."""
        async with self._lock:
            try:
                await _to_its_end(self._writer, "BEGIN IMMEDIATE")
                yield self._writer
                await _to_its_end(self._writer, "COMMIT")
            finally:
                # A commit that got through leaves nothing to roll back.
                if self._writer.in_transaction:
                    await _to_its_end(self._writer, "ROLLBACK")

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Read what is committed, as of one moment."""
        async with self._read_lock:
            try:
                await _to_its_end(self._reader, "BEGIN")
                yield self._reader
            finally:
                if self._reader.in_transaction:
                    await _to_its_end(self._reader, "ROLLBACK")


async def _to_its_end(connection: Connection, statement: str) -> None:
    """Run *statement* to its end although the task is being cancelled meanwhile.

    The driver's thread runs it anyway; leaving early would hand the next task a connection that is
    still inside somebody else's transaction.
    """
    running = asyncio.ensure_future(connection.execute(statement))
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
    running.result()


@asynccontextmanager
async def visiting(path: Path) -> AsyncIterator[Connection]:
    """Reach into the store of a running service from outside, for single statements.

    Each is committed by itself, and the service's own transactions wait for it, but briefly.
    Raises StoreError.
    """
    try:
        async with AsyncExitStack() as opened:
            yield await _connect(path, opened)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}; is an older Countersign running?") from error


async def _own(path: Path, opened: AsyncExitStack) -> Connection:
    """Make the store this process's alone; the lock ends with the process, however it ends."""
    lock = path.with_name(path.name + ".lock")
    owner = await opened.enter_async_context(aiosqlite.connect(lock, isolation_level=None))
    try:
        await owner.execute("PRAGMA busy_timeout = 0")
        await owner.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise StoreInUse(
            f"{path} is in use by another Countersign; stop that one, or set STORAGE__URL"
        ) from error
    return owner


async def _connect(path: Path, opened: AsyncExitStack) -> Connection:
    connection = await opened.enter_async_context(aiosqlite.connect(path, isolation_level=None))
    connection.row_factory = sqlite3.Row
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "busy_timeout = 5000",
    ):
        await connection.execute(f"PRAGMA {pragma}")
    return connection


async def _migrate(connection: Connection) -> None:
    """Run the numbered files that the store has not seen, each in its own transaction."""
    for file in sorted(MIGRATIONS.glob("*.sql")):
        number = int(re.match(r"\d+", file.name)[0])  # type: ignore[index]  # named NNNN_*.sql
        await connection.execute("BEGIN IMMEDIATE")
        # Asked inside the transaction, so that two starting at once do not both run a file.
        version = await (await connection.execute("PRAGMA user_version")).fetchone()
        if version is not None and number > version[0]:
            for statement in _split(file.read_text("utf-8")):
                await connection.execute(statement)
            await connection.execute(f"PRAGMA user_version = {number}")
        await connection.execute("COMMIT")


def _split(script: str) -> list[str]:
    """Split a migration at its closing semicolons; `executescript` would commit on its own."""
    found, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found
