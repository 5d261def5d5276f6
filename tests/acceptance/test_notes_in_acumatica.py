"""What was said and decided in Teams stands as a note on the document, once it is done with."""

from __future__ import annotations

from typing import Any

from test_replies_under_cards import _subscribed, reply
from world import BEN, DEV, Witness, World, eventually

ON = ("allow_unknown_editor = true ", "notes = true\nallow_unknown_editor = true ")
SPEED = 20
"""A note may wait a minute; nobody should."""


async def note_of(witness: Witness, number: str) -> str:
    told = (await witness.get(f"{witness.erp}/_sandbox/documents"))["documents"]
    return next(one["note"] for one in told if one["keys"].get("ReferenceNbr") == number)


async def written(witness: Witness, number: str) -> list[str]:
    async def there() -> str:
        return await note_of(witness, number)

    return str(await eventually(there, f"bill {number} has a note")).split("\n")


async def note_puts(witness: Witness) -> list[dict[str, Any]]:
    return [
        one
        for one in await witness.erp_events("request")
        if one["method"] == "PUT" and "note" in (one.get("body") or {})
    ]


async def in_state(witness: Witness, state: str) -> None:
    async def there() -> bool:
        async with witness.session.get(f"{witness.bot}/metrics") as answer:
            told = await answer.text()
        return f'countersign_erp_notes{{company="acme",state="{state}"}} 1.0' in told

    await eventually(there, f"a note is {state}")


async def test_a_released_bill_carries_what_was_said_and_who_released_it(world: World) -> None:
    world.edits = [ON]
    world.more = {"server": {"public_url": world.witness.bot}}
    witness = world.witness
    async with world.bot(speed=SPEED):
        await witness.connect_push()
        await eventually(lambda: _subscribed(witness), "the channel is subscribed")
        number = await witness.bill_on_hold()
        card = await witness.card(number, BEN, says="waits for you")
        await reply(witness, DEV, card["id"], "The freight came today")
        await witness.card(number, says="The freight came today")
        assert await note_of(witness, number) == ""

        await witness.press(BEN, number, "Release")

        said, released = await written(witness, number)
        await in_state(witness, "done")
    assert said.endswith(" wrote: The freight came today")
    assert "Dev" in said
    assert released.startswith("Released in Microsoft Teams by Ben Ortiz, ")
    assert released.endswith(" UTC (Countersign)")
    assert len(await note_puts(witness)) == 1


async def test_a_note_refused_by_acumatica_is_parked_and_the_release_stands(world: World) -> None:
    world.edits = [ON]
    witness = world.witness
    async with world.bot(speed=SPEED):
        await witness.connect_push()
        number = await witness.bill_on_hold()
        await witness.card(number, BEN, says="waits for you")
        await witness.erp_fault("status:403", method="PUT")

        await witness.press(BEN, number, "Release")

        await witness.card(number, BEN, says="Released by Ben Ortiz")
        await in_state(witness, "parked")
        told = await witness.get(f"{witness.bot}/health/ready")
    assert await note_of(witness, number) == ""
    assert told["companies"]["acme"]["warnings"] == [
        "1 notes could not be written onto their documents"
    ]


async def test_the_note_a_dead_service_owes_is_written_by_the_next_one(world: World) -> None:
    world.edits = [ON]
    witness = world.witness
    async with world.bot():  # at this pace its note waits for longer than it lives
        await witness.connect_push()
        number = await witness.bill_on_hold()
        await witness.card(number, BEN, says="waits for you")
        await witness.press(BEN, number, "Release")
        await in_state(witness, "wanted")
    assert await note_of(witness, number) == ""

    async with world.bot(speed=SPEED):
        [released] = await written(witness, number)
    assert "by Ben Ortiz" in released


async def test_by_default_acumatica_gets_no_note(world: World) -> None:
    witness = world.witness
    async with world.bot(speed=SPEED):
        await witness.connect_push()
        number = await witness.bill_on_hold()
        await witness.card(number, BEN, says="waits for you")
        await witness.press(BEN, number, "Release")
        await witness.card(number, BEN, says="Released by Ben Ortiz")
        other = await witness.bill_on_hold()
        await witness.card(other, BEN, says="waits for you")

        async with witness.session.get(f"{witness.bot}/metrics") as answer:
            told = await answer.text()
    assert "countersign_erp_notes{" not in told
    assert await note_puts(witness) == []
