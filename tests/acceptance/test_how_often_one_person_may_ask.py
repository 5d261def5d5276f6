"""Nobody presses or types so often that others have to wait; what is too much does nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from forms import fetch
from world import BEN, DEV, Witness, World, eventually, texts

FEW = "\n[limits]\npresses_a_minute = 3\ncommands_a_minute = 3\n"


@pytest.fixture
async def limited(world: World) -> AsyncIterator[Witness]:
    """A bot that lets each person press and type three times a minute."""
    world.limits = FEW
    async with world.bot():
        await world.witness.connect_push()
        yield world.witness


async def test_a_press_beyond_the_limit_does_nothing_and_others_go_on(limited: Witness) -> None:
    number = await limited.bill_on_hold()
    await limited.card(number, BEN, says="this waits for you")
    for _ in range(3):
        assert (
            "does not wait for you"
            in (await limited.press(DEV, number, "release"))["body"]["value"]
        )

    beyond = await limited.press(DEV, number, "release")

    assert "a lot of presses" in beyond["body"]["value"]
    assert await limited.writes(number) == []
    await limited.press(BEN, number, "Release")
    await limited.card(number, BEN, says="Released by Ben Ortiz")


async def test_an_approver_who_opened_too_many_forms_decides_nothing_for_a_minute(
    limited: Witness,
) -> None:
    number = await limited.bill_on_hold()
    await limited.card(number, BEN, says="this waits for you")
    for _ in range(3):
        await fetch(limited, BEN, number, "Ask a question…")

    refused = await limited.press(BEN, number, "Release")

    assert "a lot of presses" in refused["body"]["value"]
    assert await limited.status(number) == "On Hold"


async def test_looking_is_no_press(limited: Witness) -> None:
    number = await limited.bill_on_hold()
    await limited.card(number, BEN, says="this waits for you")
    for _ in range(6):
        await limited.press(BEN, number, "Refresh card")

    await limited.press(BEN, number, "Release")

    await limited.card(number, BEN, says="Released by Ben Ortiz")


async def test_commands_beyond_the_limit_are_told_so_once(limited: Witness) -> None:
    for _ in range(8):
        await limited.say(BEN, "bot", "help")
    await limited.say(DEV, "bot", "help")

    async def answers(person: str) -> list[str]:
        ours = [m for m in await limited.messages(person) if m["from"] == "Countersign"]
        return [texts(one["card"]) for one in ours if one["card"]]

    async def dev_was_answered() -> bool:
        return any("pending bills" in one for one in await answers(DEV))

    async def ben_was_told() -> bool:
        return any("a lot at once" in one for one in await answers(BEN))

    await eventually(dev_was_answered, "somebody else is answered")
    await eventually(ben_was_told, "who typed too much is told")
    told = [one for one in await answers(BEN) if "a lot at once" in one]
    helped = [one for one in await answers(BEN) if "what waits for a decision" in one]
    assert len(told) == 1
    assert len(helped) <= 3
