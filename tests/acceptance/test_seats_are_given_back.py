"""However the service stops, the stand-in's licence shows no seat of it taken afterwards."""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import Any

import pytest
from world import World, eventually


async def seats(world: World) -> int:
    told: dict[str, Any] = await world.witness.get(f"{world.witness.erp}/_sandbox/licence")
    return len(told["sessions"])


async def count(world: World, path: str) -> int:
    events = await world.witness.erp_events("request")
    return sum(event["path"].endswith(path) for event in events)


async def all_answered(world: World) -> None:
    """Wait for sign-ins that the stand-in still holds, whoever has gone away meanwhile."""

    async def handled() -> bool:
        return await count(world, "auth/login") >= len(await world.witness.erp_events("fault"))

    await eventually(handled, "every delayed sign-in is carried out")


async def ended(process: asyncio.subprocess.Process) -> int:
    return await asyncio.wait_for(process.wait(), 20)


async def test_stopping_by_sigterm_signs_out_of_every_session(world: World) -> None:
    process = await world.process()

    async def signed_in() -> bool:
        return await seats(world) > 0

    await eventually(signed_in, "the service is signed in")
    process.send_signal(signal.SIGTERM)

    assert await ended(process) == 0
    assert await seats(world) == 0
    assert await count(world, "auth/logout") == await count(world, "auth/login") > 0


async def test_stopping_in_the_middle_of_a_sign_in_leaves_no_seat(world: World) -> None:
    await world.witness.erp_fault("delay:3", path="auth/login")
    process = await world.start()

    async def begun() -> bool:
        return bool(await world.witness.erp_events("fault"))

    await eventually(begun, "a sign-in is on its way")
    process.send_signal(signal.SIGTERM)

    assert await ended(process) == 0
    await all_answered(world)
    assert await seats(world) == 0


@pytest.mark.parametrize("fault", ["", "delay:1"])
async def test_start_that_fails_leaves_no_seat(world: World, fault: str) -> None:
    """Its port is taken: that shows after the loops began to sign in."""
    if fault:
        await world.witness.erp_fault(fault, path="auth/login")
    taken = socket.create_server(("127.0.0.1", int(world.witness.bot.rpartition(":")[2])))
    with taken:
        process = await world.start()
        code = await ended(process)

    assert code != 0
    world.witness.armed.clear()  # whether it comes to a sign-in before the end is chance
    await all_answered(world)
    assert await seats(world) == 0
    assert await count(world, "auth/logout") == await count(world, "auth/login")
