"""Forms in time: they end, they outlive the process, they decide by what is true when they come."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from any_order_fakes import buttons, is_about, says
from any_order_world import CHANNELS, HELD, ORDER, World

from bot.core.presses import Press
from bot.deciding.pressed import Received

Json = dict[str, Any]
ANN, BEN = "aad-ann", "aad-ben"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A bot that has asked Ann in the channel about an order in Pending Approval."""
    made = World(tmp_path / "store.db")
    await made.start()
    await made.do(("poll",))
    await made.do(("all",))
    yield made
    await made.bot.store.close()


def card_of_order(world: World) -> Any:
    return next(message for message in world.teams.messages if is_about(message, ORDER))


def wire(world: World, person: str, data: Json, activity: str = "") -> Json:
    card = card_of_order(world)
    return {
        "id": activity, "from": {"aadObjectId": person}, "value": {"data": data},
        "conversation": {"id": card.conversation}, "replyToId": card.activity,
    }  # fmt: skip


async def open_form(world: World, person: str = ANN, verb: str = "reject", **more: str) -> Json:
    token = buttons(card_of_order(world).card)[0]["data"]["token"]
    data = {"token": token, "verb": verb}
    answer = await world.bot.dialogs.fetched(wire(world, person, data, **more))
    return dict(answer["task"])


async def send(world: World, form: Json, person: str = ANN, **more: Any) -> str:
    card = form["value"]["card"]["content"]
    row = next(part for part in card["body"] if part["type"] == "ActionSet")
    data = {**row["actions"][0]["data"], "choice": "Entered twice", **more.pop("inputs", {})}
    answer = await world.bot.dialogs.submitted(wire(world, person, data, **more))
    assert answer["task"]["type"] == "message"
    return str(answer["task"]["value"])


def actions(world: World) -> list[str]:
    return [call.action for call in world.erp.calls]


def stored(world: World, sql: str) -> list[Any]:
    with sqlite3.connect(world.path) as store:
        return store.execute(sql).fetchall()


async def test_a_form_sent_rejects_and_the_card_says_who_and_why(world: World) -> None:
    told = await send(world, await open_form(world))

    # The answer claims no outcome; the card tells it once it is known.
    assert "Rejecting" in told
    assert actions(world) == []
    await world.do(("all",))
    assert actions(world) == ["Reject"]
    assert says(card_of_order(world).card, "Rejected by Ann")
    assert says(card_of_order(world).card, "Entered twice")


async def test_opening_a_form_decides_nothing(world: World) -> None:
    await open_form(world)
    await world.do(("all",))

    assert actions(world) == []
    assert stored(world, "SELECT count(*) FROM decisions WHERE state <> 'pending'") == [(0,)]


async def test_a_form_ends_after_a_quarter_of_an_hour(world: World) -> None:
    form = await open_form(world)
    world.clock.advance(15 * 60)

    told = await send(world, form)
    await world.do(("all",))

    assert "open for too long" in told
    assert actions(world) == []


async def test_a_form_sent_in_time_is_answered_the_same_later(world: World) -> None:
    form = await open_form(world)
    told = await send(world, form)
    await world.do(("all",))
    world.clock.advance(15 * 60)

    assert await send(world, form, inputs={"choice": "Not ordered"}) == told
    await world.do(("all",))
    assert actions(world) == ["Reject"]


async def test_forms_nobody_sends_are_forgotten(world: World) -> None:
    await open_form(world)
    world.clock.advance(31 * 60)

    await open_form(world)

    assert stored(world, "SELECT count(*) FROM dialogs") == [(1,)]


async def test_the_same_fetch_twice_gives_out_one_form(world: World) -> None:
    first = await open_form(world, activity="f:1")
    again = await open_form(world, activity="f:1")

    assert first == again
    assert stored(world, "SELECT count(*) FROM dialogs") == [(1,)]


async def test_a_form_outlives_the_process(world: World) -> None:
    form = await open_form(world)
    await world.restart()

    assert "Rejecting" in await send(world, form)
    await world.do(("all",))
    assert actions(world) == ["Reject"]


async def test_who_is_no_approver_any_more_when_the_form_comes_decides_nothing(
    world: World,
) -> None:
    form = await open_form(world)
    await world.do(("change", "order", "owner"))
    await world.do(("push", "order"))
    await world.do(("all",))

    told = await send(world, form)
    await world.do(("all",))

    assert "does not wait for you" in told
    assert actions(world) == []


