"""People ask each other about a document; nothing they say decides anything."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest
from forms import answer_to, button, fetch, press, said, submit
from world import ANN, BEN, ERIN, FARID, Witness, World, buttons, eventually, texts

EVIL = "why [so](https://evil.example) much? <at>Ben Ortiz</at>"
TO_CHANNEL = """where = [{ field = "Amount", at_least = 10000 }]
to = ["channel:ap-approvals"]"""
TO_CHAT = TO_CHANNEL.replace("channel:ap-approvals", "approver")


@pytest.fixture
async def in_chat(world: World) -> AsyncIterator[Witness]:
    """A bot that asks Erin about large bills in her own chat."""
    world.edits = [(TO_CHANNEL, TO_CHAT)]
    async with world.bot():
        await world.witness.connect_push()
        yield world.witness


async def waiting(witness: Witness) -> str:
    """A large bill of Ben's, which waits for Erin."""
    number = await witness.bill_on_hold(30_000)
    await witness.card(number, ERIN, says="Erin Walsh</at>, this waits for you")
    return number


def rows(world: World, sql: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(world.data / "countersign.db") as store:
        return store.execute(sql).fetchall()


async def ask(witness: Witness, person: str, number: str, text: str = "why so much?") -> str:
    dialog = await fetch(witness, person, number, "Ask a question…")
    assert dialog["card"], dialog["text"]
    whom = {"whom": chosen} if (chosen := _first_choice(dialog["card"])) else {}
    return said(await submit(witness, person, number, dialog, text=text, **whom))


def _first_choice(card: dict[str, Any]) -> str:
    lists = [part for part in card["body"] if part["type"] == "Input.ChoiceSet"]
    return str(lists[0]["value"]) if lists else ""


async def reply_under(witness: Witness, number: str, person: str, words: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        replies = (await witness.card(number, person))["replies"]
        return next((one for one in replies if words in texts(one["card"])), None)

    found: dict[str, Any] = await eventually(there, f"a reply that says {words!r}")
    return found


async def in_own_chat(witness: Witness, person: str, words: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        shown = await witness.messages(person, "Countersign")
        return next((one for one in shown if words in texts(one["card"])), None)

    found: dict[str, Any] = await eventually(there, f"{person} reads {words!r}")
    return found


async def test_a_question_is_put_under_the_card_and_its_answer_too(
    world: World, witness: Witness
) -> None:
    number = await waiting(witness)

    assert "on its way" in await ask(witness, ERIN, number, EVIL)

    question = await reply_under(witness, number, BEN, "Erin Walsh asks: why")
    assert "<at>Ben Ortiz</at>, " in texts(question["card"])
    assert [one["mentioned"]["name"] for one in question["card"]["msteams"]["entities"]] == [
        "Ben Ortiz"
    ]
    # What she typed is no link and no mention of its own.
    assert "](https" not in texts(question["card"])
    assert texts(question["card"]["body"]).count("<at>") == 1
    await witness.card(number, ANN, says="Erin Walsh asked: why")

    dialog = await press(witness, BEN, question["id"], "Answer…")
    assert "Erin Walsh asks: why" in texts(dialog["card"])
    told = await answer_to(
        witness, BEN, question["id"], button(dialog["card"]), text="two months in one"
    )

    assert "on its way" in said(told)
    answer = await reply_under(witness, number, ERIN, "Ben Ortiz: two months in one")
    assert "<at>Erin Walsh</at>, " in texts(answer["card"])
    await witness.card(number, ERIN, says="Ben Ortiz: two months in one")
    assert await witness.writes(number) == []
    assert await witness.status(number) == "On Hold"
    assert rows(world, "SELECT name, via FROM comments ORDER BY id") == [
        ("Erin Walsh", "question"),
        ("Ben Ortiz", "answer"),
    ]


async def test_a_question_from_a_personal_chat_goes_to_the_chat_of_who_is_asked(
    in_chat: Witness,
) -> None:
    number = await waiting(in_chat)

    await ask(in_chat, ERIN, number)

    question = await in_own_chat(in_chat, BEN, "Erin Walsh asks: why so much?")
    assert number in texts(question["card"])
    dialog = await press(in_chat, BEN, question["id"], "Answer…")
    await answer_to(in_chat, BEN, question["id"], button(dialog["card"]), text="as agreed")
    answer = await in_own_chat(in_chat, ERIN, "Ben Ortiz: as agreed")
    assert number in texts(answer["card"])
    await in_chat.card(number, ERIN, says="Ben Ortiz: as agreed")
    assert "why so much" not in str(await in_chat.messages(ANN))


async def test_nobody_answers_for_somebody_else(witness: Witness) -> None:
    number = await waiting(witness)
    await ask(witness, ERIN, number)
    question = await reply_under(witness, number, BEN, "Erin Walsh asks")

    refused = await press(witness, FARID, question["id"], "Answer…")
    dialog = await press(witness, BEN, question["id"], "Answer…")
    stolen = await answer_to(witness, FARID, question["id"], button(dialog["card"]), text="mine")

    assert "put to somebody else" in said(refused)
    assert "opened by somebody else" in said(stolen)
    assert "mine" not in texts((await witness.card(number, ERIN))["card"])


async def test_anybody_who_sees_the_card_may_ask_and_an_answer_like_yes_decides_nothing(
    witness: Witness,
) -> None:
    number = await waiting(witness)
    message = (await witness.card(number, ERIN))["id"]
    await witness.press(ANN, number, "Review")
    view = (await witness.card(number, ANN))["card"]
    assert buttons(view)[-2:] == ["Ask a question…", "Open in Acumatica"]

    dialog = await press(witness, ANN, message, "Ask a question…")
    # What the card may hide from others is not in the form either.
    assert "30,000.00" not in texts(dialog["card"])
    await submit(witness, ANN, number, dialog, text="approve", whom=_first_choice(dialog["card"]))

    await witness.card(number, ERIN, says="Ann Whitfield asked: approve")
    assert await witness.writes(number) == []


async def test_a_sixth_question_within_the_hour_is_refused(witness: Witness) -> None:
    number = await waiting(witness)
    for count in range(5):
        await ask(witness, ERIN, number, f"question {count}")

    refused = await fetch(witness, ERIN, number, "Ask a question…")

    assert "asked several times" in said(refused)
    card = await witness.card(number, ERIN, says="question 4")
    # The card keeps the last two.
    assert "question 3" in texts(card["card"])
    assert "question 2" not in texts(card["card"])


async def test_a_question_without_words_or_to_somebody_not_offered_comes_back(
    witness: Witness,
) -> None:
    number = await waiting(witness)
    dialog = await fetch(witness, ERIN, number, "Ask a question…")
    whom = _first_choice(dialog["card"])

    empty = await submit(witness, ERIN, number, dialog, text=" ", whom=whom)
    stranger = await submit(witness, ERIN, number, dialog, text="hm?", whom="somebody")

    assert "type something" in texts(empty["card"])
    assert "choose whom" in texts(stranger["card"])
    assert "asked:" not in texts((await witness.card(number, ERIN))["card"])


async def test_an_old_client_asks_and_answers_by_forms_in_the_own_chat(witness: Witness) -> None:
    number = await waiting(witness)

    await fetch(witness, ERIN, number, "Ask a question…", client="old")
    form = await in_own_chat(witness, ERIN, number)
    inputs = {"text": "by message?", "whom": _first_choice(form["card"])}
    body = {"person": ERIN, "message": form["id"], "button": "Ask", "inputs": inputs}
    await witness.post(f"{witness.teams}/_sandbox/press", body)

    question = await reply_under(witness, number, BEN, "by message?")
    await press(witness, BEN, question["id"], "Answer…", client="old")
    form = await in_own_chat(witness, BEN, "Erin Walsh asks")
    body = {"person": BEN, "message": form["id"], "button": "Answer", "inputs": {"text": "yes"}}
    await witness.post(f"{witness.teams}/_sandbox/press", body)

    await witness.card(number, ERIN, says="Ben Ortiz: yes")
    assert await witness.writes(number) == []
