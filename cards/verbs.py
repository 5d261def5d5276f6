"""The verbs of the product in words: on a button, while it works, when it is done, as a promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cards.language import Language, phrase

REVIEW = "review"
"""Asks for the presser's own view; decides nothing."""
REFRESH = "refresh"
"""Sent by a client on its own; decides nothing."""
ASK = "ask"
"""Opens the form for a question; decides nothing."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One row of the table: every word a card needs for one act, in English."""

    label: str
    working: str
    done: str
    noun: str
    """What a sentence calls the act: *The release was refused.*"""
    promise: str
    """What a press does; `{it}` is the document."""
    by_status: Mapping[str, str] = field(default_factory=dict)
    """Promises that differ in one status."""
    destructive: bool = False
    form: str = ""
    """What the button says of an act that asks for more in a form first."""


_RELEASE = Verb(
    label=phrase("Release"),
    working=phrase("releasing"),
    done=phrase("released"),
    noun=phrase("release"),
    promise=phrase("Release releases the {it}."),
    by_status={"On Hold": phrase("Release removes the hold and releases the {it}.")},
)

VERBS: Mapping[str, Verb] = {
    "release": _RELEASE,
    "release_check": _RELEASE,
    "release_payment": _RELEASE,
    "approve": Verb(
        label=phrase("Approve"),
        working=phrase("approving"),
        done=phrase("approved"),
        noun=phrase("approval"),
        promise=phrase("Approve approves the {it} in Acumatica."),
    ),
    "reject": Verb(
        label=phrase("Reject"),
        working=phrase("rejecting"),
        done=phrase("rejected"),
        noun=phrase("rejection"),
        promise=phrase("Reject turns the {it} down."),
        destructive=True,
        form=phrase("Reject…"),
    ),
    "approve_for_payment": Verb(
        label=phrase("Approve for payment"),
        working=phrase("approving for payment"),
        done=phrase("approved for payment"),
        noun=phrase("approval for payment"),
        promise=phrase(
            "Approve for payment ticks that box of the {it}; it pays nothing by itself."
        ),
    ),
    "remove_hold": Verb(
        label=phrase("Remove hold"),
        working=phrase("removing the hold"),
        done=phrase("taken off hold"),
        noun=phrase("removal of the hold"),
        promise=phrase("Remove hold takes the {it} off hold and does not release it."),
    ),
}

_SOMETHING = Verb(
    label=phrase("the button"),
    working=phrase("working"),
    done=phrase("done"),
    noun=phrase("step"),
    promise="",
)


def words(verb: str) -> Verb:
    """Return the row of *verb*; before anything was pressed, words that fit any act."""
    return VERBS[verb] if verb else _SOMETHING


def label(verb: str, language: Language) -> str:
    """Return what the button of *verb* says."""
    return language.term(VERBS[verb].label)


def promise(verb: str, it: str, status: str, language: Language) -> str:
    """Return what a press on *verb* will do to *it* (`bill`), which stands in *status* now."""
    row = VERBS[verb]
    return language.say(row.by_status.get(status, row.promise), it=it)
