"""What a killed process was promised is in the store, once: real files, real processes."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path

from storage.database import Database
from storage.driver import rows

ROOT = Path(__file__).resolve().parents[2]
LIVES = 10
PROMISES = 40
"""How many a process makes before it is killed in the middle of more."""


async def live_and_die(path: Path, life: int) -> list[str]:
    """Let a process flood the store, kill it, and return what it had been promised."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("flooding.py")), str(path), str(life),
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    told = [await process.stdout.readline() for _ in range(PROMISES + 7 * life)]
    process.kill()
    told += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    return [line.decode().strip() for line in told if line.endswith(b"\n")]


async def held(path: Path) -> Counter[str]:
    store = await Database.open(path)
    async with store.reading() as conn:
        found = await rows(conn, "SELECT identity AS name FROM inbox UNION ALL"
                                 " SELECT name FROM channels")  # fmt: skip
        (fine,) = (await rows(conn, "PRAGMA integrity_check"))[0]
    await store.close()
    assert fine == "ok"
    return Counter(row["name"] for row in found)


async def test_whatever_was_promised_before_a_kill_is_there_exactly_once(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    promised: list[str] = []

    for life in range(LIVES):
        promised += await live_and_die(path, life)
        found = await held(path)
        assert [name for name in promised if found[name] != 1] == []

    assert len(promised) == len({*promised}) >= LIVES * PROMISES
    assert {name.split(".")[0] for name in promised} == {"push", "channel"}
    assert set((await held(path)).values()) == {1}
