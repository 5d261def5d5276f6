"""What a look decided is stored whole: the question, its cards, its messages, and why."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.intents import (
    AskDecision,
    CloseDecision,
    Intent,
    NameApprovers,
    Nudge,
    PostCard,
    UpdateCard,
)
from bot.deciding.questions import Cause, carry_out, note, post_cards, update_cards
from storage import audit, ledger, outbox, posted_cards
from storage.database import Database
from storage.records import Decision, DecisionState, OutboxItem, PostedCard

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BILL = "Bill/Bill/000123"
CAUSE = Cause("acme", BILL, "seen-1", "c-1", NOW, "version-1")
ASK = AskDecision(
    ("release", "reject"), ("aad-ann", "aad-ben"), "print-1", "On Hold",
    resumes=True, changes=(("Amount", "1.00", "2.00"),), two=True,
)  # fmt: skip
TOLD = {
    "decision": "t-1", "verbs": ["release", "reject"], "approvers": ["aad-ann", "aad-ben"],
    "fingerprint": "print-1", "configuration": "version-1",
}  # fmt: skip


class Desk:
    """A store, and what was carried out in it."""

    def __init__(self, store: Database) -> None:
        self.store = store
        self._numbers = iter(range(1, 1000))

    async def do(self, *intents: Intent, decision: Decision | None = None, **by: Any) -> None:
        async with self.store.transaction() as conn:
            await carry_out(
                conn, intents, replace(CAUSE, **by), decision, lambda: f"t-{next(self._numbers)}"
            )

    async def newest(self) -> Decision:
        async with self.store.reading() as conn:
            found = await ledger.latest(conn, "acme", BILL)
        assert found is not None
        return found

    async def asked(self, ask: AskDecision = ASK, **by: Any) -> Decision:
        await self.do(ask, **by)
        return await self.newest()

    async def told(self) -> list[tuple[str, str, dict[str, Any]]]:
        async with self.store.reading() as conn:
            rows = await audit.newest(conn)
        return [(row.action, row.actor, row.detail) for row in reversed(rows)]

    async def queued(self) -> list[OutboxItem]:
        async with self.store.reading() as conn:
            return sorted(await outbox.unfinished(conn), key=lambda one: one.id)

    async def cards(self) -> Sequence[PostedCard]:
        async with self.store.reading() as conn:
            return await posted_cards.of_document(conn, "acme", BILL)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = await Database.open(tmp_path / "store.db")
    yield Desk(store)
    await store.close()


# --- the question ---


async def test_a_question_is_stored_as_it_was_decided(desk: Desk) -> None:
    found = await desk.asked()

    assert found == Decision(
        id="t-1", company="acme", document=BILL, token="t-2", state=DecisionState.PENDING,
        verbs=ASK.verbs, approvers=ASK.approvers, fingerprint="print-1", asked_at=NOW,
        correlation="c-1", changes=ASK.changes, asked_in="On Hold", resumes=True, two=True,
    )  # fmt: skip
    assert await desk.told() == [("decision asked", "countersign", {**TOLD, "two": True})]


async def test_the_trail_tells_of_two_people_only_where_there_must_be_two(desk: Desk) -> None:
    await desk.asked(replace(ASK, two=False))

    assert await desk.told() == [("decision asked", "countersign", TOLD)]


async def test_a_question_takes_the_place_of_the_open_one(desk: Desk) -> None:
    first = await desk.asked()

    await desk.do(ASK, decision=first, occurrence="seen-2")

    async with desk.store.reading() as conn:
        former = await ledger.get(conn, first.id)
    assert (former.state, former.reason) == (DecisionState.SUPERSEDED, "asked anew")
    assert (await desk.newest()).state is DecisionState.PENDING
    assert [told for told, _, _ in await desk.told()] == [
        "decision asked", "decision superseded", "decision asked",
    ]  # fmt: skip


async def test_an_open_question_is_closed_with_its_reason_and_a_settled_one_left_alone(
    desk: Desk,
) -> None:
    first = await desk.asked()
    await desk.do(CloseDecision("it was deleted"), decision=first)
    closed = await desk.newest()

    await desk.do(CloseDecision("and again"), decision=closed)

    assert (closed.state, closed.reason) == (DecisionState.LAPSED, "it was deleted")
    assert await desk.newest() == closed
    assert (await desk.told())[1:] == [(
        "decision lapsed", "countersign",
        {"decision": "t-1", "reason": "it was deleted", "configuration": "version-1"},
    )]  # fmt: skip


async def test_who_may_answer_is_named_anew_and_told(desk: Desk) -> None:
    first = await desk.asked()

    await desk.do(NameApprovers(("aad-dev",)), decision=first)
    await desk.do(NameApprovers(("aad-erin",)))  # there is no question to name them for

    assert (await desk.newest()).approvers == ("aad-dev",)
    told = {"approvers": ["aad-dev"], "configuration": "version-1"}
    assert (await desk.told())[1:] == [("approvers named", "countersign", told)]


# --- cards and messages ---


async def test_each_message_goes_once_for_what_caused_it(desk: Desk) -> None:
    moves: tuple[Intent, ...] = (
        PostCard("channel:ap", asks=True), UpdateCard("channel:ap"), Nudge("channel:ap"),
        PostCard("channel:west", asks=False),
    )  # fmt: skip
    await desk.do(*moves)
    await desk.do(*moves)

    assert [(one.key, one.kind, one.asks) for one in await desk.queued()] == [
        (f"acme|{BILL}|seen-1|channel:ap|post", "post", True),
        (f"acme|{BILL}|seen-1|channel:ap|update", "update", False),
        (f"acme|{BILL}|seen-1|channel:ap|nudge", "nudge", False),
        (f"acme|{BILL}|seen-1|channel:west|post", "post", False),
    ]
    for one in await desk.queued():
        assert (one.company, one.document, one.correlation) == ("acme", BILL, "c-1")
        assert (one.payload, one.created_at) == ({}, NOW)


async def test_a_card_is_known_from_its_posting_on_and_marked_while_another_speaks_for_it(
    desk: Desk,
) -> None:
    await desk.do(PostCard("channel:ap", asks=True), PostCard("channel:west", asks=True))
    await desk.do(UpdateCard("channel:ap", replaced=True), occurrence="seen-2")
    one, other = sorted(await desk.cards(), key=lambda card: card.target)

    await desk.do(UpdateCard("channel:ap"), occurrence="seen-3")

    assert (one.company, one.document, one.target) == ("acme", BILL, "channel:ap")
    assert (one.replaced, other.replaced) == (True, False)
    assert [card.replaced for card in await desk.cards()] == [False, False]


async def test_every_card_is_posted_or_brought_up_to_date_ahead_of_notes(desk: Desk) -> None:
    async with desk.store.transaction() as conn:
        await post_cards(conn, ["channel:ap", "channel:west"], CAUSE)
        cards = await posted_cards.of_document(conn, "acme", BILL)
        await update_cards(conn, cards, CAUSE)

    assert [(one.kind, one.target, one.asks) for one in await desk.queued()] == [
        ("post", "channel:ap", True), ("post", "channel:west", True),
        ("update", "channel:ap", True), ("update", "channel:west", True),
    ]  # fmt: skip


async def test_administrators_are_shown_each_later_look_at_what_they_must_settle(
    desk: Desk,
) -> None:
    first = await desk.asked()
    async with desk.store.transaction() as conn:
        await posted_cards.add(conn, "acme", BILL, f"administrator:aad-erin:{first.id}")
    unsettled = replace(first, state=DecisionState.NEEDS_PERSON)

    await desk.do(decision=first)
    assert await desk.queued() == []
    for seconds in (1, 1, 2):
        await desk.do(decision=unsettled, now=NOW.replace(second=seconds))

    assert [(one.kind, one.target, one.asks) for one in await desk.queued()] == [
        ("update", f"administrator:aad-erin:{first.id}", True)
    ] * 2


# --- what the log says of it ---


async def test_a_line_tells_what_happened_to_which_document_and_no_more(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="bot.deciding.questions")
    async with desk.store.transaction() as conn:
        await note(conn, CAUSE, "decision claimed", actor="aad-ann", reason="private")
        await note(conn, Cause("", "", "", "c-2", NOW), "person found")

    one, other = (row for row in caplog.records if row.name == "bot.deciding.questions")
    known = {"company": "acme", "document": BILL, "correlation": "c-1"}
    assert one.message == "decision claimed"
    assert {name: vars(one)[name] for name in known} == known
    assert (other.message, vars(other)["correlation"]) == ("person found", "c-2")
    assert not {"company", "document"} & vars(other).keys()
    assert "private" not in json.dumps(vars(one), default=str)
    assert await desk.told() == [
        ("decision claimed", "aad-ann", {"reason": "private", "configuration": "version-1"}),
        ("person found", "countersign", {}),
    ]
