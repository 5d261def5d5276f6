"""A disk that takes nothing, a store somebody else holds: doors say so, nothing is lost, it heals.

The service runs as a process of its own. Its disk fails by a limit of the operating system on what
it may write, set and taken back from outside, or by a small file system of its own that is truly
full, where one may be mounted; its store is locked by another process: ours.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from world import BEN, PUSH_SECRET, World, eventually, open_world

Fails = Callable[[World, int], Any]
SMALL = "16m"


@contextmanager
def disk_that_takes_nothing(world: World, process: int) -> Iterator[None]:
    """Every write of the service to a file fails until the block ends."""
    del world
    soft, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def full_disk(world: World, process: int) -> Iterator[None]:
    """Every byte of the file system the store is on is taken until the block ends."""
    del process
    ballast = world.data / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    assert os.statvfs(world.data).f_bfree == 0
    yield
    ballast.unlink()


@contextmanager
def small_disk(where: Path) -> Iterator[None]:
    """A file system of a few megabytes at *where*; the test is skipped where none may be made."""
    where.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", where], capture_output=True
    )
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", where], check=True)


@contextmanager
def store_that_is_locked(world: World, process: int) -> Iterator[None]:
    """Another process writes in the store until the block ends."""
    del process
    with closing(sqlite3.connect(world.data / "countersign.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def pushed(world: World, name: str, number: str) -> int:
    """Send a push as Acumatica does; return the status of the answer."""
    body = {
        "Query": "CountersignBills", "Id": name, "CompanyId": "Company",
        "Inserted": [{"Type": "Bill", "ReferenceNbr": number}], "Deleted": [],
    }  # fmt: skip
    url = f"{world.witness.bot}/api/acumatica/push/acme"
    headers = {"X-Countersign-Secret": PUSH_SECRET, "Content-Type": "application/json"}
    async with world.witness.session.post(url, data=json.dumps(body), headers=headers) as answer:
        return answer.status


async def ready(world: World) -> tuple[int, Any]:
    async with world.witness.session.get(f"{world.witness.bot}/health/ready") as answer:
        return answer.status, await answer.json()


def stored(world: World) -> set[str]:
    with closing(sqlite3.connect(world.data / "countersign.db")) as conn:
        rows = conn.execute("SELECT identity FROM inbox").fetchall()
    return {identity.split("|")[1] for (identity,) in rows}


@pytest.mark.parametrize(
    ("fails", "reason"),
    [(disk_that_takes_nothing, "disk"), (store_that_is_locked, "locked")],
    ids=["disk", "lock"],
)
async def test_what_cannot_be_stored_is_refused_said_and_goes_on_by_itself_afterwards(
    world: World, fails: Fails, reason: str
) -> None:
    await goes_on_afterwards(world, fails, reason)


async def test_a_disk_that_is_full_to_the_last_byte_is_refused_said_and_goes_on(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "small"):
        async with open_world(tmp_path / "small") as world:
            await goes_on_afterwards(world, full_disk, "disk")


async def goes_on_afterwards(world: World, fails: Fails, reason: str) -> None:
    """Have storing fail for a while, and judge what everybody sees meanwhile and afterwards."""
    process = await world.process()
    number = await world.witness.bill_on_hold()
    assert await pushed(world, "before", number) == 202
    await world.witness.card(number, BEN, says="this waits for you")

    with fails(world, process.pid):
        assert await pushed(world, "meanwhile", number) == 503
        refused = await world.witness.press(BEN, number, "Release")
        status, told = await ready(world)

    assert refused["status"] == 503
    assert (status, told["ready"]) == (503, False)
    assert reason in " ".join(told["reasons"])
    assert await world.witness.writes(number) == []

    async def well() -> bool:
        return (await ready(world))[0] == 200

    await eventually(well, "the service is ready again by itself")
    assert await pushed(world, "meanwhile", number) == 202
    assert stored(world) >= {"before", "meanwhile"}
    await world.witness.press(BEN, number, "Release")
    await world.witness.released(number)
    later = await world.witness.bill_on_hold()
    assert await pushed(world, "later", later) == 202
    await world.witness.card(later, BEN, says="this waits for you")


async def test_no_push_is_lost_that_was_acknowledged_while_the_disk_came_and_went(
    world: World,
) -> None:
    process = await world.process()
    acknowledged, refused = set(), 0
    for number in range(60):
        with disk_that_takes_nothing(world, process.pid) if number % 3 == 0 else nullcontext():
            status = await pushed(world, f"t{number}", f"{number:06}")
        if status == 202:
            acknowledged.add(f"t{number}")
        else:
            assert status == 503
            refused += 1

    assert refused >= 20
    assert len(acknowledged) >= 30
    await world.kill(process)
    assert stored(world) >= acknowledged
