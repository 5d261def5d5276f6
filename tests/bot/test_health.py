"""What `/health/ready` tells part by part: well or not, since when, why, what to do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sync_world import NAME, SyncWorld, sync_world
from world import eventually

from bot.attempt import keep_going
from bot.clock import Bell
from bot.health import LITTLE, STEPS, TEAMS, Health
from bot.pulse import LONG, PATIENCE, Pulse
from bot.watch import Watch

Told = dict[str, Any]


class Doors:
    """Reads `/health/ready` over HTTP."""

    def __init__(self, erp: SyncWorld, pulse: Pulse, http: TestClient[Any, Any]) -> None:
        self.erp, self.pulse, self._http = erp, pulse, http

    async def ready(self, **headers: str) -> tuple[int, Told]:
        async with self._http.get("/health/ready", headers=headers) as answer:
            return answer.status, await answer.json()

    async def part(self, kind: str) -> Told:
        _, told = await self.ready()
        (found,) = [one for one in told["parts"] if one["part"] == kind]
        return dict(found)


@asynccontextmanager
async def opened(
    folder: Path, *, free: Callable[[Path], int] = lambda _: 10**12
) -> AsyncIterator[Doors]:
    async with sync_world(folder) as erp:
        boards, pulse = {NAME: erp.board}, Pulse(erp.clock)
        health = Health(erp.store, erp.path, erp.clock, boards, pulse, free=free)
        usages = {NAME: erp.tenant.erp.usage}
        watch = Watch(erp.store, erp.clock, boards, usages, health=health, token=lambda: "")
        app = web.Application()
        app.router.add_get("/health/ready", watch.ready)
        async with TestClient(TestServer(app)) as http:
            yield Doors(erp, pulse, http)


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    async with opened(tmp_path) as found:
        yield found


class Endless:
    """A loop's work that begins and never ends."""

    def __init__(self) -> None:
        self.began = asyncio.Event()

    async def step(self) -> bool:
        self.began.set()
        await asyncio.Event().wait()
        return True

    async def next_due(self) -> datetime | None:
        return None


async def test_all_well_tells_every_part(doors: Doors) -> None:
    status, told = await doors.ready()

    assert (status, told["ready"], told["reasons"]) == (200, True, [])
    assert {one["part"] for one in told["parts"]} == set(STEPS)
    assert all(one["well"] for one in told["parts"])


async def test_a_loop_that_hangs_makes_the_service_not_ready(doors: Doors) -> None:
    work, bell = Endless(), Bell(doors.erp.clock)
    task = asyncio.create_task(
        keep_going(work, bell, doors.erp.clock, name="outbox", pulse=doors.pulse)
    )
    await work.began.wait()
    assert (await doors.part("tasks"))["well"]

    doors.erp.clock.advance(seconds=PATIENCE + 1)

    status, told = await doors.ready()
    assert status == 503
    assert told["reasons"] == ["outbox has been in one step for 30 minutes"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_loop_that_ended_makes_the_service_not_ready(doors: Doors) -> None:
    task = asyncio.create_task(
        keep_going(Endless(), Bell(doors.erp.clock), doors.erp.clock, name="act", pulse=doors.pulse)
    )

    async def lives() -> bool:
        return doors.pulse.tasks == 1

    await eventually(lives, "the loop lives")

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    status, told = await doors.ready()
    assert (status, told["reasons"]) == (503, ["act ended"])


async def test_a_long_read_may_take_hours(doors: Doors) -> None:
    work = Endless()
    task = asyncio.create_task(
        keep_going(
            work, Bell(doors.erp.clock), doors.erp.clock, name="poll acme", pulse=doors.pulse
        )
    )
    await work.began.wait()

    doors.erp.clock.advance(seconds=LONG - 1)
    patient = (await doors.part("tasks"))["well"]
    doors.erp.clock.advance(seconds=2)

    assert patient
    assert not (await doors.part("tasks"))["well"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_full_disk_is_told_before_nothing_works(tmp_path: Path) -> None:
    async with opened(tmp_path, free=lambda _: LITTLE - 1) as doors:
        found, told = await doors.ready()

    (disk,) = [one for one in told["parts"] if one["part"] == "disk"]
    assert found == 200
    assert "GB are left" in disk["reason"]


async def test_a_clock_that_was_set_is_told(doors: Doors) -> None:
    await doors.ready()

    doors.erp.clock.set_by = timedelta(minutes=5)

    told = await doors.part("clock")
    assert "+300 seconds" in told["reason"]
    assert not told["blocks"]


async def test_a_part_tells_since_when_and_is_well_again(doors: Doors) -> None:
    board = doors.erp.board
    board.trouble("Acumatica", "it does not answer")
    since = doors.erp.clock.now()
    doors.erp.clock.advance(seconds=90)
    board.trouble("Acumatica", "it still does not answer")

    told = await doors.part("acumatica")
    board.fine("Acumatica")

    assert told["since"] == since.isoformat()
    assert "still" in told["reason"]
    assert told["step"] == STEPS["acumatica"]
    assert (await doors.part("acumatica"))["well"]


async def test_a_refused_bot_token_is_told_and_others_are_served(doors: Doors) -> None:
    doors.erp.board.trouble(TEAMS, "Teams refuses the bot's token")

    status, _ = await doors.ready()

    assert (status, (await doors.part("teams"))["well"]) == (200, False)


async def test_a_store_of_another_version_is_told(doors: Doors) -> None:
    async with doors.erp.store.transaction() as conn:
        await conn.execute("PRAGMA user_version = 9999")

    status, told = await doors.ready()

    assert status == 503
    assert "version 9999" in told["reasons"][0]


async def test_a_stranger_learns_of_no_part(doors: Doors) -> None:
    doors.erp.board.trouble("Acumatica", "erp.acme.example does not answer")

    _, told = await doors.ready(Forwarded="for=192.0.2.1")

    assert json.dumps(told) == '{"ready": true}'
