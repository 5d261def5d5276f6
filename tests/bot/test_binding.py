"""A name of the routes is bound to the channel where an owner of the team types it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from talking import CHAT, ask, lines, settled
from world import ANN, BEN, DEV, EAST, WEST, World, eventually, texts

EAST_ENTRY = """[[channel]]
name = "purchasing-east"
conversation = "19:purchasing-east@thread.tacv2"
"""
GUEST = "auditor@audit.example"
USE = "use this channel as purchasing-east"
pytestmark = pytest.mark.usefixtures("unbound")


@pytest.fixture
def unbound(world: World) -> None:
    """The file says nothing of where purchasing-east is, and names an administrator."""
    world.edits += [
        (EAST_ENTRY, ""),
        ("[[company]]", 'administrators = ["Dev@acme.example"]\n\n[[company]]'),
    ]


async def troubles(world: World) -> str:
    """What an operator reads of the company."""
    ready = await world.witness.get(f"{world.witness.bot}/health/ready")
    return "\n".join(ready["companies"]["acme"]["reasons"])


async def trail(path: Path, action: str) -> list[dict[str, Any]]:
    """The audit rows of one action."""

    def read() -> list[dict[str, Any]]:
        with contextlib.closing(sqlite3.connect(path)) as store:
            rows = store.execute(
                "SELECT actor, detail FROM audit WHERE action = ? ORDER BY seq", [action]
            )
            return [{"actor": actor, **json.loads(detail)} for actor, detail in rows]

    return await asyncio.to_thread(read)


async def test_cards_wait_for_an_unbound_channel_and_leave_when_an_owner_binds_it(
    world: World,
) -> None:
    async with world.bot():
        await world.witness.connect_push()
        await settled(world, ANN)
        number = await world.witness.bill_on_hold(321.0)
        await eventually(lambda: waits(world), "its card waits")
        assert "use this channel as purchasing-east" in await troubles(world)

        await world.witness.say(ANN, EAST, USE)

        await eventually(lambda: confirmed(world), "the answer among the cards")
        card = await world.witness.card(number, BEN)
        assert card["conversation"] == EAST
        assert "purchasing-east" not in await troubles(world)
    kept = await trail(world.data / "countersign.db", "channel bound")
    assert [(one["actor"][-1], one["name"]) for one in kept] == [("1", "purchasing-east")]


async def confirmed(world: World) -> str:
    """What the bot says to a channel that it is bound now."""
    told = [texts(line["card"]) for line in await lines(world, ANN, EAST)]
    return next((text for text in told if "This channel is purchasing-east now" in text), "")


async def waits(world: World) -> bool:
    """Whether a message waits for its channel."""

    def read() -> bool:
        with contextlib.closing(sqlite3.connect(world.data / "countersign.db")) as store:
            told = "SELECT 1 FROM outbox WHERE state = 'waiting' AND target LIKE 'channel:%'"
            return store.execute(told).fetchone() is not None

    return await asyncio.to_thread(read)


async def test_a_binding_outlives_a_restart(world: World) -> None:
    async with world.bot():
        await settled(world, ANN)
        await ask(world, USE, person=ANN, place=EAST)
    async with world.bot():
        await world.witness.connect_push()
        number = await world.witness.bill_on_hold(321.0)

        assert (await world.witness.card(number, BEN))["conversation"] == EAST


async def test_who_is_no_owner_binds_nothing(world: World) -> None:
    async with world.bot():
        await settled(world, BEN)
        for person in (BEN, GUEST):
            answer = await ask(world, USE, person=person, place=EAST)
            assert "now" not in texts(answer["card"])
        assert "Nothing was changed" in texts((await ask(world, USE, place=EAST))["card"])
        assert "purchasing-east" in await troubles(world)


async def test_an_administrator_of_the_file_may_bind(world: World) -> None:
    async with world.bot():
        await settled(world, DEV)
        shown = texts((await ask(world, USE, person=DEV, place=EAST))["card"])

        assert "This channel is purchasing-east now" in shown


async def test_nothing_is_bound_while_teams_does_not_tell_the_role(world: World) -> None:
    async with world.bot():
        await settled(world, ANN)
        await ask(world, "hello", person=ANN, place=EAST)
        await world.witness.teams_fault("status:404", 20, path="/members/")

        shown = texts((await ask(world, USE, person=ANN, place=EAST))["card"])

        assert "Teams does not tell me now" in shown
        assert "purchasing-east" in await troubles(world)


async def test_a_name_no_route_sends_to_is_refused_with_those_there_are(world: World) -> None:
    async with world.bot():
        await settled(world, ANN)
        shown = texts(
            (await ask(world, "use this channel as lunch", person=ANN, place=EAST))["card"]
        )

        assert "No route sends to lunch" in shown
        assert "purchasing-east" in shown


async def test_the_file_counts_more_than_what_is_typed(world: World) -> None:
    async with world.bot():
        await settled(world, ANN)
        for line in ("use this channel as purchasing-west", "move purchasing-west here"):
            shown = texts((await ask(world, line, person=ANN, place=EAST))["card"])
            assert "The file decides that" in shown
        stopped = texts(
            (await ask(world, "stop using this channel", person=ANN, place=WEST))["card"]
        )
        assert "The file decides that" in stopped


async def test_only_a_channel_can_be_bound(world: World) -> None:
    async with world.bot():
        await settled(world, ANN)
        for place in (CHAT, "AP desk"):
            shown = texts((await ask(world, USE, person=ANN, place=place))["card"])
            assert "That works in a channel only" in shown


async def test_a_name_moves_only_when_that_is_what_was_typed(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        await settled(world, ANN)
        await ask(world, USE, person=ANN, place=EAST)

        again = texts((await ask(world, USE, person=ANN, place=EAST))["card"])
        taken = texts((await ask(world, USE, person=ANN, place=WEST))["card"])
        assert "already" in again
        assert "Acme" in taken or EAST in taken
        assert "move purchasing-east here" in taken

        await ask(world, "move purchasing-east here", person=ANN, place=WEST)
        number = await world.witness.bill_on_hold(321.0)
        assert (await world.witness.card(number, BEN))["conversation"] == WEST


async def test_a_channel_no_longer_used_gets_no_more_cards(world: World) -> None:
    async with world.bot():
        await world.witness.connect_push()
        await settled(world, ANN)
        await ask(world, USE, person=ANN, place=EAST)

        shown = texts((await ask(world, "stop using this channel", person=ANN, place=EAST))["card"])
        number = await world.witness.bill_on_hold(321.0)
        await eventually(lambda: waits(world), "its card waits")

        assert "purchasing-east is bound to nothing now" in shown
        assert await world.witness.cards(number) == []
        assert "purchasing-east" in await troubles(world)
