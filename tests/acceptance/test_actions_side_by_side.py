"""A company's decisions are carried out side by side, and no more of them than it allows."""

from __future__ import annotations

import asyncio

import pytest
from world import BEN, Witness, World

PRESSES, RUNNING = 5, 202


@pytest.mark.parametrize("allowed", [1, 2, 3])
async def test_no_more_actions_are_in_flight_than_the_company_allows(
    world: World, allowed: int
) -> None:
    witness = world.witness
    world.edits = [("poll = ", f"actions_at_once = {allowed}\npoll = ")]
    async with world.bot():
        await witness.connect_push()
        numbers = [await witness.bill_on_hold(100 + n) for n in range(PRESSES)]
        for number in numbers:
            await witness.card(number, BEN, says="this waits for you")
        await witness.erp_fault("delay:1", PRESSES, action="ReleaseBill")

        await asyncio.gather(*(witness.press(BEN, number, "Release") for number in numbers))

        for number in numbers:
            await witness.card(number, BEN, says="Released by Ben Ortiz")
    most = await most_in_flight(witness)
    assert most <= allowed
    assert (most > 1) == (allowed > 1)


async def most_in_flight(witness: Witness) -> int:
    """How many releases the ERP had begun and not yet told the end of, at most."""
    events = (await witness.get(f"{witness.erp}/_sandbox/history"))["events"]
    now = most = 0
    for event in events:
        if "ReleaseBill" in event.get("path", ""):
            ended = event["kind"] == "request" and event["status"] != RUNNING
            now += (event["kind"] == "fault") - ended
            most = max(most, now)
    assert now == 0
    return most
