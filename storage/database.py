"""Opens the store, brings it up to date, and hands out transactions.

SQLite in WAL mode with `synchronous=FULL`: what a caller was told is on disk. One process owns the
store; in it one connection that writes (`writer`), and one that reads and never waits for a write.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

import aiosql
import aiosqlite

from storage.chain import Chain
from storage.driver import Connection, OneTrip, Values, in_turn
from storage.writer import Writer

__all__ = [
    "Connect",
    "Connection",
    "Database",
    "StoreError",
    "StoreInUse",
    "is_owned",
    "must_exist",
    "statements",
    "visiting",
]

Connect: TypeAlias = Callable[..., Connection]
"""Opens a connection as `aiosqlite.connect` does; a simulation passes its own."""
PROBE = (
    "INSERT INTO settings_seen (name, value) VALUES ('store', hex(randomblob(8)))"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
"""Writes a little, to see whether it can be done."""
PATIENCE = 2000
"""Milliseconds another process may hold the store: whoever presses is answered within three."""
MIGRATIONS = Path(__file__).with_name("migrations")


class StoreError(Exception):
    """The store cannot be used; says which file and what to do."""


class StoreInUse(StoreError):
    """Another process owns the store: a service is running."""


def statements(name: str) -> Any:
    """Load the named statements of one table from `storage/NAME.sql`."""
    driver: Any = OneTrip  # aiosql's types say that no count comes back, its own drivers return one
    return aiosql.from_path(Path(__file__).with_name(f"{name}.sql"), driver)


class Database:
    """The open store."""

    def __init__(self, writer: Connection, reader: Connection, owner: Connection) -> None:
        self._writer = Writer(writer)
        self._reader = reader
        self._owner = owner
        self._read_lock = asyncio.Lock()

    @classmethod
    async def open(
        cls, path: Path, connect: Connect = aiosqlite.connect, chain: Chain | None = None
    ) -> Database:
        """Open the store at *path*, creating or migrating it; *chain* signs the audit trail.

        Without one, what is added to the trail proves nothing. Raises StoreError.
        """
        async with AsyncExitStack() as opened:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                owner = await _own(path, opened, connect)
                writer = await _connect(path, opened, connect)
                await _migrate(writer)
                await writer.execute(f"PRAGMA busy_timeout = {PATIENCE}")
                for function in (chain or Chain((), secrets.token_urlsafe)).functions():
                    await writer.create_function(*function)
                store = cls(writer, await _connect(path, opened, connect), owner)
            except (sqlite3.Error, OSError) as error:
                raise StoreError(f"{path}: {error}") from error
            opened.pop_all()
            return store

    async def close(self) -> None:
        """Close both connections; the write-ahead log is folded in by SQLite."""
        await self._reader.close()
        await self._writer.close()
        await self._owner.close()

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """Write in one piece: everything inside is committed at the end, or nothing is."""
        return self._writer.transaction()

    async def write(self, statement: str, values: Values = None) -> list[sqlite3.Row]:
        """Run one statement as a transaction of its own; returns its rows."""
        return await self._writer.write(statement, values)

    async def trouble(self) -> str:
        """Say why nothing can be stored now, empty when all is well; asks again while it is not."""
        if self._writer.trouble:
            with suppress(sqlite3.Error):
                await self.write(PROBE)
        return self._writer.trouble

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Read what is committed, as of one moment."""
        async with self._read_lock:
            try:
                await in_turn(self._reader, self._reader.execute("BEGIN"))
                yield self._reader
            finally:
                if self._reader.in_transaction:
                    await in_turn(self._reader, self._reader.execute("ROLLBACK"))


def must_exist(path: Path) -> None:
    """Raise StoreError where no service ever made a store."""
    if not path.exists():
        raise StoreError(f"{path}: there is no store yet; it is made when the service starts")


@asynccontextmanager
async def visiting(path: Path, chain: Chain | None = None) -> AsyncIterator[Connection]:
    """Reach into the store of a running service from outside, for single statements.

    Each is committed by itself, and the service's own transactions wait for it, but briefly. With
    *chain* the audit trail can be added to. Raises StoreError, also where there is no store.
    """
    must_exist(path)
    try:
        async with AsyncExitStack() as opened:
            conn = await _connect(path, opened, aiosqlite.connect)
            for function in chain.functions() if chain else ():
                await conn.create_function(*function)
            yield conn
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}; is an older Countersign running?") from error


async def is_owned(path: Path) -> bool:
    """Say whether a running service owns the store at *path*; takes nothing from it."""
    lock = path.with_name(path.name + ".lock")
    if not lock.exists():
        return False
    async with aiosqlite.connect(f"{lock.resolve().as_uri()}?mode=ro", uri=True) as conn:
        try:
            await conn.execute("PRAGMA busy_timeout = 0")
            await conn.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError:
            return True
    return False


async def _own(path: Path, opened: AsyncExitStack, connect: Connect) -> Connection:
    """Make the store this process's alone; the lock ends with the process, however it ends."""
    lock = path.with_name(path.name + ".lock")
    owner = await opened.enter_async_context(connect(lock, isolation_level=None))
    try:
        await owner.execute("PRAGMA busy_timeout = 0")
        await owner.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise StoreInUse(
            f"{path} is in use by another Countersign; stop that one, or set STORAGE__URL"
        ) from error
    return owner


async def _connect(path: Path, opened: AsyncExitStack, connect: Connect) -> Connection:
    connection = await opened.enter_async_context(connect(path, isolation_level=None))
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
