"""People who type to the bot, and what they are answered."""

from __future__ import annotations

from typing import Any

from world import BEN, World, eventually, texts

Json = dict[str, Any]
CHAT = "Countersign"
"""What a person's own chat with the bot is called on their screen."""


async def settled(world: World, *people: str) -> None:
    """Wait until the bot has said who it is: later lines are answers."""

    async def greeted() -> bool:
        return all([await _greeted(world, person) for person in people])

    await eventually(greeted, "everybody was greeted")


async def _greeted(world: World, person: str) -> bool:
    return any(
        "I am Countersign" in texts(line["card"]) for line in await lines(world, person, CHAT)
    )


async def lines(world: World, person: str, place: str) -> list[Json]:
    """Every message and reply of a conversation, by id."""
    shown = await world.witness.messages(person, place)
    found = [line for message in shown for line in (message, *message["replies"])]
    return sorted(found, key=lambda line: int(line["id"]))


async def ask(world: World, text: str, *, person: str = BEN, place: str = CHAT) -> Json:
    """Type a line and return the bot's answer to it, where it was typed."""
    return (await asked(world, text, person=person, places=(place,)))[0]


async def asked(
    world: World, text: str, *, person: str = BEN, places: tuple[str, ...]
) -> list[Json]:
    """Type a line in the first of some places; return the first fresh answer in each of them."""
    before = {place: {one["id"] for one in await lines(world, person, place)} for place in places}
    there = places[0]
    await world.witness.say(person, "bot" if there == CHAT else there, text)

    async def answered() -> list[Json] | None:
        found = [await _fresh(world, person, place, before[place]) for place in places]
        return [one for one in found if one] if all(found) else None

    return await eventually(answered, f"an answer to {text!r} in {places}")


async def _fresh(world: World, person: str, place: str, before: set[str]) -> Json | None:
    fresh = [one for one in await lines(world, person, place) if one["id"] not in before]
    ours = [one for one in fresh if one["from"] == CHAT]
    return ours[0] if ours else None
