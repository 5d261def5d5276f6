"""What nobody else can settle: two administrators do, each with a card of their own in Teams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from world import ANN, BEN, DEV, EAST, ERIN, FARID, Witness, World, buttons, eventually, texts

TOOK, NOT, SEEN = "It took effect", "It did not take effect", "I have seen it"
CONFIRM, CONFIRM_NOT = "Confirm: it took effect", "Confirm: it did not take effect"
SPEED = 60


@asynccontextmanager
async def running(
    world: World, *administrators: str, speed: float = SPEED
) -> AsyncIterator[Witness]:
    """A bot whose file names these administrators."""
    names = ", ".join(f'"{mail}"' for mail in administrators or (ERIN, DEV))
    world.edits = [("[[company]]\n", f"administrators = [{names}]\n\n[[company]]\n")]
    async with world.bot(speed=speed):
        await world.witness.connect_push()
        yield world.witness


async def shown(witness: Witness, person: str, says: str) -> dict[str, Any]:
    """The card by which an administrator is asked, once it says something."""

    async def there() -> dict[str, Any] | None:
        found = [
            message
            for message in await witness.messages(person)
            if message["card"] and "For administrators" in texts(message["card"])
        ]
        return found[0] if found and says in texts(found[0]["card"]) else None

    found: dict[str, Any] = await eventually(there, f"{person} is shown {says!r}")
    return found


async def press(witness: Witness, person: str, button: str, *, says: str = "") -> dict[str, Any]:
    return await press_at(witness, person, await shown(witness, person, says), button)


async def press_at(
    witness: Witness, person: str, message: dict[str, Any], button: str
) -> dict[str, Any]:
    body = {"person": person, "message": message["id"], "button": button}
    answer: dict[str, Any] = await witness.post(f"{witness.teams}/_sandbox/press", body)
    return answer


async def own_card(witness: Witness, number: str, says: str) -> dict[str, Any]:
    """The document's own card in its channel."""

    async def there() -> dict[str, Any] | None:
        cards = [m for m in await witness.cards(number, BEN) if m["conversation"] == EAST]
        return cards[0] if cards and says in texts(cards[0]["card"]) else None

    found: dict[str, Any] = await eventually(there, f"the card of {number} says {says!r}")
    return found


async def release(witness: Witness, fault: str, **on: Any) -> str:
    """Have Ben release a bill whose release goes wrong."""
    number = await witness.bill_on_hold()
    await own_card(witness, number, "this waits for you")
    body = {"on": {"path": "ReleaseBill"}, "fault": fault, "times": 1, **on}
    await witness.post(f"{witness.erp}/_sandbox/faults", body)
    message = await own_card(witness, number, "this waits for you")
    await press_at(witness, BEN, message, "Release")
    return number


async def unclear(witness: Witness) -> str:
    """A bill whose release was claimed to be done and shows nothing of it."""
    number = await release(witness, "status:204")
    await own_card(witness, number, "A person must look at this bill")
    return number


async def nothing_was_sent_since(witness: Witness, number: str) -> None:
    """The one release that went wrong stays the only one."""
    assert await witness.writes(number) == ["POST Bill/ReleaseFromHold"]
    assert len(await witness.erp_events("fault")) == 1


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
        await own_card(witness, number, "an administrator must look")

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
