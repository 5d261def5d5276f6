"""Verbs are plans: steps, where each may start, where it ends, and what a read-back proves. Pure.

The outcome table lives here once, for every step of every plan: the class of the call's answer and
what the document shows afterwards say how the step ends, or that it is too early to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from acumatica_client.entities import ENTITIES
from acumatica_client.models import CallClass, Document, ErpCall
from storage.records import DecisionState

QUIET_WINDOW = 15 * 60.0
"""Seconds after SENT in which a call without an answer may still run: the ERP queues 10 minutes."""
STEADY_UNKNOWN = 30.0
STEADY_CLAIM = 60.0
READ_BACK_WAITS = (5.0, 10.0, 20.0, 30.0)
"""Seconds between read-backs while the ERP can be read; the first comes at once."""
_PATIENT = 7
"""Failed read-backs after which the wait no longer doubles."""


# --- steps and plans ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One write to the ERP: the statuses it may start from, and what it leads to."""

    name: str
    doable: frozenset[str]
    done: frozenset[str]
    stopped: frozenset[str] = frozenset()
    """The step took effect, but the plan cannot go on: somebody else must act first."""
    elsewhere: frozenset[str] = frozenset()
    """Further than the step leads: somebody did the rest in the ERP."""
    partial: bool = False
    """Success may leave the status as it was: an approval map can want several approvals."""
    ticks: str = ""
    """A check box of the document this step ticks; the status stays as it is."""

    def ticked(self, document: Document) -> bool:
        """Say whether the box stands as the step would leave it."""
        return bool(self.ticks) and document.fields.get(self.ticks) is True


def _words(*labels: str) -> frozenset[str]:
    return frozenset(labels)


_RELEASED = _words("Open", "Closed", "Reserved")

STEPS: Mapping[tuple[str, str], Step] = {
    ("Bill", "remove_hold"): Step(
        "remove_hold",
        _words("On Hold"),
        _words("Balanced"),
        _words("Pending Approval"),
        _words("Open", "Closed"),
    ),
    ("Bill", "release"): Step("release", _words("Balanced"), _words("Open", "Closed")),
    ("Bill", "approve"): Step(
        "approve",
        _words("Pending Approval"),
        _words("Balanced", "Open", "Closed"),
        partial=True,
    ),
    ("Bill", "reject"): Step("reject", _words("Pending Approval"), _words("Rejected")),
    ("Bill", "approve_for_payment"): Step(
        "approve_for_payment",
        _words("Balanced", "Open"),
        _words(),
        ticks="ApprovedForPayment",
    ),
    ("PurchaseOrder", "remove_hold"): Step(
        "remove_hold",
        _words("On Hold"),
        _words("Open", "Pending Printing", "Pending Email"),
        _words("Pending Approval"),
    ),
    ("PurchaseOrder", "approve"): Step(
        "approve",
        _words("Pending Approval"),
        _words("Open", "Pending Printing", "Pending Email"),
        partial=True,
    ),
    ("PurchaseOrder", "reject"): Step("reject", _words("Pending Approval"), _words("Rejected")),
    ("Check", "release_check"): Step("release_check", _words("Balanced", "Printed"), _RELEASED),
    ("Payment", "release_payment"): Step("release_payment", _words("Balanced"), _RELEASED),
}

PLANS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("Bill", "release"): ("remove_hold", "release"),
    ("Bill", "approve"): ("approve",),
    ("Bill", "reject"): ("reject",),
    ("Bill", "approve_for_payment"): ("approve_for_payment",),
    ("PurchaseOrder", "remove_hold"): ("remove_hold",),
    ("PurchaseOrder", "approve"): ("approve",),
    ("PurchaseOrder", "reject"): ("reject",),
    ("Check", "release_check"): ("release_check",),
    ("Payment", "release_payment"): ("release_payment",),
}

DEFAULT_CALLS: Mapping[tuple[str, str], ErpCall] = {
    ("Bill", "remove_hold"): ErpCall("Bill", "ReleaseFromHold"),
    ("Bill", "release"): ErpCall("Bill", "ReleaseBill"),
    ("Bill", "approve"): ErpCall("Bill", "Approve"),
    ("Bill", "reject"): ErpCall("Bill", "Reject"),
    ("Bill", "approve_for_payment"): ErpCall("Bill", put=(("ApprovedForPayment", True),)),
    ("PurchaseOrder", "remove_hold"): ErpCall("PurchaseOrder", "ReleaseFromHold"),
    ("PurchaseOrder", "approve"): ErpCall("PurchaseOrder", "Approve"),
    ("PurchaseOrder", "reject"): ErpCall("PurchaseOrder", "Reject"),
    ("Check", "release_check"): ErpCall("Check", "ReleaseCheck"),
    ("Payment", "release_payment"): ErpCall("Payment", "ReleasePayment"),
}
"""Which call does a step, unless a company's table says otherwise (a customization may)."""


