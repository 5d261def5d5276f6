"""Cards that answer a question in chat: a list of documents, the help, a few sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from cards import days
from cards.elements import ActionSet, Container, Submit, TextBlock
from cards.language import Language
from cards.render import LARGEST, page, sheet_of, size, small
from cards.text import escape, link
from cards.view import ListingRow

MOST_ROWS = 25
ASK = "ask"
"""Names the member of a button's data that is to be read as if it had been typed."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a longer list is shown."""

    first: int = 0
    """Rows on the pages before."""
    ask: str = ""
    """What to type for the next page; empty when there is none to ask for."""
    button: str = ""
    """What the button says that types it; *More* where nothing is said."""
    notes: Sequence[str] = ()
    """Sentences under the list."""
    empty: str = ""
    """What an empty list says; that there is nothing at the moment where nothing is said."""


def listing_card(
    title: str,
    rows: Sequence[ListingRow],
    *,
    more: int,
    now: datetime,
    zone: tzinfo,
    language: Language,
    part: Page | None = None,
) -> dict[str, Any]:
    """Return a list of documents, as many as a card holds; `more` come after those passed in."""
    part = part or Page()
    shown = list(rows[:MOST_ROWS])
    total = part.first + len(rows) + more
    while True:
        items = [_row(row, days.today(now, zone), language) for row in shown]
        rest = _rest(part, len(shown), total, language)
        body = [heading(title), *items, *rest, *_next(part, language)]
        body += [small(note, spacing="Medium") for note in part.notes]
        as_of = language.say("as of {when}", when=days.anchored(now, zone, language))
        body.append(small(as_of, spacing="Medium"))
        card = page(body, f"{title}: {language.number(total)}", language).json()
        if size(card) <= LARGEST or not shown:
            return card
        shown = shown[: len(shown) * 3 // 4]


def help_card(commands: Sequence[tuple[str, str]], language: Language) -> dict[str, Any]:
    """Return what a person can type, each command with what it does."""
    title = language.say("What you can type")
    body = [heading(title)]
    for command, does in commands:
        body.append(TextBlock(escape(command), weight="Bolder", spacing="Medium"))
        body.append(TextBlock(escape(does), spacing="None"))
    return page(body, title, language).json()


def text_card(title: str, paragraphs: Sequence[str], language: Language) -> dict[str, Any]:
    """Return a few sentences of ours under a title."""
    body = [heading(title), *(TextBlock(escape(text, 600)) for text in paragraphs)]
    return page(body, title, language).json()


def heading(text: str) -> TextBlock:
    """Return the first line of an answer."""
    return TextBlock(escape(text), size="Large", weight="Bolder", style="heading")


def _row(row: ListingRow, today: date, language: Language) -> Container:
    sheet, document = sheet_of(row.document), row.document
    named = link(sheet.headed(document, language), row.link)
    amount = sheet.amount_of(document, language) or language.say("amount not told")
    rest = [sheet.party_of(document), amount]
    what = " · ".join([named, *(escape(part) for part in rest if part)])
    about = " · ".join(filter(None, (row.status, sheet.day(document, today, language))))
    items = [TextBlock(what), *([small(about, spacing="None")] if about else [])]
    return Container(items=items, separator=True, spacing="Medium")


def _rest(part: Page, shown: int, total: int, language: Language) -> list[TextBlock]:
    if not total:
        return [TextBlock(escape(part.empty or language.say("Nothing at the moment.")))]
    if part.first and not shown:
        return [TextBlock(language.say("That was everything."))]
    if part.first and shown:
        first, last = language.number(part.first + 1), language.number(part.first + shown)
        told = language.say(
            "{first} to {last} of {total}", first=first, last=last, total=language.number(total)
        )
        return [small(told)]
    left = total - part.first - shown
    return [small(language.count("and {n} more", "and {n} more", left))] if left > 0 else []


def _next(part: Page, language: Language) -> list[ActionSet]:
    if not part.ask:
        return []
    title = part.button or language.say("More")
    return [ActionSet(actions=[Submit(title=title, data={ASK: part.ask})])]
