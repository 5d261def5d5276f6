"""What nobody else can settle: two administrators do, each with a card of their own in Teams."""

from __future__ import annotations

import asyncio
import re

import forms
from settling import (
    CONFIRM,
    CONFIRM_NOT,
    NOT,
    SEEN,
    SPEED,
    TOOK,
    nothing_was_sent_since,
    own_card,
    press,
    press_at,
    release,
    running,
    shown,
    unclear,
)
from world import ANN, BEN, DEV, ERIN, FARID, FastClock, World, buttons, texts


async def test_two_administrators_settle_that_it_did_not_take_effect(world: World) -> None:
    async with running(world, BEN, ERIN, DEV) as witness:
        number = await unclear(witness)
        card = await shown(witness, ERIN, "Did the release take effect?")
        told = texts(card["card"])
        assert "Release, by Ben Ortiz" in told
        assert "It answered that it was done." in told
        assert "Balanced (read" in told
        assert buttons(card["card"])[:3] == [TOOK, NOT, "Look again"]
        # Until then it blocks whatever else happens to the bill.
        await witness.change({"Description": "touched"}, number)
        for person in (ANN, FARID):
            answer = await press_at(witness, person, card, TOOK)
            assert "Only the administrators" in answer["body"]["value"]
        answer = await press_at(witness, BEN, card, TOOK)
        assert "You pressed this yourself" in answer["body"]["value"]
        answer = await press_at(witness, ERIN, card, NOT)
        assert "may still carry it out" in answer["body"]["value"]
        await asyncio.sleep(15 * 60 / SPEED)

        await press(witness, ERIN, NOT)

        recorded = await shown(witness, ERIN, "Erin Walsh recorded")
        assert CONFIRM_NOT not in buttons(recorded["card"])
        waiting = await own_card(witness, number, "A person must look at this bill")
        assert not {"Release", "Review"} & set(buttons(waiting["card"]))
        await press(witness, DEV, CONFIRM_NOT, says="Erin Walsh recorded")

        for person in (ERIN, DEV):
            settled = await shown(witness, person, "Settled: it did not take effect. Erin Walsh")
            assert not {TOOK, NOT, CONFIRM_NOT} & set(buttons(settled["card"]))
        own = await own_card(witness, number, "It can be pressed again")
        assert "Two administrators recorded that nothing was done" in texts(own["card"])
        await nothing_was_sent_since(witness, number)

        await press_at(witness, BEN, own, "Release")
        await own_card(witness, number, "Released by Ben Ortiz")


async def test_one_never_settles_alone_and_of_twenty_presses_two_count(world: World) -> None:
    people = (ERIN, DEV, ANN)
    async with running(world, *people) as witness:
        number = await unclear(witness)
        cards = {person: await shown(witness, person, TOOK) for person in people}

        await press(witness, ERIN, TOOK)
        for _ in range(2):
            answer = await press_at(witness, ERIN, cards[ERIN], TOOK)
            assert "a second administrator" in answer["body"]["value"]
        await own_card(witness, number, "A person must look at this bill")
        await press(witness, DEV, "Object", says="Erin Walsh recorded")
        for person in people:
            card = await shown(witness, person, "objected, so it began anew")
            assert TOOK in buttons(card["card"])

        await asyncio.gather(
            *(press_at(witness, one, cards[one], TOOK) for one in (people * 7)[:20])
        )

        card = await shown(witness, ERIN, "Settled: it took effect")
        told = texts(card["card"]).partition("took effect. ")[2]
        first, _, rest = told.partition(" recorded it, ")
        assert first != rest.partition(" confirmed it")[0]
        own = await own_card(witness, number, "Two administrators recorded that it was done")
        assert "Released by Ben Ortiz" in texts(own["card"])
        await nothing_was_sent_since(witness, number)


