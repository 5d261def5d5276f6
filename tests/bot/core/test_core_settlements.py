"""Who may settle what nobody else can, and what their presses lead to."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from core_values import ANN, BEN, GUS, NOW, bill, decision_on, people_of
from hypothesis import given
from hypothesis import strategies as st

from bot.core.plans import QUIET_WINDOW
from bot.core.settlements import (
    SETTLED_BY_TWO,
    SETTLING,
    Case,
    Move,
    are_two,
    bench_of,
    judge_verdict,
    may_settle,
    offered,
    outcome_of,
    summoned,
    target_of,
)
from cards.refusals import Refusal
from storage.records import (
    DecisionState,
    Settlement,
    Step,
    StepState,
    TeamsPerson,
    Verdict,
)

CAT = TeamsPerson("aad-cat", "29:cat", "Cat Lowe", "cat@acme.example")
PRESSED = decision_on(
    bill("Balanced"), DecisionState.NEEDS_PERSON, person=BEN.aad_object_id, verb="release"
)
OPEN = Settlement("decision-1", "s-1", NOW)
CASE = Case(OPEN, PRESSED, (ANN, CAT), QUIET_WINDOW, people_of(ANN, BEN, CAT))
MISMATCH = replace(CASE, decision=replace(PRESSED, state=DecisionState.MISMATCH))
DONE, NOT = Verdict.TOOK_EFFECT, Verdict.NO_EFFECT


def recorded(verdict: str = DONE, by: TeamsPerson = ANN, case: Case = CASE) -> Case:
    told = replace(case.settlement, verdict=verdict, first=by.aad_object_id, first_name=by.name)
    return replace(case, settlement=told)


SETTLED = replace(recorded(), settlement=replace(recorded().settlement, second="aad-cat"))


@pytest.mark.parametrize(
    ("verb", "person", "case", "judged"),
    [
        (DONE, "aad-ann", CASE, Move.RECORD),
        (NOT, "aad-ann", CASE, Move.RECORD),
        ("seen", "aad-ann", MISMATCH, Move.RECORD),
        (DONE, "aad-cat", recorded(), Move.CONFIRM),
        ("seen", "aad-cat", recorded("seen", case=MISMATCH), Move.CONFIRM),
        ("object", "aad-cat", recorded(), Move.OBJECT),
        ("object", "aad-ann", recorded(), Move.OBJECT),
        ("look_again", "aad-ann", CASE, Move.LOOK),
        ("look_again", "aad-ann", recorded(), Move.LOOK),
        (DONE, "", CASE, Refusal.NOT_A_PERSON),
        (DONE, "aad-ben", CASE, Refusal.OWN_PRESS),
        (DONE, "aad-zoe", CASE, Refusal.NOT_ADMINISTRATOR),
        (DONE, "aad-ann", recorded(), Refusal.SAME_ADMINISTRATOR),
        (NOT, "aad-cat", recorded(DONE), Refusal.OTHER_VERDICT),
        ("object", "aad-cat", CASE, Refusal.NOTHING_RECORDED),
        ("seen", "aad-ann", CASE, Refusal.UNKNOWN_VERB),
        (DONE, "aad-ann", MISMATCH, Refusal.UNKNOWN_VERB),
        ("release", "aad-ann", CASE, Refusal.UNKNOWN_VERB),
        (DONE, "aad-cat", SETTLED, Refusal.ALREADY_SETTLED),
        ("look_again", "aad-ann", SETTLED, Refusal.ALREADY_SETTLED),
        (NOT, "aad-ann", replace(CASE, since_sent=QUIET_WINDOW - 1), Refusal.MAY_STILL_RUN),
        (NOT, "aad-ann", replace(CASE, since_sent=None), Refusal.MAY_STILL_RUN),
        (DONE, "aad-ann", replace(CASE, since_sent=0.0), Move.RECORD),
    ],
)
def test_a_press_of_an_administrator_does_what_the_rules_say(
    verb: str, person: str, case: Case, judged: Move | Refusal
) -> None:
    assert judge_verdict(verb, person, case) is judged


@given(
    presses=st.lists(
        st.tuples(
            st.sampled_from(sorted(SETTLING)),
            st.sampled_from(["aad-ann", "aad-cat", "aad-ben", "aad-zoe", ""]),
        ),
        max_size=12,
    ),
    state=st.sampled_from(sorted(SETTLED_BY_TWO)),
    quiet=st.booleans(),
)
def test_in_any_order_it_takes_two_different_administrators_of_one_mind(
    presses: list[tuple[str, str]], state: DecisionState, *, quiet: bool
) -> None:
    case = replace(
        CASE, decision=replace(PRESSED, state=state), since_sent=QUIET_WINDOW if quiet else 0.0
    )
    said: list[tuple[str, str]] = []
    for verb, person in presses:
        move, told = judge_verdict(verb, person, case), case.settlement
        if move is Move.RECORD:
            told, said = replace(told, verdict=verb, first=person), [(verb, person)]
        elif move is Move.OBJECT:
            told, said = replace(told, verdict="", first=""), []
        elif move is Move.CONFIRM:
            told = replace(told, second=person)
            said.append((verb, person))
        case = replace(case, settlement=told)

    if case.settlement.second:
        (first, one), (second, other) = said
        assert first == second
        assert {one, other} == {"aad-ann", "aad-cat"}
        assert quiet or first != Verdict.NO_EFFECT


@pytest.mark.parametrize("state", sorted(set(DecisionState) - SETTLED_BY_TWO))
def test_nothing_is_settled_of_a_decision_in_any_other_state(state: DecisionState) -> None:
    case = replace(CASE, decision=replace(PRESSED, state=state))

    assert offered(case.decision) == ()
    for verb, person in product(SETTLING, ("aad-ann", "aad-cat")):
        assert judge_verdict(verb, person, case) is Refusal.ALREADY_SETTLED


# --- who may ------------------------------------------------------------------------------------


def test_who_pressed_is_no_judge_of_it_and_neither_are_guests_or_strangers() -> None:
    people = people_of(ANN, BEN, CAT, GUS)
    mails = ["ANN@acme.example", "ben@acme.example", "cat@acme.example ", GUS.email, "x@y.example"]

    assert bench_of(mails, people, PRESSED) == (ANN, CAT)


def test_one_person_named_twice_is_one_judge() -> None:
    mails = ["ann@acme.example", "Ann@acme.example"]

    assert bench_of(mails, people_of(ANN, BEN), PRESSED) == (ANN,)


TWIN = TeamsPerson("aad-ann-2", "29:ann-2", "Ann (Admin)", "ann.admin@acme.example")
TWINS = replace(
    people_of(ANN, BEN, CAT, TWIN), could_be={"EP1": frozenset({"aad-ann", "aad-ann-2"})}
)


def test_two_accounts_of_one_human_are_never_the_two() -> None:
    case = replace(recorded(), people=TWINS, bench=(ANN, CAT, TWIN))

    assert judge_verdict(DONE, "aad-ann-2", case) is Refusal.SAME_ADMINISTRATOR
    assert judge_verdict(DONE, "aad-cat", case) is Move.CONFIRM
    assert not are_two((ANN, TWIN), TWINS)
    assert are_two((ANN, TWIN, CAT), TWINS)
    assert not are_two((ANN,), TWINS)


def test_two_accounts_that_act_as_one_login_of_the_erp_are_one_human() -> None:
    case = replace(recorded(), bench=(ANN, CAT), connected={"aad-ann": "ADMIN", "aad-cat": "admin"})

    assert judge_verdict(DONE, "aad-cat", case) is Refusal.SAME_ADMINISTRATOR


def test_who_pressed_does_not_settle_it_by_another_account() -> None:
    pressed = replace(PRESSED, person="aad-ann-2")
    mails = ["ann@acme.example", "cat@acme.example"]

    assert bench_of(mails, TWINS, pressed) == (CAT,)
    case = replace(CASE, decision=pressed, people=TWINS)
    assert may_settle("aad-ann", case) is Refusal.OWN_PRESS


def test_whose_account_is_off_is_no_judge() -> None:
    people = people_of(replace(ANN, enabled=False), CAT)

    assert bench_of(["ann@acme.example", "cat@acme.example"], people, PRESSED) == (CAT,)


@given(person=st.text("abc-09", min_size=1), decision=st.text("abc-_09", min_size=1))
def test_an_administrators_target_leads_back_to_person_and_decision(
    person: str, decision: str
) -> None:
    assert summoned(target_of(person, decision)) == (person, decision)


@pytest.mark.parametrize(
    "target", ["person:aad-ann", "channel:ap", "administrator:aad", "approver"]
)
def test_no_other_target_is_an_administrators(target: str) -> None:
    assert summoned(target) is None


# --- how it ends --------------------------------------------------------------------------------


def plan(*states: StepState) -> list[Step]:
    return [Step("decision-1", number, "x", state) for number, state in enumerate(states)]


def decided(verdict: Verdict, *states: StepState) -> DecisionState:
    return outcome_of(verdict, plan(*states))[0]


def test_a_decision_ends_as_two_administrators_say() -> None:
    ended, pending, confirmed = StepState.ENDED, StepState.PENDING, StepState.CONFIRMED

    assert decided(Verdict.TOOK_EFFECT, ended) is DecisionState.CONFIRMED
    assert decided(Verdict.TOOK_EFFECT, confirmed, ended) is DecisionState.CONFIRMED
    assert decided(Verdict.NO_EFFECT, ended) is DecisionState.NOT_APPLIED
    assert decided(Verdict.SEEN, ended) is DecisionState.MISMATCH_SEEN
    # The hold was removed; that the bill was released too, nobody said.
    assert decided(Verdict.TOOK_EFFECT, ended, pending) is DecisionState.NOT_APPLIED


def test_no_way_of_settling_leads_back_to_work() -> None:
    for verdict in Verdict:
        for states in product(StepState, repeat=2):
            assert decided(verdict, *states) not in {
                DecisionState.PENDING, DecisionState.CLAIMED, *SETTLED_BY_TWO,
            }  # fmt: skip
