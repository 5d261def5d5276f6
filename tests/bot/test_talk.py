"""What people type is answered where they typed it, from what the bot has seen, and acts never."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from talking import ask, settled
from world import BEN, DEV, EAST, ERIN, World, buttons, eventually, open_world, texts

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]
EVIL = "[pay](https://evil.example) **now** <at>Ben Ortiz</at>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A running bot that has seen one bill of each kind and one purchase order."""
    async with open_world(tmp_path_factory.mktemp("talk")) as opened, opened.bot():
        await opened.witness.connect_push()
        await settled(opened, BEN, DEV, ERIN)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bill(world: World) -> str:
    """A bill on hold whose texts would be markup."""
    number = await world.witness.bill_on_hold(4321.0, VendorRef=EVIL, Description=EVIL)
    await world.witness.card(number, BEN, says="this waits for you")
    return number


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def order(world: World) -> str:
    """A purchase order that waits for approval."""
    fields = {"VendorID": "V000000021", "OrderTotal": 27300.0, "Branch": "EAST"}
    number = await world.witness.change(
        {**fields, "Status": "Pending Approval"}, entity="PurchaseOrder"
    )
    await world.witness.card(number, BEN)
    return number


# --- help ---


@pytest.mark.parametrize("text", ["help", "Help!", "  HELP  ", "?"])
async def test_help_lists_what_can_be_typed(world: World, text: str) -> None:
    answer = await ask(world, text)

    shown = texts(answer["card"])
    for command in ("pending bills", "pending pos", "pending payments", "bill 000154"):
        assert command in shown


@pytest.mark.parametrize(
    ("text", "kind"),
    [("hello", "Hello."), ("good morning", "Hello."), ("Thank you!", "You are welcome.")],
)
async def test_a_polite_word_gets_one_back_and_a_way_on(world: World, text: str, kind: str) -> None:
    answer = await ask(world, text)

    assert kind in texts(answer["card"])
    assert "help" in texts(answer["card"])


# --- lists ---


@pytest.mark.parametrize(
    "text", ["pending bills", "Pending Bills.", "pending bill", "pednig bils", "offene Rechnungen"]
)
async def test_pending_bills_lists_what_waits_for_a_person(
    world: World, bill: str, text: str
) -> None:
    answer = await ask(world, text)

    shown = texts(answer["card"])
    assert bill in shown
    assert "4,321.00 USD" in shown
    assert "On Hold" in shown
    assert "Release" not in buttons(answer["card"])


async def test_pending_pos_lists_orders_only(world: World, bill: str, order: str) -> None:
    shown = texts((await ask(world, "pending pos"))["card"])

    assert "Pending POs: 1" in shown
    assert order in shown
    assert "4,321.00" not in shown


async def test_payments_that_no_route_brings_are_not_said_to_be_none(world: World) -> None:
    shown = texts((await ask(world, "pending payments"))["card"])

    assert "I do not follow payments that wait" in shown
    assert "No pending" not in shown
    assert "Nothing at the moment" not in shown


async def test_after_the_last_page_it_is_said_that_this_was_all(world: World, bill: str) -> None:
    await ask(world, "pending bills")

    for line in ("more", "page 7"):
        shown = texts((await ask(world, line))["card"])
        assert "That was everything." in shown
        assert bill not in shown
    assert bill in texts((await ask(world, "page 1"))["card"])


async def test_a_typed_decision_changes_nothing_and_says_where_the_card_is(
    world: World, bill: str
) -> None:
    shown = texts((await ask(world, f"release {bill}"))["card"])

    assert "Only a press on a card decides" in shown
    assert f"{bill}: On Hold" in shown
    assert "Its card stands in" in shown
    assert "Bill on hold" in texts((await ask(world, f"bill {bill}"))["card"])
    assert "Release" not in buttons((await ask(world, f"approve bill {bill}"))["card"])


async def test_a_bill_without_its_number_is_asked_for_it(world: World) -> None:
    assert "for example “bill 000154”" in texts((await ask(world, "bill"))["card"])


async def test_in_ones_own_chat_nothing_is_said_of_a_channel(world: World) -> None:
    assert "This channel" not in str((await ask(world, "settings"))["card"])


async def test_a_released_bill_waits_for_nobody(world: World) -> None:
    number = await world.witness.bill_on_hold(17.0)
    await world.witness.card(number, BEN, says="this waits for you")
    before = texts((await ask(world, "pending bills"))["card"])

    await world.witness.change({"Status": "Open"}, number, by="erin")
    await world.witness.card(number, BEN, says="Bill open")
    after = texts((await ask(world, "pending bills"))["card"])

    assert "17.00 USD" in before
    assert "17.00 USD" not in after


async def test_rows_of_a_company_that_left_the_file_are_not_shown(world: World, bill: str) -> None:
    # In a thread, as the service may be inside a transaction that only this loop can end.
    await asyncio.to_thread(leave_row, world.data / "countersign.db", bill)

    listed = texts((await ask(world, "pending bills"))["card"])
    shown = texts((await ask(world, f"bill {bill}"))["card"])

    assert listed.count("4,321.00 USD") == 1
    assert "4,321.00 USD" in shown