@pytest.mark.parametrize("person", [BEN, "", "aad-stranger"])
async def test_nobody_else_gets_the_form_or_sends_it(world: World, person: str) -> None:
    refused = await open_form(world, person)
    told = await send(world, await open_form(world), person)
    await world.do(("all",))

    assert refused["type"] == "message"
    assert told
    assert actions(world) == []


@pytest.mark.parametrize("person", ["", "aad-stranger"])
async def test_who_is_unknown_asks_nothing(world: World, person: str) -> None:
    refused = await open_form(world, person, verb="ask")
    told = await send(world, await open_form(world, BEN, verb="ask"), person)

    assert refused["type"] == "message"
    assert told
    assert stored(world, "SELECT count(*) FROM comments") == [(0,)]


async def test_who_may_not_have_a_form_hears_why_where_no_dialog_opens(world: World) -> None:
    card = card_of_order(world)
    token = buttons(card.card)[0]["data"]["token"]
    pressed = Press(token, "reject", BEN, card.conversation, card.activity)

    told = await world.bot.dialogs.message(Received(pressed, "", wants_form=True))
    await world.do(("all",))

    assert "does not wait for you" in told
    assert stored(world, "SELECT count(*) FROM dialogs") == [(0,)]


@pytest.mark.parametrize("verb", ["approve", "release", "x", "send", "cancel", ""])
async def test_no_other_verb_opens_a_form(world: World, verb: str) -> None:
    refused = await open_form(world, verb=verb)

    assert refused == {
        "type": "message",
        "value": "This card does not offer that. Nothing was changed.",
    }
    assert stored(world, "SELECT count(*) FROM dialogs") == [(0,)]


async def test_what_is_refused_is_in_the_audit(world: World) -> None:
    await open_form(world, BEN)

    [(actor, detail)] = stored(
        world, "SELECT actor, detail FROM audit WHERE action = 'press refused'"
    )
    assert actor == BEN
    assert "not an approver" in detail


async def test_a_form_from_another_conversation_than_the_cards_is_not_given_out(
    world: World,
) -> None:
    token = buttons(card_of_order(world).card)[0]["data"]["token"]
    elsewhere = wire(world, ANN, {"token": token, "verb": "reject"})
    elsewhere["conversation"] = {"id": f"{CHANNELS['ap']}-of-others"}

    answer = await world.bot.dialogs.fetched(elsewhere)

    assert "not posted here" in answer["task"]["value"]


# --- what a form leads to is gone, or too much ---


def run(world: World, sql: str) -> None:
    with sqlite3.connect(world.path) as store:
        store.execute(sql)


@pytest.mark.parametrize("verb", ["reject", "ask"])
async def test_a_form_whose_document_is_gone_does_nothing(world: World, verb: str) -> None:
    form = await open_form(world, verb=verb)
    run(world, "DELETE FROM documents")

    assert "no longer leads to a document" in await send(world, form)
    assert actions(world) == []


async def test_no_form_is_drawn_for_a_document_that_is_gone(world: World) -> None:
    token = buttons(card_of_order(world).card)[0]["data"]["token"]
    run(world, "DELETE FROM documents")

    for verb in ("reject", "ask"):
        wired = wire(world, ANN, {"token": token, "verb": verb})
        assert (await world.bot.dialogs.fetched(wired))["task"]["type"] == "message"


async def test_who_opens_forms_as_fast_as_a_machine_is_asked_to_wait(world: World) -> None:
    for _ in range(1000):
        world.bot.claims.is_too_fast(ANN)

    refused = await open_form(world)

    assert refused["type"] == "message"
    assert stored(world, "SELECT count(*) FROM dialogs") == [(0,)]


# --- answers to questions ---


async def asked_ann(world: World) -> Json:
    """Ben has asked Ann something about the order; returns the data of her button."""
    form = await open_form(world, BEN, verb="ask")
    inputs = {"whom": ANN, "text": "Is this the new price?", "choice": ""}
    await send(world, form, BEN, inputs=inputs)
    await world.do(("all",))
    found = [one for message in world.teams.messages for one in every_data(message.card)]
    return next(one for one in found if one.get("verb") == "answer")


def every_data(part: Any) -> list[Json]:
    """What every button says, whatever kind of button it is."""
    if isinstance(part, list):
        return [data for one in part for data in every_data(one)]
    if not isinstance(part, dict):
        return []
    own = [dict(part["data"])] if isinstance(part.get("data"), dict) else []
    return own + [data for one in part.values() for data in every_data(one)]


async def answer_form(world: World, data: Json, person: str = ANN) -> Json:
    answer = await world.bot.dialogs.fetched(wire(world, person, data))
    return dict(answer["task"])


