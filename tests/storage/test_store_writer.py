"""Transactions that share a commit: each whole or nothing, all answered once it is on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from store_values import NOW

from storage import conversations
from storage.database import Database
from storage.driver import rows


async def put(store: Database, name: str, fail: BaseException | None = None) -> str:
    async with store.transaction() as conn:
        await conversations.bind(conn, name, "19:x", by="ann", now=NOW)
        if fail is not None:
            raise fail
    return name


async def put_all(store: Database, *names: str) -> list[str | BaseException]:
    """Put each in a task of its own; all stand in line at once."""
    return await asyncio.gather(*(put(store, name) for name in names), return_exceptions=True)


async def kept(store: Database) -> set[str]:
    async with store.reading() as conn:
        return set(await conversations.channels(conn))


class Spied:
    """What the writing connection was told to do, as SQLite saw it."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __call__(self, statement: str) -> None:
        self.told.append(statement.split(" (")[0])

    def count(self, word: str) -> int:
        return sum(one.startswith(word) for one in self.told)


@pytest.fixture
async def spied(store: Database) -> Spied:
    spy = Spied()
    async with store.transaction() as conn:
        await conn.set_trace_callback(spy)
    spy.told.clear()
    return spy


async def test_who_stands_in_line_shares_a_commit(store: Database, spied: Spied) -> None:
    names = [f"n{number}" for number in range(20)]

    assert await put_all(store, *names) == names

    assert await kept(store) == set(names)
    assert spied.count("COMMIT") == 1


async def test_one_transaction_alone_is_no_more_than_begin_and_commit(
    store: Database, spied: Spied
) -> None:
    await put(store, "alone")

    assert [spied.count(word) for word in ("BEGIN", "COMMIT", "SAVEPOINT")] == [1, 1, 0]


async def test_who_comes_during_a_commit_goes_into_the_next_one(
    store: Database, spied: Spied
) -> None:
    async def one_after_the_other(who: str) -> None:
        for number in range(10):
            await put(store, f"{who}{number}")

    await asyncio.gather(*map(one_after_the_other, "abcd"))

    assert len(await kept(store)) == 40
    assert 10 <= spied.count("COMMIT") <= 20


@pytest.mark.parametrize("place", range(3))
async def test_one_that_fails_takes_nobody_with_it(store: Database, place: int) -> None:
    names = ["a", "b", "c"]
    faults = [RuntimeError("half way") if at == place else None for at in range(3)]

    found = await asyncio.gather(*map(put, [store] * 3, names, faults), return_exceptions=True)

    assert isinstance(found.pop(place), RuntimeError)
    names.pop(place)
    assert found == names
    assert await kept(store) == set(names)


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("turns", range(0, 14, 2))
async def test_one_that_is_cancelled_takes_nobody_with_it(
    store: Database, place: int, turns: int
) -> None:
    names = ["a", "b", "c"]
    tasks = [asyncio.create_task(put(store, name)) for name in names]
    for _ in range(turns):
        await asyncio.sleep(0.0002)

    tasks[place].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    others = {name for at, name in enumerate(names) if at != place}
    assert others <= await kept(store)
    assert all(task.result() == task.result() for task in tasks if task is not tasks[place])
    await put(store, "next")
    assert "next" in await kept(store)


async def test_nothing_can_be_read_of_a_group_before_its_commit(store: Database) -> None:
    seen: list[set[str]] = []

    async def look() -> None:
        async with store.transaction():
            seen.append(await kept(store))

    await asyncio.gather(put(store, "a"), look())

    assert seen == [set()]
    assert await kept(store) == {"a"}


async def test_a_commit_that_fails_fails_for_all_of_its_group_and_the_next_goes_on(
    store: Database,
) -> None:
    async def doubtful() -> None:
        async with store.transaction() as conn:
            await conn.execute("PRAGMA defer_foreign_keys = ON")
            await conn.execute("INSERT INTO steps (decision, number, name, state, due_at)"
                               " VALUES ('nobody''s', 0, 'x', 'pending', '')")  # fmt: skip

    found = await asyncio.gather(put(store, "a"), doubtful(), put(store, "b"),
                                 return_exceptions=True)  # fmt: skip

    assert [type(one) for one in found] == [sqlite3.IntegrityError] * 3
    assert await kept(store) == set()
    await put(store, "next")
    assert await kept(store) == {"next"}


async def test_a_full_disk_that_ends_a_group_ends_it_for_all_and_nothing_else(
    store: Database,
) -> None:
    """SQLite rolls back the whole of it by itself; nobody is told that his part is stored."""
    async with store.transaction() as conn:
        (pages,) = (await rows(conn, "PRAGMA page_count"))[0]
        await conn.execute(f"PRAGMA max_page_count = {pages + 4}")

    async def fill() -> None:
        async with store.transaction() as conn:
            await conn.execute(
                "INSERT INTO answers SELECT hex(randomblob(2000)), '', '' FROM json_each(:many)",
                {"many": str([*range(100)])},
            )

    found = await asyncio.gather(put(store, "a"), put(store, "b"), fill(), put(store, "c"),
                                 return_exceptions=True)  # fmt: skip

    told = {one for one in found if isinstance(one, str)}
    assert [isinstance(one, sqlite3.Error) for one in found[:3]] in (
        [True] * 3,
        [False, False, True],
    )
    assert await kept(store) == told
    await put(store, "next")
    assert await kept(store) == {*told, "next"}


async def test_closing_waits_for_what_is_on_its_way_to_the_disk(
    tmp_path: Path, empty_store: Path
) -> None:
    store = await Database.open(tmp_path / "closing.db")
    committing = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with store.transaction() as conn:
        await conn.set_trace_callback(
            lambda told: told == "COMMIT" and loop.call_soon_threadsafe(committing.set)
        )
    committing.clear()
    task = asyncio.create_task(put(store, "a"))
    await committing.wait()

    await store.close()

    assert await task == "a"
    again = await Database.open(tmp_path / "closing.db")
    assert await kept(again) == {"a"}
    await again.close()


async def test_one_statement_is_a_transaction_of_its_own(store: Database, spied: Spied) -> None:
    put_one = "INSERT INTO answers VALUES (:name, '', '') RETURNING activity"

    found = await store.write(put_one, {"name": "a"})
    alone = spied.count("COMMIT")
    together = await asyncio.gather(put(store, "x"), store.write(put_one, {"name": "b"}))

    assert [row[0] for row in found] == ["a"]
    assert together[1][0][0] == "b"
    async with store.reading() as conn:
        assert [row[0] for row in await rows(conn, "SELECT activity FROM answers")] == ["a", "b"]
    assert alone == 0
    assert spied.count("COMMIT") == 1


async def test_a_statement_alone_that_fails_leaves_nothing(store: Database) -> None:
    put_one = "INSERT INTO answers SELECT value, '', '' FROM json_each(:names)"

    with pytest.raises(sqlite3.IntegrityError):
        await store.write(put_one, {"names": '["a", "b", "a"]'})

    async with store.reading() as conn:
        assert not await rows(conn, "SELECT * FROM answers")
