"""The activity feed tells approvers what waits, once each, and holds nothing up when it cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from graph_world import ANN, BEN, Desk, open_desk
from world import World

from acumatica_client.models import Around, Document, DocumentKey
from bot.board import Board
from bot.people.feed import APART, NEWS, Feed
from bot.people.installs import App
from storage import conversations, documents, ledger
from storage.records import Conversation, Decision, DecisionState, StoredDocument

COMPANY = "acme"
BILL = DocumentKey("Bill", "Bill", "000123")
SENT = "sendActivityNotification"


class Told:
    """The feed with a store of questions, and the stand-in at the other end."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.board = Board(desk.clock)
        self.asked = 0

    def feed(self) -> Feed:
        app = App(self.desk.settings.app_id, "", self.desk.settings.graph_url)
        desk = self.desk
        boards, own = {COMPANY: self.board}, {COMPANY: "en"}
        return Feed(desk.graph, desk.store, desk.clock, boards, app=app, own=own)

    async def ask(self, *people: str, number: str = "000123", ago: float = 0) -> str:
        """Put a question about a bill to people."""
        self.asked += 1
        now = self.desk.clock.now() - timedelta(seconds=ago)
        name = f"d{self.asked}"
        document = f"Bill/Bill/{number}"
        async with self.desk.store.transaction() as conn:
            await documents.put(conn, record(number, now))
            await ledger.ask(
                conn,
                Decision(
                    name, COMPANY, document, f"t-{name}", DecisionState.PENDING, ("release",),
                    people, "f", now, "c",
                ),
            )  # fmt: skip
        return name

    async def close(self, decision: str) -> None:
        async with self.desk.store.transaction() as conn:
            await ledger.settle(
                conn, decision, was=DecisionState.PENDING, state=DecisionState.LAPSED,
                reason="", now=self.desk.clock.now(),
            )  # fmt: skip

    async def tell(self, *, made: Feed | None = None, steps: int = 20) -> None:
        """Tell all there is, however long it takes."""
        feed = made or self.feed()
        for _ in range(steps):
            if not await feed.step():
                due = await feed.next_due()
                assert due is not None
                self.desk.clock.at = max(self.desk.clock.at, due)

    async def shown(self, person: str) -> list[dict[str, Any]]:
        """A person's activity feed, newest first."""
        url = f"{self.desk.witness.teams}/_sandbox/screen?person={person}"
        return (await self.desk.witness.get(url))["activity"]


def record(number: str, now: datetime) -> StoredDocument:
    key = DocumentKey("Bill", "Bill", number)
    fields = {"Vendor": "V1", "Amount": Decimal("98765.43"), "CurrencyID": "USD"}
    bill = Document(key, "id", "On Hold", now, fields, (), Around("Secret Vendor Inc", "E1", "E2"))
    return StoredDocument(COMPANY, str(key), "On Hold", now, "f", now, bill.to_json(), 1, now)


@pytest.fixture
async def told(world: World, tmp_path: Path) -> AsyncIterator[Told]:
    async with open_desk(world, tmp_path) as desk:
        yield Told(desk)


async def test_everybody_who_is_asked_is_told_once(told: Told) -> None:
    await told.ask(ANN, BEN)

    await told.tell()
    await told.tell()

    for person in ("ann", "ben"):
        (line,) = await told.shown(person)
        assert line["text"] == "Bill 000123 waits for your decision."
    assert len(await told.desk.requests("POST", SENT)) == 2
    assert told.board.counts["feed", "told"] == 2


async def test_a_line_tells_neither_amount_nor_vendor(told: Told) -> None:
    await told.ask(ANN)

    await told.tell()

    (request,) = await told.desk.requests("POST", SENT)
    (line,) = await told.shown("ann")
    for secret in ("98765", "98,765", "Secret Vendor"):
        assert secret not in str(request)
        assert secret not in str(line)


async def test_a_newer_question_about_a_document_takes_the_place_of_the_former(told: Told) -> None:
    first = await told.ask(ANN)
    await told.tell()
    await told.close(first)
    await told.ask(ANN)
    await told.ask(ANN, number="000124")

    await told.tell()

    assert sorted(line["topic"]["value"] for line in await told.shown("ann")) == [
        "Bill 000123",
        "Bill 000124",
    ]
    assert len(await told.desk.requests("POST", SENT)) == 3


async def test_what_was_decided_meanwhile_is_told_nobody(told: Told) -> None:
    await told.close(await told.ask(ANN))

    await told.tell()

    assert await told.shown("ann") == []


async def test_what_waited_before_the_feed_was_switched_on_is_no_news(told: Told) -> None:
    await told.ask(ANN, ago=NEWS.total_seconds() + 60)

    await told.tell()

    assert await told.shown("ann") == []


async def test_a_line_is_in_the_language_of_its_reader(told: Told) -> None:
    async with told.desk.store.transaction() as conn:
        place = Conversation("a:1ann", "personal", "", ANN, locale="de-DE")
        await conversations.put(conn, place, now=datetime.now(UTC))
    await told.ask(ANN)

    await told.tell()

    (line,) = await told.shown("ann")
    assert line["text"] != "Bill 000123 waits for your decision."
    assert "000123" in line["text"]


async def test_no_more_than_four_lines_leave_in_a_second(told: Told) -> None:
    feed = told.feed()
    await told.ask(ANN, BEN)

    assert await feed.step()
    assert not await feed.step()
    assert await feed.next_due() == told.desk.clock.now() + APART
    told.desk.clock.later(APART.total_seconds())
    assert await feed.step()

    assert APART.total_seconds() == 0.25


async def test_a_busy_graph_is_told_again_after_the_wait_it_asks_for(told: Told) -> None:
    await told.desk.fault("status:429:90", SENT)
    await told.ask(ANN)
    begun = told.desk.clock.now()

    await told.tell(steps=60)

    assert len(await told.shown("ann")) == 1
    assert (told.desk.clock.now() - begun).total_seconds() >= 90


async def test_one_line_that_is_put_off_does_not_hold_up_the_next(told: Told) -> None:
    await told.desk.fault("status:429:900", SENT)
    await told.ask(ANN)
    await told.ask(BEN, number="000124")
    begun = told.desk.clock.now()

    await told.tell(steps=6)

    assert len(await told.shown("ben")) == 1
    assert (told.desk.clock.now() - begun).total_seconds() < 60


@pytest.mark.parametrize("roles", [["User.Read.All"]])
async def test_a_refused_line_is_parked_and_counted(told: Told, roles: list[str]) -> None:
    await told.desk.roles(*roles)
    await told.ask(ANN)

    await told.tell()
    await told.tell()

    assert len(await told.desk.requests("POST", SENT)) == 1
    assert told.board.counts["feed", "parked"] == 1


async def test_a_feed_that_stays_away_is_given_up_in_the_end(told: Told) -> None:
    await told.desk.fault("status:500", SENT, times=99)
    await told.ask(ANN)

    await told.tell(steps=100)

    assert told.board.counts["feed", "parked"] == 1
    assert len(await told.desk.requests("POST", SENT)) == 6


async def test_a_question_of_a_company_the_file_lost_holds_nobody_up(told: Told) -> None:
    await told.ask(ANN)
    desk = told.desk
    app = App(desk.settings.app_id)

    await told.tell(made=Feed(desk.graph, desk.store, desk.clock, {}, app=app, own={}))

    assert await told.shown("ann") == []
