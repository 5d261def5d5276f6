"""Searches and list buttons at the messages door, in forms no honest client sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from door_world import TENANT, Caller, calling
from world import BEN, texts

pytestmark = pytest.mark.asyncio(loop_scope="module")

TWO_PEOPLE = {
    "id": "19:ben_ann@unq.gbl.spaces",
    "conversationType": "personal",
    "tenantId": TENANT,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caller(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Caller]:
    """A running bot that asked Ben about a bill."""
    async with calling(tmp_path_factory.mktemp("searches")) as opened:
        number = await opened.world.witness.bill_on_hold(4321.0)
        await opened.world.witness.card(number, BEN, says="this waits for you")
        yield opened


async def found(caller: Caller, **changes: Any) -> Any:
    """What a search for everything shows."""
    value = {"commandId": "findBill", "parameters": [{"name": "q", "value": "northgate"}]}
    wire = caller.activity(type="invoke", name="composeExtension/query", value=value, **changes)
    heard = await caller.call(wire)
    assert heard.status == 200
    return json.loads(heard.body)["composeExtension"]


async def test_two_people_s_chat_is_not_the_bot_s_own_although_teams_calls_it_personal(
    caller: Caller,
) -> None:
    await caller.call(caller.activity())  # from Ben's own chat, which the bot knows from here on

    shown = await found(caller, conversation=TWO_PEOPLE)
    alone = await found(caller)

    assert "4,321" not in json.dumps(shown)
    assert "4,321.00 USD" in texts(alone["attachments"][0]["content"])
    known = caller.rows("SELECT conversation FROM conversations WHERE kind = 'personal'")
    assert (TWO_PEOPLE["id"],) not in known


async def test_who_was_never_seen_is_asked_to_say_hello_first(caller: Caller) -> None:
    sender = {"id": "29:new", "aadObjectId": "aaaaaaaa-0000-4000-8000-00000000abcd"}
    shown = await found(caller, **{"from": sender})

    assert shown["type"] == "message"
    assert "Write to me once" in shown["text"]


async def test_a_search_is_answered_within_a_second_while_the_erp_hangs(caller: Caller) -> None:
    await caller.world.witness.erp_fault("delay:3", times=4, path="/entity/")

    async with asyncio.timeout(1):
        shown = await found(caller)

    assert shown["type"] == "result"


@pytest.mark.parametrize(
    "asked",
    ["use this channel as purchasing-east", "stop using this channel", "connect", "disconnect",
     "why 000001", "help", {"text": "pending bills"}, ""],
)  # fmt: skip
async def test_a_button_asks_for_pages_of_lists_and_does_nothing_else(
    caller: Caller, asked: Any
) -> None:
    wire = caller.activity(type="message", value={"ask": asked})
    heard = await caller.call(wire)

    assert heard.status in (200, 201, 202)
    kept = caller.rows("SELECT count(*) FROM audit WHERE action = 'asked in chat'")
    refused = caller.rows("SELECT count(*) FROM audit WHERE action = 'press refused'")
    assert kept == [(0,)]
    assert refused != [(0,)]
