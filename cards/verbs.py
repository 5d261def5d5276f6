"""The verbs of the product in words: on a button, while it works, when it is done, as a promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REVIEW = "review"
"""Asks for the presser's own view; decides nothing."""
REFRESH = "refresh"
"""Sent by a client on its own; decides nothing."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One row of the table: every word a card needs for one act."""

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

    def promises(self, it: str, status: str) -> str:
        """Return what a press on this verb will do to *it*, which stands in *status* now."""
        return self.by_status.get(status, self.promise).format(it=it)


_RELEASE = Verb(
    label="Release",
    working="releasing",
    done="released",
    noun="release",
    promise="Release releases the {it}.",
    by_status={"On Hold": "Release removes the hold and releases the {it}."},
)

VERBS: Mapping[str, Verb] = {
    "release": _RELEASE,
    "release_check": _RELEASE,
    "release_payment": _RELEASE,
    "approve": Verb(
        label="Approve",
        working="approving",
        done="approved",
        noun="approval",
        promise="Approve approves the {it} in Acumatica.",
    ),
    "reject": Verb(
        label="Reject",
        working="rejecting",
        done="rejected",
        noun="rejection",
        promise="Reject turns the {it} down.",
        destructive=True,
    ),
    "approve_for_payment": Verb(
        label="Approve for payment",
        working="approving for payment",
        done="approved for payment",
        noun="approval for payment",
        promise="Approve for payment ticks that box of the {it}; it pays nothing by itself.",
    ),
    "remove_hold": Verb(
        label="Remove hold",
        working="removing the hold",
        done="taken off hold",
        noun="removal of the hold",
        promise="Remove hold takes the {it} off hold and does not release it.",
    ),
}

_SOMETHING = Verb(label="the button", working="working", done="done", noun="step", promise="")


def words(verb: str) -> Verb:
    """Return the row of *verb*; before anything was pressed, words that fit any act."""
    return VERBS[verb] if verb else _SOMETHING


def label(verb: str) -> str:
    """Return what the button of *verb* says."""
    return VERBS[verb].label


def promise(verb: str, it: str, status: str) -> str:
    """Return what a press on *verb* will do to *it* (`bill`), which stands in *status* now."""
    return VERBS[verb].promises(it, status)
