"""Titles and notes of the lists people ask for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cards.language import Language, phrase

_TITLES = {
    "Bill": (
        phrase("Pending bills: {n}"),
        phrase("No pending bills"),
        phrase("Pending bills: not followed"),
    ),
    "PurchaseOrder": (
        phrase("Pending POs: {n}"),
        phrase("No pending POs"),
        phrase("Pending POs: not followed"),
    ),
    "Check": (
        phrase("Pending payments: {n}"),
        phrase("No pending payments"),
        phrase("Pending payments: not followed"),
    ),
}


def pending_title(
    entities: Sequence[str], total: int, language: Language, *, followed: bool = True
) -> str:
    """Return the title of a list of what waits; *followed*: whether a route brings any of it."""
    some, none, unknown = _TITLES.get(entities[0], _TITLES["Check"])
    if total:
        return language.term(some).format(n=language.number(total))
    return language.term(none if followed else unknown)


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


_NOT_FOLLOWED = {
    "Bill": phrase(
        "I do not follow bills that wait: no route brings them. “bill” and a number shows one."
    ),
    "PurchaseOrder": phrase(
        "I do not follow purchase orders that wait: no route brings them. “po” and a number shows"
        " one."
    ),
    "Check": phrase(
        "I do not follow payments that wait: no route brings them. “payment” and a number shows"
        " one."
    ),
}


def not_followed(entities: Sequence[str], language: Language) -> str:
    """Say that what waits of a kind is not followed, so a list of it is not the whole."""
    return language.term(_NOT_FOLLOWED.get(entities[0], _NOT_FOLLOWED["Check"]))


def vendor_notes(status: str, language: Language) -> list[str]:
    """Say how a vendor stands in Acumatica."""
    if not status:
        return [language.say("How this vendor stands in Acumatica is not known.")]
    return [language.say("Standing in Acumatica: {status}.", status=status)]
