"""Verbs as plans, and the outcome table, written down here once more and compared cell by cell."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from core_values import document_of
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.entities import ENTITIES
from acumatica_client.models import CallClass, Document
from bot.core.plans import (
    DECISION_AFTER,
    DEFAULT_CALLS,
    PLANS,
    STEPS,
    Evidence,
    Shown,
    judge,
    next_read_back,
    plan,
    plan_for,
    shown,
    verbs_of,
)
from storage.records import DecisionState

CALLS = {"A5": CallClass.CLAIMS_DONE, "A3": CallClass.REFUSED, "A6": CallClass.UNKNOWN}

# What the document shows -> verdict after A5 | A3 | A6. The A6 verdicts marked `quiet` wait for the
# quiet window; `60 s` is a second read. A step that is not the last goes on where CONFIRMED stands.
OUTCOME_TABLE = """
released, same       | CONFIRMED          | CONFIRMED          | CONFIRMED
released, other      | CONFIRMED_MISMATCH | CONFIRMED_MISMATCH | CONFIRMED_MISMATCH
stopped              | STOPPED            | STOPPED            | STOPPED
released by other    | BY_OTHER           | BY_OTHER           | BY_OTHER
releasable, same     | NEEDS_PERSON 60 s  | REFUSED            | NOT_APPLIED quiet
releasable, other    | NEEDS_PERSON       | SUPERSEDED         | SUPERSEDED quiet
held or voided       | NEEDS_PERSON       | REFUSED            | SUPERSEDED quiet
gone                 | NEEDS_PERSON       | SUPERSEDED         | NEEDS_PERSON quiet
unknown status       | NEEDS_PERSON       | NEEDS_PERSON       | NEEDS_PERSON
"""

# Each step of invariants §2: where it may start, what it leads to, where it stops, who was faster.
STEP_TABLE = """
Bill          | remove_hold     | On Hold           | Balanced | Pending Approval | Open, Closed
Bill          | release         | Balanced          | Open, Closed | |
Bill          | approve         | Pending Approval  | Balanced, Open, Closed | |
Bill          | reject          | Pending Approval  | Rejected | |
Bill          | approve_for_payment | Balanced, Open | | |
PurchaseOrder | remove_hold | On Hold | Open, Pending Printing, Pending Email | Pending Approval |
PurchaseOrder | approve         | Pending Approval  | Open, Pending Printing, Pending Email | |
PurchaseOrder | reject          | Pending Approval  | Rejected | |
Check         | release_check   | Balanced, Printed | Open, Closed, Reserved | |
Payment       | release_payment | Balanced          | Open, Closed, Reserved | |
"""


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in row.split("|")] for row in table.strip().splitlines()]


def _words(cell: str) -> frozenset[str]:
    return frozenset(word.strip() for word in cell.split(",") if word.strip())


CELLS = [
    (row, column, cell)
    for row, *cells in _rows(OUTCOME_TABLE)
    for column, cell in zip(("A5", "A3", "A6"), cells, strict=True)
]


def seen(row: str, step: str = "remove_hold") -> Shown:
    """What a read of a bill shows that fits *row*, seen from *step*."""
    rule = STEPS["Bill", step]
    if row == "gone":
        return shown(rule, None, same=False)
    status = {
        "released": min(rule.done),
        "releasable": min(rule.doable),
        "stopped": "Pending Approval",
        "released by other": "Open",
        "held or voided": "Voided",
        "unknown status": "Frobnicated",
    }[row.removesuffix(", same").removesuffix(", other")]
    return shown(rule, document_of("Bill", status), same=not row.endswith(", other"))


def verdict(row: str, call: CallClass, *, since: float, steady: float, partial: bool = False):
    end = judge(Evidence(call, seen(row), since, steady, partial))
    return None if end is None else DECISION_AFTER[end]


@pytest.mark.parametrize(("row", "column", "cell"), CELLS)
def test_each_cell_of_the_outcome_table_ends_as_it_says(row: str, column: str, cell: str) -> None:
    word, _, _ = cell.partition(" ")

    ended = verdict(row, CALLS[column], since=900, steady=60)

    assert ended == DecisionState(word.lower())


@pytest.mark.parametrize(("row", "column", "cell"), CELLS)
@given(since=st.floats(0, 90_000), steady=st.floats(0, 90_000))
def test_no_cell_ever_ends_otherwise_nor_too_early(
    row: str, column: str, cell: str, since: float, steady: float
) -> None:
    word, _, wait = cell.partition(" ")

    ended = verdict(row, CALLS[column], since=since, steady=steady)

    assert ended in (None, DecisionState(word.lower()))
    if wait == "quiet" and (since < 900 or steady < 30):
        assert ended is None
    if wait == "60 s" and steady < 60:
        assert ended is None
    if not wait and column != "A5":
        assert ended is not None, "nothing has to be waited for"
    if since >= 900 and steady >= 60:
        assert ended is not None, "waited long enough"


@given(steady=st.floats(0, 59.9), since=st.floats(0, 90_000))
@pytest.mark.parametrize("row", ["releasable, same", "releasable, other", "held or voided", "gone"])
def test_a_doubted_500_is_a_refusal_only_after_two_reads_over_a_minute(
    row: str, steady: float, since: float
) -> None:
    assert verdict(row, CallClass.REFUSED_IN_DOUBT, since=since, steady=steady) is None
    refused = verdict(row, CallClass.REFUSED, since=since, steady=0)
    assert verdict(row, CallClass.REFUSED_IN_DOUBT, since=since, steady=60) is refused


@pytest.mark.parametrize("row", ["released, same", "released, other", "stopped", "unknown status"])
def test_a_doubted_500_that_hid_a_success_is_told_at_once(row: str) -> None:
    refused = verdict(row, CallClass.REFUSED, since=0, steady=0)

    assert verdict(row, CallClass.REFUSED_IN_DOUBT, since=0, steady=0) is refused


@given(since=st.floats(0, 1e9), steady=st.floats(0, 1e9), partial=st.booleans())
@pytest.mark.parametrize("call", [*CALLS.values(), CallClass.REFUSED_IN_DOUBT])
def test_a_read_that_fails_proves_nothing_however_long(
    call: CallClass, since: float, steady: float, partial: bool
) -> None:
    assert judge(Evidence(call, Shown.FAILED, since, steady, partial)) is None


@pytest.mark.parametrize("row", ["releasable, same", "releasable, other"])
@pytest.mark.parametrize(
    "call", [CallClass.CLAIMS_DONE, CallClass.REFUSED_IN_DOUBT, CallClass.UNKNOWN]
)
@given(since=st.floats(0, 90_000), steady=st.floats(0, 90_000))
def test_an_approval_that_still_pends_proves_nothing(
    row: str, call: CallClass, since: float, steady: float
) -> None:
    ended = verdict(row, call, since=since, steady=steady, partial=True)

    assert ended in (None, DecisionState.NEEDS_PERSON)
    assert ended or since < 900 or steady < 60


def test_an_approval_acumatica_cleanly_refused_may_be_pressed_again() -> None:
    ended = verdict("releasable, same", CallClass.REFUSED, since=0, steady=0, partial=True)

    assert ended is DecisionState.REFUSED


def test_an_approval_that_moved_the_document_is_judged_like_any_step() -> None:
    for row, column, cell in CELLS:
        if not row.startswith("releasable"):
            judged = verdict(row, CALLS[column], since=900, steady=60, partial=True)
            assert judged == DecisionState(cell.partition(" ")[0].lower())


@pytest.mark.parametrize(("entity", "verb"), PLANS)
def test_only_approving_may_take_effect_and_leave_the_status(entity: str, verb: str) -> None:
    for name in PLANS[entity, verb]:
        assert STEPS[entity, name].partial == (name == "approve")


@pytest.mark.parametrize("row", _rows(STEP_TABLE), ids=lambda row: f"{row[0]}.{row[1]}")
def test_each_step_starts_and_ends_where_the_rules_say(row: list[str]) -> None:
    entity, name, *cells = row
    doable, done, stopped, elsewhere = map(_words, cells)
    rule = STEPS[entity, name]

    assert (rule.doable, rule.done, rule.stopped, rule.elsewhere) == (
        doable, done, stopped, elsewhere,
    )  # fmt: skip


def test_no_step_exists_that_the_rules_do_not_name() -> None:
    assert {(row[0], row[1]) for row in _rows(STEP_TABLE)} == set(STEPS) == set(DEFAULT_CALLS)


@pytest.mark.parametrize(("entity", "name"), STEPS)
def test_every_word_of_a_step_is_a_status_of_its_entity(entity: str, name: str) -> None:
    rule = STEPS[entity, name]

    used = rule.doable | rule.done | rule.stopped | rule.elsewhere

    assert used <= ENTITIES[entity].statuses


@pytest.mark.parametrize(("entity", "name"), STEPS)
def test_a_status_means_one_thing_to_a_step(entity: str, name: str) -> None:
    rule = STEPS[entity, name]
    groups = [rule.doable, rule.done, rule.stopped, rule.elsewhere]

    assert len(frozenset().union(*groups)) == sum(map(len, groups))


@pytest.mark.parametrize(("entity", "name"), STEPS)
def test_what_a_read_shows_is_sorted_by_status_and_fingerprint(entity: str, name: str) -> None:
    rule = STEPS[entity, name]
    for status in [*ENTITIES[entity].statuses, "Frobnicated", "on hold", ""]:
        same = shown(rule, document_of(entity, status), same=True)
        other = shown(rule, document_of(entity, status), same=False)
        if status in rule.doable:
            assert (same, other) == (Shown.DOABLE, Shown.DOABLE_OTHER)
        elif status in rule.done:
            assert (same, other) == (Shown.DONE, Shown.DONE_OTHER)
        elif status in rule.stopped:
            assert (same, other) == (Shown.STOPPED, Shown.DONE_OTHER)
        elif status in rule.elsewhere:
            assert (same, other) == (Shown.ELSEWHERE, Shown.DONE_OTHER)
        elif status in ENTITIES[entity].statuses:
            assert same is other is Shown.NOT_DOABLE
        else:
            assert same is other is Shown.UNKNOWN


statuses = st.one_of(
    st.sampled_from(sorted({s for entity in ENTITIES.values() for s in entity.statuses})), st.text()
)


@given(
    entity=st.one_of(st.sampled_from(sorted(ENTITIES)), st.text()),
    verb=st.one_of(st.sampled_from(sorted({verb for _, verb in PLANS})), st.text()),
    status=statuses,
)
def test_a_plan_begins_with_a_step_that_can_be_done_and_runs_to_the_verbs_end(
    entity: str, verb: str, status: str
) -> None:
    steps = plan(entity, verb, status)

    whole = PLANS.get((entity, verb), ())
    assert not steps or status in STEPS[entity, steps[0]].doable
    assert steps == whole[len(whole) - len(steps) :]
    assert steps or not any(status in STEPS[entity, name].doable for name in whole)


def test_releasing_a_held_bill_removes_the_hold_first_and_a_balanced_one_does_not() -> None:
    assert plan("Bill", "release", "On Hold") == ("remove_hold", "release")
    assert plan("Bill", "release", "Balanced") == ("release",)
    for status in ENTITIES["Bill"].statuses - {"On Hold", "Balanced"}:
        assert plan("Bill", "release", status) == ()


@pytest.mark.parametrize(("entity", "verb"), PLANS)
def test_each_step_of_a_plan_leads_to_where_the_next_may_start(entity: str, verb: str) -> None:
    names = PLANS[entity, verb]
    for name, following in pairwise(names):
        assert STEPS[entity, name].done <= STEPS[entity, following].doable


def test_the_verbs_of_an_entity_are_those_it_has_plans_for() -> None:
    assert verbs_of("Bill") == ("release", "approve", "reject", "approve_for_payment")
    assert verbs_of("Unheard") == ()


def test_read_backs_come_quickly_and_then_patiently() -> None:
    assert [next_read_back(n, readable=True) for n in range(1, 7)] == [5, 10, 20, 30, 30, 30]


def test_failing_read_backs_wait_from_five_seconds_to_five_minutes() -> None:
    waits = [next_read_back(n, readable=False) for n in range(1, 9)]

    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]


@given(reads=st.integers(1, 100_000), readable=st.booleans())
def test_a_read_back_always_comes_again_within_five_minutes(reads: int, readable: bool) -> None:
    assert 5 <= next_read_back(reads, readable=readable) <= 300


# --- a step that ticks a box --------------------------------------------------------------------


def paying(ticked: object, status: str = "Open") -> Document:
    bill = document_of("Bill", status)
    return replace(bill, fields={**bill.fields, "ApprovedForPayment": ticked})


def test_a_box_that_is_ticked_needs_no_press() -> None:
    assert plan_for(paying(False), "approve_for_payment") == ("approve_for_payment",)
    assert plan_for(paying(True), "approve_for_payment") == ()


@pytest.mark.parametrize("status", ["On Hold", "Pending Approval", "Closed", "Voided"])
def test_payment_is_approved_only_of_what_can_be_paid(status: str) -> None:
    assert plan_for(paying(False, status), "approve_for_payment") == ()


def test_the_box_itself_proves_the_step() -> None:
    rule = STEPS["Bill", "approve_for_payment"]

    assert shown(rule, paying(True), same=True) is Shown.DONE
    assert shown(rule, paying(True), same=False) is Shown.DONE_OTHER
    assert shown(rule, paying(False), same=True) is Shown.DOABLE
    assert shown(rule, paying(None), same=True) is Shown.DOABLE
    assert shown(rule, paying(False, "Voided"), same=True) is Shown.NOT_DOABLE


# --- an approval that is not the last -----------------------------------------------------------


def test_an_approval_on_the_list_proves_the_step_although_the_document_still_waits() -> None:
    rule, bill = STEPS["Bill", "approve"], document_of("Bill", "Pending Approval")

    assert shown(rule, bill, same=True, proved=True) is Shown.DONE
    assert shown(rule, bill, same=False, proved=True) is Shown.DONE_OTHER
    assert shown(rule, bill, same=True, proved=False) is Shown.DOABLE


@pytest.mark.parametrize("step", ["release", "reject", "remove_hold"])
def test_an_approval_on_the_list_proves_no_other_step(step: str) -> None:
    rule = STEPS["Bill", step]
    bill = document_of("Bill", min(rule.doable))

    assert shown(rule, bill, same=True, proved=True) is Shown.DOABLE
