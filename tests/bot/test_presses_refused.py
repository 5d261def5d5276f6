"""Presses that decide nothing are answered with what whoever pressed can do."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from any_order_fakes import buttons, is_about, says
from any_order_world import ORDER, World

from bot.core.presses import Press
from bot.deciding.pressed import Received
from bot.tracing import set_spans
from cards.language import language_of
from cards.refusals import Refusal, refusal_text

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


async def press(world: World, verb: str, person: str = ANN, **more: str) -> Any:
    card = next(message for message in world.teams.messages if is_about(message, ORDER))
    token = more["token"] if "token" in more else buttons(card.card)[0]["data"]["token"]
    made = Press(
        token, verb, person, more.get("conversation", card.conversation),
        more.get("reply_to", card.activity),
    )  # fmt: skip
    locale = more.get("locale", "")
    answer = await world.bot.presses.answer(Received(made, more.get("id", ""), locale=locale))
    return answer["value"]


def stored(world: World, sql: str) -> list[Any]:
    with sqlite3.connect(world.path) as store:
        return store.execute(sql).fetchall()


async def test_a_rejection_without_a_reason_brings_the_form_to_the_pressers_own_chat(
    world: World,
) -> None:
    told = await press(world, "reject")
    await world.do(("all",))

    assert "chat" in told
    assert any(says(one.card, "Reject") for one in world.teams.messages if one.card)
    assert world.erp.calls == []


async def test_a_stranger_who_looks_at_an_open_question_hears_whom_it_waits_for(
    world: World,
) -> None:
    assert "Ann" in await press(world, "review", "aad-stranger")


async def test_a_stranger_who_looks_at_what_is_decided_is_shown_it(world: World) -> None:
    token = buttons(
        next(message for message in world.teams.messages if is_about(message, ORDER)).card
    )[0]["data"]["token"]
    await press(world, "approve")

    shown = await press(world, "review", "aad-stranger", token=token)

    assert shown["type"] == "AdaptiveCard"
    assert says(shown, "Ann")


async def test_who_is_known_looks_at_an_open_question_as_they_may_see_it(world: World) -> None:
    shown = await press(world, "review", BEN)

    assert shown["type"] == "AdaptiveCard"
    assert buttons(shown) == []


@pytest.mark.parametrize("asked_for", [False, True])
async def test_a_guest_sees_an_open_question_only_when_it_waits_for_them(
    world: World, *, asked_for: bool
) -> None:
    who = ANN if asked_for else BEN
    async with world.bot.store.transaction() as conn:
        await conn.execute("UPDATE people SET guest = 1 WHERE aad_object_id = ?", (who,))

    shown = await press(world, "review", who)

    assert isinstance(shown, dict) is asked_for
    if not asked_for:
        assert "Ann" in shown


@pytest.mark.parametrize("verb", ["took_effect", "no_effect", "seen", "look", "object"])
async def test_an_administrators_verb_without_a_case_of_theirs_does_nothing(
    world: World, verb: str
) -> None:
    told = await press(world, verb, token="nobody-gave-this-out")

    assert "no longer leads to a document" in told
    assert world.erp.calls == []


# --- what a press is told under ---


@pytest.fixture
def spans() -> Iterator[list[tuple[str, dict[str, str]]]]:
    """What was told of each piece of work."""
    told: list[tuple[str, dict[str, str]]] = []

    @contextmanager
    def note(name: str, about: Mapping[str, str]) -> Iterator[None]:
        told.append((name, dict(about)))
        yield

    set_spans(note)
    yield told
    set_spans(None)


async def test_a_press_is_told_under_the_correlation_id_of_its_question(
    world: World, spans: list[tuple[str, dict[str, str]]]
) -> None:
    [(correlation,)] = stored(
        world, f"SELECT correlation FROM decisions WHERE document = '{ORDER}'"
    )

    await press(world, "approve", BEN)
    await press(world, "approve", BEN, token="of nobody")

    known = {"correlation": correlation, "company": "acme", "document": str(ORDER)}
    assert spans == [("press", known), ("press", {})]


# --- what a refused press leaves ---


async def test_who_may_not_decide_hears_for_whom_it_waits_and_a_row_tells_of_it(
    world: World,
) -> None:
    told = await press(world, "approve", BEN)

    assert told == refusal_text(Refusal.NOT_APPROVER, language_of("en"), "Ann")
    [(actor, document, detail)] = stored(
        world, "SELECT actor, document, detail FROM audit WHERE action = 'press refused'"
    )
    assert (actor, document) == (BEN, str(ORDER))
    assert json.loads(detail)["reason"] == str(Refusal.NOT_APPROVER)


async def test_all_it_waits_for_are_named(world: World) -> None:
    async with world.bot.store.transaction() as conn:
        await conn.execute("UPDATE decisions SET approvers = ?", (json.dumps([ANN, BEN]),))

    assert "It waits for Ann, Ben" in await press(world, "review", "aad-stranger")


async def test_a_second_press_is_answered_with_the_card_as_it_is_then(world: World) -> None:
    token = buttons(
        next(message for message in world.teams.messages if is_about(message, ORDER)).card
    )[0]["data"]["token"]
    await press(world, "approve")

    shown = await press(world, "approve", token=token, id="f:2", locale="de-DE")

    assert shown["type"] == "AdaptiveCard"
    assert shown["lang"] == "de"
    assert says(shown, "Ann")
    await world.do(("all",))
    assert [call.action for call in world.erp.calls] == ["Approve"]


# --- looking ---


@pytest.mark.parametrize("verb", ["review", "refresh"])
@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"token": "of nobody"}, Refusal.UNKNOWN_CARD),
        ({"token": ""}, Refusal.UNKNOWN_CARD),
        ({"conversation": "19:elsewhere"}, Refusal.WRONG_PLACE),
        ({"reply_to": "another message"}, Refusal.OLD_COPY),
    ],
)
async def test_a_look_at_no_card_of_ours_says_what_is_the_matter(
    world: World, verb: str, other: dict[str, str], refusal: Refusal
) -> None:
    told = await press(world, verb, locale="de-DE", **other)

    assert told == refusal_text(refusal, language_of("de-DE"))
    assert stored(world, "SELECT count(*) FROM audit WHERE action = 'press refused'") == [(0,)]


@pytest.mark.parametrize("verb", ["review", "refresh"])
async def test_a_look_at_a_card_whose_post_told_no_id_tells_it(world: World, verb: str) -> None:
    card = next(message for message in world.teams.messages if is_about(message, ORDER))
    where = f"document = '{ORDER}' AND target = 'channel:ap'"
    async with world.bot.store.transaction() as conn:
        await conn.execute(f"UPDATE cards SET activity = '' WHERE {where}")
        channel = card.conversation.partition(";")[0]
        await conn.execute(
            "INSERT INTO subscriptions (channel, id, due_at) VALUES (?, 'graph', '')", (channel,)
        )

    shown = await press(world, verb)
    await press(world, verb, reply_to="another message")

    assert shown["type"] == "AdaptiveCard"
    assert stored(world, f"SELECT activity FROM cards WHERE {where}") == [(card.activity,)]
    # What was written under it meanwhile was of a thread nobody knew.
    assert stored(world, "SELECT channel, root, message FROM notices") == [
        (channel, card.activity, "")
    ]


# --- pressing ---


@pytest.mark.parametrize("verb", ["approve", "took_effect"])
async def test_who_presses_as_fast_as_a_machine_is_asked_to_wait_and_nobody_else(
    world: World, verb: str
) -> None:
    for _ in range(1000):
        world.bot.claims.is_too_fast(ANN)

    told = await press(world, verb, locale="de-DE")

    assert told == refusal_text(Refusal.TOO_FAST, language_of("de-DE"))
    [(detail,)] = stored(world, "SELECT detail FROM audit WHERE action = 'press refused'")
    assert json.loads(detail)["reason"] == str(Refusal.TOO_FAST)
    await world.do(("all",))
    assert world.erp.calls == []
    assert await press(world, "approve", BEN) != told


async def test_a_press_that_decides_is_answered_with_the_card_in_the_pressers_language(
    world: World,
) -> None:
    shown = await press(world, "approve", locale="de-DE")

    assert (shown["type"], shown["lang"]) == ("AdaptiveCard", "de")


async def test_a_card_whose_post_told_no_id_tells_it_by_the_press_that_decides(
    world: World,
) -> None:
    card = next(message for message in world.teams.messages if is_about(message, ORDER))
    async with world.bot.store.transaction() as conn:
        await conn.execute("UPDATE cards SET activity = '' WHERE target = 'channel:ap'")

    await press(world, "approve")

    where = f"document = '{ORDER}' AND target = 'channel:ap'"
    assert stored(world, f"SELECT activity FROM cards WHERE {where}") == [(card.activity,)]


async def test_a_repeat_under_the_same_activity_is_answered_from_the_store(world: World) -> None:
    first = await press(world, "approve", id="f:7")
    await world.do(("all",))

    token = stored(world, "SELECT token FROM decisions WHERE document LIKE 'Purchase%'")[0][0]
    again = await press(world, "approve", id="f:7", token=token)

    assert again == first
    assert len(world.erp.calls) == 1
