"""Decisions only two administrators can settle: who may, and what their presses lead to. Pure.

One records what Acumatica shows, a second, different one confirms it. Who pressed the decision
settles nothing of it, and two accounts that are, or could be, one human are never two. No call
follows from it: only the decision leaves its state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from bot.core.deciders import same_person
from bot.core.people import People
from bot.core.plans import QUIET_WINDOW
from cards.refusals import Refusal
from cards.settlement import LOOK, OBJECT
from storage.records import (
    SUMMONS,
    Decision,
    DecisionState,
    Settlement,
    Step,
    StepState,
    TeamsPerson,
    Verdict,
)

SETTLING = frozenset({*Verdict, OBJECT, LOOK})
"""Every verb of an administrator's card."""

_OFFERED: Mapping[DecisionState, tuple[Verdict, ...]] = {
    DecisionState.NEEDS_PERSON: (Verdict.TOOK_EFFECT, Verdict.NO_EFFECT),
    DecisionState.MISMATCH: (Verdict.SEEN,),
}
SETTLED_BY_TWO = frozenset(_OFFERED)
"""States a decision leaves only by two administrators."""
MISMATCHES = frozenset({DecisionState.MISMATCH, DecisionState.MISMATCH_SEEN})
"""States in which something else was done than was approved."""

SEEN = "Two administrators have seen it."
NOTHING_DONE = "Two administrators recorded that nothing was done in Acumatica."
ALL_DONE = "Two administrators recorded that it was done in Acumatica."
PARTLY_DONE = "Two administrators recorded that only a part of it was done in Acumatica."


class Move(StrEnum):
    """What a press of an administrator does."""

    RECORD = "recorded"
    CONFIRM = "confirmed"
    OBJECT = "objected"
    LOOK = "look wanted"


@dataclass(frozen=True, slots=True)
class Case:
    """A decision that administrators must settle, and who they are at this moment."""

    settlement: Settlement
    decision: Decision
    bench: tuple[TeamsPerson, ...]
    """Administrators who may settle it."""
    since_sent: float | None
    """Seconds since the newest call left; None: not known on this boot."""
    people: People
    connected: Mapping[str, str] | None = None
    """Who let us act as which login of the ERP, where that tells accounts of one human."""

    def is_same(self, one: str, other: str) -> bool:
        """Say whether two accounts are, or could be, one human."""
        return same_person(self.people, one, other, self.connected)


def target_of(person: str, decision: str) -> str:
    """Return the target of one administrator's card about one decision."""
    return f"{SUMMONS}{person}:{decision}"


def summoned(target: str) -> tuple[str, str] | None:
    """Return person and decision of an administrator's card; None for any other target."""
    person, colon, decision = target.removeprefix(SUMMONS).partition(":")
    return (person, decision) if target.startswith(SUMMONS) and colon else None


def administrators_of(mails: Iterable[str], people: People) -> tuple[TeamsPerson, ...]:
    """Return the administrators who are known in Teams: active, no guests."""
    named = dict.fromkeys(people.by_email.get(mail.strip().lower()) for mail in mails)
    return tuple(
        person
        for person in named
        if person is not None and person.may_approve and person.aad_object_id
    )


def bench_of(mails: Iterable[str], people: People, decision: Decision) -> tuple[TeamsPerson, ...]:
    """Return who may settle *decision*: administrators, but nobody who is or could be a presser."""
    return tuple(
        person
        for person in administrators_of(mails, people)
        if not any(same_person(people, person.aad_object_id, one) for one in decision.pressers)
    )


def are_two(bench: Sequence[TeamsPerson], people: People) -> bool:
    """Say whether two different humans are among administrators."""
    accounts = [person.aad_object_id for person in bench]
    return any(not same_person(people, one, other) for one, other in combinations(accounts, 2))


def offered(decision: Decision) -> tuple[Verdict, ...]:
    """Return what can be recorded of a decision in its present state."""
    return _OFFERED.get(decision.state, ())


def may_settle(person: str, case: Case) -> Refusal | None:
    """Say why somebody may not settle it, None when they may."""
    if not person:
        return Refusal.NOT_A_PERSON
    if any(case.is_same(person, presser) for presser in case.decision.pressers):
        return Refusal.OWN_PRESS
    known = person in {one.aad_object_id for one in case.bench}
    return None if known else Refusal.NOT_ADMINISTRATOR


def judge_verdict(verb: str, person: str, case: Case) -> Move | Refusal:
    """Say what a press on an administrator's card does, or why nothing."""
    settlement, refusal = case.settlement, may_settle(person, case)
    if refusal is not None:
        return refusal
    if settlement.second or case.decision.state not in SETTLED_BY_TWO:
        return Refusal.ALREADY_SETTLED
    if verb == LOOK:
        return Move.LOOK
    if verb == OBJECT:
        return Move.OBJECT if settlement.first else Refusal.NOTHING_RECORDED
    return _of_verdict(verb, person, case)


def _of_verdict(verb: str, person: str, case: Case) -> Move | Refusal:
    settlement = case.settlement
    if verb not in offered(case.decision):
        return Refusal.UNKNOWN_VERB
    if verb == Verdict.NO_EFFECT and not _is_quiet(case):
        return Refusal.MAY_STILL_RUN
    if not settlement.first:
        return Move.RECORD
    if settlement.verdict != verb:
        return Refusal.OTHER_VERDICT
    is_one = case.is_same(settlement.first, person)
    return Refusal.SAME_ADMINISTRATOR if is_one else Move.CONFIRM


def _is_quiet(case: Case) -> bool:
    """Say whether the call can have no effect any more: the ERP may run it minutes later."""
    return case.since_sent is not None and case.since_sent >= QUIET_WINDOW


def outcome_of(verdict: Verdict, steps: Sequence[Step]) -> tuple[DecisionState, str]:
    """Return how a decision ends by what was recorded, and the sentence its cards say."""
    if verdict is Verdict.SEEN:
        return DecisionState.MISMATCH_SEEN, SEEN
    if verdict is Verdict.NO_EFFECT:
        return DecisionState.NOT_APPLIED, NOTHING_DONE
    if any(step.state is StepState.PENDING for step in steps):
        return DecisionState.NOT_APPLIED, PARTLY_DONE
    return DecisionState.CONFIRMED, ALL_DONE
