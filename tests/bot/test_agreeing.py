"""The first of two presses is kept and handed on; the second decides; both stand in the trail."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from any_order_fakes import buttons, is_about, says
from any_order_world import ORDER, ROUTES, World

from bot.core.activity import Received
from bot.core.presses import Press
from cards.language import ENGLISH
from cards.refusals import Refusal, refusal_text
from storage import people
from storage.records import TeamsPerson

ANN, BEN = "aad-ann", "aad-ben"


TWO = [
    {**route, "second_above": {"USD": 50}, "second": ["person:ben@x"]}
    if route.get("entity") == "PurchaseOrder" and "actions" in route
    else route
    for route in ROUTES
]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Orders over 50 USD want their owner Ann and then Ben; she was asked."""
    made = World(tmp_path / "store.db")
    made.routes = TWO
    await made.start()
    await made.do(("poll",))
    await made.do(("all",))
    yield made
    await made.bot.store.close()


def standing(world: World) -> Any:
    return next(one for one in world.teams.messages if is_about(one, ORDER))


def rows(world: World, sql: str) -> list[Any]:
    with sqlite3.connect(world.path) as store:
        store.row_factory = sqlite3.Row
        return store.execute(sql).fetchall()


def decision(world: World) -> Any:
    return rows(world, f"SELECT * FROM decisions WHERE document = '{ORDER}'")[-1]


def told(world: World, action: str) -> list[tuple[str, dict[str, Any]]]:
    found = rows(world, f"SELECT actor, detail FROM audit WHERE action = '{action}' ORDER BY seq")
    return [(row["actor"], json.loads(row["detail"])) for row in found]


async def press(world: World, person: str, verb: str = "approve") -> Any:
    card = standing(world)
    token = next(one["data"]["token"] for one in [*buttons(card.card), _refresh(card.card)] if one)
    made = Press(token, verb, person, card.conversation, card.activity)
    return (await world.bot.presses.answer(Received(made, "")))["value"]


def _refresh(card: dict[str, Any]) -> Any:
    return card.get("refresh", {}).get("action")


async def test_the_first_press_is_kept_with_who_and_when_and_calls_nothing(world: World) -> None:
    await press(world, ANN)
    await world.do(("all",))

    kept = decision(world)
    assert (kept["state"], kept["agreed"], kept["agreed_name"]) == ("pending", ANN, "Ann")
    assert (kept["agreed_verb"], kept["person"]) == ("approve", "")
    assert kept["agreed_at"]
    assert json.loads(kept["approvers"]) == [BEN]
    assert world.erp.calls == []
    [(actor, detail)] = told(world, "decision agreed")
    assert actor == ANN
    assert detail == {
        "decision": kept["id"], "verb": "approve", "seconds": [BEN],
        "fingerprint": kept["fingerprint"],
    }  # fmt: skip
    assert says(standing(world).card, "Ann pressed Approve")


async def test_the_second_press_decides_and_both_names_stand_on_it(world: World) -> None:
    await press(world, ANN)
    await world.do(("all",))

    await press(world, BEN)
    await world.do(("all",))

    done = decision(world)
    assert (done["state"], done["person"], done["agreed"]) == ("confirmed", BEN, ANN)
    assert [call.action for call in world.erp.calls] == ["Approve"]
    [(actor, detail)] = told(world, "decision claimed")
    assert actor == BEN
    assert detail == {
        "decision": done["id"], "verb": "approve", "plan": ["approve"],
        "fingerprint": done["fingerprint"], "unknown_editor_allowed": True, "agreed": ANN,
    }  # fmt: skip
    assert says(standing(world).card, "Approved by Ann and Ben")


async def test_who_agrees_to_a_later_question_of_the_same_document_is_shown_too(
    world: World,
) -> None:
    for price in ("first", "second"):
        await press(world, ANN)
        await world.do(("all",))

        assert says(standing(world).card, "Ann pressed Approve"), price
        await world.do(("change", "order", "amount"))
        await world.do(("poll",))
        await world.do(("all",))
        assert not says(standing(world).card, "Ann pressed Approve"), price

    assert [actor for actor, _ in told(world, "decision agreed")] == [ANN, ANN]
    assert world.erp.calls == []


@pytest.mark.parametrize("person", [ANN, "aad-stranger"])
async def test_nobody_else_is_the_second(world: World, person: str) -> None:
    await press(world, ANN)

    await press(world, person)
    await world.do(("all",))

    assert decision(world)["state"] == "pending"
    assert world.erp.calls == []


async def test_the_first_of_two_is_judged_again_right_before_the_call(world: World) -> None:
    await press(world, ANN)
    await world.do(("all",))
    await press(world, BEN)
    async with world.bot.store.transaction() as conn:
        guest = TeamsPerson(ANN, "29:ann", "Ann", "ann@x", guest=True)
        await people.put_person(conn, guest, now=world.clock.now())

    await world.do(("all",))

    assert world.erp.calls == []
    ended = rows(world, f"SELECT * FROM decisions WHERE document = '{ORDER}' ORDER BY asked_at")[0]
    assert ended["state"] == "refused"
    assert ended["reason"] == refusal_text(Refusal.FIRST_GONE, ENGLISH)


async def test_what_one_pressed_is_not_called_where_two_must_agree_by_then(tmp_path: Path) -> None:
    world = World(tmp_path / "store.db")
    await world.start()
    await world.do(("poll",))
    await world.do(("all",))
    await press(world, ANN)
    world.routes = TWO
    await world.restart()

    await world.do(("all",))

    assert world.erp.calls == []
    ended = rows(world, f"SELECT * FROM decisions WHERE document = '{ORDER}' ORDER BY asked_at")[0]
    assert ended["state"] == "refused"
    assert ended["reason"] == refusal_text(Refusal.ONLY_ONE, ENGLISH)
    await world.bot.store.close()


async def test_what_one_person_may_decide_names_no_second(tmp_path: Path) -> None:
    world = World(tmp_path / "store.db")
    await world.start()
    await world.do(("poll",))
    await world.do(("all",))

    await press(world, ANN)
    await world.do(("all",))

    assert decision(world)["state"] == "confirmed"
    [(_, detail)] = told(world, "decision claimed")
    assert "agreed" not in detail
    assert told(world, "decision agreed") == []
    await world.bot.store.close()
