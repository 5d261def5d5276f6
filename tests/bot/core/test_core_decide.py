"""The heart: what a document, as the ERP shows it, causes, given what is known already."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from core_values import (
    ANN,
    BEN,
    COMPANY,
    EARLIER,
    GUS,
    NOW,
    PEOPLE,
    bill,
    card_at,
    decision_on,
    document_of,
    people_of,
    route_of,
)
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.entities import ENTITIES
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Approval, Around, Document
from bot.core.decide import (
    AGAIN,
    BLOCKED,
    WAITS,
    Known,
    Policy,
    approvers_now,
    decide,
    decide_gone,
    is_change,
    matter_of,
)
from bot.core.decide import route_of as route_of_document
from bot.core.intents import AskDecision, CloseDecision, NameApprovers, Nudge, PostCard, UpdateCard
from bot.core.plans import STEPS, plan, verbs_of
from bot.core.routes import Routes
from storage.records import DecisionState

POLICY = Policy(COMPANY, NOW - timedelta(days=1))
HELD = route_of(
    entity="Bill", when="on hold", to=["channel:ap", "approver"], approver="owner",
    actions="release",
)  # fmt: skip
ROUTES = Routes([HELD, route_of(entity="Bill", when="open", to="channel:notes"), route_of()])
UNKNOWN = Known(None, None, (), PEOPLE)
CARDS = (card_at("channel:ap"), card_at("person:aad-ann", "a-2"))
ASKED = Known(bill(), decision_on(bill()), CARDS, PEOPLE)


def asks(
    document: Document,
    approvers: tuple[str, ...] = ("aad-ann",),
    *,
    asked_in: str = "On Hold",
    resumes: bool = False,
) -> AskDecision:
    mark = fingerprint(COMPANY, document)
    return AskDecision(("release",), approvers, mark, asked_in, resumes)


def decided(document: Document, known: Known, routes: Routes = ROUTES) -> list[object]:
    return list(decide(document, known, routes, POLICY))


# --- first sight ----------------------------------------------------------------------------


def test_a_document_that_waits_is_asked_about_and_posted_to_each_target() -> None:
    assert decided(bill(), UNKNOWN) == [
        asks(bill()),
        PostCard("channel:ap", True),
        PostCard("person:aad-ann", True),
    ]


def test_a_document_that_waits_is_posted_however_old() -> None:
    old = replace(bill(), last_modified=EARLIER - timedelta(days=900))

    assert PostCard("channel:ap", True) in decided(old, UNKNOWN)


def test_a_note_is_posted_when_it_is_news() -> None:
    assert decided(bill("Open"), UNKNOWN) == [PostCard("channel:notes", False)]


def test_a_note_that_is_old_at_first_sight_is_no_news() -> None:
    old = replace(bill("Open"), last_modified=EARLIER - timedelta(days=2))

    assert decided(old, UNKNOWN) == []


def test_a_note_as_old_as_the_beginning_is_news() -> None:
    first = replace(bill("Open"), last_modified=POLICY.notes_since)

    assert decided(first, UNKNOWN) == [PostCard("channel:notes", False)]


def test_a_document_no_route_wants_causes_nothing() -> None:
    assert decided(bill("Voided"), UNKNOWN) == []


def test_a_status_that_waits_but_allows_no_press_is_posted_without_a_question() -> None:
    routes = Routes([route_of(entity="Bill", when="pending approval", to="channel:ap"), route_of()])

    assert decided(bill("Pending Approval"), UNKNOWN, routes) == [PostCard("channel:ap", True)]


def test_a_document_that_waits_for_nothing_but_a_press_is_asked_about() -> None:
    routes = Routes([route_of(entity="Bill", to="channel:ap", actions="release"), route_of()])

    assert PostCard("channel:ap", True) in decided(bill("Balanced"), UNKNOWN, routes)


def test_when_nobody_is_found_the_card_for_the_approver_waits_where_it_is_seen() -> None:
    known = replace(UNKNOWN, people=people_of(BEN))

    assert decided(bill(), known) == [
        asks(bill(), ()),
        PostCard("channel:ap", True),
        PostCard("approver", True),
    ]


# --- nothing new ----------------------------------------------------------------------------


def test_the_same_look_again_causes_nothing() -> None:
    assert decided(bill(), ASKED) == []


def test_a_new_time_stamp_alone_is_no_change() -> None:
    later = replace(bill(LastModifiedDateTime="later"), last_modified=NOW)

    assert decided(later, ASKED) == []
    assert not is_change(later, bill())


@pytest.mark.parametrize(
    "other",
    [
        bill("Open"),
        bill(Amount=Decimal(1)),
        replace(bill(), lines=({"Qty": 1},)),
        replace(bill(), around=Around("Acme Paper GmbH", "E01", "E02")),
    ],
)
def test_whatever_a_person_could_see_is_a_change(other: Document) -> None:
    assert is_change(other, bill())
    assert is_change(other, None)


def test_a_channel_that_was_added_to_the_route_gets_the_card_too() -> None:
    known = replace(ASKED, cards=CARDS[1:])

    assert decided(bill(), known) == [PostCard("channel:ap", True)]


# --- changes --------------------------------------------------------------------------------


def test_a_changed_amount_is_asked_anew_and_somebody_is_told_to_look_again() -> None:
    changed = bill(Amount=Decimal("1300.00"))

    asked, *rest = decided(changed, ASKED)

    assert isinstance(asked, AskDecision)
    assert asked.fingerprint == fingerprint(COMPANY, changed)
    assert asked.changes == (("Amount", "1250.00 USD", "1300.00 USD"),)
    assert rest == [
        UpdateCard("channel:ap", True),
        UpdateCard("person:aad-ann", True),
        Nudge("channel:ap"),
        Nudge("person:aad-ann"),
    ]


def test_a_change_nobody_agreed_to_edits_the_cards_and_leaves_the_question() -> None:
    changed = bill(Description="Paper")

    assert decided(changed, ASKED) == [
        UpdateCard("channel:ap", True),
        UpdateCard("person:aad-ann", True),
    ]


def test_other_verbs_are_another_question_without_facts_that_changed() -> None:
    known = replace(ASKED, decision=decision_on(bill(), verbs=("reject",)))

    asked = decided(bill(), known)[0]

    assert asked == asks(bill())


def test_another_approver_is_named_in_the_standing_question() -> None:
    known = replace(ASKED, decision=decision_on(bill(), approvers=("aad-ben",)))

    assert decided(bill(), known) == [
        NameApprovers(("aad-ann",)),
        UpdateCard("channel:ap", True),
        UpdateCard("person:aad-ann", True),
    ]


def test_the_card_of_somebody_who_is_no_longer_asked_is_replaced() -> None:
    known = replace(ASKED, cards=(*CARDS, card_at("person:aad-ben", "a-3")))
    known = replace(known, decision=decision_on(bill(), approvers=("aad-ben",)))

    assert UpdateCard("person:aad-ben", True, replaced=True) in decided(bill(), known)


def test_a_card_where_the_routes_send_no_longer_is_replaced_once_though_nothing_else_changed() -> (
    None
):
    elsewhere = card_at("channel:former", "a-3")

    left = decided(bill(), replace(ASKED, cards=(*CARDS, elsewhere)))
    told = decided(bill(), replace(ASKED, cards=(*CARDS, replace(elsewhere, replaced=True))))
    stands_in = decided(bill(), replace(ASKED, cards=(*CARDS, replace(elsewhere, stood_in=True))))

    assert left == [UpdateCard("channel:former", True, replaced=True)]
    assert told == stands_in == []


def test_a_document_that_no_longer_waits_closes_its_question_and_replaces_no_card() -> None:
    assert decided(bill("Closed"), ASKED) == [
        CloseDecision("the document is Closed now"),
        UpdateCard("channel:ap"),
        UpdateCard("person:aad-ann"),
    ]


def test_a_changed_status_is_news_where_a_route_wants_it() -> None:
    assert PostCard("channel:notes", False) in decided(bill("Open"), ASKED)


def test_a_card_that_never_got_an_id_is_posted_again_for_a_new_question() -> None:
    lost = card_at("channel:ap", activity="")
    known = replace(ASKED, cards=(lost, CARDS[1]))

    intents = decided(bill(Amount=Decimal(9)), known)

    assert PostCard("channel:ap", True) in intents
    assert Nudge("channel:ap") not in intents


def test_a_card_still_on_its_way_is_not_posted_twice_for_one_question() -> None:
    known = replace(ASKED, cards=(card_at("channel:ap", activity=""), CARDS[1]))

    assert decided(bill(), known) == []
    assert PostCard("channel:ap", True) not in decided(bill(Description="x"), known)


# --- after a press --------------------------------------------------------------------------


@pytest.mark.parametrize("state", sorted(BLOCKED))
def test_while_a_decision_is_at_work_or_unsettled_nothing_is_asked(state: DecisionState) -> None:
    for status in ENTITIES["Bill"].statuses:
        known = replace(ASKED, decision=decision_on(bill(), state, person="aad-ann"))

        intents = decided(bill(status, Amount=Decimal(9)), known)

        assert not any(isinstance(i, AskDecision | CloseDecision | NameApprovers) for i in intents)
        assert UpdateCard("channel:ap", status in WAITS) in [
            replace(i, replaced=False) for i in intents if isinstance(i, UpdateCard)
        ]


@pytest.mark.parametrize("state", sorted(AGAIN))
def test_a_press_that_came_to_nothing_may_be_repeated_from_where_it_stopped(
    state: DecisionState,
) -> None:
    pressed = decision_on(bill(), state, person="aad-ann", verb="release", asked_in="On Hold")
    known = Known(bill("Balanced"), pressed, CARDS, PEOPLE)

    intents = decided(bill("Balanced"), known)

    # No route speaks of balanced bills: the route it was asked by says which verbs and who.
    assert intents[0] == asks(bill("Balanced"), resumes=True)
    assert not any(isinstance(i, UpdateCard) and i.replaced for i in intents)


def test_a_plan_that_goes_on_midway_is_still_asked_about_when_the_document_is_touched() -> None:
    resumed = decision_on(bill("Balanced"), asked_in="On Hold", resumes=True)
    known = Known(bill("Balanced"), resumed, CARDS, PEOPLE)
    touched = replace(bill("Balanced"), around=Around("Acme Paper", "E01", "E01"))

    intents = decided(touched, known)

    assert not any(isinstance(intent, CloseDecision | AskDecision) for intent in intents)


def test_a_hold_removed_by_hand_is_not_the_middle_of_a_plan() -> None:
    known = Known(bill(), decision_on(bill(), asked_in="On Hold"), CARDS, PEOPLE)

    intents = decided(bill("Balanced"), known)

    assert isinstance(intents[0], CloseDecision)


def test_who_may_decide_follows_the_document_and_the_routes_as_they_are_now() -> None:
    asked = decision_on(bill(), asked_in="On Hold")
    moved = replace(bill("Balanced"), around=Around("Acme Paper", "E02", ""))

    assert approvers_now(bill(), asked, ROUTES, PEOPLE) == ("aad-ann",)
    assert approvers_now(moved, asked, ROUTES, PEOPLE) == ("aad-ben",)


def test_a_plan_that_stopped_midway_goes_by_the_route_that_asked() -> None:
    stopped = decision_on(
        bill(), DecisionState.REFUSED, person="aad-ann", verb="release", asked_in="On Hold"
    )

    assert route_of_document(bill("Balanced"), ROUTES, stopped) == HELD
    assert route_of_document(bill("Balanced"), ROUTES, None) == route_of()


@pytest.mark.parametrize("state", sorted(AGAIN))
def test_a_question_nobody_pressed_is_not_repeated_by_itself(state: DecisionState) -> None:
    known = Known(bill("Balanced"), decision_on(bill(), state), CARDS, PEOPLE)

    assert decided(bill("Balanced"), known) == []


@pytest.mark.parametrize("state", sorted(AGAIN))
def test_a_press_that_came_to_nothing_is_not_repeated_where_its_plan_cannot_go_on(
    state: DecisionState,
) -> None:
    pressed = decision_on(bill(), state, person="aad-ann", verb="release")
    known = Known(bill("Closed"), pressed, CARDS, PEOPLE)

    assert decided(bill("Closed"), known) == []


def test_a_document_that_waits_again_after_it_was_done_is_asked_about_again() -> None:
    known = Known(bill("Open"), decision_on(bill(), DecisionState.CONFIRMED), CARDS, PEOPLE)

    assert decided(bill(), known)[0] == asks(bill())


def test_a_new_question_without_a_former_sight_tells_no_changes() -> None:
    known = replace(ASKED, previous=None)

    assert decided(bill(Amount=Decimal(9)), known)[0].changes == ()


# --- gone -----------------------------------------------------------------------------------


def test_a_document_that_is_gone_closes_its_question_and_tells_every_card() -> None:
    assert decide_gone(ASKED) == [
        CloseDecision("deleted in Acumatica"),
        UpdateCard("channel:ap"),
        UpdateCard("person:aad-ann"),
    ]


def test_a_document_that_is_gone_closes_no_question_that_is_not_open() -> None:
    claimed = replace(ASKED, decision=decision_on(bill(), DecisionState.CLAIMED))

    assert decide_gone(claimed) == [UpdateCard("channel:ap"), UpdateCard("person:aad-ann")]
    assert decide_gone(UNKNOWN) == []


# --- who ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sources", "person"),
    [
        (["owner"], ANN),
        (["buyer"], BEN),
        (["person:BEN@acme.example"], BEN),
        (["approval map", "buyer"], BEN),
        (["person:zoe@acme.example", "owner"], ANN),
    ],
)
def test_the_first_source_that_names_somebody_known_decides_who_is_asked(
    sources: list[str], person: object
) -> None:
    route = route_of(entity="Bill", to="approver", approver=sources, actions="release")

    matter = matter_of(bill(), UNKNOWN, Routes([route, route_of()]), POLICY)

    assert matter.approvers == (person.aad_object_id,)
    assert matter.targets == (f"person:{person.aad_object_id}",)


def test_a_guest_is_never_asked() -> None:
    routes = Routes([route_of(to="approver", approver=[f"person:{GUS.email}", "owner"])])
    owned_by_guest = replace(bill(), around=Around(owner="E03"))

    assert matter_of(owned_by_guest, UNKNOWN, routes, POLICY).approvers == ()


def test_without_a_source_and_a_former_question_nobody_is_asked() -> None:
    routes = Routes([route_of(to="approver")])

    assert matter_of(bill(), UNKNOWN, routes, POLICY).approvers == ()


# --- properties -----------------------------------------------------------------------------

entities = st.sampled_from(sorted(ENTITIES))


@st.composite
def matters(draw: st.DrawFn) -> tuple[Document, Known, Routes]:
    """Any document in any status, any route to it, anything known of it."""
    name = draw(entities)
    every = st.sampled_from([*sorted(ENTITIES[name].statuses), "Frobnicated"])
    document, before = document_of(name, draw(every)), document_of(name, draw(every))
    amount = draw(st.sampled_from([Decimal(1250), Decimal(9)]))
    document.fields[ENTITIES[name].amount_field] = amount  # type: ignore[index]
    route = route_of(
        entity=name,
        to=draw(st.sampled_from([[], ["approver"], ["channel:ap"], ["channel:ap", "approver"]])),
        approver=draw(st.sampled_from([[], ["owner"], ["person:zoe@acme.example"]])),
        actions=draw(st.lists(st.sampled_from(verbs_of(name)), unique=True)),
    )
    verbs = tuple(draw(st.lists(st.sampled_from(verbs_of(name)), unique=True)))
    decision = decision_on(
        before, draw(st.sampled_from(DecisionState)), verbs=verbs,
        person=draw(st.sampled_from(["", "aad-ann"])),
    )  # fmt: skip
    known = Known(
        draw(st.sampled_from([None, before])),
        draw(st.sampled_from([None, decision])),
        draw(st.sampled_from([(), CARDS, CARDS[:1], (card_at("person:aad-ben", ""),)])),
        PEOPLE,
    )
    return document, known, Routes([route, route_of(entity=name, to="channel:all"), route_of()])


@given(matters())
def test_no_verb_is_ever_offered_that_cannot_be_done_now(
    case: tuple[Document, Known, Routes],
) -> None:
    document, known, routes = case

    intents = decide(document, known, routes, POLICY)

    entity, status = document.key.entity, document.status
    for asked in (intent for intent in intents if isinstance(intent, AskDecision)):
        assert asked.verbs
        for verb in asked.verbs:
            first = plan(entity, verb, status)[0]
            assert status in STEPS[entity, first].doable
    standing = known.decision and known.decision.state is DecisionState.PENDING
    stays = not any(isinstance(intent, AskDecision | CloseDecision) for intent in intents)
    if standing and stays:
        assert all(plan(entity, verb, status) for verb in known.decision.verbs)
        assert known.decision.fingerprint == fingerprint(COMPANY, document)


@given(matters())
def test_a_change_reaches_every_card_and_no_target_gets_two(
    case: tuple[Document, Known, Routes],
) -> None:
    document, known, routes = case

    intents = decide(document, known, routes, POLICY)

    posts = [intent.target for intent in intents if isinstance(intent, PostCard)]
    edits = [intent.target for intent in intents if isinstance(intent, UpdateCard)]
    with_id = {card.target for card in known.cards if card.activity}
    assert len(set(posts)) == len(posts)
    assert not with_id & set(posts)
    if is_change(document, known.previous):
        assert edits == [card.target for card in known.cards]


@given(matters())
def test_at_most_one_question_is_put_and_none_while_one_is_at_work(
    case: tuple[Document, Known, Routes],
) -> None:
    document, known, routes = case

    questions = [
        intent
        for intent in decide(document, known, routes, POLICY)
        if isinstance(intent, AskDecision | CloseDecision | NameApprovers)
    ]

    assert len(questions) <= 1
    assert not (known.decision and known.decision.state in BLOCKED and questions)


@given(matters())
def test_deciding_twice_about_the_same_sight_says_the_same(
    case: tuple[Document, Known, Routes],
) -> None:
    document, known, routes = case

    assert decide(document, known, routes, POLICY) == decide(document, known, routes, POLICY)


# --- the approval map -----------------------------------------------------------------------

MAPPED = Routes(
    [
        route_of(
            entity="Bill", when="pending approval", to=["channel:ap"],
            approver=["approval map", "owner"], actions="approve",
        ),
        route_of(),
    ]
)  # fmt: skip


def waiting_for(*codes: str, status: str = "Pending Approval") -> Document:
    rows = tuple(Approval("Pending", code) for code in codes)
    return replace(bill(status), approvals=rows)


def test_everybody_the_approval_map_waits_for_is_asked() -> None:
    asked = decided(waiting_for("E02", "E01"), UNKNOWN, MAPPED)[0]

    assert isinstance(asked, AskDecision)
    assert asked.approvers == ("aad-ben", "aad-ann")


def test_a_guest_in_the_approval_map_is_not_asked() -> None:
    asked = decided(waiting_for("E03", "E02"), UNKNOWN, MAPPED)[0]

    assert isinstance(asked, AskDecision)
    assert asked.approvers == ("aad-ben",)


@pytest.mark.parametrize("codes", [(), ("",), ("E77",), ("E03",)])
def test_an_approval_map_that_names_nobody_we_know_leaves_it_to_the_next_source(
    codes: tuple[str, ...],
) -> None:
    asked = decided(waiting_for(*codes), UNKNOWN, MAPPED)[0]

    assert isinstance(asked, AskDecision)
    assert asked.approvers == ("aad-ann",)


def test_rows_left_from_before_ask_nobody_once_the_document_is_on_hold() -> None:
    held = Routes(
        [
            route_of(entity="Bill", to=["channel:ap"], approver="approval map", actions="release"),
            route_of(),
        ]
    )

    asked = decided(waiting_for("E02", status="On Hold"), UNKNOWN, held)[0]

    assert isinstance(asked, AskDecision)
    assert asked.approvers == ()


def test_an_approval_given_changes_who_is_asked_and_what_a_person_sees() -> None:
    before = waiting_for("E01", "E02")
    given = replace(before.approvals[0], status="Approved", approved_by="E01")
    after = replace(before, approvals=(given, before.approvals[1]))
    asked = decision_on(before, verbs=("approve",), approvers=("aad-ann", "aad-ben"))
    known = Known(before, replace(asked, asked_in="Pending Approval"), CARDS[:1], PEOPLE)

    assert is_change(after, before)
    assert decided(after, known, MAPPED)[:1] == [NameApprovers(("aad-ben",))]
    assert approvers_now(after, asked, MAPPED, PEOPLE) == ("aad-ben",)


def test_another_editor_alone_is_no_change_anybody_sees() -> None:
    assert not is_change(bill(modified_by="ben"), bill(modified_by="ann"))
    assert is_change(bill(created_by="ben"), bill(created_by="ann"))
