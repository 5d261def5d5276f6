"""The command `status`: what the service does now, whether it runs or not."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from world import BEN, ROOT, World, environment, eventually


async def told(world: World, *options: str) -> tuple[int, str]:
    """Run the command as an operator would; returns exit code and standard output."""
    settings = world.settings(int(world.witness.bot.rpartition(":")[2]))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "app.py"),
        "status",
        *options,
        cwd=world.data,
        env={**os.environ, **environment(settings)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert b"Traceback" not in err, err
    return process.returncode or 0, out.decode() + err.decode()


async def read(world: World) -> tuple[int, dict[str, Any]]:
    code, text = await told(world, "--json")
    return code, json.loads(text)


async def test_a_service_at_work_tells_when_anything_last_happened(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        await world.witness.card(await world.witness.bill_on_hold(), BEN)

        async def quiet() -> bool:
            return not (await read(world))[1]["companies"][0]["open"]

        await eventually(quiet, "everything has arrived")
        code, status = await read(world)
        _, text = await told(world)

    (acme,) = status["companies"]
    assert status["running"]
    assert all(acme[name] for name in ("last_push", "last_poll", "last_look", "last_post"))
    assert (code == 0) == (not acme["reasons"] and not status["failing"])
    assert "The service runs" in text
    assert "just now" in text


async def test_a_stopped_service_is_told_with_what_its_store_knows(world: World) -> None:
    async with world.bot():
        await world.witness.card(await world.witness.bill_on_hold(), BEN)

    code, status = await read(world)
    _, text = await told(world)

    assert (code, status["running"]) == (1, False)
    assert status["companies"][0]["last_post"]
    assert status["companies"][0]["last_poll"] is None
    assert "No service runs" in text


async def test_what_waits_for_somebody_is_told_and_what_to_do_next(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        await world.witness.teams_fault(
            "status:413", times=50, method="POST", path="v3/conversations"
        )
        await world.witness.bill_on_hold()

        async def parked() -> bool:
            return "parked" in (await read(world))[1]["companies"][0]["open"]

        await eventually(parked, "the card is parked")
        code, text = await told(world)

    assert code == 1
    assert "parked, oldest" in text
    assert "app.py deliveries --state parked" in text


async def test_before_the_first_start_there_is_a_sentence_and_no_trace(world: World) -> None:
    code, text = await told(world)

    assert code == 1
    assert "there is no store yet" in text
