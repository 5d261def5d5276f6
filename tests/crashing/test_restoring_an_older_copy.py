"""An older copy of the store is put in place after a kill: it knows less than has happened.

What was acknowledged since the copy is gone from the store, and comes back by reading alone.
"""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from contextlib import closing
from pathlib import Path

import crashes
from lives import living
from nurseries import nursery
from people import People
from stories import BOOKS
from world import BEN

from bot.operating.backup import make_backup

US = frozenset({"countersign"})
ALONE = "i8_what_was_acknowledged_came_to_an_end: push "
"""What a copy cannot keep: pushes that were acknowledged after it was made."""


async def test_a_copy_with_a_plan_at_work_releases_nothing_twice_after_a_kill(
    tmp_path: Path,
) -> None:
    async with (
        nursery(tmp_path) as parent,
        living(tmp_path / "world", parent, BOOKS["itself"].prepare) as lives,
    ):
        lives.begin()
        people, copy = People(lives), tmp_path / "older.db"
        await people.witness.connect_push()
        at_work, later, waiting = [await people.bill(amount) for amount in (720.0, 730.0, 740.0)]
        await _asked(people, at_work, later, waiting)
        # The copy is made between the ERP's taking the call and its answer.
        await people.witness.erp_fault("delay:1", action="ReleaseBill")
        await people.press_any(BEN, at_work, "Release")
        await lives.until(lambda: _is_at_work(lives.store), "the release is at work")
        await asyncio.to_thread(make_backup, lives.store, copy, _silent, now=lives.clock.now())
        assert await _is_at_work(copy)
        for number in (at_work, later):
            await people.decide(BEN, number, "Release", "Released by Ben Ortiz")
        after = await people.bill(750.0)
        await people.decide(BEN, after, "Release", "Released by Ben Ortiz")

        lives.between = functools.partial(_put_in_place, lives.store, copy)
        await lives.kill()
        await lives.until(lambda: _is_put_off(people, waiting), "nobody decides at once")
        lives.skip(901.0)
        await people.decide(BEN, waiting, "Release", "Released by Ben Ortiz")
        verdict = await crashes.judged(lives, people, US)

    assert lives.kills >= 1
    assert [one for one in verdict.problems if not one.startswith(ALONE)] == []
    assert (verdict.releases.attempted, verdict.releases.duplicated) == (4, 0)
    assert verdict.events.lost == sum(one.startswith(ALONE) for one in verdict.problems)


async def _asked(people: People, *numbers: str) -> None:
    for number in numbers:
        await people.sees(number, BEN, "this waits for you")


async def _is_put_off(people: People, number: str) -> bool:
    answers = await people.press_any(BEN, number, "Release")
    return any("restored from a backup" in str(answer) for answer in answers)


async def _is_at_work(store: Path) -> bool:
    """Whether a release was sent, and nobody knows yet what came of it."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as opened:
        asked = "SELECT count(*) FROM steps WHERE name = 'release' AND state = 'sent'"
        return bool(opened.execute(asked).fetchone()[0])


def _put_in_place(store: Path, copy: Path) -> None:
    for beside in ("", "-wal", "-shm"):
        store.with_name(store.name + beside).unlink(missing_ok=True)
    store.write_bytes(copy.read_bytes())


def _silent(done: int, pages: int) -> None:
    """Show nothing."""
