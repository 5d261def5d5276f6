"""What people write under a card becomes part of its story and decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from world import BEN, DEV, EAST, Witness, World, buttons, eventually, texts

from storage import audit, comments
from storage.database import Database


@pytest.fixture
async def heard(world: World) -> AsyncIterator[Witness]:
    """A running bot that Graph tells of replies."""
    world.more = {"server": {"public_url": world.witness.bot}}
    async with world.bot():
        await world.witness.connect_push()
        await eventually(lambda: _subscribed(world.witness), "the channel is subscribed")
        yield world.witness


async def _subscribed(witness: Witness) -> bool:
    told = await witness.get(f"{witness.teams}/_sandbox/subscriptions")
    return any("purchasing-east" in one["resource"] for one in told["subscriptions"])


async def reply(witness: Witness, person: str, thread: str, text: str, **more: Any) -> None:
    body = {"person": person, "conversation": EAST, "text": text, "thread": thread, **more}
    await witness.post(f"{witness.teams}/_sandbox/say", {"mention": False, **body})


async def answers(witness: Witness, number: str) -> list[str]:
    """What the bot wrote under the card in the channel."""
    [card] = [one for one in await witness.cards(number) if one["conversation"] == EAST]
    return [one["text"] for one in card["replies"] if one["from"] == "Countersign"]


async def test_a_reply_becomes_a_comment_that_the_card_shows(heard: Witness) -> None:
    number = await heard.bill_on_hold()
    card = await heard.card(number, says="waits for you")

    await reply(heard, DEV, card["id"], "The freight is missing")

    shown = await heard.card(number, says="The freight is missing")
    assert "Dev" in texts(shown["card"])
    assert await heard.status(number) == "On Hold"
    assert await answers(heard, number) == []


async def test_a_reply_under_a_card_whose_post_got_no_answer_is_kept_and_no_second_card_posted(
    world: World,
) -> None:
    world.more = {"server": {"public_url": world.witness.bot}}
    async with world.bot(speed=40.0):
        witness = world.witness
        await eventually(lambda: _subscribed(witness), "the channel is subscribed")
        await witness.teams_fault("reset_after_apply", method="POST", path="/v3/conversations")
        await witness.connect_push()
        number = await witness.bill_on_hold()
        card = await witness.card(number, DEV, says="waits for you")

        # Whoever knows of the card first: an approver's client that refreshes it, or Graph.
        await reply(witness, DEV, card["id"], "The freight is missing")

        shown = await witness.card(number, DEV, says="The freight is missing")
        assert shown["id"] == card["id"]
        in_channel = [
            one for one in await witness.cards(number, DEV) if one["conversation"] == EAST
        ]
        assert len(in_channel) == 1


async def test_an_approver_who_writes_a_decision_gets_the_card_to_press_and_decides_nothing(
    heard: Witness,
) -> None:
    number = await heard.bill_on_hold()
    card = await heard.card(number, BEN, says="waits for you")

    await reply(heard, BEN, card["id"], "ok, release")

    async def in_own_chat() -> Any:
        found = await heard.messages(BEN, "Countersign")
        return [one for one in found if one["card"] and "Release" in buttons(one["card"])]

    [own] = await eventually(in_own_chat, "the card stands in Ben's own chat, with its buttons")
    [told] = await eventually(lambda: answers(heard, number), "the bot answers in the thread")
    assert "a reply decides nothing" in told
    assert "<at>Ben Ortiz</at>" in told
    assert await heard.status(number) == "On Hold"
    assert await heard.writes(number) == []

    press = {"person": BEN, "message": own["id"], "button": "Release"}
    await heard.post(f"{heard.teams}/_sandbox/press", press)
    await heard.released(number)


async def test_who_may_not_decide_is_told_once_who_may(heard: Witness) -> None:
    number = await heard.bill_on_hold()
    card = await heard.card(number, says="waits for you")

    await reply(heard, DEV, card["id"], "approved")
    [told] = await eventually(lambda: answers(heard, number), "the bot answers in the thread")
    await reply(heard, DEV, card["id"], "go ahead")
    await heard.card(number, says="go ahead")

    assert "Ben Ortiz" in told
    assert await answers(heard, number) == [told]
    assert await heard.status(number) == "On Hold"


async def test_a_word_to_the_bot_under_a_card_is_kept_without_graph(witness: Witness) -> None:
    number = await witness.bill_on_hold()
    card = await witness.card(number, says="waits for you")

    await reply(witness, DEV, card["id"], "the vendor sent a credit note", mention=True)

    await witness.card(number, says="the vendor sent a credit note")
    told = await eventually(lambda: answers(witness, number), "the bot says it was noted")
    assert "noted" in told[0]


async def test_a_comment_is_in_the_documents_story_under_its_correlation(
    world: World,
) -> None:
    world.more = {"server": {"public_url": world.witness.bot}}
    async with world.bot():
        await world.witness.connect_push()
        await eventually(lambda: _subscribed(world.witness), "the channel is subscribed")
        number = await world.witness.bill_on_hold()
        card = await world.witness.card(number, says="waits for you")
        await reply(world.witness, DEV, card["id"], "for the record")
        await world.witness.card(number, says="for the record")

    store = await Database.open(world.data / "countersign.db")
    async with store.reading() as conn:
        told = await audit.of_document(conn, "acme", f"Bill/Bill/{number}")
        [comment] = await comments.of_document(conn, "acme", f"Bill/Bill/{number}")
    await store.close()
    [kept] = [one for one in told if one.action == "comment kept"]
    [asked] = [one for one in told if one.action == "decision asked"]
    assert (comment.text, comment.via, kept.actor) == ("for the record", "reply", comment.person)
    assert kept.correlation == asked.correlation


async def test_without_an_address_everything_else_works_and_an_operator_is_told_why(
    witness: Witness,
) -> None:
    told = await witness.get(f"{witness.bot}/health/ready")

    assert [hint for hint in told["hints"] if "SERVER__PUBLIC_URL is empty" in hint]
    await witness.card(await witness.bill_on_hold(), BEN, says="waits for you")


async def test_a_new_question_is_answered_anew_and_the_card_in_the_chat_is_raised(
    heard: Witness,
) -> None:
    number = await heard.bill_on_hold()
    card = await heard.card(number, BEN, says="waits for you")
    await reply(heard, BEN, card["id"], "approved")
    await eventually(lambda: raised(heard), "the card stands in Ben's own chat")
    await reply(heard, BEN, card["id"], "approved!")
    await _shown(heard, number, "approved!")
    first = len(await answers(heard, number))

    await heard.change({"Amount": 999.0}, number)
    await _shown(heard, number, "999.00")
    await reply(heard, BEN, card["id"], "go ahead")

    async def answered_again() -> bool:
        found = await answers(heard, number)
        return sum("a reply decides nothing" in one for one in found) == 2

    await eventually(answered_again, "the new question is answered anew")
    own = await eventually(lambda: raised(heard), "the same card has its buttons again")
    assert (first, len(own)) == (1, 1)
    assert await heard.writes(number) == []


async def raised(witness: Witness) -> list[Any]:
    """The cards with buttons in Ben's own chat."""
    found = await witness.messages(BEN, "Countersign")
    return [one for one in found if one["card"] and "Release" in buttons(one["card"])]


async def _shown(witness: Witness, number: str, says: str) -> None:
    async def there() -> bool:
        return any(
            says in texts(one["card"])
            for one in await witness.cards(number)
            if one["conversation"] == EAST
        )

    await eventually(there, f"the card in the channel says {says!r}")


async def test_what_was_written_before_the_question_answers_no_later_one(heard: Witness) -> None:
    number = await heard.bill_on_hold()
    card = await heard.card(number, BEN, says="waits for you")
    await heard.post(f"{heard.teams}/_sandbox/notices", {"drop": 1})
    await reply(heard, BEN, card["id"], "approved")
    await heard.change({"Amount": 999.0}, number)
    await _shown(heard, number, "999.00")

    await heard.post(f"{heard.teams}/_sandbox/subscriptions", {"event": "missed"})
    await _shown(heard, number, "approved")

    assert not [one for one in await answers(heard, number) if "decides nothing" in one]
    assert await raised(heard) == []
