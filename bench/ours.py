"""Our side of `bench.queues`: one process a measurement, one JSON line for each."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from bot.reading.pushes import LARGE, MOST_AT_ONCE
from storage import inbox, outbox
from storage.database import Database
from storage.intake import Arrival, Intake
from storage.records import Done, OutboxItem
from storage.settle import settle

WARM = 512
"""Done before the clock starts: the write-ahead log then has the size it keeps."""
BODY = b'{"document":"Bill/Bill/004512","reason":"push","correlation":"' + b"c" * 32 + b'"}'


def tell(name: str, count: int, since: float) -> None:
    """Print one measurement."""
    print(json.dumps({"name": name, "per_second": count / (time.perf_counter() - since)}))


async def at_once(
    callers: int, numbers: Iterable[int], one: Callable[[int], Awaitable[object]]
) -> None:
    """Do *one* with each number, by so many callers, each waiting for its answer."""
    left = iter(numbers)

    async def call() -> None:
        for number in left:
            await one(number)

    await asyncio.gather(*(call() for _ in range(callers)))


async def measured(
    name: str, callers: int, count: int, one: Callable[[int], Awaitable[object]]
) -> None:
    """Warm up, then tell how many are done a second."""
    await at_once(callers, range(WARM), one)
    since = time.perf_counter()
    await at_once(callers, range(WARM, WARM + count), one)
    tell(name, count, since)


async def intake(store: Database, callers: int, count: int) -> None:
    """What the push door does: a row of the inbox, on the disk when the call returns.

    The drain is what the reader of pushes does: take those first in line, the effect, record.
    """
    door = Intake(store)

    async def add(number: int) -> None:
        identity = f"CountersignBills|{number:032x}"
        assert await door.add(Arrival("acme", identity, BODY, "c" * 32, datetime.now(UTC)))

    await measured("enqueue", callers, count, add)
    since = time.perf_counter()
    while await take_in(store, callers):
        pass
    tell("drain", count + WARM, since)


async def take_in(store: Database, callers: int) -> bool:
    """Carry what comes first in line, so many at once as there are callers."""
    async with store.reading() as conn:
        found = await inbox.next_pushes(conn, "acme", limit=MOST_AT_ONCE, most_bytes=LARGE)
    if found:
        await at_once(callers, range(len(found)), nothing)
        async with store.transaction() as conn:
            await inbox.finish_pushes(conn, found)
    return bool(found)


async def nothing(_: int) -> None:
    """The empty effect."""


def message(number: int, callers: int) -> OutboxItem:
    """A message whose conversation is one of as many as there are callers."""
    document, target = f"Bill/Bill/{number}", f"19:{number % callers}"
    return OutboxItem(f"key {number}", "say", "acme", document, target, {}, "c" * 32)


async def messages(store: Database, callers: int, count: int) -> None:
    """The outbox: a row by a transaction of its own; then take, an empty effect, record."""

    async def add(number: int) -> None:
        async with store.transaction() as conn:
            assert await outbox.add(conn, message(number, callers), now=datetime.now(UTC))

    await measured("enqueue", callers, count, add)
    since = time.perf_counter()
    await asyncio.gather(*(drain(store, f"19:{n}") for n in range(callers)))
    tell("drain", count + WARM, since)
    async with store.reading() as conn:
        assert await outbox.counts(conn) == {"delivered": count + WARM}


async def drain(store: Database, target: str) -> None:
    """Carry all of one conversation."""
    while True:
        async with store.transaction() as conn:
            item = await outbox.claim(conn, target, now=datetime.now(UTC))
        if item is None:
            return
        transition = settle(item, Done(), datetime.now(UTC), 0.5)
        async with store.transaction() as conn:
            assert await outbox.record(conn, item, transition)


WORK = {"intake": intake, "outbox": messages}


async def main(what: str, callers: int, count: int) -> None:
    """Measure in a store of its own."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        store = await Database.open(Path(folder) / "bench.db")
        await WORK[what](store, callers, count)
        await store.close()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
