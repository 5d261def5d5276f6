"""Lines for the activity feed: which document waits, and no more, as phones show them locked."""

from __future__ import annotations

from acumatica_client.models import Document
from cards.language import Language
from cards.render import sheet_of


def feed_title(document: Document, language: Language) -> str:
    """Return what the line is about: *Bill 000123*."""
    return sheet_of(document).headed(document, language)


def feed_preview(document: Document, language: Language) -> str:
    """Return the line itself; neither amount nor party stands in it."""
    return language.say("{doc} waits for your decision.", doc=feed_title(document, language))