async def test_a_mismatch_is_seen_by_two(world: World) -> None:
    async with running(world) as witness:
        keys = {"Type": "Bill", "ReferenceNbr": "000001"}
        edit = {"entity": "Bill", "keys": keys, "set": {"DueDate": "2027-01-31"}, "by": "dev"}
        number = await release(witness, "edit", edit=edit)
        assert number == keys["ReferenceNbr"]
        own = await own_card(witness, number, "an administrator must look")
        assert re.search("Due date was .+, is Sun 31 Jan 2027", texts(own["card"]))
        await shown(witness, ERIN, "Not as approved")

        await press(witness, ERIN, SEEN)
        await press(witness, DEV, "I have seen it, too", says="Erin Walsh has seen it")

        own = await own_card(witness, number, "Two administrators have seen it")
        assert "is not what was approved" in texts(own["card"])
        await shown(witness, ERIN, "Settled: Erin Walsh and ")


async def test_who_may_settle_is_judged_anew_at_every_press_and_start(world: World) -> None:
    async with running(world, ERIN) as witness:
        number = await unclear(witness)
        await shown(witness, ERIN, "Two administrators besides who pressed are needed")
        await press(witness, ERIN, TOOK)
    async with running(world, DEV, ANN) as witness:  # asked now; what Erin recorded is void
        await press(witness, DEV, CONFIRM, says="Erin Walsh recorded")
        await own_card(witness, number, "A person must look at this bill")
        card = await shown(witness, ERIN, "recorded")
        answer = await press_at(witness, ERIN, card, TOOK)
        assert "Only the administrators" in answer["body"]["value"]

        await press(witness, ANN, CONFIRM, says="A second administrator must confirm it")

        await own_card(witness, number, "Two administrators recorded that it was done")


async def test_a_look_again_shows_what_acumatica_shows_by_then(world: World) -> None:
    world.poll = "14d"
    async with running(world) as witness:
        number = await unclear(witness)
        await shown(witness, ERIN, "Balanced (read")
        await witness.push(on=False)
        await witness.change({"Status": "Open"}, number)

        await press(witness, ERIN, "Look again")

        await shown(witness, ERIN, "Open (read")


async def test_two_who_differ_settle_nothing_and_both_see_it(world: World) -> None:
    """The second pressed on a card that did not show yet what the first had recorded."""
    async with running(world) as witness:
        number = await unclear(witness)
        await shown(witness, ERIN, TOOK)
    FastClock.pass_by(15 * 60)
    async with running(world) as witness:
        stale = await shown(witness, DEV, TOOK)
        await witness.teams_fault("status:503", 1000, method="PUT", path="a:1dev")
        await press(witness, ERIN, TOOK)

        answer = await press_at(witness, DEV, stale, NOT)

        assert "recorded something else" in answer["body"]["value"]
        await witness.fired()
        await witness.mended()
        card = await shown(witness, DEV, "Erin Walsh recorded")
        assert {CONFIRM, "Object"} <= set(buttons(card["card"]))
        await own_card(witness, number, "A person must look at this bill")
        await press_at(witness, DEV, card, "Object")
        for person in (ERIN, DEV):
            card = await shown(witness, person, "objected, so it began anew")
            assert TOOK in buttons(card["card"])
        await nothing_was_sent_since(witness, number)


async def test_clients_that_know_only_plain_buttons_settle_as_well(world: World) -> None:
    async with running(world) as witness:
        number = await unclear(witness)

        card = await shown(witness, ERIN, TOOK)
        await forms.press(witness, ERIN, card["id"], TOOK, client="old")
        await own_card(witness, number, "A person must look at this bill")
        card = await shown(witness, DEV, "Erin Walsh recorded")
        await forms.press(witness, DEV, card["id"], CONFIRM, client="old")

        await shown(witness, ERIN, "Settled: it took effect. Erin Walsh")
        await own_card(witness, number, "Two administrators recorded that it was done")
        await nothing_was_sent_since(witness, number)
