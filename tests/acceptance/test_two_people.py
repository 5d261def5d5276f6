"""Above a threshold two different people must agree before anything is called (invariant I4)."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest
from world import ANN, BEN, DEV, ERIN, Witness, World, buttons, texts

EAST_ROUTE = (
    'when = "on hold"\nto = ["channel:purchasing-east"]\n'
    'approver = ["owner", "person:ann@acme.example"]\n'
)
SECOND = f'second_above = {{ USD = 1000 }}\nsecond = ["person:{ERIN}", "person:{ANN}"]\n'
WANTED = "a second person must agree"


@pytest.fixture
async def two(world: World) -> AsyncIterator[Witness]:
    """A bot whose bills over 1,000 USD in the east want Ben, and then Erin or Ann."""
    async with agreeing(world) as witness:
        yield witness


@asynccontextmanager
async def agreeing(world: World, told: str = SECOND) -> AsyncIterator[Witness]:
    world.edit = (EAST_ROUTE, EAST_ROUTE + told)
    async with world.bot():
        await world.witness.connect_push()
        yield world.witness


async def handed_on(witness: Witness, amount: float = 1234.5) -> str:
    """A bill Ben agreed to, so that it waits for a second person."""
    number = await witness.bill_on_hold(amount)
    await witness.card(number, BEN, says="Two different people must agree")
    await witness.press(BEN, number, "Release")
    await witness.card(number, BEN, says="Ben Ortiz pressed Release")
    return number


async def test_two_different_people_release_what_one_may_not(two: Witness) -> None:
    number = await handed_on(two)
    shown = await two.card(number, ERIN, says="this waits for one of you")
    assert "Release" in buttons(shown["card"])
    assert WANTED in texts(shown["card"])
    assert await two.writes(number) == []

    await two.press(ERIN, number, "Release")

    done = await two.card(number, BEN, says="Released by Ben Ortiz and Erin Walsh")
    assert "Release" not in buttons(done["card"])
    assert await two.status(number) == "Open"


async def test_the_first_of_two_has_no_button_and_cannot_be_the_second(two: Witness) -> None:
    number = await handed_on(two)
    assert "Release" not in buttons((await two.card(number, BEN))["card"])

    again = await two.press(BEN, number, "release")

    assert "You agreed to this already" in again["body"]["value"]
    assert "It waits for Erin Walsh, Ann Whitfield" in again["body"]["value"]
    assert await two.writes(number) == []


async def test_who_may_not_be_the_second_changes_nothing(two: Witness) -> None:
    number = await handed_on(two)

    refused = await two.press(DEV, number, "release")

    assert "does not wait for you" in refused["body"]["value"]
    assert await two.writes(number) == []


async def test_a_change_after_the_first_press_asks_both_anew(two: Witness) -> None:
    number = await handed_on(two)

    await two.change({"Amount": 4321.0}, number)

    card = await two.card(number, BEN, says="4,321.00 USD")
    assert "Release" in buttons(card["card"])
    assert WANTED not in texts(card["card"])
    assert "does not wait for you" in (await two.press(ERIN, number, "release"))["body"]["value"]
    assert await two.writes(number) == []


async def test_presses_of_both_at_the_same_instant_release_once(two: Witness) -> None:
    number = await two.bill_on_hold(1234.5)
    await two.card(number, BEN, says="Two different people must agree")

    presses = [two.press(person, number, "release") for person in (BEN, ERIN, BEN, ANN, ERIN) * 4]
    await asyncio.gather(*presses)
    await two.press(ERIN, number, "release")

    await two.card(number, BEN, says="Released by Ben Ortiz and ")
    assert (await two.writes(number)).count("POST Bill/ReleaseBill") == 1


async def test_up_to_the_threshold_one_person_is_enough(two: Witness) -> None:
    number = await two.bill_on_hold(1000.0)
    card = await two.card(number, BEN, says="this waits for you")
    assert "Two different people" not in texts(card["card"])

    await two.press(BEN, number, "Release")

    await two.card(number, BEN, says="Released by Ben Ortiz")


async def test_in_a_currency_without_a_threshold_two_must_agree(two: Witness) -> None:
    number = await two.bill_on_hold(1.0, CurrencyID="EUR")

    await two.card(number, BEN, says="Two different people must agree")
    await two.press(BEN, number, "Release")

    await two.card(number, ERIN, says=WANTED)
    assert await two.writes(number) == []


async def test_a_restart_keeps_who_agreed(world: World) -> None:
    async with agreeing(world) as witness:
        number = await handed_on(witness)
    async with agreeing(world) as witness:
        await witness.press(ERIN, number, "Release")

        await witness.card(number, BEN, says="Released by Ben Ortiz and Erin Walsh")


async def test_who_agreed_first_and_may_no_longer_decide_counts_for_nothing(world: World) -> None:
    async with agreeing(world) as witness:
        number = await handed_on(witness)
    world.edits = [("[[person]]", f'[[person]]\nemail = "{BEN}"\nmay_decide = false\n\n[[person]]')]
    async with agreeing(world) as witness:
        refused = await witness.press(ERIN, number, "release")

        assert "may no longer decide" in refused["body"]["value"]
        assert await witness.writes(number) == []


async def test_nobody_alone_releases_where_nobody_else_is_known(world: World) -> None:
    nobody = 'second_above = { USD = 1000 }\nsecond = ["person:nobody@acme.example"]\n'
    async with agreeing(world, nobody) as witness:
        number = await witness.bill_on_hold(1234.5)
        await witness.card(number, BEN, says="this waits for you")

        refused = await witness.press(BEN, number, "release")

        assert "nobody else is known" in refused["body"]["value"]
        assert await witness.writes(number) == []


async def test_the_audit_names_both(two: Witness, world: World) -> None:
    number = await handed_on(two)
    await two.press(ERIN, number, "Release")
    await two.card(number, BEN, says="Released by Ben Ortiz and Erin Walsh")

    rows = await asyncio.to_thread(trail, world, number)

    agreed = next(row for row in rows if row["action"] == "decision agreed")
    claimed = next(row for row in rows if row["action"] == "decision claimed")
    assert claimed["detail"]["agreed"] == agreed["actor"] != claimed["actor"]
    assert agreed["detail"]["fingerprint"] == claimed["detail"]["fingerprint"]


def trail(world: World, number: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(world.data / "countersign.db")) as store:
        store.row_factory = sqlite3.Row
        asked = "SELECT action, actor, detail FROM audit WHERE document LIKE '%/' || ? ORDER BY seq"
        rows = store.execute(asked, [number])
        return [{**dict(row), "detail": json.loads(row["detail"])} for row in rows]
