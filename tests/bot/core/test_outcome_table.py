"""The outcome table in the words of the rules: every cell of it for every step of every plan."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from core_values import document_of
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.entities import ENTITIES
from acumatica_client.models import CallClass, Document
from bot.core.plans import DECISION_AFTER, PLANS, STEPS, End, Evidence, Shown, Step, judge, shown

# What a read-back shows | after A5 | after A3 | after A6. `60 s`: shown again a minute later;
# `quiet`: 15 minutes after SENT, two reads 30 s apart; `twice`: by the next read as well.
RULES = """
released, same fingerprint     | CONFIRMED          | CONFIRMED          | CONFIRMED
released, other fingerprint    | CONFIRMED_MISMATCH | CONFIRMED_MISMATCH | CONFIRMED_MISMATCH
releasable, same               | NEEDS_PERSON 60 s  | REFUSED            | NOT_APPLIED quiet
releasable, other              | NEEDS_PERSON 60 s  | SUPERSEDED         | SUPERSEDED quiet
held, rejected, voided         | NEEDS_PERSON 60 s  | REFUSED            | SUPERSEDED quiet
gone                           | NEEDS_PERSON 60 s  | SUPERSEDED         | NEEDS_PERSON quiet
unknown status                 | NEEDS_PERSON       | NEEDS_PERSON       | NEEDS_PERSON
unreadable                     | NEEDS_PERSON twice | NEEDS_PERSON twice | NEEDS_PERSON twice
by-id and by-key reads differ  | NEEDS_PERSON twice | NEEDS_PERSON twice | NEEDS_PERSON twice
read fails                     | never              | never              | never
stopped half way               | STOPPED            | STOPPED            | STOPPED
somebody did the rest          | BY_OTHER           | BY_OTHER           | BY_OTHER
"""

# Where a step is doable | done | stopped half way | done to the end by somebody else.
STATUSES = """
Bill          | remove_hold         | On Hold           | Balanced               | Pending Approval | Open, Closed
Bill          | release             | Balanced          | Open, Closed           |                  |
Bill          | approve             | Pending Approval  | Balanced, Open, Closed |                  |
Bill          | reject              | Pending Approval  | Rejected               |                  |
Bill          | approve_for_payment | Balanced, Open    | (ticked)               |                  |
PurchaseOrder | remove_hold         | On Hold | Open, Pending Printing, Pending Email | Pending Approval |
PurchaseOrder | approve             | Pending Approval  | Open, Pending Printing, Pending Email | |
PurchaseOrder | reject              | Pending Approval  | Rejected               |                  |
Check         | release_check       | Balanced, Printed | Open, Closed, Reserved |                  |
Payment       | release_payment     | Balanced          | Open, Closed, Reserved |                  |
"""  # noqa: E501

COLUMNS = {"A5": CallClass.CLAIMS_DONE, "A3": CallClass.REFUSED, "A6": CallClass.UNKNOWN}
QUIET, AGAIN, PATIENT = 900.0, 60.0, 30.0


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in row.split("|")] for row in table.strip().splitlines()]


@dataclass(frozen=True)
class Cell:
    """One cell of the table, for one step, with what a read shows there."""

    entity: str
    step: str
    row: str
    column: str
    verdict: str
    wait: str
    document: Document | None
    same: bool
    shown: Shown | None = None

    @property
    def rule(self) -> Step:
        return STEPS[self.entity, self.step]

    def seen(self) -> Shown:
        return self.shown or shown(self.rule, self.document, same=self.same)

    def judged(self, call: CallClass, *, since: float, steady: float) -> End | None:
        return judge(Evidence(call, self.seen(), since, steady, self.rule.partial))


def _cells() -> list[Cell]:
    return [
        Cell(entity, step, row, column, *_verdict(entity, step, row, column, told), *reading)
        for entity, step, *groups in _rows(STATUSES)
        for row, *verdicts in _rows(RULES)
        for reading in _readings(entity, step, row, groups)
        for column, told in zip(COLUMNS, verdicts, strict=True)
    ]


def _verdict(entity: str, step: str, row: str, column: str, told: str) -> tuple[str, str]:
    verdict, _, wait = told.partition(" ")
    # "Still Pending Approval proves nothing → approval list or NEEDS_PERSON": an approval may have
    # been given that the status does not show, unless Acumatica cleanly refused it.
    if step == "approve" and row.startswith("releasable") and column != "A3":
        return "NEEDS_PERSON", wait
    return verdict, wait


NOTHING_READ: dict[str, tuple[None, bool, Shown | None]] = {
    "gone": (None, False, None),
    "unreadable": (None, False, Shown.UNREADABLE),
    "by-id and by-key reads differ": (None, False, Shown.DIFFERS),
    "read fails": (None, False, Shown.FAILED),
}


def _readings(
    entity: str, step: str, row: str, groups: list[str]
) -> list[tuple[Document | None, bool, Shown | None]]:
    if row in NOTHING_READ:
        return [NOTHING_READ[row]]
    doable, done, stopped, elsewhere = (
        [w.strip() for w in g.split(",") if w.strip()] for g in groups
    )
    named = {*doable, *done, *stopped, *elsewhere}
    words, sameness = {
        "released, same fingerprint": (done, [True]),
        "released, other fingerprint": ([*done, *stopped, *elsewhere], [False]),
        "releasable, same": (doable, [True]),
        "releasable, other": (doable, [False]),
        "held, rejected, voided": (sorted(ENTITIES[entity].statuses - named), [True, False]),
        "unknown status": (["Frobnicated"], [True, False]),
        "stopped half way": (stopped, [True]),
        "somebody did the rest": (elsewhere, [True]),
    }[row]
    return [(_done(entity, word), same, None) for word in words for same in sameness]


def _done(entity: str, word: str) -> Document:
    if word != "(ticked)":
        return document_of(entity, word)
    bill = document_of(entity, "Open")
    return replace(bill, fields={**bill.fields, "ApprovedForPayment": True})


CELLS = _cells()


def _name(cell: Cell) -> str:
    status = cell.document.status if cell.document else "-"
    return f"{cell.entity}.{cell.step}:{cell.row}:{status}:{cell.same}:{cell.column}"


every_cell = pytest.mark.parametrize("cell", CELLS, ids=_name)


def test_the_table_has_a_cell_for_every_step_row_and_column() -> None:
    told = {(cell.entity, cell.step, cell.row, cell.column) for cell in CELLS}
    always = {row for row, *_ in _rows(RULES)} - {"stopped half way", "somebody did the rest"}

    wanted = {(*step, row, column) for step in STEPS for row in always for column in COLUMNS}

    assert wanted <= told
    assert {name for (entity, verb), plan in PLANS.items() for name in plan} == {
        step for _, step in STEPS
    }


@every_cell
def test_a_cell_ends_as_the_rules_say(cell: Cell) -> None:
    end = cell.judged(COLUMNS[cell.column], since=QUIET, steady=AGAIN)

    told = "" if end is None else DECISION_AFTER[end].upper()
    assert told == ("" if cell.verdict == "never" else cell.verdict)


@every_cell
def test_a_cell_does_not_end_too_early(cell: Cell) -> None:
    def at(since: float, steady: float) -> End | None:
        return cell.judged(COLUMNS[cell.column], since=since, steady=steady)

    match cell.wait:
        case "60 s":
            assert at(QUIET, AGAIN - 0.1) is None
            assert at(AGAIN, AGAIN) is not None
        case "quiet":
            assert at(QUIET - 0.1, QUIET - 0.1) is None
            assert at(QUIET + 100, PATIENT - 0.1) is None
            assert at(QUIET, PATIENT) is not None
        case "twice":
            assert at(QUIET, 0) is None
            assert at(5, 5) is not None
        case "":
            assert (at(0, 0) is None) is (cell.verdict == "never")


@every_cell
@given(since=st.floats(0, 1e9), steady=st.floats(0, 1e9))
def test_a_cell_never_ends_in_any_other_way(cell: Cell, since: float, steady: float) -> None:
    end = cell.judged(COLUMNS[cell.column], since=since, steady=steady)

    assert end is None or DECISION_AFTER[end].upper() == cell.verdict


@every_cell
def test_a_doubted_refusal_ends_like_one_after_a_minute(cell: Cell) -> None:
    doubted = CallClass.REFUSED_IN_DOUBT
    refused = cell.judged(CallClass.REFUSED, since=QUIET, steady=AGAIN)
    proof = cell.row.startswith("releasable") and cell.rule.partial

    later = cell.judged(doubted, since=QUIET, steady=AGAIN)

    assert later is (End.NEEDS_PERSON if proof else refused)
    at_once = ("released", "stopped", "somebody", "unknown")
    if not cell.row.startswith(at_once):
        assert cell.judged(doubted, since=QUIET, steady=0) is None


def test_the_last_step_of_a_plan_is_confirmed_and_an_earlier_one_goes_on() -> None:
    done = Evidence(CallClass.CLAIMS_DONE, Shown.DONE, 0, 0)

    assert judge(done) is End.GO_ON


def test_the_hold_removed_from_another_document_is_a_mismatch_wherever_it_stands() -> None:
    rule = STEPS["Bill", "remove_hold"]
    for status in ("Balanced", "Pending Approval", "Open", "Closed"):
        assert shown(rule, document_of("Bill", status), same=False) is Shown.DONE_OTHER


def test_an_approval_on_the_list_counts_only_while_the_document_waits() -> None:
    rule = STEPS["Bill", "approve"]

    assert (
        shown(rule, document_of("Bill", "Pending Approval"), same=True, proved=True) is Shown.DONE
    )
    for status in ("Rejected", "Voided", "On Hold"):
        seen = shown(rule, document_of("Bill", status), same=True, proved=True)
        assert seen is Shown.NOT_DOABLE
