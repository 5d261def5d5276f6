"""What a search of a message extension shows: previews, and a line when there is nothing. Pure."""

from __future__ import annotations

from typing import Any

from acumatica_client.models import Document
from cards.discreet import named
from cards.language import Language
from cards.privacy import Discretion
from cards.render import sheet_of
from cards.text import plain

LONGEST_PREVIEW = 80


def preview(
    document: Document, status: str, language: Language, discretion: Discretion
) -> dict[str, Any]:
    """Return the thumbnail of one result; it tells no more than the result's card."""
    title, *told = named(sheet_of(document), document, language, discretion)
    return {
        "title": plain(title, LONGEST_PREVIEW),
        "text": plain(" · ".join(filter(None, (*told, status))), 2 * LONGEST_PREVIEW),
    }


def nothing_found(typed: str, note: str, language: Language) -> str:
    """Say that a search found nothing, with a *note* why that may be."""
    said = (
        language.say("Nothing found for “{typed}”.", typed=plain(typed, LONGEST_PREVIEW))
        if typed
        else language.say("There is nothing to show you yet.")
    )
    return f"{said} {note}".rstrip()


def no_more(language: Language) -> str:
    """Say that a search has no further results."""
    return language.say("That was everything.")


def not_yours(language: Language) -> str:
    """Turn away whoever may see nothing, without a word on what there is."""
    return language.say("I have nothing to show you. Please ask a colleague.")


def say_hello_first(language: Language) -> str:
    """Ask somebody never seen to open their own chat with the bot once."""
    return language.say("I do not know you yet. Write to me once in our own chat, then try again.")


def not_a_document(language: Language) -> str:
    """Say that a link leads to no document we bring."""
    return language.say("This link leads to no bill, purchase order or payment I know.")


def unreadable(language: Language) -> str:
    """Answer a request that is not of the documented form."""
    return language.say("Countersign does not know this kind of request.")


def for_nobody(language: Language) -> str:
    """Answer where Teams does not tell who asks: nothing of the ERP is shown."""
    return language.say("Add Countersign to see what this link leads to.")
