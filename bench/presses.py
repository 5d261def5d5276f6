"""How soon a press is answered while the service drowns: `uv run python -m bench.presses`.

100,000 rows wait (messages, pushes, hints), the ERP answers nothing, pushes go on coming in. Real
HTTP, a real store, the service in a process of its own, started by the operator's command; Teams is
the stand-in, in this process, and its share of the time counts against us.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from world import BEN, PUSH_SECRET, World, open_world  # noqa: E402  # it lies beside the tests

ALLOWED = 1.0
"""Seconds within which 99 of 100 presses are answered."""
CARDS, AGAIN, ITEMS = 40, 5, 100_000
DUE = "2026-01-01T00:00:00.000000Z"
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)"
FILL = {
    "outbox": """INSERT INTO outbox (key, ordering_key, lane, kind, company, document, target,
                                     payload, due_at, created_at, correlation)
        SELECT 'bench' || i, 'bench' || i, 1, 'say', 'acme', '', '19:bench' || (i % 500),
               json_object('service_url', :url, 'conversation', '19:bench' || (i % 500), 'activity',
                           json_object('type', 'message', 'text', 'waiting')), :due, :due, ''
          FROM n""",
    "inbox": """INSERT INTO inbox (company, identity, received_at, body, correlation)
        SELECT 'acme', 'bench' || i, :due, CAST(json_object('Query', 'CountersignBills',
               'CompanyId', 'ACME', 'Id', 'bench' || i, 'TimeStamp', i, 'Inserted',
               json_array(json_object('Type', 'Bill', 'ReferenceNbr', 'B' || i))) AS BLOB), ''
          FROM n""",
    "hints": """INSERT INTO hints (company, document, reason, correlation, due_at)
        SELECT 'acme', 'Bill/Bill/X' || i, 'push', '', :due FROM n""",
}


async def cards(world: World) -> dict[str, str]:
    """Enter bills and wait for a card of each; returns bill -> message."""
    numbers = [await world.witness.bill_on_hold() for _ in range(CARDS)]
    found: dict[str, str] = {}
    while len(found) < CARDS:
        await asyncio.sleep(1)
        for message in await world.witness.messages(BEN):
            told = (message["card"] or {}).get("fallbackText", "")
            found |= {number: message["id"] for number in numbers if f" {number} " in told}
    return found


def fill(store: Path, url: str) -> None:
    """Put into a store whose service is not running what piles up in a very bad week."""
    share = {"outbox": ITEMS // 2, "inbox": ITEMS // 4, "hints": ITEMS // 4}
    with contextlib.closing(sqlite3.connect(store)) as conn, conn:
        for table, many in share.items():
            values = {"many": many, "due": DUE, "url": f"{url}/teams/"}
            conn.execute(f"{NUMBERS} {FILL[table]}", values)


async def push_on(world: World) -> None:
    """Go on pushing, sixteen at a time, until cancelled."""
    url = f"{world.witness.bot}/api/acumatica/push/acme"
    numbers = iter(range(10**9))

    async def one() -> None:
        for number in numbers:
            row = {"Type": "Bill", "ReferenceNbr": f"F{number % 100}"}
            body = {"Query": "CountersignBills", "CompanyId": "ACME", "Inserted": [row],
                    "Id": f"flood{number}", "TimeStamp": number}  # fmt: skip
            headers = {"X-Countersign-Secret": PUSH_SECRET}
            async with world.witness.session.post(url, json=body, headers=headers) as answer:
                await answer.read()
            await asyncio.sleep(0.02)

    await asyncio.gather(*(one() for _ in range(16)))


async def press(world: World, message: str) -> tuple[float, Any]:
    """Press once; return seconds and answer."""
    wish = {"person": BEN, "message": message, "button": "Release"}
    since = time.perf_counter()
    answer = await world.witness.post(f"{world.witness.teams}/_sandbox/press", wish)
    return time.perf_counter() - since, answer


async def press_all(world: World, messages: dict[str, str]) -> list[float]:
    """Press every card, then each again and again; every press has to be answered."""
    took = []
    for _ in range(AGAIN):
        for message in messages.values():
            seconds, answer = await press(world, message)
            assert answer["status"] == 200, answer
            took.append(seconds)
            await asyncio.sleep(0.05)
    return sorted(took)


def waiting(store: Path) -> dict[str, int]:
    """Count what is still in line."""
    open_states = "('new', 'pending', 'retrying', 'in_flight')"
    with contextlib.closing(sqlite3.connect(store)) as conn:
        return {
            table: conn.execute(
                f"SELECT count(*) FROM {table} WHERE state IN {open_states}"
            ).fetchone()[0]
            for table in FILL
        }


async def drown(world: World) -> list[float]:
    """Play the whole of it; return how long each press took, shortest first."""
    process = await world.process()
    messages = await cards(world)
    await world.kill(process)
    store = world.data / "countersign.db"
    fill(store, world.witness.teams)
    await world.witness.erp_fault("delay:3600", times=10**6)
    await world.process()
    flood = asyncio.create_task(push_on(world))
    print("in line:", json.dumps(waiting(store)))
    took = await press_all(world, messages)
    print("in line afterwards:", json.dumps(waiting(store)))
    flood.cancel()
    return took


async def main() -> int:
    """Print what came of it; 1 when presses were too slow."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_world(Path(folder)) as world:
            took = await drown(world)
    found = {f"p{q}": took[min(len(took) - 1, len(took) * q // 100)] for q in (50, 90, 99)}
    told = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in found.items())
    print(f"{len(took)} presses: {told}, longest {took[-1] * 1000:.0f} ms")
    print(f"load average {os.getloadavg()[0]:.1f}, cores {os.cpu_count()}")
    return 0 if found["p99"] < ALLOWED else 1


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    sys.exit(asyncio.run(main()))
