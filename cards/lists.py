"""Titles and notes of the lists people ask for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cards.language import Language, phrase

_TITLES = {
    "Bill": (phrase("Pending bills: {n}"), phrase("No pending bills")),
    "PurchaseOrder": (phrase("Pending POs: {n}"), phrase("No pending POs")),
    "Check": (phrase("Pending payments: {n}"), phrase("No pending payments")),
}


def pending_title(entities: Sequence[str], total: int, language: Language) -> str:
    """Return the title of a list of what waits."""
    some, none = _TITLES.get(entities[0], _TITLES["Check"])
    return language.term(some).format(n=language.number(total)) if total else language.term(none)


def elsewhere_notes(count: int, language: Language) -> list[str]:
    """Say that more waits than a channel is told of; nothing when there is no more."""
    if count <= 0:
        return []
    return [
        language.count(
            "{n} more waits elsewhere; ask me in our own chat.",
            "{n} more wait elsewhere; ask me in our own chat.",
            count,
        )
    ]


def vendor_notes(status: str, language: Language) -> list[str]:
    """Say how a vendor stands in Acumatica."""
    if not status:
        return [language.say("How this vendor stands in Acumatica is not known.")]
    return [language.say("Standing in Acumatica: {status}.", status=status)]
