"""After an outage a person is not flooded: so many new cards, one list, and nothing is missing."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import Any

from world import BEN, World, buttons, eventually, texts

FEW = "\n[limits]\npresses_a_minute = 600\ncommands_a_minute = 600\nnew_cards_an_hour = 4\n"
OWN_CHATS = (
    'to = ["channel:purchasing-east"]\napprover = ["owner"',
    'to = ["approver"]\napprover = ["owner"',
)
WAITING = 11


def few(world: World) -> World:
    """Bills go to their owner's own chat, four new ones an hour."""
    world.edits.append(OWN_CHATS)
    world.limits = FEW
    return world


async def after_an_outage(world: World, waiting: int = WAITING) -> list[str]:
    """Let bills come while the service is off; it has worked before."""
    async with world.bot():
        ready = f"{world.witness.bot}/health/ready"
        await eventually(lambda: polled(world, ready), "the first poll")
    return [await world.witness.bill_on_hold(amount=100 + n) for n in range(waiting)]


async def polled(world: World, url: str) -> bool:
    return bool((await world.witness.get(url))["ready"])


async def chat(world: World) -> list[dict[str, Any]]:
    """What the bot said in Ben's own chat."""
    channels = {"ap-approvals", "purchasing-east", "purchasing-west", "payments"}
    told = await world.witness.messages(BEN)
    return [one for one in told if one["card"] and one["conversation"] not in channels]


async def shown(world: World, numbers: list[str]) -> list[str]:
    """The bills that have a card of their own in Ben's chat."""
    told = [one["card"].get("fallbackText", "") for one in await chat(world)]
    return [number for number in numbers if any(f" {number} " in text for text in told)]


async def digests(world: World) -> list[dict[str, Any]]:
    return [
        one for one in await chat(world) if any(b.startswith("Send") for b in buttons(one["card"]))
    ]


async def has_digest(world: World) -> dict[str, Any] | None:
    found = await digests(world)
    return found[0] if found else None


async def test_after_an_outage_a_chat_gets_so_many_cards_and_one_list_of_the_rest(
    world: World,
) -> None:
    bills = await after_an_outage(few(world))

    async with world.bot():
        digest = await eventually(lambda: has_digest(world), "the list")
        given = await shown(world, bills)
        assert len(given) == 4
        held = int(re.search(r"(\d+) more cards", texts(digest["card"]))[1])  # type: ignore[index]
        assert held == len(bills) - 4
        for number in set(bills) - set(given):
            assert number in texts(digest["card"])
        assert "Send the next 4" in buttons(digest["card"])


async def test_who_asks_for_the_next_cards_gets_them_at_once(world: World) -> None:
    bills = await after_an_outage(few(world))

    async with world.bot():
        digest = await eventually(lambda: has_digest(world), "the list")
        body = {"person": BEN, "message": digest["id"], "button": "Send the next 4"}
        await world.witness.post(f"{world.witness.teams}/_sandbox/press", body)

        async def eight() -> bool:
            return len(await shown(world, bills)) == 8

        await eventually(eight, "the next four cards")
        assert len(await digests(world)) == 1


async def test_what_is_held_back_follows_by_itself_within_hours(world: World) -> None:
    bills = await after_an_outage(few(world))

    async with world.bot(speed=900):

        async def all_there() -> bool:
            return await shown(world, bills) == bills

        await eventually(all_there, "every card", within=60)
        assert len(await digests(world)) == 1


async def test_what_was_settled_elsewhere_while_held_back_is_never_posted(world: World) -> None:
    bills = await after_an_outage(few(world))

    async with world.bot():
        digest = await eventually(lambda: has_digest(world), "the list")
        given = await shown(world, bills)
        for number in set(bills) - set(given):
            await world.witness.change({"Hold": False}, number)

        async def seen() -> bool:
            return stored(world, "SELECT count(*) FROM documents WHERE status = 'On Hold'") == 4

        await eventually(seen, "that the service knows")
        body = {"person": BEN, "message": digest["id"], "button": "Send the next 4"}
        await world.witness.post(f"{world.witness.teams}/_sandbox/press", body)

        async def all_done() -> bool:
            left = "SELECT count(*) FROM outbox WHERE kind = 'post' AND state <> 'delivered'"
            return stored(world, left) == 0

        await eventually(all_done, "that nothing is held back")
        assert await shown(world, bills) == given


def stored(world: World, count: str) -> int:
    with closing(sqlite3.connect(world.data / "countersign.db")) as store:
        return int(store.execute(count).fetchone()[0])