async def test_the_form_for_an_answer_is_for_who_was_asked_alone(world: World) -> None:
    data = await asked_ann(world)

    assert (await answer_form(world, data))["type"] == "continue"
    for person, verb in ((BEN, "answer"), ("", "answer"), (ANN, "reject")):
        refused = await answer_form(world, {**data, "verb": verb}, person)
        assert refused["type"] == "message", (person, verb)


async def test_a_question_nobody_asked_has_no_form(world: World) -> None:
    data = await asked_ann(world)
    strange = {name: "nobody-asked" if name != "verb" else "answer" for name in data}

    assert (await answer_form(world, strange))["type"] == "message"


async def test_an_answer_about_a_document_that_is_gone_is_not_kept(world: World) -> None:
    form = await answer_form(world, await asked_ann(world))
    run(world, "DELETE FROM documents")

    assert await send(world, form, inputs={"text": "yes"})
    assert stored(world, "SELECT count(*) FROM comments WHERE via = 'answer'") == [(0,)]


async def test_an_answer_without_words_keeps_the_form_open(world: World) -> None:
    form = await answer_form(world, await asked_ann(world))
    row = next(
        one for one in form["value"]["card"]["content"]["body"] if one["type"] == "ActionSet"
    )
    data = {**row["actions"][0]["data"], "text": "  "}

    again = (await world.bot.dialogs.submitted(wire(world, ANN, data)))["task"]

    assert again["type"] == "continue"
    assert stored(world, "SELECT count(*) FROM comments WHERE via = 'answer'") == [(0,)]


async def test_who_answers_without_end_is_asked_to_wait(world: World) -> None:
    data = await asked_ann(world)
    for number in range(5):
        told = await send(world, await answer_form(world, data), inputs={"text": f"{number}"})
        assert "on its way" in told

    assert (await answer_form(world, data))["type"] == "message"
    assert stored(world, "SELECT count(*) FROM comments WHERE via = 'answer'") == [(5,)]


async def test_who_is_alone_with_a_document_in_their_own_chat_has_nobody_to_ask(
    world: World,
) -> None:
    own = next(one for one in world.teams.messages if is_about(one, HELD) and one.card
               and not one.conversation.startswith(CHANNELS["ap"]))  # fmt: skip
    token = buttons(own.card)[0]["data"]["token"]
    fetched = {
        "id": "f:9", "from": {"aadObjectId": ANN}, "replyToId": own.activity,
        "value": {"data": {"token": token, "verb": "ask"}},
        "conversation": {"id": own.conversation},
    }  # fmt: skip

    answer = await world.bot.dialogs.fetched(fetched)

    assert answer["task"]["type"] == "message"
    assert "nobody" in answer["task"]["value"].lower()


async def test_a_form_that_is_refused_says_for_whom_it_waits_and_leaves_its_row(
    world: World,
) -> None:
    refused = await open_form(world, BEN)
    assert "It waits for Ann" in refused["value"]
    form = await open_form(world)
    await world.do(("change", "order", "owner"))
    await world.do(("push", "order"))
    await world.do(("all",))

    told = await send(world, form)

    assert "It waits for Ben" in told
    rows = stored(
        world, "SELECT actor, document FROM audit WHERE action = 'press refused' ORDER BY seq"
    )
    assert rows == [(BEN, str(ORDER)), (ANN, str(ORDER))]


async def test_a_form_wants_a_reason_unless_the_company_does_not(world: World) -> None:
    form = await open_form(world)
    [choice] = [part for part in form["value"]["card"]["content"]["body"]
                if part.get("id") == "choice"]  # fmt: skip
    assert choice["isRequired"] is True

    with pytest.raises(AssertionError):  # the form comes back
        await send(world, form, inputs={"choice": ""})
    assert actions(world) == []


async def test_the_reason_stands_under_the_document_as_one(world: World) -> None:
    await send(world, await open_form(world))

    assert stored(world, "SELECT via, text, name FROM comments") == [
        ("reason", "Entered twice", "Ann")
    ]
    [(detail,)] = stored(world, "SELECT detail FROM audit WHERE action = 'decision claimed'")
    assert json.loads(detail)["reason"] == "Entered twice"


async def test_a_card_whose_post_told_no_id_tells_it_by_the_form_that_decides(
    world: World,
) -> None:
    form = await open_form(world)
    async with world.bot.store.transaction() as conn:
        await conn.execute("UPDATE cards SET activity = ''")

    await send(world, form)

    [(activity,)] = stored(
        world, f"SELECT activity FROM cards WHERE document = '{ORDER}' AND target = 'channel:ap'"
    )
    assert activity == card_of_order(world).activity
