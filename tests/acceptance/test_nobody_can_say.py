"""Whatever leaves the outcome of a call open ends with two administrators, and with no second call.

The call goes out, its answer is lost, and the service stops; what happens to the bill meanwhile is
met by the next one, so that nothing here depends on how fast anything is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from settling import (
    CONFIRM,
    SPEED,
    TOOK,
    own_card,
    press,
    press_at,
    release,
    running,
    shown,
)
from test_acting_as_the_person import acting_as_the_person, connect
from test_rejecting_with_a_reason import pending_bill
from world import BEN, DEV, ERIN, FastClock, Witness, World, buttons

from deployment.sandbox.acumatica import workflow

LOST = "Acumatica has not confirmed the release yet"
RELEASED = ["POST Bill/ReleaseFromHold", "POST Bill/ReleaseBill"]
A_DAY, QUIET = 24 * 3600.0, 15 * 60.0
Meanwhile = Callable[[Witness, str], Awaitable[None]]


async def deleted(witness: Witness, number: str) -> None:
    """Somebody deletes the bill."""
    await witness.delete(number)
    FastClock.pass_by(QUIET)


async def another_record(witness: Witness, number: str) -> None:
    """Every read of the bill brings another one."""
    await witness.bill_on_hold(99.0)
    await witness.erp_fault("wrong_record", 10_000, method="GET", path=number)


async def down_for_a_day(witness: Witness, number: str) -> None:
    """The bill cannot be read until the patience of a day is over."""
    await witness.erp_fault("status:500", 10_000, method="GET", path=number)
    FastClock.pass_by(A_DAY)


async def garbled(witness: Witness, number: str) -> None:
    """Every read of the bill brings what is no record."""
    await witness.erp_fault("not_json", 10_000, method="GET", path=number)


MEANWHILE = [deleted, another_record, down_for_a_day, garbled]


@pytest.mark.parametrize("meanwhile", MEANWHILE, ids=lambda one: one.__name__)
async def test_what_cannot_be_read_back_is_settled_by_two(
    world: World, meanwhile: Meanwhile
) -> None:
    world.poll = "14d"
    async with running(world, speed=1) as witness:
        number = await release(witness, "reset_before")
        await own_card(witness, number, LOST)
    sent = await sent_about(witness, number)
    await meanwhile(witness, number)

    async with running(world) as witness:
        await two_settle(witness, number)

        assert await sent_about(witness, number) == sent


async def test_a_status_nobody_knows_is_settled_by_two(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company may have changed the workflow of its bills."""
    monkeypatch.setitem(workflow.MOVES, "Bill", [archived(one) for one in workflow.MOVES["Bill"]])
    async with running(world) as witness:
        number = await release(witness, "reset_after_apply")

        await shown(witness, ERIN, "Archived")
        await two_settle(witness, number)

        assert await witness.status(number) == "Archived"
        assert await witness.writes(number) == RELEASED


def archived(move: workflow.Move) -> workflow.Move:
    """A release of the company's own: it leads to a status of its own."""
    if move.action != workflow.RELEASE:
        return move
    return replace(move, effect=lambda record: record.with_fields(Status="Archived"))


async def test_an_approval_that_the_list_does_not_prove_is_settled_by_two(world: World) -> None:
    """Of several approvals one may be given: still waiting proves nothing, and none may follow."""
    named = f'administrators = ["{BEN}", "{DEV}"]\n\n[[company]]\n'
    async with acting_as_the_person(world, ("[[company]]\n", named)):
        witness = world.witness
        number = await pending_bill(witness)
        await witness.press(ERIN, number, "Approve")
        await connect(witness, ERIN, "erin")
        await witness.erp_fault("reset_before", action="Approve")
        await witness.press(ERIN, number, "Approve")
        await witness.card(number, ERIN, says="has not confirmed")
    sent = await sent_about(witness, number)
    FastClock.pass_by(QUIET)

    async with world.bot(speed=SPEED):
        await two_settle(witness, number, BEN, DEV)

        assert await witness.status(number) == "Pending Approval"
        assert await sent_about(witness, number) == sent


async def sent_about(witness: Witness, number: str) -> tuple[list[str], int]:
    """Every write that came to the ERP, and how many calls were struck on their way."""
    struck = [one for one in await witness.erp_events("fault") if one["method"] == "POST"]
    return await witness.writes(number), len(struck)


async def two_settle(
    witness: Witness, number: str, first: str = ERIN, second: str = DEV
) -> dict[str, Any]:
    """Have two administrators say that it took effect; returns the card the first was asked by."""
    asked = await shown(witness, first, "take effect?")
    other = await shown(witness, second, "take effect?")
    assert asked["id"] != other["id"]
    assert not {"Release", "Approve"} & set(buttons((await own_card(witness, number))["card"]))

    await press(witness, first, TOOK)
    answer = await press_at(witness, first, asked, TOOK)
    assert "a second administrator" in answer["body"]["value"]
    await press(witness, second, CONFIRM, says="recorded")

    for person in (first, second):
        settled = await shown(witness, person, "Settled: it took effect.")
        assert not {TOOK, CONFIRM} & set(buttons(settled["card"]))
    return asked
