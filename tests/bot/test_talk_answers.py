"""What is asked for is told to who may see it, where it may be read, and audited."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from talking import CHAT, Json, ask, asked, lines, settled
from world import (
    ANN,
    BEN,
    DEV,
    EAST,
    ERIN,
    PASSWORD,
    WEST,
    World,
    buttons,
    eventually,
    open_world,
    texts,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

GUEST = "auditor@audit.example"
BILLS = 12


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A running bot that has asked about a dozen bills of the east branch and one of the west."""
    async with open_world(tmp_path_factory.mktemp("answers")) as opened, opened.bot():
        await opened.witness.connect_push()
        await settled(opened, ANN, BEN, DEV, ERIN)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def east(world: World) -> list[str]:
    """A dozen bills on hold, all in one channel."""
    numbers = [await world.witness.bill_on_hold(100.0 + n) for n in range(BILLS)]
    for number in numbers:
        await world.witness.card(number, BEN, says="this waits for you")
    return numbers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def west(world: World, east: list[str]) -> str:
    """One bill of the other branch, in the other channel."""
    number = await world.witness.bill_on_hold(7777.0, BranchID="WEST")
    await world.witness.card(number, ANN, says="waits for you")
    return number


async def trail(world: World) -> list[dict[str, Any]]:
    """What the audit trail keeps of questions."""

    def read() -> list[dict[str, Any]]:
        with contextlib.closing(sqlite3.connect(world.data / "countersign.db")) as store:
            store.row_factory = sqlite3.Row
            rows = store.execute("SELECT * FROM audit WHERE action = 'asked in chat' ORDER BY seq")
            return [{**dict(row), "detail": json.loads(row["detail"])} for row in rows]

    return await asyncio.to_thread(read)


# --- where it is told ---


async def test_a_document_of_another_channel_is_told_in_the_asker_s_own_chat(
    world: World, west: str
) -> None:
    here, alone = await asked(world, f"bill {west}", person=DEV, places=(EAST, CHAT))

    assert "7,777.00" in texts(alone["card"])
    assert here["card"] is None
    assert "our own chat" in here["text"]
    assert west not in here["text"]


async def test_a_document_of_this_channel_is_told_here(world: World, west: str) -> None:
    answer = await ask(world, f"bill {west}", person=DEV, place=WEST)

    assert "7,777.00" in texts(answer["card"])


async def test_a_list_in_a_channel_holds_what_stands_there_and_counts_the_rest(
    world: World, west: str
) -> None:
    shown = texts((await ask(world, "pending bills", person=DEV, place=WEST))["card"])

    assert "Pending bills: 1" in shown
    assert west in shown
    assert f"{BILLS} more wait elsewhere" in shown


async def test_a_list_asked_for_in_a_group_chat_goes_to_the_asker_s_own_chat(
    world: World, west: str
) -> None:
    here, alone = await asked(world, "pending bills", person=ERIN, places=("AP desk", CHAT))

    assert f"Pending bills: {BILLS + 1}" in texts(alone["card"])
    assert here["card"] is None


@pytest.mark.parametrize("text", ["vendor V000000021", "who covers Ann", "settings"])
async def test_what_concerns_people_and_vendors_is_told_alone(
    world: World, east: list[str], text: str
) -> None:
    here, alone = await asked(world, text, person=DEV, places=(EAST, CHAT))

    assert here["card"] is None
    assert alone["card"] is not None


# --- who is told ---


@pytest.mark.parametrize("text", ["pending bills", "bill {}", "why {}", "vendor V000000021",
                                  "who covers Ann", "settings", "frobnicate", "more",
                                  "use this channel as ap-approvals", "connect"])  # fmt: skip
async def test_a_guest_is_shown_nothing(world: World, east: list[str], text: str) -> None:
    answer = await ask(world, text.format(east[0]), person=GUEST, place=EAST)

    shown = texts(answer["card"]) or answer["text"]
    assert "ask a colleague" in shown
    assert east[0] not in shown
    assert "100.00" not in shown


async def test_questions_are_kept_with_who_asked_and_where_it_was_told(
    world: World, west: str
) -> None:
    await asked(world, f"why {west}", person=DEV, places=(EAST, CHAT))

    kept = (await trail(world))[-1]
    assert kept["actor"].endswith("0004")
    assert kept["document"].endswith(west)
    assert kept["detail"]["text"] == f"why {west}"
    assert kept["detail"]["told"] == "alone"


# --- long lists ---


