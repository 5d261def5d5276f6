"""The bot says who it is once in a place, and never again."""

from __future__ import annotations

from typing import Any

import pytest
from talking import CHAT, lines, settled
from world import ANN, BEN, DEV, ERIN, World, texts

GENERAL = "General"


async def greetings(world: World, person: str, place: str = "") -> list[dict[str, Any]]:
    """The welcomes a person sees."""
    shown = await world.witness.messages(person, place)
    return [line for line in shown if "I am Countersign" in texts(line["card"])]


async def lever(world: World, name: str, body: dict[str, Any]) -> None:
    await world.witness.post(f"{world.witness.teams}/_sandbox/{name}", body)


async def test_every_place_is_greeted_once_and_no_member_of_a_team_by_themselves(
    world: World,
) -> None:
    async with world.bot():
        await settled(world, ANN, BEN, DEV, ERIN)

        places = [line["conversation"] for line in await greetings(world, ERIN)]

    assert len(places) == len(set(places))
    assert {CHAT, "AP desk"} <= set(places)
    assert len(places) == 3  # their own chat, the group chat, one channel of the team


async def test_a_team_is_told_who_added_the_bot_and_what_next(world: World) -> None:
    async with world.bot():
        await settled(world, ANN)
        shown = [texts(line["card"]) for line in await greetings(world, ANN)]

    team = next(text for text in shown if "in any channel" in text or "Next: a team owner" in text)
    assert "Ann Whitfield added me here." in team


@pytest.mark.parametrize("event", ["repeat", "upgrade", "again", "restart"])
async def test_a_place_is_not_greeted_twice(world: World, event: str) -> None:
    async with world.bot():
        await settled(world, ANN, BEN)
        before = await greetings(world, BEN)
        if event == "repeat":
            body = {"person": BEN, "conversation": "bot", "installed": True}
            await lever(world, "installations", body)
        elif event == "upgrade":
            await lever(world, "team", {"event": "addUpgrade"})
        elif event == "again":
            for installed in (False, True):
                body = {"person": BEN, "conversation": "bot", "installed": installed}
                await lever(world, "installations", body)
        if event != "restart":
            await world.witness.say(BEN, "bot", "hello")
            await hello(world)
            assert len(await greetings(world, BEN)) == len(before)
            return
    async with world.bot():
        await world.witness.say(BEN, "bot", "hello")
        await hello(world)
        assert len(await greetings(world, BEN)) == len(before)


async def hello(world: World) -> None:
    """Wait for an answer that leaves after every greeting would."""
    from world import eventually

    async def answered() -> bool:
        return any("Hello." in texts(line["card"]) for line in await lines(world, BEN, CHAT))

    await eventually(answered, "the answer to hello")


async def test_unknown_events_are_taken_and_say_nothing(world: World) -> None:
    async with world.bot():
        await settled(world, ANN, BEN)
        before = await lines(world, BEN, CHAT)
        await lever(world, "team", {"event": "somethingNew"})
        await world.witness.say(BEN, "bot", "hello")
        await hello(world)

        assert len(await lines(world, BEN, CHAT)) == len(before) + 2
