"""The whole service as a process, killed without warning at any moment, and started again."""

from __future__ import annotations

import asyncio

import pytest
from world import BEN, World, buttons, eventually, free_port, texts

RELEASED = "Released by Ben Ortiz"
IN_DOUBT = "Acumatica has not confirmed"


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.06, 0.15])
async def test_a_power_cut_during_a_release_loses_nothing_and_repeats_nothing(
    world: World, moment: float
) -> None:
    witness = world.witness
    process = await world.process()
    await witness.connect_push()
    number = await witness.bill_on_hold()
    message = await witness.card(number, BEN, says="this waits for you")
    body = {"person": BEN, "message": message["id"], "button": "Release"}

    press = asyncio.create_task(witness.post(f"{witness.teams}/_sandbox/press", body))
    await (asyncio.sleep(moment) if moment else press)
    await world.kill(process)
    await press
    await world.process()
    claimed = press.result()["status"] == 200
    if not claimed:
        # Teams got no answer, so the person presses again: once more decides nothing new.
        await witness.press(BEN, number, "Release")

    async def told() -> str:
        card = texts((await witness.card(number, BEN))["card"])
        return next((words for words in (RELEASED, IN_DOUBT) if words in card), "")

    # Cut between "sent" and the first byte, nobody can know what the ERP did: the card says so, and
    # reads back until the quiet window is over. At every other moment the bill is released.
    outcome = await eventually(told, "the card tells what became of the press")
    writes = await witness.writes(number)
    assert writes.count("POST Bill/ReleaseFromHold") <= 1
    assert writes.count("POST Bill/ReleaseBill") <= 1
    if outcome == RELEASED:
        assert sorted(writes) == ["POST Bill/ReleaseBill", "POST Bill/ReleaseFromHold"]


async def test_a_power_cut_after_an_accepted_push_still_brings_the_card(world: World) -> None:
    world.poll = "14d"
    witness = world.witness
    process = await world.process()
    await witness.connect_push()
    number = await witness.bill_on_hold()

    async def accepted() -> bool:
        return any(event["status"] == 202 for event in await witness.erp_events("push"))

    await eventually(accepted, "the push was accepted")
    await world.kill(process)
    await world.process()

    card = await witness.card(number, BEN, says="this waits for you")
    assert "Release" in buttons(card["card"])


async def test_two_services_cannot_share_one_store(world: World) -> None:
    await world.process()

    second = await world.start(free_port())

    assert await second.wait() == 1
    assert "in use by another Countersign" in world.said()
