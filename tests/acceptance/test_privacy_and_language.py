"""A channel is told no more than it may know, and in its language; who decides sees everything."""

from __future__ import annotations

import json
from typing import Any

from world import BEN, DEV, EAST, Witness, World, eventually, texts

EAST_ROUTE = 'when = "on hold"\nto = ["channel:purchasing-east"]'
TELLING = ("1,234.50", "1.234,50", "1234.5")


def privacy(word: str) -> tuple[str, str]:
    """Let everybody's cards of one of the routes to the channel be this discreet."""
    return EAST_ROUTE, f'{EAST_ROUTE}\nprivacy = "{word}"'


GERMAN = ('time_zone = "America/Chicago"', 'time_zone = "America/Chicago"\nlanguage = "de"')


async def in_east(witness: Witness, person: str, says: str) -> dict[str, Any]:
    """The one card of the channel, as a person sees it, once it says something."""

    async def there() -> dict[str, Any] | None:
        found = [one for one in await witness.messages(person, EAST) if one["card"]]
        assert len(found) <= 1
        return found[0] if found and says in texts(found[0]["card"]) else None

    return await eventually(there, f"a card in {EAST} that says {says!r} for {person}")


async def test_a_banded_channel_never_learns_the_amount_and_the_approver_does(
    world: World,
) -> None:
    world.edits = [privacy("band")]
    async with world.bot():
        witness = world.witness
        number = await witness.bill_on_hold(1234.5)
        await in_east(witness, DEV, "1,000 to under 5,000 USD")

        own = await witness.card(number, BEN, says="1,234.50 USD")
        answer = await witness.press(BEN, number, "Release")
        await witness.released(number)
        await in_east(witness, DEV, "Released by Ben Ortiz")

        seen = json.dumps(await witness.messages(DEV, EAST))
        assert "Release" in json.dumps(own["card"])
        assert "1,234.50 USD" in texts(answer["body"]["value"])
        assert [word for word in TELLING if word in seen] == []


async def test_a_german_channel_is_called_back_in_german(world: World) -> None:
    world.edits = [GERMAN]
    async with world.bot():
        witness = world.witness
        number = await witness.bill_on_hold(100)
        await in_east(witness, DEV, "Rechnung")

        await witness.change({"Amount": 200.0}, number)

        async def called_back() -> bool:
            replies = (await witness.cards(number))[0]["replies"]
            return any("bitte sehen Sie noch einmal" in reply["text"] for reply in replies)

        await eventually(called_back, "a reply calls the approver back in German")


async def test_a_channel_that_may_know_nothing_learns_kind_person_and_time_only(
    world: World,
) -> None:
    world.edits = [privacy("none"), GERMAN]
    async with world.bot():
        witness = world.witness
        number = await witness.bill_on_hold(1234.5)
        base = await in_east(witness, DEV, "Rechnung zurückgestellt")
        await in_east(witness, BEN, "1,234.50 USD")  # his client speaks English

        body = {"person": BEN, "message": base["id"], "button": "release", "locale": "en-GB"}
        answer = await witness.post(f"{witness.teams}/_sandbox/press", body)
        await witness.released(number)
        done = await in_east(witness, DEV, "Freigegeben von Ben Ortiz")

        seen = json.dumps(await witness.messages(DEV, EAST))
        assert "<at>Ben Ortiz</at>, das wartet auf Sie." in texts(base["card"])
        assert "Releasing for Ben Ortiz" in texts(answer["body"]["value"])
        assert done["card"]["lang"] == "de"
        assert [word for word in (*TELLING, number, "V000000021") if word in seen] == []
