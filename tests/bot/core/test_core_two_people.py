"""When two people must agree, who may be the second, and what ends an agreement (invariant I4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from core_values import (
    ANN,
    BEN,
    COMPANY,
    EARLIER,
    NOW,
    PEOPLE,
    bill,
    card_at,
    decision_on,
    people_of,
    route_of,
)
from pydantic import ValidationError

from acumatica_client.models import Document
from bot.core.decide import (
    Known,
    Policy,
    Two,
    approvers_now,
    decide,
    hand_on,
    matter_of,
    two_now,
)
from bot.core.deciders import same_person, wants_two
from bot.core.intents import AskDecision, NameApprovers, Nudge, PostCard, UpdateCard
from bot.core.people import Override
from bot.core.presses import (
    Agree,
    Asked,
    Claim,
    Press,
    Rights,
    decide_press,
    second_refusal,
)
from bot.core.routes import Route, Routes
from cards.refusals import Refusal
from storage.records import Agreement, Decision

FIRST, SECOND = ANN.aad_object_id, BEN.aad_object_id
AGREED = Agreement(FIRST, ANN.name, "release", NOW)
ROUTE: Mapping[str, Any] = {
    "entity": "Bill",
    "to": ["channel:ap", "approver"],
    "approver": "owner",
    "second_above": {"USD": 1000},
    "second": ["person:ann@acme.example", "person:ben@acme.example"],
    "actions": ["release", "approve", "reject"],
}
ROUTES = Routes([route_of(**ROUTE), route_of()])
PRESS = Press("token-1", "release", FIRST, "19:ap", "a-1")
ASKED = Asked(
    company=COMPANY,
    decision=decision_on(bill(), two=True),
    document=bill(),
    cards=(card_at(),),
    people=PEOPLE,
    rights=Rights(allow_unknown_editor=True),
    now=NOW,
    two=Two((FIRST,), (FIRST, SECOND)),
)
HANDED_ON = replace(
    ASKED,
    decision=replace(ASKED.decision, agreed=AGREED, approvers=(SECOND,)),
    two=Two((FIRST,), (SECOND,)),
)
AGAIN = replace(PRESS, person=SECOND)


# --- when -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "two"),
    [
        ("1000.00", "USD", False),
        ("1000.01", "USD", True),
        ("0.01", "EUR", True),
        ("0.01", "", True),
        (None, "USD", True),
    ],
)
def test_what_cannot_be_compared_with_the_threshold_wants_two(
    amount: str | None, currency: str, two: bool
) -> None:
    told = bill(Amount=Decimal(amount) if amount else None, CurrencyID=currency)

    assert wants_two(told, route_of(**ROUTE)) is two


def test_a_route_without_a_threshold_never_wants_two() -> None:
    alone = {name: told for name, told in ROUTE.items() if not name.startswith("second")}

    assert not wants_two(bill(Amount=Decimal("1e12")), route_of(**alone))


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({"second_above": {"usd": 1}}, "no currency"),
        ({"second_above": {"USD": -1}}, "no amount"),
        ({"second_above": {"USD": "NaN"}}, "finite number"),
        ({"second_above": {}}, "one needs the other"),
        ({"second": []}, "one needs the other"),
        ({"second": ["somebody"]}, "second: 'somebody' is none of"),
        ({"actions": ["reject"]}, "no action of this route wants two"),
    ],
)
def test_a_threshold_that_could_not_work_is_refused(told: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        route_of(**{**ROUTE, **told})


# --- who counts as one ---


def test_two_accounts_that_could_be_one_human_count_as_one() -> None:
    twin = replace(BEN, aad_object_id="aad-twin", teams_id="29:twin")
    unclear = people_of(ANN, BEN, twin)

    assert same_person(unclear, SECOND, "aad-twin")
    assert same_person(PEOPLE, FIRST, SECOND, {FIRST: "ANN", SECOND: "ann"})
    assert not same_person(PEOPLE, FIRST, SECOND, {FIRST: "ann", SECOND: "ben"})
    assert not same_person(PEOPLE, FIRST, SECOND, {})
    assert same_person(PEOPLE, FIRST, FIRST)


def test_two_accounts_an_employees_address_could_mean_count_as_one() -> None:
    unclear = replace(PEOPLE, could_be={"E09": frozenset({FIRST, SECOND})})

    assert same_person(unclear, FIRST, SECOND)
    assert not same_person(replace(unclear, could_be={"E09": frozenset({FIRST})}), FIRST, SECOND)


def test_two_accounts_the_file_gives_one_employee_count_as_one() -> None:
    told = (Override(ANN.email, employee="E09"), Override(BEN.email, employee="E09"))

    assert same_person(people_of(overrides=told), FIRST, SECOND)


# --- presses ----------------------------------------------------------------------------------


def test_the_first_press_hands_the_question_on() -> None:
    assert decide_press(PRESS, ASKED) == Agree((SECOND,), card_at())


def test_the_second_press_of_another_person_gets_the_plan() -> None:
    assert decide_press(AGAIN, HANDED_ON) == Claim(("remove_hold", "release"), card_at())


def test_one_person_is_enough_to_reject() -> None:
    document = bill("Pending Approval")
    decision = decision_on(document, two=True, verbs=("approve", "reject"))
    asked = replace(ASKED, document=document, decision=decision)

    assert decide_press(replace(PRESS, verb="reject"), asked) == Claim(("reject",), card_at())
    assert isinstance(decide_press(replace(PRESS, verb="approve"), asked), Agree)


FORBIDDEN = Override(ANN.email, may_decide=False)
SAME_LOGIN = {FIRST: "ann", SECOND: "ann"}
REFUSED: dict[str, tuple[Refusal, Asked]] = {
    "only one agreed, and two must by now": (
        Refusal.ONLY_ONE, replace(HANDED_ON, decision=replace(HANDED_ON.decision, agreed=None)),
    ),
    "another verb": (
        Refusal.OTHER_VERB,
        replace(
            HANDED_ON,
            decision=replace(HANDED_ON.decision, agreed=replace(AGREED, verb="approve")),
        ),
    ),
    "the same person": (
        Refusal.SAME_PERSON,
        replace(
            HANDED_ON,
            decision=replace(HANDED_ON.decision, agreed=replace(AGREED, person=SECOND)),
        ),
    ),
    "two people with one login": (Refusal.SAME_PERSON, replace(HANDED_ON, connected=SAME_LOGIN)),
    "the first is no approver any more": (
        Refusal.FIRST_GONE, replace(HANDED_ON, two=Two((SECOND,), (SECOND,))),
    ),
    "the file forbids the first": (
        Refusal.FIRST_GONE, replace(HANDED_ON, people=people_of(overrides=(FORBIDDEN,))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_each_reason_against_the_second_is_reached(case: str) -> None:
    refusal, asked = REFUSED[case]

    assert second_refusal(SECOND, "release", asked) is refusal


def test_the_first_is_told_so_when_they_press_again() -> None:
    assert decide_press(PRESS, HANDED_ON) is Refusal.SAME_PERSON


def test_where_nobody_else_could_agree_nobody_is_the_first() -> None:
    assert decide_press(PRESS, replace(ASKED, two=Two((FIRST,), (FIRST,)))) is Refusal.NO_SECOND


def test_one_is_enough_below_the_threshold_and_to_reject() -> None:
    assert second_refusal(SECOND, "release", replace(ASKED, two=None)) is None
    assert second_refusal(SECOND, "reject", ASKED) is None


# --- looks ------------------------------------------------------------------------------------


def known(decision: Decision, **values: Any) -> Known:
    return Known(bill(), decision, (card_at("channel:ap"), card_at(f"person:{FIRST}")), PEOPLE)


POLICY = Policy(COMPANY, EARLIER)


def looked(document: Document, decision: Decision, routes: Routes = ROUTES) -> list[object]:
    return [*decide(document, known(decision), routes, POLICY)]


def test_a_look_leaves_an_agreement_as_it_is() -> None:
    assert looked(bill(), HANDED_ON.decision) == [PostCard(f"person:{SECOND}", asks=True)]


def test_a_look_asks_both_anew_when_the_document_changed() -> None:
    intents = looked(bill(Amount=Decimal("1300.00")), HANDED_ON.decision)

    (anew,) = [one for one in intents if isinstance(one, AskDecision)]
    assert (anew.approvers, anew.two) == ((FIRST,), True)


def test_a_look_asks_anew_when_the_first_may_no_longer_decide() -> None:
    routes = Routes([route_of(**{**ROUTE, "approver": "person:ben@acme.example"}), route_of()])

    (anew,) = [
        one for one in looked(bill(), HANDED_ON.decision, routes) if isinstance(one, AskDecision)
    ]
    assert anew.approvers == (SECOND,)


def test_a_look_asks_anew_when_two_must_agree_who_need_not_before() -> None:
    before = replace(HANDED_ON.decision, two=False, agreed=None, approvers=(FIRST,))

    assert any(isinstance(one, AskDecision) and one.two for one in looked(bill(), before))


def test_a_look_names_others_who_may_be_the_second() -> None:
    decision = replace(HANDED_ON.decision, approvers=("aad-gone",))

    assert NameApprovers((SECOND,)) in looked(bill(), decision)


def test_a_card_of_the_first_is_not_replaced() -> None:
    matter = matter_of(bill(), known(HANDED_ON.decision), ROUTES, POLICY)

    assert matter.targets == ("channel:ap", f"person:{FIRST}", f"person:{SECOND}")


def test_handing_on_tells_every_card_and_asks_the_second() -> None:
    told = hand_on(
        bill(), ASKED.decision, ROUTES, PEOPLE,
        to=(SECOND,), cards=(card_at("channel:ap"), card_at(f"person:{FIRST}")),
    )  # fmt: skip

    assert told == [
        UpdateCard("channel:ap", asks=True),
        UpdateCard(f"person:{FIRST}", asks=True),
        PostCard(f"person:{SECOND}", asks=True),
        Nudge("channel:ap"),
    ]


def test_handing_on_goes_by_the_route_that_asked_not_by_where_the_plan_stopped() -> None:
    held = route_of(**{**ROUTE, "when": "on hold"})
    asked = replace(ASKED.decision, asked_in="On Hold")

    told = hand_on(
        bill("Balanced"), asked, Routes([held, route_of()]), PEOPLE, to=(SECOND,), cards=()
    )

    assert told == [PostCard("channel:ap", asks=True), PostCard(f"person:{SECOND}", asks=True)]


# --- right before the call --------------------------------------------------------------------


def test_before_the_first_agreed_everybody_named_may_be_the_second() -> None:
    assert two_now(bill(), ASKED.decision, ROUTES, PEOPLE) == Two((FIRST,), (FIRST, SECOND))


def test_the_second_may_be_who_has_to_do_with_the_document() -> None:
    routes = Routes([route_of(**{**ROUTE, "second": ["owner", "buyer"]}), route_of()])

    assert approvers_now(bill(), HANDED_ON.decision, routes, PEOPLE) == (SECOND,)
    assert two_now(bill(), HANDED_ON.decision, routes, PEOPLE) == Two((FIRST,), (SECOND,))
    assert matter_of(bill(), known(HANDED_ON.decision), routes, POLICY).approvers == (SECOND,)


def test_before_the_call_the_route_that_asked_says_who_not_where_the_plan_stopped() -> None:
    routes = Routes([route_of(**{**ROUTE, "when": "on hold"}), route_of()])
    asked = replace(HANDED_ON.decision, asked_in="On Hold")

    assert two_now(bill("Balanced"), asked, routes, PEOPLE) == Two((FIRST,), (SECOND,))


def test_before_the_call_the_second_is_judged_by_who_may_be_second_now() -> None:
    assert approvers_now(bill(), HANDED_ON.decision, ROUTES, PEOPLE) == (SECOND,)
    assert two_now(bill(), HANDED_ON.decision, ROUTES, PEOPLE) == Two((FIRST,), (SECOND,))


def test_what_wanted_two_when_it_was_asked_wants_two_whatever_the_file_says_now() -> None:
    low: Route = route_of(**{**ROUTE, "second_above": {"USD": 10**6}})

    assert two_now(bill(), HANDED_ON.decision, Routes([low, route_of()]), PEOPLE) is not None
    single = replace(HANDED_ON.decision, two=False)
    assert two_now(bill(), single, Routes([low, route_of()]), PEOPLE) is None


def test_an_account_nobody_knows_any_more_has_nothing_in_common_with_another() -> None:
    assert not same_person(PEOPLE, "gone", SECOND)


def test_the_second_press_of_an_account_that_could_be_the_first_decides_nothing() -> None:
    twin = replace(BEN, aad_object_id="aad-twin", teams_id="29:twin")
    asked = replace(
        HANDED_ON,
        people=people_of(ANN, BEN, twin),
        decision=replace(HANDED_ON.decision, agreed=replace(AGREED, person="aad-twin")),
        two=Two(("aad-twin",), (SECOND,)),
    )

    assert decide_press(AGAIN, asked) is Refusal.SAME_PERSON


def test_nobody_with_the_login_of_the_first_is_asked_to_be_the_second() -> None:
    told = {FIRST: "shared", SECOND: "shared"}
    rights = Rights(allow_unknown_editor=True, allow_unknown_login=True)

    asked = replace(ASKED, connected=told, rights=rights)

    assert decide_press(PRESS, asked) is Refusal.NO_SECOND
    assert isinstance(decide_press(PRESS, replace(asked, connected={FIRST: "one"})), Agree)