def verbs_of(entity: str) -> tuple[str, ...]:
    """List the verbs that exist for an entity."""
    return tuple(verb for name, verb in PLANS if name == entity)


def plan(entity: str, verb: str, status: str) -> tuple[str, ...]:
    """Return the steps from *status* to the end of *verb*; empty when it cannot start there."""
    names = PLANS.get((entity, verb), ())
    for first, name in enumerate(names):
        if status in STEPS[entity, name].doable:
            return names[first:]
    return ()


def plan_for(document: Document, verb: str) -> tuple[str, ...]:
    """Return the steps of *verb* for *document* as it stands; empty when there is nothing to do."""
    entity = document.key.entity
    names = plan(entity, verb, document.status)
    return names if not any(STEPS[entity, name].ticked(document) for name in names) else ()


# --- what a read shows ----------------------------------------------------------------------


class Shown(StrEnum):
    """What a read of the document shows, seen from one step."""

    DONE = "done"
    DONE_OTHER = "done, other fingerprint"
    STOPPED = "stopped"
    ELSEWHERE = "done elsewhere"
    DOABLE = "doable"
    DOABLE_OTHER = "doable, other fingerprint"
    NOT_DOABLE = "not doable"
    GONE = "gone"
    UNKNOWN = "unknown status"
    DIFFERS = "reads differ"
    """By its keys and by its id the document is not the same."""
    UNREADABLE = "unreadable"
    FAILED = "read failed"


def shown(step: Step, document: Document | None, *, same: bool, proved: bool = False) -> Shown:
    """Sort a fresh read; *same*: its fingerprint is the one that was approved.

    *proved*: the approval list shows what the status does not, as others must approve too.
    """
    if document is None:
        return Shown.GONE
    if document.status not in ENTITIES[document.key.entity].statuses:
        return Shown.UNKNOWN
    stands = _stands(step, document, proved=proved)
    return stands if same else _OTHER.get(stands, stands)


def _stands(step: Step, document: Document, *, proved: bool) -> Shown:
    status = document.status
    if step.ticked(document) or status in step.done:
        return Shown.DONE
    if status in step.doable:
        return Shown.DONE if step.partial and proved else Shown.DOABLE
    if status in step.stopped:
        return Shown.STOPPED
    return Shown.ELSEWHERE if status in step.elsewhere else Shown.NOT_DOABLE


_OTHER = {
    Shown.DOABLE: Shown.DOABLE_OTHER,
    Shown.DONE: Shown.DONE_OTHER,
    Shown.STOPPED: Shown.DONE_OTHER,
    Shown.ELSEWHERE: Shown.DONE_OTHER,
}
"""What it means when it is not the document that was approved."""


# --- the outcome table ----------------------------------------------------------------------


class End(StrEnum):
    """How a step ends. `GO_ON` leads to the next step, or to CONFIRMED when it was the last."""

    GO_ON = "go on"
    CONFIRMED = "confirmed"
    BY_OTHER = "by_other"
    MISMATCH = "confirmed_mismatch"
    REFUSED = "refused"
    STOPPED = "stopped"
    NOT_APPLIED = "not_applied"
    LAPSED = "lapsed"
    """Certainly not sent, and too late or too often to try again for this press."""
    SUPERSEDED = "superseded"
    NEEDS_PERSON = "needs_person"


DECISION_AFTER: Mapping[End, DecisionState] = {
    End.GO_ON: DecisionState.CONFIRMED,
    End.CONFIRMED: DecisionState.CONFIRMED,
    End.BY_OTHER: DecisionState.BY_OTHER,
    End.MISMATCH: DecisionState.MISMATCH,
    End.REFUSED: DecisionState.REFUSED,
    End.STOPPED: DecisionState.STOPPED,
    End.NOT_APPLIED: DecisionState.NOT_APPLIED,
    End.LAPSED: DecisionState.LAPSED,
    End.SUPERSEDED: DecisionState.SUPERSEDED,
    End.NEEDS_PERSON: DecisionState.NEEDS_PERSON,
}


