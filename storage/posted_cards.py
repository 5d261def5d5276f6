"""Which card stands where: one per document and target, edited in place for its whole life."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import SUMMONS, PostedCard, moment_or_none, stamp

SQL = statements("posted_cards")
RELIEVED = "relieved"
"""Stands in a row for the target of a card that stands in for none any more."""


async def add(conn: Connection, company: str, document: str, target: str) -> None:
    """Make room for a card that is about to be posted."""
    await SQL.add(conn, company=company, document=document, target=target)


async def of_document(conn: Connection, company: str, document: str) -> list[PostedCard]:
    """List every card of a document; what administrators are asked of it is no card of its own."""
    cards = await _every(conn, company, document)
    return [card for card in cards if not card.target.startswith(SUMMONS)]


async def summons(conn: Connection, company: str, document: str, decision: str) -> list[PostedCard]:
    """List the cards by which administrators are asked about one decision."""
    cards = await _every(conn, company, document)
    mark = f":{decision}"
    return [one for one in cards if one.target.startswith(SUMMONS) and one.target.endswith(mark)]


async def get(conn: Connection, company: str, document: str, target: str) -> PostedCard | None:
    """Return the card of a document at one target."""
    cards = await _every(conn, company, document)
    return next((card for card in cards if card.target == target), None)


async def _every(conn: Connection, company: str, document: str) -> list[PostedCard]:
    return [_card(row) async for row in SQL.of_document(conn, company=company, document=document)]


async def mark_replaced(conn: Connection, card: PostedCard, *, replaced: bool) -> None:
    """Note whether a newer card at another target speaks for the document now."""
    await SQL.mark_replaced(
        conn,
        company=card.company,
        document=card.document,
        target=card.target,
        replaced=int(replaced),
    )


async def stand_in(conn: Connection, card: PostedCard) -> None:
    """Have a card stand in for the target it names, at a place that can be written to."""
    await SQL.stand_in(
        conn,
        company=card.company,
        document=card.document,
        target=card.target,
        stands_in=card.stands_in,
    )


async def stood_in_for(conn: Connection, target: str) -> list[PostedCard]:
    """List the cards that stand at *target* while others stand in for them."""
    return [_card(row) async for row in SQL.stood_in_for(conn, target=target)]


async def relieve(conn: Connection, company: str, document: str, target: str) -> list[PostedCard]:
    """Let nothing stand in for *target* any more, as it has its card now; return what did."""
    cards = await of_document(conn, company, document)
    await SQL.relieve(conn, company=company, document=document, target=target)
    return [card for card in cards if card.stands_in == target]


async def aim(conn: Connection, card: PostedCard) -> None:
    """Note where a card is about to be posted."""
    await SQL.aim(
        conn,
        company=card.company,
        document=card.document,
        target=card.target,
        conversation=card.conversation,
        service_url=card.service_url,
    )


async def posted(conn: Connection, card: PostedCard, *, now: datetime) -> None:
    """Note where a card stands and what it shows."""
    await SQL.posted(
        conn,
        company=card.company,
        document=card.document,
        target=card.target,
        conversation=card.conversation,
        activity=card.activity,
        service_url=card.service_url,
        shown=card.shown,
        now=stamp(now),
    )


async def shown(conn: Connection, card: PostedCard, shown: str) -> None:
    """Note what an edited card shows now."""
    await SQL.shown(
        conn, company=card.company, document=card.document, target=card.target, shown=shown
    )


def _card(row: Any) -> PostedCard:
    return PostedCard(
        company=row["company"],
        document=row["document"],
        target=row["target"],
        replaced=bool(row["is_replaced"]),
        conversation=row["conversation"],
        activity=row["activity"],
        service_url=row["service_url"],
        shown=row["shown"],
        posted_at=moment_or_none(row["posted_at"]),
        stands_in="" if row["stands_in"] == RELIEVED else row["stands_in"],
        stood_in=bool(row["stands_in"]),
        locale=row["locale"],
    )
