"""What somebody is told who types a decision: only a press decides, and where to press. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cards.language import Language
from cards.render import sheet_of
from cards.spoken import Spoken, spoken
from cards.text import joined
from cards.view import ListingRow


def only_a_press(
    row: ListingRow, channels: Sequence[str], *, own: bool, language: Language
) -> Spoken:
    """Say how a document stands and where its card is; *own*: the asker's own chat has one."""
    say = language.say
    named = sheet_of(row.document).headed(row.document, language)
    return spoken(
        say("Only a press on a card decides"),
        say("What is typed never does. {name}: {status}.", name=named, status=row.status),
        _where(channels, own=own, language=language),
        language=language,
    )


def _where(channels: Sequence[str], *, own: bool, language: Language) -> str:
    say = language.say
    if own:
        return say("Its card stands in our own chat.")
    if channels:
        return say("Its card stands in: {names}.", names=joined(channels, language))
    return say("It has no card you could press.")