class Column(StrEnum):
    """The three columns of the outcome table."""

    CLAIMED = "A5"
    REFUSED = "A3"
    UNKNOWN = "A6"


COLUMN: Mapping[CallClass, Column] = {
    CallClass.CLAIMS_DONE: Column.CLAIMED,
    CallClass.REFUSED: Column.REFUSED,
    CallClass.REFUSED_IN_DOUBT: Column.REFUSED,
    CallClass.UNKNOWN: Column.UNKNOWN,
}

_PERSON = End.NEEDS_PERSON
OUTCOMES: Mapping[Shown, tuple[End, End, End]] = {
    #                   after A5 (claims done)  after A3 (refused)  after A6 (unknown)
    Shown.DONE:         (End.GO_ON,             End.GO_ON,          End.GO_ON),
    Shown.DONE_OTHER:   (End.MISMATCH,          End.MISMATCH,       End.MISMATCH),
    Shown.STOPPED:      (End.STOPPED,           End.STOPPED,        End.STOPPED),
    Shown.ELSEWHERE:    (End.BY_OTHER,          End.BY_OTHER,       End.BY_OTHER),
    Shown.DOABLE:       (_PERSON,               End.REFUSED,        End.NOT_APPLIED),
    Shown.DOABLE_OTHER: (_PERSON,               End.SUPERSEDED,     End.SUPERSEDED),
    Shown.NOT_DOABLE:   (_PERSON,               End.REFUSED,        End.SUPERSEDED),
    Shown.GONE:         (_PERSON,               End.SUPERSEDED,     _PERSON),
    Shown.UNKNOWN:      (_PERSON,               _PERSON,            _PERSON),
    Shown.DIFFERS:      (_PERSON,               _PERSON,            _PERSON),
    Shown.UNREADABLE:   (_PERSON,               _PERSON,            _PERSON),
}  # fmt: skip
"""What a read-back proves. A read that failed proves nothing and is not in the table."""

_AT_ONCE = frozenset({Shown.DONE, Shown.DONE_OTHER, Shown.STOPPED, Shown.ELSEWHERE, Shown.UNKNOWN})
"""These are proof the first time; the others may still change under a late-running call."""

_TWICE = frozenset({Shown.DIFFERS, Shown.UNREADABLE})
"""These may be one unlucky moment: they count when the next read-back shows the same."""

_UNMOVED = frozenset({Shown.DOABLE, Shown.DOABLE_OTHER})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known when a step in doubt is judged. Seconds are of the boot-time clock."""

    call: CallClass
    shown: Shown
    since_sent: float
    steady_for: float
    """How long read-backs have shown this same thing."""
    partial: bool = False
    """The step may have taken effect although the document stands where it stood."""


def judge(evidence: Evidence) -> End | None:
    """Say how the step ends, None while it is too early: look again later."""
    if evidence.shown is Shown.FAILED:
        return None
    column = COLUMN[evidence.call]
    return _proved(evidence, column) if _is_proof(evidence, column) else None


def _is_proof(evidence: Evidence, column: Column) -> bool:
    """Say whether it has been shown for long enough."""
    if evidence.shown in _AT_ONCE:
        return True
    if evidence.shown in _TWICE:
        return evidence.steady_for > 0
    match column:
        case Column.REFUSED if evidence.call is CallClass.REFUSED:
            return True
        case Column.CLAIMED | Column.REFUSED:
            return evidence.steady_for >= STEADY_CLAIM
        case Column.UNKNOWN:
            quiet = evidence.since_sent >= QUIET_WINDOW
            return quiet and evidence.steady_for >= STEADY_UNKNOWN


def _proved(evidence: Evidence, column: Column) -> End:
    clean_refusal = evidence.call is CallClass.REFUSED
    if evidence.partial and evidence.shown in _UNMOVED and not clean_refusal:
        return End.NEEDS_PERSON  # one approval of several may be given; a second must not follow
    return OUTCOMES[evidence.shown][tuple(Column).index(column)]


def next_read_back(reads: int, *, readable: bool) -> float:
    """Return seconds to wait after so many *reads*: 5, 10 … 30; up to 5 minutes when reads fail."""
    if readable:
        return READ_BACK_WAITS[min(reads, len(READ_BACK_WAITS)) - 1]
    return 5.0 * 2.0 ** (reads - 1) if reads < _PATIENT else 300.0
