"""What a person is told when more new cards wait for them than a chat can carry. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from cards.chat import Page, listing_card
from cards.language import Language
from cards.spoken import Spoken, spoken
from cards.text import plain
from cards.view import ListingRow

NEXT_CARDS = "next cards"
"""What is typed, or pressed, to have the next ones now."""


def backlog_card(
    rows: Sequence[ListingRow],
    held: int,
    *,
    at_once: int,
    now: datetime,
    zone: tzinfo,
    language: Language,
) -> Spoken:
    """Return the list of what is held back, the first *rows* of *held*."""
    title = language.count("{n} more card is held back", "{n} more cards are held back", held)
    notes = [
        language.count(
            "A lot came at once. I send {n} new card an hour here; the rest follows by itself.",
            "A lot came at once. I send {n} new cards an hour here; the rest follow by themselves.",
            at_once,
        ),
        language.say("“pending bills” lists all that waits, “bill NUMBER” shows one at once."),
    ]
    button = language.count("Send the next one", "Send the next {n}", min(held, at_once))
    part = Page(ask=NEXT_CARDS, button=button, notes=notes)
    card = listing_card(
        title, rows, more=held - len(rows), now=now, zone=zone, language=language, part=part
    )
    return Spoken(card, plain(title))


def nothing_held_back(language: Language) -> Spoken:
    """Say that every card was sent."""
    return spoken(
        language.say("Nothing is held back"),
        language.say("Every card for you was sent. “pending bills” lists what still waits."),
        language=language,
    )


def followed(coming: int, left: int, language: Language) -> Spoken:
    """Say how many cards come now, and how many stay held back."""
    title = language.count("{n} card is on its way", "{n} cards are on their way", coming)
    rest = language.count("{n} more stays held back.", "{n} more stay held back.", left)
    return spoken(title, *([rest] if left else []), language=language)
