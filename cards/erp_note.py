"""What was said and decided in Teams, as lines of a note in Acumatica. Pure.

A line is the same whenever it is made: from its standing there is known that it was written. So its
times are UTC to the minute, and it tells what was said as it was said first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from cards.language import Language, phrase
from cards.text import plain

LONGEST = 300
"""Characters of one remark; all of it is in Teams."""
LONGEST_NAME = 60

_SAID = {
    "reply": phrase("{who} wrote: {detail}"),
    "question": phrase("{who} asked: {detail}"),
    "answer": phrase("{who} answered: {detail}"),
}

_RELEASED = phrase("Released in Microsoft Teams by {who}, {when} (Countersign)")
_DONE: Mapping[str, str] = {
    "release": _RELEASED,
    "release_check": _RELEASED,
    "release_payment": _RELEASED,
    "approve": phrase("Approved in Microsoft Teams by {who}, {when} (Countersign)"),
    "approve_for_payment": phrase(
        "Approved for payment in Microsoft Teams by {who}, {when} (Countersign)"
    ),
    "reject": phrase("Rejected in Microsoft Teams by {who}, {when} (Countersign)"),
    "remove_hold": phrase("Taken off hold in Microsoft Teams by {who}, {when} (Countersign)"),
}


def remark_line(
    kind: str, name: str, text: str, at: datetime, language: Language, *, guest: bool = False
) -> str:
    """Return what somebody said: *kind* is reply, question or answer."""
    who = _name(name, language)
    if guest:
        who = language.say("{name} (guest)", name=who)
    told = language.term(_SAID[kind]).format(who=who, detail=plain(text, LONGEST))
    # The time first: what begins a line is never a formula or a mark of somebody's own.
    return f"{_when(at)}: {told}"


def decision_line(verb: str, name: str, at: datetime, language: Language) -> str:
    """Return what was done, who pressed, and when."""
    return language.term(_DONE[verb]).format(who=_name(name, language), when=_when(at))


def _name(name: str, language: Language) -> str:
    return plain(name, LONGEST_NAME) or language.say("somebody")


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
