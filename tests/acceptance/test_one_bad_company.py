"""One company, conversation or bill that goes wrong keeps nobody else waiting for a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from world import ANN, PASSWORD, PUSH_SECRET, Witness, World, eventually, texts

from deployment.sandbox import acumatica

HANGS = 30.0
"""Seconds a read of a company waits for an answer."""
MORE = 1.0
"""Seconds that trouble elsewhere may cost, beside as much again as the work takes by itself."""
OTHER = """
[[company]]
name = "bravo"
url = "{url}"
tenant = "Company"
endpoint = "Default"
version = "24.200.001"
sign_in = "session"
requests_per_minute = 0
poll = "2s"
act_as = "service"
allow_unknown_editor = true

[[route]]
company = "bravo"
entity = "Bill"
when = "on hold"
to = ["channel:payments"]
approver = ["person:ann@acme.example"]
actions = ["release"]

[[route]]
company = "bravo"
to = []
"""
TROUBLES = ["delay:600", "status:429", "status:503", "not_json", "html", "half_answer"]


@asynccontextmanager
async def beside(world: World) -> AsyncIterator[Witness]:
    """A second company with a stand-in of its own, beside `acme`."""
    options = acumatica.SandboxOptions(password=PASSWORD, operation_seconds=0.0)
    erp = await acumatica.serve(options, host="127.0.0.1", port=0)
    url = f"http://127.0.0.1:{erp.port}"
    world.limits += OTHER.format(url=url)
    own = {"user": "countersign", "password": PASSWORD, "push_secret": PUSH_SECRET}
    world.more = {"acumatica": {"bravo": own}}
    try:
        yield replace(world.witness, erp=url)
    finally:
        await erp.stop()


async def ring(witness: Witness) -> None:
    url = f"{witness.bot}/api/acumatica/push/bravo"
    destination = {"url": url, "header": "X-Countersign-Secret", "value": PUSH_SECRET}
    await witness.push(on=True, destination=destination)


async def took(work: Callable[[], Awaitable[object]], times: int = 3) -> float:
    """Do some work several times; return how long the slowest took."""
    loop, slowest = asyncio.get_running_loop(), 0.0
    for _ in range(times):
        began = loop.time()
        await work()
        slowest = max(slowest, loop.time() - began)
    return slowest


async def from_bill_to_release(witness: Witness) -> None:
    """Enter a bill, have it asked about in Teams, press, and see it released."""
    number = await witness.bill_on_hold()
    await witness.card(number, ANN, says="this waits for you")
    await witness.press(ANN, number, "Release")
    await witness.released(number)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_company_whose_erp_fails_delays_no_other(world: World, trouble: str) -> None:
    async with beside(world) as bravo, world.bot():
        await ring(bravo)
        usual = await took(lambda: from_bill_to_release(bravo))
        await world.witness.connect_push()
        await world.witness.erp_fault(trouble, times=100_000)
        for _ in range(5):
            await world.witness.bill_on_hold()
        await world.witness.fired()

        assert await took(lambda: from_bill_to_release(bravo)) < 2 * usual + MORE


async def test_a_company_whose_erp_hangs_from_the_start_delays_no_other(world: World) -> None:
    """The list of its employees never comes; looks at bills of others wait for their own alone."""
    async with beside(world) as bravo:
        await world.witness.erp_fault("delay:600", times=100_000)
        async with world.bot():
            await ring(bravo)
            await world.witness.fired()

            assert await took(lambda: from_bill_to_release(bravo), 1) < HANGS / 2


async def test_a_bill_that_always_fails_delays_no_other(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        usual = await took(lambda: asked(world.witness))
        bad = await world.witness.bill_on_hold()
        await world.witness.card(bad)
        await world.witness.erp_fault("px_error", times=100_000, path=bad)
        await world.witness.change({"Amount": 99.0}, bad)
        await world.witness.fired()

        assert await took(lambda: asked(world.witness)) < 2 * usual + MORE


async def test_a_conversation_that_always_fails_delays_no_other(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        usual = await took(lambda: asked(world.witness))
        west = [await asked(world.witness, BranchID="WEST") for _ in range(5)]
        await world.witness.teams_fault("delay:600", times=100_000, path="purchasing-west")
        for number in west:  # their cards are edited, and an edit's address names the channel
            await world.witness.change({"Amount": 4321}, number)
        await world.witness.fired()

        assert await took(lambda: asked(world.witness)) < 2 * usual + MORE


async def asked(witness: Witness, **fields: Any) -> str:
    """Enter a bill and wait until somebody is asked about it; returns its number."""
    number = await witness.bill_on_hold(**fields)

    async def there() -> bool:
        return any("this waits for" in texts(one["card"]) for one in await witness.cards(number))

    await eventually(there, f"somebody is asked about bill {number}")
    return number
