"""Searches and pasted links show the asker's own documents, and to others only what may be read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from talking import Json, settled
from world import ANN, BEN, DEV, EAST, World, buttons, open_world, texts

pytestmark = pytest.mark.asyncio(loop_scope="module")

GUEST = "auditor@audit.example"
EVIL = "[pay](https://evil.example) <at>Ben Ortiz</at>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A running bot that knows everybody."""
    async with open_world(tmp_path_factory.mktemp("search")) as opened, opened.bot():
        await opened.witness.connect_push()
        await settled(opened, ANN, BEN, DEV)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bill(world: World) -> str:
    """A bill whose texts would be markup."""
    number = await world.witness.bill_on_hold(4321.0, VendorRef="INV-77", Description=EVIL)
    await world.witness.card(number, BEN, says="this waits for you")
    return number


async def search(world: World, text: str, **body: Any) -> Json:
    """Search as somebody writing in a channel."""
    whole = {"person": BEN, "conversation": EAST, "command": "findBill", "text": text, **body}
    return await world.witness.post(f"{world.witness.teams}/_sandbox/search", whole)


async def unfurl(world: World, url: str, **body: Any) -> Json:
    """Paste a link."""
    whole = {"person": BEN, "conversation": EAST, "url": url, "send": False, **body}
    return await world.witness.post(f"{world.witness.teams}/_sandbox/unfurl", whole)


def link_of(world: World, number: str, **change: str) -> str:
    """The address of a bill's screen in our ERP."""
    asked = {"CompanyID": "Company", "ScreenId": "AP301000", "DocType": "INV", "RefNbr": number}
    query = "&".join(f"{name}={value}" for name, value in {**asked, **change}.items())
    return f"{world.witness.erp}/Main?{query}"


def said(answer: Json) -> str:
    """The line a client shows instead of results."""
    return str(answer["body"]["composeExtension"].get("text", ""))


@pytest.mark.parametrize("text", ["{}", "northgate", "inv-77", "V000000021", ""])
async def test_a_bill_is_found_by_what_people_know_of_it(
    world: World, bill: str, text: str
) -> None:
    answer = await search(world, text.format(bill))

    assert answer["status"] == 200
    assert [bill in one["preview"]["title"] for one in answer["results"]] == [True]


async def test_other_commands_find_other_documents(world: World, bill: str) -> None:
    for command in ("findPo", "findPayment"):
        answer = await search(world, bill, command=command)
        assert answer["results"] == []
        assert bill in said(answer)


async def test_where_others_read_a_result_tells_a_range_and_no_amount(
    world: World, bill: str
) -> None:
    for place in (EAST, "AP desk"):
        person = DEV if place == "AP desk" else BEN
        found = (await search(world, bill, conversation=place, person=person))["results"][0]
        assert "4,321" not in json.dumps(found)
        assert "1,000 to under 5,000 USD" in texts(found["card"])


async def test_in_the_asker_s_own_chat_a_result_tells_everything(world: World, bill: str) -> None:
    found = (await search(world, bill, conversation="bot"))["results"][0]

    assert "4,321.00 USD" in texts(found["card"])
    assert "4,321.00 USD" in found["preview"]["text"]


async def test_a_result_can_be_pressed_by_nobody(world: World, bill: str) -> None:
    for place in (EAST, "bot"):
        found = (await search(world, bill, conversation=place))["results"][0]
        whole = json.dumps(found["card"])
        assert "Action.Execute" not in whole
        assert "Action.Submit" not in whole
        assert "token" not in whole
        assert "refresh" not in found["card"]
        assert {"Release", "Review"}.isdisjoint(buttons(found["card"]))
        assert "Open in Acumatica" in buttons(found["card"])
    assert await world.witness.status(bill) == "On Hold"


async def test_texts_of_the_erp_are_no_markup_in_results(world: World, bill: str) -> None:
    found = (await search(world, bill, conversation="bot"))["results"][0]

    assert "](https://evil" not in texts(found["card"])
    assert "<at>" not in json.dumps(found)


async def test_the_end_of_the_results_is_said_so(world: World, bill: str) -> None:
    answer = await search(world, bill, skip=25)

    assert answer["results"] == []
    assert "everything" in said(answer)


async def test_a_guest_finds_nothing(world: World, bill: str) -> None:
    answer = await search(world, bill, person=GUEST)

    assert answer["results"] == []
    assert "ask a colleague" in said(answer)
    assert bill not in json.dumps(answer["body"])


@pytest.mark.parametrize("command", ["nonsense", "findbill"])
async def test_a_command_we_do_not_have_is_answered_all_the_same(
    world: World, command: str
) -> None:
    answer = await search(world, "x", command=command)

    assert answer["status"] == 200
    assert said(answer)


# --- links ---


async def test_a_link_becomes_a_card_with_a_range_where_others_read_it(
    world: World, bill: str
) -> None:
    answer = await unfurl(world, link_of(world, bill))

    assert len(answer["results"]) == 1
    assert bill in texts(answer["results"][0]["card"])
    assert "4,321" not in json.dumps(answer["body"])
    assert "Action.Execute" not in json.dumps(answer["body"])


async def test_a_link_tells_a_range_even_alone_because_teams_keeps_the_answer(
    world: World,
) -> None:
    number = await world.witness.bill_on_hold(4321.0)  # of which Teams has kept no answer yet
    await world.witness.card(number, BEN, says="this waits for you")

    answer = await unfurl(world, link_of(world, number), conversation="bot")
    again = await unfurl(world, link_of(world, number), conversation=EAST)

    assert answer["results"][0]["card"]["version"] == "1.3"
    for one in (answer, again):
        assert "1,000 to under 5,000 USD" in texts(one["results"][0]["card"])
        assert "4,321" not in json.dumps(one["body"])


@pytest.mark.parametrize(
    "change",
    [{"CompanyID": "Other"}, {"RefNbr": "999999"}, {"ScreenId": "GL301000"}, {"DocType": "ZZZ"}],
)
async def test_a_link_to_anything_else_is_politely_no_card(
    world: World, bill: str, change: dict[str, str]
) -> None:
    answer = await unfurl(world, link_of(world, bill, **change), conversation="bot")

    assert answer["results"] == []
    assert "no bill, purchase order or payment I know" in said(answer)


async def test_a_guest_s_link_shows_nothing(world: World, bill: str) -> None:
    answer = await unfurl(world, link_of(world, bill), person=GUEST)

    assert answer["results"] == []
    assert "4,321" not in json.dumps(answer["body"])
    assert "Northgate" not in json.dumps(answer["body"])


async def test_where_teams_does_not_tell_who_asks_nothing_of_the_erp_is_shown(
    world: World, bill: str
) -> None:
    answer = await unfurl(world, link_of(world, bill), anonymous=True)

    assert answer["results"] == []
    assert bill not in json.dumps(answer["body"])
    assert "Northgate" not in json.dumps(answer["body"])


async def test_a_search_is_no_place_the_bot_may_write_to(world: World, bill: str) -> None:
    """Two people's chat is *personal* to Teams too; a card for one of them must not go there."""
    await search(world, bill, conversation="bot")
    number = await world.witness.bill_on_hold(12.0)

    assert (await world.witness.card(number, BEN))["conversation"] == EAST
