"""Cards that answer a question in chat: a list of documents, the help, a few sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from cards import days
from cards.elements import Container, TextBlock
from cards.render import LARGEST, page, sheet_of, size, small
from cards.text import escape, link
from cards.view import ListingRow

MOST_ROWS = 25


def listing_card(
    title: str, rows: Sequence[ListingRow], *, more: int, now: datetime, zone: tzinfo
) -> dict[str, Any]:
    """Return a list of documents, as many as a card holds; `more` were not even passed in."""
    shown = list(rows[:MOST_ROWS])
    total = len(rows) + more
    while True:
        items = [_row(row, days.today(now, zone)) for row in shown]
        body = [_title(title), *items, *_rest(total, len(shown))]
        body.append(small(f"as of {days.anchored(now, zone)}", spacing="Medium"))
        card = page(body, f"{title}: {total:,}").json()
        if size(card) <= LARGEST or not shown:
            return card
        shown = shown[: len(shown) * 3 // 4]


def help_card(commands: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return what a person can type, each command with what it does."""
    body = [_title("What you can type")]
    for command, does in commands:
        body.append(TextBlock(escape(command), weight="Bolder", spacing="Medium"))
        body.append(TextBlock(escape(does), spacing="None"))
    return page(body, "What you can type").json()


def text_card(title: str, paragraphs: Sequence[str]) -> dict[str, Any]:
    """Return a few sentences of ours under a title."""
    body = [_title(title), *(TextBlock(escape(text, 600)) for text in paragraphs)]
    return page(body, title).json()


def _title(text: str) -> TextBlock:
    return TextBlock(escape(text), size="Large", weight="Bolder", style="heading")


def _row(row: ListingRow, today: date) -> Container:
    sheet = sheet_of(row.document)
    named = link(sheet.headed(row.document), row.link)
    rest = [sheet.party_of(row.document), sheet.amount_of(row.document) or "amount not told"]
    what = " · ".join([named, *(escape(part) for part in rest if part)])
    about = " · ".join(filter(None, (row.status, sheet.day(row.document, today))))
    items = [TextBlock(what), *([small(about, spacing="None")] if about else [])]
    return Container(items=items, separator=True, spacing="Medium")


def _rest(total: int, shown: int) -> list[TextBlock]:
    if not total:
        return [TextBlock("Nothing at the moment.")]
    return [small(f"and {total - shown:,} more")] if total > shown else []
