"""The one connection that writes, and how transactions share the way to the disk.

A transaction that ends does not commit alone: whoever stood in line by then goes first, inside the
same commit, and all are answered when it is on the disk. So a slow disk costs one wait for a
crowd, one transaction alone costs no more than before, and nobody waits for more than one crowd in
front and the own one. Each is still whole or nothing by itself: it has a savepoint of its own.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager

from storage.driver import Connection, Values, in_turn, rows, to_its_end


class Group:
    """Transactions between two commits.

    The commit stands in line like everybody: who waits now goes in, who comes later does not.
    """

    def __init__(self, commit: Callable[[Group], Coroutine[None, None, None]]) -> None:
        self.whole = True
        """False once all of it was rolled back."""
        self.commit = asyncio.create_task(commit(self))
        self.commit.add_done_callback(_heard)


class Writer:
    """Hands out transactions, one after the other."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        self._line = 0
        self._group: Group | None = None
        self._locked = 0
        """How often the store was found to be held by another process for too long."""
        self.trouble = ""
        """Why nothing can be stored now; empty once something was stored again."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Write in one piece: on the disk when the block is left, or nothing of it is."""
        async with self._in_line():
            group = self._group
            with self._failing():
                if group is None:
                    async with self._first():
                        yield self._connection
                    group = self._group = Group(self._commit)
                else:
                    async with self._one_more(group):
                        yield self._connection
        await to_its_end(group.commit)

    async def write(self, statement: str, values: Values) -> list[sqlite3.Row]:
        """Run one statement as a transaction of its own; returns its rows, once on the disk.

        A statement is whole or nothing without a savepoint, and with nobody else in line it needs
        neither BEGIN nor COMMIT: each of them is a trip to the connection's thread.
        """
        async with self._in_line() as alone:
            if alone:
                with self._watching():
                    return await self._rows(statement, values)
            with self._failing():
                group = self._group or await self._open()
            try:
                found = await self._rows(statement, values)
            except sqlite3.Error as error:
                self._note(error)
                self._see(group)
                raise
        await to_its_end(group.commit)
        return found

    async def close(self) -> None:
        """Close the connection once what is on its way to the disk is there."""
        if self._group is not None:
            await asyncio.wait([self._group.commit])
        async with self._turn:
            await self._connection.close()

    @asynccontextmanager
    async def _in_line(self) -> AsyncIterator[bool]:
        """Wait for the turn; tells whether neither a group is open nor anybody waits behind.

        Somebody else's lock is waited for once: whoever stood in line meanwhile hears of it, too.
        """
        self._line += 1
        locked = self._locked
        try:
            await self._turn.acquire()
        finally:
            self._line -= 1
        try:
            if self._locked != locked:
                raise sqlite3.OperationalError(self.trouble)
            yield self._group is None and not self._line
        finally:
            self._turn.release()

    async def _open(self) -> Group:
        async with self._first():
            self._group = Group(self._commit)
        return self._group

    @asynccontextmanager
    async def _first(self) -> AsyncIterator[None]:
        try:
            await self._run("BEGIN IMMEDIATE")
            yield
        except BaseException:
            await self._roll_back()
            raise

    @asynccontextmanager
    async def _one_more(self, group: Group) -> AsyncIterator[None]:
        try:
            await self._run("SAVEPOINT one")
            yield
        except BaseException:
            await self._undo(group)
            raise
        try:
            await self._run("RELEASE one")
        except sqlite3.Error:
            await self._undo(group)
            raise

    async def _undo(self, group: Group) -> None:
        """Take back one transaction of a group, unless SQLite took back all of them."""
        try:
            if self._connection.in_transaction:
                await self._run("ROLLBACK TO one")
                await self._run("RELEASE one")
        except sqlite3.Error:
            await self._roll_back()
        self._see(group)

    def _see(self, group: Group) -> None:
        """See whether a group was rolled back as a whole: SQLite does so when the disk fails."""
        if not self._connection.in_transaction:
            group.whole = False
            self._group = None

    async def _commit(self, group: Group) -> None:
        async with self._turn:
            if not group.whole:
                raise sqlite3.OperationalError("rolled back together with another transaction")
            self._group = None
            with self._watching():
                try:
                    await self._run("COMMIT")
                finally:
                    await self._roll_back()

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Note whether what is on its way to the disk gets there."""
        with self._failing():
            yield
        self.trouble = ""

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._note(error)
            raise

    def _note(self, error: sqlite3.Error) -> None:
        # A row that is refused says nothing of the store.
        if not isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            self.trouble = str(error)
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY:
            self._locked += 1

    async def _roll_back(self) -> None:
        # A commit that got through leaves nothing to roll back.
        if self._connection.in_transaction:
            await self._run("ROLLBACK")

    async def _run(self, statement: str) -> None:
        await in_turn(self._connection, self._connection.execute(statement))

    async def _rows(self, statement: str, values: Values) -> list[sqlite3.Row]:
        return await in_turn(self._connection, rows(self._connection, statement, values))


def _heard(commit: asyncio.Task[None]) -> None:
    """Take note of a failure that nobody may be left to hear: all who waited were cancelled."""
    if not commit.cancelled():
        commit.exception()
