"""A process that stores pushes and channels as fast as it can and tells what it was promised.

Run by test_store_killed.py as `python flooding.py STORE LIFE`; ends when it is killed.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from storage import conversations
from storage.database import Database
from storage.intake import Arrival, Intake

NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def main(path: Path, life: str) -> None:
    store = await Database.open(path)
    door = Intake(store)

    async def push(caller: int) -> None:
        for number in itertools.count():
            name = f"push.{life}.{caller}.{number}"
            told = [await door.add(Arrival("acme", name, b"{}", "c", NOW)) for _ in range(2)]
            assert told == [True, False]
            os.write(1, f"{name}\n".encode())

    async def bind(caller: int) -> None:
        for number in itertools.count():
            name = f"channel.{life}.{caller}.{number}"
            async with store.transaction() as conn:
                await conversations.bind(conn, name, "19:x", by="ann", now=NOW)
            os.write(1, f"{name}\n".encode())

    await asyncio.gather(*map(push, range(8)), *map(bind, range(4)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
