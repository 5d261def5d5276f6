"""What presses, dialogs and typed lines are answered at the messages door, by either SDK."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import pytest
from door_world import ABSENT, APP_ID, TENANT, Caller, Card, Json, card
from world import BEN, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


# --- invokes ---


@pytest.mark.parametrize("name", ["signin/verifyState", "application/search", "", ABSENT, 7])
async def test_an_unknown_invoke_is_answered_in_form(caller: Caller, name: Any) -> None:
    heard = await caller.call(caller.activity(type="invoke", name=name, value={}))

    assert "does not know" in heard.answer["value"]


async def test_an_unknown_invoke_is_answered_in_the_language_of_who_asks(caller: Caller) -> None:
    asked = caller.activity(type="invoke", name="application/search", value={}, locale="de-DE")

    heard = await caller.call(asked)

    assert heard.answer["value"] == "Countersign kennt diese Art von Anfrage nicht."


async def test_an_unknown_request_of_the_message_extension_is_answered_in_its_form(
    caller: Caller,
) -> None:
    name = "composeExtension/fetchTask"

    heard = await caller.call(caller.activity(type="invoke", name=name, value={}, locale="de"))

    told = json.loads(heard.body)
    line = "Countersign kennt diese Art von Anfrage nicht."
    assert told == {"composeExtension": {"type": "message", "text": line}}


async def test_who_tells_no_locale_is_answered_in_the_language_of_their_chat(
    caller: Caller,
) -> None:
    await caller.call(caller.activity(locale="de-DE"))

    asked = caller.activity(type="invoke", name="application/search", value={}, locale=ABSENT)
    heard = await caller.call(asked)
    await caller.call(caller.activity(locale="en-US"))

    assert heard.answer["value"] == "Countersign kennt diese Art von Anfrage nicht."


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("task/fetch", "task"),
        ("task/submit", "task"),
        ("composeExtension/query", "composeExtension"),
        ("composeExtension/queryLink", "composeExtension"),
        ("composeExtension/anonymousQueryLink", "composeExtension"),
    ],
)
@pytest.mark.parametrize("value", [None, ABSENT, [], "x", {}, {"data": 7}, {"url": ["x"]}], ids=str)
async def test_no_invoke_is_answered_with_nothing(
    caller: Caller, name: str, member: str, value: Any
) -> None:
    heard = await caller.call(caller.activity(type="invoke", name=name, value=value))

    assert heard.status == 200
    assert json.loads(heard.body)[member]["type"]


async def test_a_press_is_answered_while_the_erp_hangs_and_each_repeat_alike(
    caller: Caller,
) -> None:
    pressed = await card(caller)
    await caller.world.witness.erp_fault("delay:3", times=2, path="/entity/")

    async with asyncio.timeout(2):  # the ERP has not said a word by then
        first = await caller.call(pressed.press(caller, id="f:first"))
        again = await caller.call(pressed.press(caller, id="f:first"))
        anew = await caller.call(pressed.press(caller, id="f:a-new-one"))

    assert again.body == first.body
    assert anew.answer == first.answer
    assert caller.claimed(pressed.number) == 1
    await caller.world.witness.released(pressed.number)


@pytest.mark.parametrize(
    "value",
    [
        None,
        ABSENT,
        [],
        "release",
        17,
        1.5,
        {},
        {"action": None},
        {"action": []},
        {"action": "release"},
        {"action": {}},
        {"action": {"verb": None, "data": None}},
        {"action": {"verb": ["release"], "data": ["token"]}},
        {"action": {"verb": 1.5, "data": {"token": 1.5}}},
        {"action": {"verb": "release", "data": {"token": {"a": None}}}, "trigger": 3},
        {"action": {"verb": "release", "data": {"token": "x" * 5000}}},
        {"action": {"verb": "release", "data": {"token": "\x00"}}},
        {"action": {"verb": "r" * 100_000, "data": {}}, "trigger": "manual"},
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_press_of_any_form_is_answered_in_form(
    caller: Caller, untouched: Card, value: Any
) -> None:
    heard = await caller.call(untouched.press(caller, value=value))

    assert heard.answer["type"] == "application/vnd.microsoft.activity.message"
    assert caller.claimed(untouched.number) == 0


async def test_a_refresh_never_decides_whatever_its_verb(caller: Caller, untouched: Card) -> None:
    value = untouched.value("release", trigger="automatic")

    heard = await caller.call(untouched.press(caller, value=value))

    assert heard.answer["type"] == "application/vnd.microsoft.card.adaptive"
    assert caller.claimed(untouched.number) == 0
    assert await caller.world.witness.writes(untouched.number) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"from": {"id": "29:1dev", "aadObjectId": "aaaaaaaa-0000-4000-8000-000000000004"}},
        {"from": {"id": "29:1ben-ortiz-acme", "name": "Ben Ortiz"}},
        {"from": {"id": "28:a-bot", "aadObjectId": "aaaaaaaa-0000-4000-8000-000000000099"}},
        {"replyToId": "1"},
        {"conversation": {"id": "a:1ben", "conversationType": "personal", "tenantId": TENANT}},
    ],
    ids=["another person", "no person", "a guest", "another copy", "another place"],
)
async def test_a_press_from_elsewhere_never_decides(
    caller: Caller, untouched: Card, changes: Json
) -> None:
    heard = await caller.call(untouched.press(caller, **changes))

    assert heard.answer["type"] == "application/vnd.microsoft.activity.message"
    assert caller.claimed(untouched.number) == 0


async def test_a_repeated_press_gets_the_same_answer_and_decides_once(caller: Caller) -> None:
    pressed = await card(caller)
    invoke = pressed.press(caller)

    heard = await asyncio.gather(*(caller.call(invoke) for _ in range(5)))
    again = await caller.call(invoke)

    assert len({one.body for one in (*heard, again)}) == 1
    assert "Ben Ortiz" in json.dumps(again.answer["value"])
    assert caller.claimed(pressed.number) == 1
    await caller.world.witness.released(pressed.number)


async def test_a_repeated_press_hears_what_the_first_heard_although_the_erp_moved_on(
    caller: Caller,
) -> None:
    pressed = await card(caller)
    invoke = pressed.press(caller)
    first = await caller.call(invoke)
    await caller.world.witness.released(pressed.number)
    await caller.world.witness.card(pressed.number, BEN, says="Released by Ben Ortiz")

    again = await caller.call(invoke)
    anew = await caller.call(pressed.press(caller))

    assert again.body == first.body
    assert anew.body != first.body  # judged now, it is told how it ended


async def test_a_repeat_of_a_refused_press_stays_refused_when_its_cause_is_gone(
    caller: Caller,
) -> None:
    pressed = await card(caller)
    refused = pressed.press(caller, replyToId="1")
    first = await caller.call(refused)

    again = await caller.call({**refused, "replyToId": pressed.message})

    assert again.body == first.body
    assert caller.claimed(pressed.number) == 0


async def test_presses_without_an_id_are_not_taken_for_one(caller: Caller) -> None:
    first, second = await card(caller), await card(caller)

    await caller.call(first.press(caller, id=ABSENT))
    await caller.call(second.press(caller, id=ABSENT))

    assert caller.claimed(first.number) == 1
    assert caller.claimed(second.number) == 1


async def test_a_press_of_an_older_client_decides_once(caller: Caller) -> None:
    pressed = await card(caller)
    message = pressed.submit(caller, id="1700000099999")

    heard = await asyncio.gather(*(caller.call(message) for _ in range(4)))
    invoked = await caller.call(pressed.press(caller))

    assert [one.status for one in heard] == [202] * 4
    assert caller.claimed(pressed.number) == 1
    assert "Ben Ortiz" in json.dumps(invoked.answer["value"])
    await caller.world.witness.card(pressed.number, BEN, says="Released by Ben Ortiz")
    writes = await caller.world.witness.writes(pressed.number)
    assert writes == ["POST Bill/ReleaseFromHold", "POST Bill/ReleaseBill"]


async def test_a_refused_press_of_an_older_client_is_told_in_the_thread(caller: Caller) -> None:
    pressed = await card(caller)
    dev = {"id": "29:1dev", "aadObjectId": "aaaaaaaa-0000-4000-8000-000000000004"}

    await caller.call(copy.deepcopy(pressed.submit(caller, **{"from": dev})))

    async def told() -> bool:
        (message,) = await caller.world.witness.cards(pressed.number)
        return any("does not wait for you" in reply["text"] for reply in message["replies"])

    await eventually(told, "the refusal stands in the thread")
    assert caller.claimed(pressed.number) == 0


# --- typed lines ---


async def answers(caller: Caller, place: str) -> list[str]:
    """What the bot said in Ben's chat, or in a channel's threads."""
    shown = await caller.world.witness.messages(BEN, place)
    lines = [line for message in shown for line in (message, *message["replies"])]
    return [line["card"]["fallbackText"] for line in lines if line["card"]]


async def test_a_line_that_comes_twice_is_answered_once(caller: Caller) -> None:
    line = caller.activity(type="message", text="frobnicate", id="1700000000001")

    heard = [await caller.call(line) for _ in range(3)]
    await caller.call(caller.activity(type="message", text="help", id="1700000000002"))

    async def both() -> list[str] | None:
        found = await answers(caller, "Countersign")
        return found if "What you can type" in found else None

    found = await eventually(both, "both lines are answered")
    assert [one.status for one in heard] == [202] * 3
    assert found.count("I did not understand that") == 1


async def test_one_id_in_two_conversations_is_two_lines(caller: Caller, untouched: Card) -> None:
    us = {"type": "mention", "text": "<at>us</at>", "mentioned": {"id": f"28:{APP_ID}"}}
    more = {"type": "message", "text": "<at>us</at> bill 777777", "id": "1700000000003"}
    more |= {"entities": [us]}
    await caller.call(caller.activity(**more))
    await caller.call(caller.activity(**more, conversation=untouched.place()))

    async def both() -> bool:
        places = ("Countersign", "Purchasing East")
        return all(["No bill 777777" in await answers(caller, place) for place in places])

    await eventually(both, "both lines are answered where they were typed")


async def test_a_mention_without_a_text_takes_nothing_out(caller: Caller) -> None:
    mention = {"type": "mention", "text": "", "mentioned": {"id": f"28:{APP_ID}"}}
    line = {"type": "message", "text": "bill 888888", "entities": [mention]}

    await caller.call(caller.activity(**line))

    async def understood() -> bool:
        return "No bill 888888" in await answers(caller, "Countersign")

    await eventually(understood, "the line is understood")
