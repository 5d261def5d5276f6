"""Judges what the service did, from what the stand-ins saw and from the store at rest.

Simulation and crash tests share this. Each rule is an invariant of the product's promise: it adds
sentences to `Verdict.problems`; that it has none to add is no acquittal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import promises
import promises_in_teams
from case import RELEASED, Case
from evidence import Evidence, Pressed, gather_evidence


@dataclass
class Tally:
    """What became of one kind of work."""

    attempted: int = 0
    acknowledged: int = 0
    ok: int = 0
    lost: int = 0
    unexpected: int = 0
    duplicated: int = 0
    recovered: int = 0

    def add(self, other: Tally) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def __str__(self) -> str:
        return ", ".join(f"{value} {name}" for name, value in vars(self).items())


@dataclass
class Verdict:
    """What was found."""

    events: Tally = field(default_factory=Tally)
    releases: Tally = field(default_factory=Tally)
    problems: list[str] = field(default_factory=list)


def judge(evidence: Evidence) -> Verdict:
    """Apply every rule."""
    case = Case(evidence)
    verdict = Verdict()
    for rule in RULES:
        verdict.problems += [f"{rule.__name__}: {said}" for said in rule(case)]
    _count_events(case, verdict)
    _count_releases(case, verdict)
    return verdict


RULES: tuple[Callable[[Case], Iterable[str]], ...] = (
    promises.i1_at_most_one_release_takes_effect,
    promises.i2_what_was_released_is_what_was_approved,
    promises.i3_i5_every_write_was_asked_for_by_somebody_who_may,
    promises.i4_above_the_threshold_two_different_people_pressed,
    promises.i5_effects_are_not_more_than_presses,
    promises.i6_presses_are_answered_in_time,
    promises.i8_what_was_acknowledged_came_to_an_end,
    promises_in_teams.i8_what_is_called_delivered_was_sent,
    promises_in_teams.i10_cards_say_what_the_erp_says,
    promises_in_teams.i10_who_must_decide_can,
    promises_in_teams.i12_one_card_for_a_document_in_a_place,
    promises_in_teams.i13_nobody_asks_before_retry_after,
    promises_in_teams.i18_the_store_is_sound,
    promises_in_teams.i18_every_change_of_a_decision_has_its_row,
    promises_in_teams.i18_every_request_of_a_step_has_its_row,
    promises_in_teams.i18_the_chain_holds,
)


# --- counting ---

TOLD = ("confirmed", "confirmed_mismatch", "mismatch_seen")
"""Ends of a decision that say that it took effect."""
DOUBTED = (
    "SELECT d.document FROM decisions AS d JOIN steps AS s ON s.decision = d.id"
    " WHERE d.state = 'confirmed' AND s.name LIKE 'release%' AND s.outcome NOT IN ('', 'A5')"
)
"""Releases whose call failed or lost its answer, and that a read-back found done."""


def _count_events(case: Case, verdict: Verdict) -> None:
    pushes, told = case.pushes(), verdict.events
    kept, acknowledged = case.kept(), case.acknowledged()
    told.attempted, told.acknowledged = len(pushes), len(acknowledged)
    ended = [name for name in acknowledged if set(kept.get(name, ["new"])) <= {"done", "parked"}]
    told.ok, told.lost = len(ended), len(acknowledged) - len(ended)
    told.unexpected = len(set(kept) - set(pushes))
    told.recovered = sum(
        len(pushes[name]) > 1 and not (pushes[name][0] and 200 <= pushes[name][0] < 300)
        for name in ended
    )


def _count_releases(case: Case, verdict: Verdict) -> None:
    told = verdict.releases
    sent = [write for write in case.writes if write.action in promises.ONCE]
    waited = frozenset().union(*(promises.STARTS[action] for action in promises.ONCE))
    effects = [one for one in case.effects if one.new in RELEASED and one.old in waited]
    ends = {row["document"]: row["state"] for row in case.asked("SELECT * FROM decisions"
            " WHERE verb LIKE 'release%' AND state <> 'superseded' ORDER BY asked_at")}  # fmt: skip
    known = {(d.partition("/")[0], d.rpartition("/")[2]): s for d, s in ends.items()}
    told.attempted = len(sent)
    told.acknowledged = sum(one.status in (200, 202, 204) for one in sent)
    told.ok = sum(known.get(one.key) in TOLD for one in effects)
    told.lost = sum(one.key not in known for one in effects)
    told.unexpected = sum(one.key not in {write.key for write in sent} for one in effects)
    told.duplicated = len(effects) - len({one.key for one in effects})
    doubted = {(d.partition("/")[0], d.rpartition("/")[2]) for (d,) in case.asked(DOUBTED)}
    told.recovered = sum(one.key in doubted for one in effects)


def as_text(verdict: Verdict) -> str:
    """The verdict for people."""
    lines = [f"events: {verdict.events}", f"releases: {verdict.releases}"]
    return "\n".join([*lines, *(f"- {said}" for said in verdict.problems)])


__all__ = ["Evidence", "Pressed", "Tally", "Verdict", "as_text", "gather_evidence", "judge"]