async def test_a_long_list_is_told_in_pages_by_more_and_by_its_button(
    world: World, west: str
) -> None:
    first = await ask(world, "pending bills")
    second = await ask(world, "more")

    assert f"Pending bills: {BILLS + 1}" in texts(first["card"])
    assert "and 3 more" in texts(first["card"])
    assert f"11 to {BILLS + 1} of {BILLS + 1}" in texts(second["card"])
    assert "More" in buttons(first["card"])
    assert "More" not in buttons(second["card"])
    assert bills(first).isdisjoint(bills(second))
    assert len(bills(first) | bills(second)) == BILLS + 1

    await world.witness.post(
        f"{world.witness.teams}/_sandbox/press",
        {"person": BEN, "message": first["id"], "button": "More"},
    )
    pressed = await eventually(lambda: after(world, second), "the next page by the button")
    assert bills(pressed) == bills(second)


def bills(answer: Json) -> set[str]:
    """The numbers of a list."""
    return set(re.findall(r"Bill (\d{6})", texts(answer["card"])))


async def after(world: World, line: Json) -> Json | None:
    """The answer that came after another."""
    later = [one for one in await lines(world, BEN, CHAT) if int(one["id"]) > int(line["id"])]
    return later[-1] if later and later[-1]["card"] else None


async def test_more_of_nothing_is_said_so(world: World) -> None:
    shown = texts((await ask(world, "more", person=ANN))["card"])

    assert "no list to go on with" in shown


async def test_a_page_beyond_the_end_is_empty_and_honest(world: World, west: str) -> None:
    shown = texts((await ask(world, "pending bills page 99"))["card"])

    assert f"Pending bills: {BILLS + 1}" in shown
    assert "Bill 0" not in shown


# --- vendors, people, reasons ---


async def test_a_vendor_is_told_with_its_standing_and_open_documents(
    world: World, east: list[str]
) -> None:
    shown = texts((await ask(world, "vendor V000000021"))["card"])

    assert "V000000021" in shown
    assert "Standing in Acumatica: Active" in shown
    assert "Bill 0" in shown


async def test_an_unknown_vendor_is_said_so(world: World, east: list[str]) -> None:
    assert "No vendor Nobody" in texts((await ask(world, "vendor Nobody & Sons"))["card"])


async def test_who_covers_names_delegates_and_who_is_named_beside(
    world: World, east: list[str]
) -> None:
    shown = texts((await ask(world, "who covers ann whitfield"))["card"])

    assert "Ann Whitfield" in shown
    assert "delegated" in shown or "in their place today" in shown


async def test_nobody_called_so_is_said_so(world: World) -> None:
    assert "Nobody called Zoe" in texts((await ask(world, "who covers Zoe"))["card"])


async def test_settings_tell_the_asker_about_themselves_alone(world: World) -> None:
    shown = texts((await ask(world, "settings", person=ANN))["card"])

    assert r"Ann Whitfield \(EP00000001\)" in shown
    assert "25,000.00 USD" in shown
    assert re.search(r"\n[0-9a-f]{10}\nConfiguration\n", shown)
    assert "Ben" not in shown
    assert PASSWORD not in shown


async def test_why_tells_the_route_those_passed_who_decides_and_what_happened(
    world: World, west: str
) -> None:
    shown = texts((await ask(world, f"why {west}"))["card"])

    assert "It is On Hold and goes by route 2." in shown
    assert re.search(
        r"Route 1 wants Amount of at least 10,000\.00; it is [\d,]+\.\d\d\.",
        shown.replace("\\", ""),
    )
    assert "channel purchasing-west" in shown
    assert "Who may decide" in shown
    assert "seen as On Hold" in shown


async def test_why_tells_who_pressed(world: World, east: list[str]) -> None:
    number = east[-1]
    await world.witness.press(BEN, number, "Release")
    await world.witness.released(number)
    await world.witness.card(number, BEN, says="eleased")

    shown = texts((await ask(world, f"why bill {number}"))["card"])

    assert "Ben Ortiz pressed release" in shown
    assert "done in Acumatica" in shown
    assert "Nobody is asked to decide on it now." in shown


async def test_an_answer_is_in_the_language_of_who_asked(world: World, west: str) -> None:
    before = {line["id"] for line in await lines(world, ERIN, CHAT)}
    body = {"person": ERIN, "conversation": "bot", "text": "warum " + west, "locale": "de-DE"}
    await world.witness.post(f"{world.witness.teams}/_sandbox/say", body)

    async def answered() -> Json | None:
        fresh = [line for line in await lines(world, ERIN, CHAT) if line["id"] not in before]
        return next((line for line in fresh if line["card"]), None)

    answer = await eventually(answered, "an answer in German")
    assert answer["card"]["lang"] == "de"
    assert "goes by route" not in texts(answer["card"])
    assert "Route 2" in texts(answer["card"])
