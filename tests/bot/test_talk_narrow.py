"""A company may keep its documents to its approvers, and amounts out of a channel."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from talking import CHAT, ask, asked, settled
from world import ANN, BEN, DEV, EAST, World, open_world, texts

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A company that shows its documents to approvers only, in a discreet channel."""
    async with open_world(tmp_path_factory.mktemp("narrow")) as opened:
        opened.edits += [
            ('act_as = "service"', 'act_as = "service"\nvisible_to = "approvers"'),
            (
                'when = "on hold"\nto = ["channel:purchasing-east"]',
                'when = "on hold"\nto = ["channel:purchasing-east"]\nprivacy = "band"',
            ),
        ]
        async with opened.bot():
            await opened.witness.connect_push()
            await settled(opened, ANN, BEN, DEV)
            yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bill(world: World) -> str:
    """A bill on which Ben is to decide."""
    number = await world.witness.bill_on_hold(4321.0)
    await world.witness.card(number, BEN, says="this waits for you")
    return number


@pytest.mark.parametrize("person", [ANN, BEN])
async def test_who_is_asked_or_named_by_a_route_sees_it(
    world: World, bill: str, person: str
) -> None:
    assert "4,321.00" in texts((await ask(world, f"bill {bill}", person=person))["card"])
    listed = texts((await ask(world, "pending bills", person=person))["card"])
    assert "Pending bills: 1" in listed


async def test_who_is_not_asked_does_not_learn_that_it_exists(world: World, bill: str) -> None:
    shown = texts((await ask(world, f"bill {bill}", person=DEV))["card"])
    why = texts((await ask(world, f"why {bill}", person=DEV))["card"])
    listed = texts((await ask(world, "pending bills", person=DEV))["card"])
    vendor = texts((await ask(world, "vendor V000000021", person=DEV))["card"])

    unknown = texts((await ask(world, "bill 999999", person=DEV))["card"])
    assert shown == unknown.replace("999999", bill)
    assert "No document" in why
    assert "No pending bills" in listed
    assert "No vendor" in vendor


@pytest.mark.parametrize("text", ["bill {}", "why {}", "pending bills"])
async def test_in_a_discreet_channel_amounts_are_told_alone(
    world: World, bill: str, text: str
) -> None:
    here, alone = await asked(world, text.format(bill), person=BEN, places=(EAST, CHAT))

    assert bill in texts(alone["card"])
    assert here["card"] is None
    assert "4,321" not in here["text"]
