"""Pushes share a statement and a commit, and none of them pays for another."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from typing import Any

import pytest
from store_values import COMPANY, NOW

from storage import inbox, intake
from storage.database import Database
from storage.driver import rows
from storage.intake import Arrival, Crowded, Intake
from storage.records import RawPush


def push(name: str, **values: Any) -> Arrival:
    return replace(Arrival(COMPANY, name, b'{"n":1}', "c", NOW), **values)


async def add_all(store: Database, *pushes: Arrival) -> list[bool | BaseException]:
    door = Intake(store)
    return await asyncio.gather(*map(door.add, pushes), return_exceptions=True)


async def stored(store: Database) -> list[sqlite3.Row]:
    async with store.reading() as conn:
        return await rows(conn, "SELECT * FROM inbox ORDER BY id")


async def names(store: Database) -> list[str]:
    return [row["identity"] for row in await stored(store)]


async def read_all(store: Database) -> list[RawPush]:
    found = []
    async with store.transaction() as conn:
        while (one := await inbox.next_push(conn, COMPANY)) is not None:
            found.append(one)
            await inbox.finish_push(conn, one)
    return found


async def refuse(store: Database, *identities: str) -> None:
    """Have the store refuse some rows, as it would one it cannot hold."""
    async with store.transaction() as conn:
        for identity in identities:
            await conn.execute(
                f"CREATE TRIGGER no_{identity} BEFORE INSERT ON inbox"
                f" WHEN NEW.identity = '{identity}' BEGIN SELECT RAISE(ABORT, 'no'); END"
            )


async def test_what_arrives_together_is_stored_in_order_with_few_statements(
    store: Database,
) -> None:
    told: list[str] = []
    async with store.transaction() as conn:
        await conn.set_trace_callback(told.append)
    wanted = [f"p{number}" for number in range(300)]

    assert await add_all(store, *map(push, wanted)) == [True] * 300

    assert await names(store) == wanted
    assert sum("INSERT" in one for one in told) == 2  # 256 and the rest


async def test_a_push_in_a_group_is_stored_as_one_alone_would_be(store: Database) -> None:
    odd = push("Bills|ü\u2028\U0001f600", body='{"a":"\\u0000\\\\ \\"é\u2028\U0001f600"}'.encode(),
               order=639_000_000_000_000_000, correlation="c'")  # fmt: skip
    await add_all(store, odd, push("other"))
    together = dict((await stored(store))[0])
    async with store.transaction() as conn:
        await conn.execute("DELETE FROM inbox")
        await inbox.add_push(conn, company=COMPANY, identity=odd.identity, body=odd.body,
                             correlation="c'", now=NOW, order=odd.order)  # fmt: skip

    assert together == dict((await stored(store))[0])
    assert (await read_all(store))[0].body == odd.body


async def test_the_same_push_twice_in_a_group_is_stored_once_and_told_so(store: Database) -> None:
    found = await add_all(store, push("a"), push("a"), push("a", company="beta"), push("b"))

    assert found == [True, False, True, True]
    assert await add_all(store, push("a"), push("c")) == [False, True]
    assert await names(store) == ["a", "a", "b", "c"]


@pytest.mark.parametrize("strange", [
    push("strange", body=b'{"x":"' + b"y" * intake.SMALL + b'"}'),
    push("Bills|\0strange"),
    push("strange", body=b"\0"),
    push("strange", order=-(2**70)),
])  # fmt: skip
async def test_what_would_not_fit_in_a_group_is_stored_whole(
    store: Database, strange: Arrival
) -> None:
    assert await add_all(store, push("a"), strange, push("b")) == [True] * 3

    assert {one.body for one in await read_all(store)} == {push("a").body, strange.body}
    assert strange.identity in await names(store)
    assert await add_all(store, strange) == [False]


@pytest.mark.parametrize("bad", [["p0"], ["p7"], ["p9"], ["p0", "p4", "p5"]])
async def test_a_row_the_store_refuses_fails_alone(store: Database, bad: list[str]) -> None:
    await refuse(store, *bad)
    wanted = [f"p{number}" for number in range(10)]

    found = await add_all(store, *map(push, wanted))

    refused = [name for name, one in zip(wanted, found, strict=True) if one is not True]
    assert refused == bad
    assert all(isinstance(one, sqlite3.IntegrityError) for one in found if one is not True)
    assert sorted(await names(store)) == sorted({*wanted} - {*bad})


async def test_a_failing_disk_is_told_to_all_and_nothing_of_them_is_stored(
    store: Database,
) -> None:
    async with store.transaction() as conn:
        (pages,) = (await rows(conn, "PRAGMA page_count"))[0]
        await conn.execute(f"PRAGMA max_page_count = {pages + 1}")
    big = b'{"x":"' + b"y" * 9000 + b'"}'

    found = await add_all(store, *(push(f"p{number}", body=big) for number in range(20)))

    assert [type(one) for one in found] == [sqlite3.OperationalError] * 20
    assert await names(store) == []
    async with store.transaction() as conn:
        await conn.execute("PRAGMA max_page_count = 100000")
    assert await add_all(store, push("later")) == [True]


@pytest.mark.parametrize("who", range(3))
async def test_a_caller_that_is_cancelled_takes_nobody_with_it(store: Database, who: int) -> None:
    door = Intake(store)
    tasks = [asyncio.create_task(door.add(push(f"p{number}"))) for number in range(3)]
    await asyncio.sleep(0)

    tasks[who].cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(found.pop(who), asyncio.CancelledError)
    assert found == [True, True]
    assert {f"p{number}" for number in range(3) if number != who} <= {*await names(store)}


async def test_who_comes_when_the_line_is_full_is_told_to_come_again(store: Database) -> None:
    door = Intake(store, most_waiting=3)
    tasks = [asyncio.create_task(door.add(push(f"p{number}"))) for number in range(5)]

    found = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(one) for one in found] == [bool, bool, bool, Crowded, Crowded]
    assert await names(store) == ["p0", "p1", "p2"]
    assert await door.add(push("p3"))


async def test_a_press_waits_for_one_group_of_pushes_however_many_are_in_line(
    store: Database,
) -> None:
    door = Intake(store)
    tasks = [asyncio.create_task(door.add(push(f"p{number}"))) for number in range(2000)]
    await asyncio.sleep(0)

    async with store.transaction() as conn:
        (before,) = (await rows(conn, "SELECT count(*) FROM inbox"))[0]

    assert before <= intake.MOST_AT_ONCE
    assert await asyncio.gather(*tasks) == [True] * 2000


async def test_pushes_are_read_in_order_as_many_as_fit(store: Database) -> None:
    sizes = {"a": 100, "b": 900, "c": 2000, "d": 10}
    await add_all(store, *(push(name, body=b"x" * size) for name, size in sizes.items()))
    taken = []

    async with store.transaction() as conn:
        while found := await inbox.next_pushes(conn, COMPANY, limit=10, most_bytes=1000):
            taken.append([len(one.body) for one in found])
            await inbox.finish_pushes(conn, found)

    assert taken == [[100, 900], [2000], [10]]


async def test_no_more_pushes_are_taken_than_asked_for(store: Database) -> None:
    await add_all(store, *(push(name, order=-at) for at, name in enumerate("abcde")))

    async with store.transaction() as conn:
        found = await inbox.next_pushes(conn, COMPANY, limit=3, most_bytes=1000)

    assert [one.id for one in found] == [5, 4, 3]


@pytest.mark.parametrize("odd", [push("odd", body=b"\xff"), push("x\ud800")])
async def test_what_is_no_text_harms_no_push_beside_it(store: Database, odd: Arrival) -> None:
    _, beside = await add_all(store, odd, push("beside"))

    assert beside is True
    assert "beside" in await names(store)


async def test_a_body_that_is_no_text_is_stored_as_it_came(store: Database) -> None:
    await add_all(store, push("odd", body=b"\xff"), push("beside"))

    assert {bytes(row["body"]) for row in await stored(store)} == {b"\xff", b'{"n":1}'}
