"""What a card has to tell: record, questions and steps of a document as one situation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from core_values import ANN, COMPANY, EARLIER, NOW, PEOPLE, bill, card_at, decision_on

from acumatica_client.entities import ENTITIES
from acumatica_client.models import (
    Approval,
    Around,
    Difference,
    Differs,
    Document,
    DocumentKey,
    Value,
)
from bot.core.decide import AGAIN
from bot.core.situations import Story, Viewpoint, deep_link, situation_of
from cards import document_card
from cards.language import ENGLISH, language_of
from cards.view import Mention, Situation, State
from storage.records import (
    Comment,
    Decision,
    DecisionState,
    Reading,
    Step,
    StepState,
    StoredDocument,
)

VIEW = Viewpoint(
    NOW, ZoneInfo("America/Chicago"), "https://erp.example/Acu", "Main Company", ENGLISH
)
SENT = NOW - timedelta(minutes=5)
PRESSED: dict[str, Any] = {
    "person": "aad-ann", "person_name": "Ann Whitfield", "verb": "release",
    "claimed_at": SENT, "settled_at": NOW,
}  # fmt: skip


def story(
    *decisions: Decision,
    document: Document | None = None,
    steps: Sequence[Step] = (),
    gone: bool = False,
    read_at: datetime = NOW,
) -> Story:
    shown = document or bill()
    record = StoredDocument(
        COMPANY,
        str(shown.key),
        shown.status,
        EARLIER,
        "f",
        EARLIER,
        shown.to_json(),
        1,
        read_at,
        gone,
    )
    return Story(record, shown, decisions, steps, PEOPLE)


@pytest.mark.parametrize(
    ("guest", "changed", "english", "german"),
    [
        (False, "", "Gus: fine", "Gus: fine"),
        (True, "", "Gus (guest): fine", "Gus (Gast): fine"),
        (False, "edited", "Gus (edited): fine", "Gus (bearbeitet): fine"),
        (True, "edited", "Gus (guest) (edited): fine", "Gus (Gast) (bearbeitet): fine"),
    ],
)
def test_a_remark_of_a_guest_and_an_edited_one_are_told_apart(
    *, guest: bool, changed: str, english: str, german: str
) -> None:
    said = Comment(
        "acme", str(bill().key), "m1", "gus", "Gus", "fine", "reply", guest=guest, changed=changed
    )
    heard = replace(story(decision_on(bill())), comments=(said,))

    assert told(heard).remarks == (english,)
    assert told(heard, replace(VIEW, language=language_of("de"))).remarks == (german,)


def pressed(state: DecisionState, **values: Any) -> Decision:
    return decision_on(bill(), state, **{**PRESSED, **values})


def told(told_story: Story, view: Viewpoint = VIEW, **card: Any) -> Situation:
    return situation_of(told_story, card_at(**card), view)


# What is stored of a decision somebody pressed -> the state its card tells.
STATES = {
    DecisionState.CLAIMED: State.WORKING,
    DecisionState.CONFIRMED: State.DONE,
    DecisionState.BY_OTHER: State.CLOSED_ELSEWHERE,
    DecisionState.MISMATCH: State.MISMATCH,
    DecisionState.STOPPED: State.STOPPED,
    DecisionState.NEEDS_PERSON: State.NEEDS_PERSON,
    DecisionState.REFUSED: State.REFUSED,
    DecisionState.NOT_APPLIED: State.NOT_DONE,
    DecisionState.LAPSED: State.NOT_DONE,
    DecisionState.SUPERSEDED: State.NOT_DONE,
}


@pytest.mark.parametrize("state", STATES)
def test_each_end_of_a_press_is_told_by_its_own_state(state: DecisionState) -> None:
    situation = told(story(pressed(state)))

    assert situation.state is STATES[state]
    assert situation.verbs == ()
    assert not situation.for_approver


@pytest.mark.parametrize("state", [s for s in DecisionState if s is not DecisionState.PENDING])
def test_only_an_open_question_offers_verbs(state: DecisionState) -> None:
    assert told(story(pressed(state))).verbs == ()
    assert told(story(pressed(DecisionState.PENDING, person=""))).verbs == ("release",)


@pytest.mark.parametrize("state", [DecisionState.LAPSED, DecisionState.SUPERSEDED])
def test_a_question_closed_before_anybody_pressed_is_closed_elsewhere(state: DecisionState) -> None:
    assert told(story(decision_on(bill(), state))).state is State.CLOSED_ELSEWHERE


def test_without_a_question_a_document_that_waits_is_waiting_and_others_are_notes() -> None:
    assert told(story()).state is State.WAITING
    assert told(story(document=bill("Open"))).state is State.NOTE


def test_an_open_question_waits_for_its_approvers_and_refreshes_for_them() -> None:
    situation = told(story(decision_on(bill())))

    assert situation.state is State.WAITING
    assert situation.approvers == (Mention("Ann Whitfield", "29:ann"),)
    assert situation.refresh_for == ("29:ann",)
    assert situation.token == "token-1"
    assert situation.approver_missing == ""


def test_an_open_question_nobody_can_answer_says_so() -> None:
    situation = told(story(decision_on(bill(), approvers=("aad-zoe",))))

    assert situation.approvers == ()
    assert situation.approver_missing


def test_only_an_approver_sees_the_verbs_as_buttons() -> None:
    open_question = story(decision_on(bill()))

    assert told(open_question, replace(VIEW, viewer="aad-ann")).for_approver
    assert not told(open_question, replace(VIEW, viewer="aad-ben")).for_approver
    assert not told(open_question).for_approver


def test_a_copy_shown_on_request_cannot_be_pressed() -> None:
    situation = situation_of(story(decision_on(bill())), None, replace(VIEW, copy=True))

    assert (situation.verbs, situation.refresh_for, situation.for_approver) == ((), (), False)


def test_a_replaced_card_decides_nothing_whatever_else_is_true() -> None:
    view = replace(VIEW, viewer="aad-ann")
    situation = told(story(decision_on(bill())), view, replaced=True)

    assert situation.state is State.REPLACED
    assert (situation.verbs, situation.refresh_for, situation.for_approver) == ((), (), False)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (DecisionState.NEEDS_PERSON, State.NEEDS_PERSON),
        (DecisionState.MISMATCH, State.MISMATCH),
    ],
)
def test_a_document_that_is_gone_still_waits_for_administrators(
    state: DecisionState, shown: State
) -> None:
    assert told(story(pressed(state), gone=True)).state is shown


def test_a_document_that_is_gone_says_so() -> None:
    situation = told(story(pressed(DecisionState.CLAIMED), gone=True))

    assert situation.state is State.CLOSED_ELSEWHERE
    assert situation.reason == "Acumatica no longer has this document."
    assert situation.who == ""


def test_a_question_put_again_after_a_change_shows_the_changes() -> None:
    changes = (("amount", "1", "2"),)
    situation = told(story(decision_on(bill(), changes=changes)))

    assert situation.state is State.CHANGED
    assert situation.changes == changes


@pytest.mark.parametrize("state", sorted(AGAIN))
def test_a_question_put_again_after_a_failed_try_says_why(state: DecisionState) -> None:
    tried = pressed(state, reason="Acumatica refused it.")
    situation = told(story(tried, decision_on(bill(), id="decision-2")))

    refused = state is DecisionState.REFUSED
    assert situation.state is (State.REFUSED if refused else State.NOT_DONE)
    assert situation.verbs == ("release",)
    assert (situation.who, situation.reason) == ("Ann Whitfield", "Acumatica refused it.")


def test_a_question_put_again_after_a_success_waits_like_any_other() -> None:
    done = pressed(DecisionState.CONFIRMED)
    situation = told(story(done, decision_on(bill(), id="decision-2")))

    assert situation.state is State.WAITING


def test_done_is_told_by_when_it_was_settled_and_work_by_when_it_was_pressed() -> None:
    assert told(story(pressed(DecisionState.CONFIRMED))).at == NOW
    assert told(story(pressed(DecisionState.CLAIMED))).at == SENT
    assert told(story(decision_on(bill()))).at is None


def test_what_somebody_else_did_names_nobody_of_us_but_the_verb() -> None:
    situation = told(story(pressed(DecisionState.BY_OTHER)))

    assert (situation.who, situation.verb, situation.at) == ("", "release", NOW)


# Decision that ended, and the status a later read shows -> what the card tells then.
AFTERWARDS = {
    (DecisionState.CONFIRMED, "Open"): State.DONE,
    (DecisionState.CONFIRMED, "Voided"): State.DONE,
    (DecisionState.CONFIRMED, "On Hold"): State.WAITING,
    (DecisionState.BY_OTHER, "Closed"): State.CLOSED_ELSEWHERE,
    (DecisionState.STOPPED, "Pending Approval"): State.STOPPED,
    (DecisionState.STOPPED, "Open"): State.CLOSED_ELSEWHERE,
    (DecisionState.REFUSED, "Balanced"): State.REFUSED,
    (DecisionState.REFUSED, "Pending Approval"): State.WAITING,
    (DecisionState.REFUSED, "Open"): State.CLOSED_ELSEWHERE,
    (DecisionState.NOT_APPLIED, "On Hold"): State.NOT_DONE,
    (DecisionState.LAPSED, "Balanced"): State.NOT_DONE,
    (DecisionState.SUPERSEDED, "Voided"): State.CLOSED_ELSEWHERE,
    (DecisionState.MISMATCH, "On Hold"): State.MISMATCH,
    (DecisionState.NEEDS_PERSON, "Open"): State.NEEDS_PERSON,
}


@pytest.mark.parametrize(("state", "status"), AFTERWARDS)
def test_what_the_erp_shows_later_is_told_when_it_went_on(
    state: DecisionState, status: str
) -> None:
    later = NOW + timedelta(minutes=1)

    situation = told(story(pressed(state), document=bill(status), read_at=later))

    assert situation.state is AFTERWARDS[state, status]


# --- in doubt -------------------------------------------------------------------------------


def step(state: StepState, reading: str = "", **values: Any) -> Step:
    made = Step("decision-1", 0, "release", state, reading=reading, sent_at=SENT)
    return replace(made, sent=Reading("boot", 0.0), **values)


def test_a_step_whose_read_back_settled_nothing_is_in_doubt_until_the_quiet_window_ends() -> None:
    steps = [step(StepState.CONFIRMED), step(StepState.IN_DOUBT, "doable", number=1)]
    situation = told(story(pressed(DecisionState.CLAIMED), steps=steps))

    assert situation.state is State.IN_DOUBT
    assert situation.until == SENT + timedelta(minutes=15)


@pytest.mark.parametrize("waiting", [step(StepState.SENT), step(StepState.IN_DOUBT)])
def test_before_the_first_read_back_a_step_is_simply_at_work(waiting: Step) -> None:
    situation = told(story(pressed(DecisionState.CLAIMED), steps=[waiting]))

    assert situation.state is State.WORKING
    assert situation.until is None


# --- links ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "kind", "link"),
    [
        (entity.name, label, f"ScreenId={entity.screen}&{entity.link_fields[0]}={code}&")
        for entity in ENTITIES.values()
        for label, code in entity.type_codes.items()
    ],
)
def test_every_type_links_to_its_screen_by_code(entity: str, kind: str, link: str) -> None:
    address = deep_link(DocumentKey(entity, kind, "00/1 2"), "https://erp.example/Acu", "A&B")

    assert link in address
    assert address.startswith("https://erp.example/Acu/Main?CompanyID=A%26B&")
    assert address.endswith("=00%2F1%202")


def test_a_type_nobody_knows_has_no_link() -> None:
    assert deep_link(DocumentKey("Bill", "Strange", "1"), "https://erp.example", "T") == ""


def test_the_orders_behind_the_lines_are_linked() -> None:
    lines: tuple[dict[str, Value], ...] = (
        {"POOrderNbr": "PO1", "POOrderType": "Drop-Ship"},
        {"POOrderNbr": "PO2"},
        {"POOrderNbr": None},
    )
    situation = told(story(document=replace(bill(), lines=lines)))

    assert set(situation.links) == {"PO1", "PO2"}
    assert "OrderType=DP&OrderNbr=PO1" in situation.links["PO1"]
    assert "OrderType=RO&OrderNbr=PO2" in situation.links["PO2"]


def test_the_owner_is_told_by_name() -> None:
    assert told(story()).owner == ANN.name


# --- together with the card -----------------------------------------------------------------


def buttons(card: Any) -> list[str]:
    if isinstance(card, list):
        return [verb for part in card for verb in buttons(part)]
    if not isinstance(card, dict):
        return []
    own = [card["verb"]] if card.get("type") == "Action.Execute" else []
    return own + [
        verb for name, part in card.items() if name != "refresh" for verb in buttons(part)
    ]


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("state", DecisionState)
def test_a_card_has_a_button_only_while_a_question_is_open(
    state: DecisionState, gone: bool, replaced: bool
) -> None:
    view = replace(VIEW, viewer="aad-ann")
    asked = told(story(pressed(state), gone=gone), view, replaced=replaced)

    card = document_card(bill(), asked)

    open_here = state is DecisionState.PENDING and not replaced and not gone
    assert buttons(card) == (["release"] if open_here else [])


# --- approvals and warnings -----------------------------------------------------------------


def about(document: Document, *, state: DecisionState = DecisionState.PENDING) -> Situation:
    return told(story(decision_on(document, state), document=document))


def test_everybody_the_approval_map_waits_for_is_named_once_and_a_workgroup_by_its_name() -> None:
    rows = (
        Approval("Pending", "E01", "Ann Whitfield"),
        Approval("Pending", "E01", "Ann Whitfield"),
        Approval("Pending", "E02"),
        Approval("Pending", workgroup="AP East"),
        Approval("Approved", "E05", "Erin Walsh", "E05", "Erin Walsh", "2026-11-03"),
        Approval("Rejected", "E06", "Farid Haddad"),
    )

    told_of = about(replace(bill("Pending Approval"), approvals=rows))

    assert told_of.waits_for == ("Ann Whitfield", "E02", "AP East")
    assert told_of.decided == (
        ("Approved by", "Erin Walsh on Tue 3 Nov 2026"),
        ("Rejected by", "Farid Haddad"),
    )
    assert about(replace(bill(), approvals=rows)).waits_for == ()


def warned(days_ago: float = 0, **around: Any) -> tuple[str, ...]:
    changed = VIEW.now - timedelta(days=days_ago) if days_ago else None
    beside = Around(instructions_changed=changed, **around)
    return about(bill(VendorRef="INV-77").with_around(beside)).warnings


def test_nothing_unusual_is_no_warning() -> None:
    assert warned() == ()


def test_every_warning_comes_with_what_caused_it() -> None:
    over = Difference(Differs.OVER_RECEIVED, (2,), "12", "10", "receipt 1")

    told_of = warned(
        19, party_status="Hold Payments", same_reference=("004410",), differences=(over,)
    )

    assert told_of[0] == "This vendor's status in Acumatica is Hold Payments."
    assert told_of[1].endswith("3 Nov 2026, 19 days ago.")
    assert told_of[2:] == (
        "Vendor reference INV-77 is also on bill 004410.",
        "Line 2: billed 12, received 10.",
    )


@pytest.mark.parametrize(("days", "count"), [(29.9, 1), (30, 1), (30.1, 0)])
def test_changed_instructions_are_told_for_a_while(days: float, count: int) -> None:
    assert len(warned(days)) == count


def test_what_is_done_needs_no_warning() -> None:
    document = bill().with_around(Around(party_status="On Hold"))

    assert about(document).warnings
    assert about(document, state=DecisionState.CONFIRMED).warnings == ()