def leave_row(path: Path, number: str) -> None:
    """Store a bill once more, as of a company that is in the file no longer."""
    with contextlib.closing(sqlite3.connect(path)) as store:
        row = store.execute("SELECT * FROM documents WHERE document LIKE '%/' || ?", [number])
        names = [column[0] for column in row.description]
        former = dict(zip(names, row.fetchone(), strict=True)) | {"company": "former"}
        marks = ", ".join("?" for _ in names)
        store.execute(f"INSERT INTO documents VALUES ({marks})", [*former.values()])
        store.commit()


# --- one document ---


@pytest.mark.parametrize("person", [BEN, DEV, ERIN])
async def test_a_copy_of_a_card_can_be_pressed_by_nobody(
    world: World, bill: str, person: str
) -> None:
    answer = await ask(world, f"bill {bill}", person=person)

    assert "4,321.00 USD" in texts(answer["card"])
    assert not {"Release", "Review"} & set(buttons(answer["card"]))
    assert "refresh" not in answer["card"]
    assert "Action.Execute" not in str(answer["card"])
    assert await world.witness.status(bill) == "On Hold"


async def test_a_number_is_found_whatever_its_case_and_a_sentence_s_dot(
    world: World, order: str
) -> None:
    answer = await ask(world, f"PO {order.lower()}.")

    assert order in texts(answer["card"])


@pytest.mark.parametrize("number", ["424242", "%", "_", "%%%", "00_001", "'", '"', "*", "<b>"])
async def test_an_unknown_number_is_said_so_and_matches_nothing(
    world: World, bill: str, number: str
) -> None:
    answer = await ask(world, f"bill {number}")

    shown = texts(answer["card"])
    assert "No bill" in shown
    assert "finds no bill" in shown
    assert "4,321.00" not in shown


async def test_another_kind_of_document_is_not_found_by_a_bill_s_number(
    world: World, bill: str
) -> None:
    assert "No purchase order" in texts((await ask(world, f"po {bill}"))["card"])


# --- the rest ---


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("use ths channel as NAME", "use this channel as NAME"),
        ("conect", "connect"),
        ("frobnicate the sprockets", ""),
        ("release everything now", ""),
        ("💩", ""),
        ("x" * 3000, ""),
    ],
    ids=lambda value: value[:20],
)
async def test_an_unknown_line_gets_a_way_on(world: World, text: str, guess: str) -> None:
    shown = texts((await ask(world, text))["card"])

    assert "I did not understand that" in shown
    assert "Type “help”" in shown
    assert ("Did you mean" in shown) is bool(guess)
    assert guess in shown


async def test_a_typed_line_never_decides(world: World, bill: str) -> None:
    for text in (f"release {bill}", f"release bill {bill}", "release", "approve", "yes"):
        await ask(world, text)

    assert await world.witness.status(bill) == "On Hold"
    assert await world.witness.writes(bill) == []


# --- channels ---


async def test_a_mention_in_a_channel_is_answered_in_its_thread(world: World, bill: str) -> None:
    await world.witness.say(DEV, EAST, f"bill {bill}")

    async def answered() -> Json | None:
        for message in await world.witness.messages(DEV, EAST):
            if message["text"].endswith(f"bill {bill}") and message["replies"]:
                return message["replies"][0]
        return None

    answer = await eventually(answered, "the answer stands in the thread")
    assert "4,321.00 USD" in texts(answer["card"])
    assert "Release" not in buttons(answer["card"])


async def test_a_line_without_a_mention_is_not_for_the_bot(world: World) -> None:
    body = {"person": DEV, "conversation": EAST, "text": "pending bills", "mention": False}
    heard = await world.witness.post(f"{world.witness.teams}/_sandbox/say", body)

    await ask(world, "help")  # had the bot heard the line before, it would have answered it first

    said = [m for m in await world.witness.messages(DEV, EAST) if m["id"] == heard["message"]]
    assert heard["status"] is None
    assert said[0]["replies"] == []


async def test_a_group_chat_is_greeted_back(world: World) -> None:
    answer = await ask(world, "hello", person=ERIN, place="AP desk")

    assert "Hello." in texts(answer["card"])


# --- what the ERP says is no markup ---


@pytest.mark.parametrize("text", ["bill {}", "pending bills"])
async def test_texts_of_the_erp_are_shown_and_not_obeyed(
    world: World, bill: str, text: str
) -> None:
    answer = await ask(world, text.format(bill))

    whole = texts(answer["card"])
    assert "](https://evil" not in whole
    assert "<at>" not in whole
    assert not re.search(r"(?<!\\)\*\*now", whole)
    assert answer["card"].get("msteams", {}).get("entities", []) == []


async def test_what_somebody_typed_is_no_markup_either(world: World) -> None:
    shown = texts((await ask(world, "bill [x](https://evil.example)"))["card"])

    assert "](https://evil" not in shown
