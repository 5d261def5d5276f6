"""The store as a whole: migrations, one owner, transactions that are whole or nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from store_values import COMPANY, NOW

from storage import audit, conversations, inbox
from storage.database import MIGRATIONS, Connection, Database, StoreError
from storage.records import AuditEntry


async def bind(conn: Connection, name: str) -> None:
    await conversations.bind(conn, name, "19:x", by="ann", now=NOW)


async def bound(store: Database) -> set[str]:
    async with store.reading() as conn:
        return set(await conversations.channels(conn))


# --- opening --------------------------------------------------------------------------------


async def test_a_fresh_store_knows_every_migration(tmp_path: Path) -> None:
    store = await Database.open(tmp_path / "deep" / "er" / "store.db")

    async with store.reading() as conn:
        version = await (await conn.execute("PRAGMA user_version")).fetchone()
    await store.close()
    assert version is not None
    assert version[0] == max(int(file.name[:4]) for file in MIGRATIONS.glob("*.sql"))


async def test_what_was_committed_is_there_after_opening_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        store = await Database.open(tmp_path / "store.db")
        async with store.transaction() as conn:
            await bind(conn, name)
        await store.close()

    store = await Database.open(tmp_path / "store.db")
    assert await bound(store) == {"one", "two"}
    await store.close()


async def test_a_migration_that_fails_leaves_nothing_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with sqlite3.connect(path, isolation_level=None) as made:
        made.execute("CREATE TABLE audit (x)")  # the last table of the first migration
    made.close()

    with pytest.raises(StoreError, match="audit"):
        await Database.open(path)

    with sqlite3.connect(path) as left:
        tables = {name for (name,) in left.execute("SELECT name FROM sqlite_master")}
        version = left.execute("PRAGMA user_version").fetchone()
    left.close()
    assert tables == {"audit"}
    assert version == (0,)


async def test_commits_are_on_disk_before_they_are_told(store: Database) -> None:
    async with store.transaction() as conn:
        synchronous = await (await conn.execute("PRAGMA synchronous")).fetchone()
        journal = await (await conn.execute("PRAGMA journal_mode")).fetchone()

    assert synchronous is not None
    assert journal is not None
    assert (synchronous[0], journal[0]) == (2, "wal")


async def test_one_process_owns_the_store_until_it_closes_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = await Database.open(path)

    with pytest.raises(StoreError, match="in use by another Countersign"):
        await Database.open(path)
    assert await bound(store) == set()

    await store.close()
    again = await Database.open(path)
    await again.close()


async def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"Dear diary, " * 500)

    for _ in range(2):  # the refusal holds nothing: it does not say "in use" the second time
        with pytest.raises(StoreError, match="not a database"):
            await Database.open(path)

    assert path.read_bytes() == b"Dear diary, " * 500


async def test_a_refused_store_can_be_opened_once_it_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"Dear diary, " * 500)
    with pytest.raises(StoreError):
        await Database.open(path)
    path.unlink()

    store = await Database.open(path)
    await store.close()


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(StoreError, match="file"):
        await Database.open(tmp_path / "file" / "store.db")


# --- transactions ---------------------------------------------------------------------------


async def test_a_transaction_that_fails_leaves_nothing(store: Database) -> None:
    async def work() -> None:
        async with store.transaction() as conn:
            await bind(conn, "lost")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await work()
    assert await bound(store) == set()


async def test_a_statement_that_fails_takes_the_whole_transaction_with_it(store: Database) -> None:
    async def work() -> None:
        async with store.transaction() as conn:
            await bind(conn, "lost")
            await conn.execute("INSERT INTO channels (name) VALUES (NULL)")

    with pytest.raises(sqlite3.IntegrityError):
        await work()
    async with store.transaction() as conn:
        await bind(conn, "kept")
    assert await bound(store) == {"kept"}


async def test_reading_sees_only_what_is_committed(store: Database) -> None:
    async with store.transaction() as conn:
        await bind(conn, "new")
        assert await bound(store) == set()

    assert await bound(store) == {"new"}


async def test_reading_sees_one_moment(store: Database) -> None:
    async with store.reading() as reader:
        before = await conversations.channels(reader)
        async with store.transaction() as conn:
            await bind(conn, "new")
        after = await conversations.channels(reader)

    assert before == after == {}


async def test_transactions_of_many_tasks_come_one_after_the_other(store: Database) -> None:
    async def count(_: int) -> None:
        async with store.transaction() as conn:
            row = await (await conn.execute("SELECT count(*) FROM channels")).fetchone()
            assert row is not None
            await asyncio.sleep(0)
            await bind(conn, f"n{row[0]}")

    await asyncio.gather(*map(count, range(20)))

    assert len(await bound(store)) == 20


async def test_a_commit_the_store_refuses_leaves_nothing_and_nothing_open(store: Database) -> None:
    async def work() -> None:
        async with store.transaction() as conn:
            await conn.execute("PRAGMA defer_foreign_keys = ON")
            await bind(conn, "lost")
            await conn.execute(
                "INSERT INTO steps (decision, number, name, state, due_at)"
                " VALUES ('nobody''s', 0, 'x', 'pending', '')"
            )

    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await work()
    async with store.transaction() as conn:
        await bind(conn, "next")
    assert await bound(store) == {"next"}


# --- cancellation ---------------------------------------------------------------------------


class Held:
    """Stops a connection's thread at the first statement that starts with *word*."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._loop = asyncio.get_running_loop()
        self._go = threading.Event()
        self.armed = False
        self.reached = asyncio.Event()

    def __call__(self, statement: str) -> None:
        if self.armed and statement.startswith(self._word):
            self.armed = False
            self._loop.call_soon_threadsafe(self.reached.set)
            assert self._go.wait(5)

    def let_go(self) -> None:
        self._go.set()


