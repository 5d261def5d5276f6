"""Notes on documents in the ERP: when one may be written, what it adds, how it goes on. Pure.

A note is an edit. It changes who last changed the document, and would hide who did from those who
judge whether the presser may decide (I3); and it moves the document's stamp under a decision that
is at work. So one is written only where nothing can be decided any more.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from acumatica_client.errors import ErpBusy, ErpError, ErpFailed, ErpRejected
from acumatica_client.models import CallClass, CallOutcome, Document, Noted
from cards.erp_note import decision_line, remark_line
from cards.language import Language
from cards.text import joined
from storage.records import (
    Comment,
    Decision,
    DecisionState,
    Done,
    ErpNote,
    ErpNoteState,
    Reject,
    Retry,
)
from storage.settle import MAX_AGE, backoff

FINAL: Mapping[str, frozenset[str]] = {
    "Bill": frozenset({"Open", "Closed"}),
    "PurchaseOrder": frozenset(
        {"Open", "Pending Printing", "Pending Email", "Completed", "Closed"}
    ),
    "Check": frozenset({"Open", "Closed", "Reserved"}),
    "Payment": frozenset({"Open", "Closed", "Reserved"}),
}
"""Statuses in which a document is done with. Rejected is not one: it may be put on hold again."""

UNSETTLED = frozenset(
    {
        DecisionState.PENDING,
        DecisionState.CLAIMED,
        DecisionState.NEEDS_PERSON,
        DecisionState.MISMATCH,  # not what was approved was done: the last editor is evidence
    }
)
RECENT = timedelta(days=1)
"""How long ago a decision may have ended whose matter a look finds over."""
MOST_TRIES = 12
"""Writes of one note."""
UNREACHABLE = 300.0
"""Seconds until an ERP that could not be asked is asked again, for a day."""
FEW_TRIES = 3
"""For a refusal that may be a lock of somebody who has the document open."""
LONGEST = 50_000
"""Characters of a note; a longer one is not sent back and forth."""


# --- when -----------------------------------------------------------------------------------


def is_over(entity: str, status: str, decisions: Iterable[Decision]) -> bool:
    """Say whether nothing about a document in *status* can be decided any more."""
    unsettled = any(one.state in UNSETTLED for one in decisions)
    return status in FINAL[entity] and not unsettled


def is_news(
    document: Document, previous: Document | None, decisions: Sequence[Decision], now: datetime
) -> bool:
    """Say whether it came to its end just now, and not long before anybody wanted notes."""
    settled = decisions[-1].settled_at if decisions else None
    recently = settled is not None and now - settled < RECENT
    was_open = previous is not None and previous.status not in FINAL[document.key.entity]
    return recently or was_open


# --- what -----------------------------------------------------------------------------------


def lines_of(
    comments: Iterable[Comment], decisions: Iterable[Decision], language: Language
) -> list[str]:
    """Return a line for each remark and for each decision that was carried out, oldest first."""
    told = [
        (
            one.said_at,
            remark_line(one.via, one.name, one.text, one.said_at, language, guest=one.guest),
        )
        for one in comments
        if one.said_at
    ]
    told += [
        (one.claimed_at, decision_line(one.verb, _who(one, language), one.claimed_at, language))
        for one in decisions
        if one.claimed_at and one.state is DecisionState.CONFIRMED
    ]
    return [line for _, line in sorted(told, key=lambda line: line[0])]


def _who(decision: Decision, language: Language) -> str:
    return joined([*decision.pressers.values()], language)


@dataclass(frozen=True, slots=True)
class Drop:
    """The note is not wanted any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing was sent; look again after so many seconds."""

    reason: str
    after: float = 5.0


@dataclass(frozen=True, slots=True)
class Write:
    """The whole note as it should stand."""

    text: str


Verdict = Done | Drop | Later | Reject | Write
GONE = Drop("Acumatica no longer has the document")
End = Done | Drop | Later | Reject | Retry


def judge(
    wanted: ErpNote,
    noted: Noted,
    seen: Document,
    decisions: Sequence[Decision],
    lines: Sequence[str],
) -> Verdict:
    """Say what to do, now that the document was read; *seen* is how the last look found it."""
    if not lines:
        return Drop("there is nothing to tell any more")
    missing = _missing(noted.note or "", lines)
    if not missing:
        return Done()
    if wanted.claimed:
        return Reject("Acumatica took the note and did not keep it")
    if not is_over(noted.key.entity, noted.status, decisions):
        return Drop(f"it may be decided on again: it is {noted.status}")
    if (noted.status, noted.last_modified) != (seen.status, seen.last_modified):
        # Whether anybody is to be asked about what changed is for the next look to say.
        return Later("the document changed since it was last looked at")
    return _write(noted.note, missing)


def _write(note: str | None, missing: Sequence[str]) -> Verdict:
    if note is None:
        return Reject("Acumatica does not tell the document's note, which would be lost")
    between = "" if not note or note.endswith("\n") else "\n"
    text = note + between + "\n".join(missing)
    if len(text) > LONGEST:
        return Reject("the note that stands on the document is too long to add to")
    return Write(text)


def _missing(note: str, lines: Iterable[str]) -> list[str]:
    """Return the lines that do not stand yet, however the ERP writes spaces and accents."""
    standing = {_same(line) for line in note.splitlines()}
    return [line for line in lines if _same(line) not in standing]


def _same(line: str) -> str:
    return " ".join(unicodedata.normalize("NFC", line).split())


# --- how it goes on -------------------------------------------------------------------------


def end_of_read(error: ErpError) -> Later | Reject:
    """Say what a failed read means."""
    if isinstance(error, ErpBusy):
        return Later(error.plain, error.after)
    for_good = isinstance(error, ErpRejected) and not isinstance(error, ErpFailed)
    return Reject(error.plain) if for_good else Later(error.plain, UNREACHABLE)


def end_of_write(outcome: CallOutcome) -> Later | Retry | Reject | None:
    """Say what the answer to a write means; None: it is to be read back."""
    match outcome.outcome:
        case CallClass.CLAIMS_DONE:
            return None
        case CallClass.REFUSED:
            return Reject(outcome.plain or _REFUSED)
        case CallClass.REFUSED_IN_DOUBT:
            return Retry(outcome.plain or _REFUSED, tries=FEW_TRIES)
        case CallClass.NOT_SENT | CallClass.TURNED_AWAY if outcome.after:
            return Later("Acumatica is busy just now", outcome.after)
        case _:
            # Perhaps it stands; what stands already is not written a second time.
            return Retry("Acumatica gave no certain answer")


_REFUSED = "Acumatica refused the note"


def settle(wanted: ErpNote, end: End, now: datetime, chance: float) -> ErpNote:
    """Say where a note goes after one attempt; *chance* in 0..1 spreads the waits."""
    match end:
        case Done():
            return replace(wanted, state=ErpNoteState.DONE, reason="")
        case Drop(reason):
            return replace(wanted, state=ErpNoteState.DROPPED, reason=reason)
        case Reject(reason):
            return replace(wanted, state=ErpNoteState.PARKED, reason=reason)
        case _ if _given_up(wanted, end, now):
            return replace(wanted, state=ErpNoteState.PARKED, reason=f"gave up: {end.reason}")
        case Later(reason, after):
            wait = after * (1 + chance / 2)
        case Retry(reason):
            wait = backoff(wanted.attempts, chance)
    return replace(wanted, due_at=now + timedelta(seconds=wait), reason=reason)


def _given_up(wanted: ErpNote, end: Later | Retry, now: datetime) -> bool:
    often = isinstance(end, Retry) and wanted.attempts >= (end.tries or MOST_TRIES)
    return often or now - wanted.wanted_at > MAX_AGE
