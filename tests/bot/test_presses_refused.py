"""Presses that decide nothing are answered with what whoever pressed can do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from any_order_fakes import buttons, is_about, says
from any_order_world import ORDER, World

from bot.core.presses import Press
from bot.deciding.pressed import Received

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
    token = more.get("token", buttons(card.card)[0]["data"]["token"])
    made = Press(token, verb, person, card.conversation, card.activity)
    answer = await world.bot.presses.answer(Received(made, ""))
    return answer["value"]


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