async def cancelled_at(store: Database, word: str) -> None:
    """Cancel a transaction while its connection works on the statement *word*."""
    held = Held(word)
    async with store.transaction() as conn:
        await conn.set_trace_callback(held)
    held.armed = True

    async def work() -> None:
        async with store.transaction() as conn:
            await bind(conn, "cut")

    task = asyncio.create_task(work())
    await held.reached.wait()
    task.cancel()
    await asyncio.sleep(0)
    held.let_go()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("word", ["BEGIN", "INSERT"])
async def test_a_transaction_cancelled_at_any_statement_leaves_nothing(
    store: Database, word: str
) -> None:
    await cancelled_at(store, word)

    assert await bound(store) == set()
    async with store.transaction() as conn:
        await bind(conn, "next")
    assert await bound(store) == {"next"}


async def test_a_commit_cancelled_at_work_is_whole_and_the_task_is_told_it_was_cancelled(
    store: Database,
) -> None:
    await cancelled_at(store, "COMMIT")

    assert await bound(store) == {"cut"}
    async with store.transaction() as conn:
        await bind(conn, "next")
    assert await bound(store) == {"cut", "next"}


@pytest.mark.parametrize("word", ["BEGIN", "SELECT"])
async def test_a_cancelled_read_leaves_the_reader_free(store: Database, word: str) -> None:
    held = Held(word)
    async with store.reading() as conn:
        await conn.set_trace_callback(held)
    held.armed = True
    task = asyncio.create_task(bound(store))
    await held.reached.wait()

    task.cancel()
    await asyncio.sleep(0)
    held.let_go()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert await bound(store) == set()


async def test_waiting_for_a_turn_can_be_cancelled(store: Database) -> None:
    async def work() -> None:
        async with store.transaction() as conn:
            await bind(conn, "late")

    async with store.transaction() as conn:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        await bind(conn, "mine")
        with pytest.raises(asyncio.CancelledError):
            await task

    assert await bound(store) == {"mine"}


@pytest.mark.parametrize("turns", range(0, 12, 2))
async def test_a_task_cancelled_after_any_number_of_turns_is_whole_or_nothing(
    store: Database, turns: int
) -> None:
    async def work() -> None:
        async with store.transaction() as conn:
            await bind(conn, "one")
            await inbox.add_hint(conn, COMPANY, "B/B/1", reason="", correlation="", now=NOW)

    task = asyncio.create_task(work())
    for _ in range(turns):
        await asyncio.sleep(0.0002)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    async with store.reading() as conn:
        hinted = await inbox.next_hint_due(conn, COMPANY)
    assert (await bound(store) == {"one"}) is (hinted is not None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_rows SET actor = 'x'",
        "UPDATE audit_rows SET detail = '{}'",
        "UPDATE audit_rows SET mac = mac",
        "DELETE FROM audit_rows",
    ],
)
async def test_nobody_changes_the_audit_trail(store: Database, statement: str) -> None:
    async with store.transaction() as conn:
        await audit.add(conn, AuditEntry(NOW, "c", "ann", "did"))

    with pytest.raises(sqlite3.IntegrityError, match="audit rows are never"):
        async with store.transaction() as conn:
            await conn.execute(statement)

    async with store.reading() as conn:
        rows = await (await conn.execute("SELECT actor FROM audit")).fetchall()
    assert [row[0] for row in rows] == ["ann"]
