"""Whose a form is, what was filled in, whom one can ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from core_values import ANN, BEN, COMPANY, GUS, NOW, PEOPLE, bill, card_at, decision_on
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.entities import CREATOR
from acumatica_client.models import Around
from bot.core.activity import read_submitted, read_task
from bot.core.dialogs import (
    Asks,
    Draft,
    Notice,
    Wrong,
    askable,
    filled,
    judge_form,
    press_of,
    read_question,
    read_reason,
    read_words,
    task_answer,
)
from bot.core.presses import Asked, Press, Rights, may_ask
from cards.dialogs import LONGEST_SAID, Form
from cards.language import ENGLISH
from cards.privacy import Privacy
from cards.refusals import Refusal
from storage.records import DecisionState, Dialog, StoredEmployee

FORM = Dialog(
    "form-1", "reject", "token-1", ANN.aad_object_id, "19:ap;messageid=a-1", "a-1",
    opened_at=NOW, expires_at=NOW + timedelta(minutes=15),
)  # fmt: skip
LATE = FORM.expires_at
REASONS = ("Not ordered", "Entered twice")


@pytest.mark.parametrize(
    ("form", "person", "now", "refusal"),
    [
        (FORM, ANN.aad_object_id, NOW, None),
        (FORM, ANN.aad_object_id, LATE - timedelta(microseconds=1), None),
        (FORM, ANN.aad_object_id, LATE, Refusal.OLD_FORM),
        (FORM, BEN.aad_object_id, NOW, Refusal.NOT_YOUR_FORM),
        (FORM, BEN.aad_object_id, LATE, Refusal.NOT_YOUR_FORM),
        (FORM, "", NOW, Refusal.NOT_A_PERSON),
        (None, ANN.aad_object_id, NOW, Refusal.UNKNOWN_FORM),
        # Who sent it in time and sends it again is told once more what was done.
        (replace(FORM, answer="Rejecting."), ANN.aad_object_id, LATE, None),
    ],
)
def test_a_form_counts_for_who_was_given_it_and_for_a_while(
    form: Dialog | None, person: str, now: Any, refusal: Refusal | None
) -> None:
    assert judge_form(form, person, now) == refusal


def test_a_form_stands_for_a_press_where_its_button_stood() -> None:
    assert press_of(FORM, "why") == Press(
        "token-1", "reject", ANN.aad_object_id, "19:ap;messageid=a-1", "a-1", "why"
    )


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"choice": "Not ordered"}, "Not ordered"),
        ({"choice": "Not ordered", "text": " by\nnobody "}, "Not ordered: by nobody"),
        ({"choice": "other", "text": "too\u202e late"}, "too late"),
        ({"choice": "other", "text": "x" * LONGEST_SAID}, "x" * LONGEST_SAID),
    ],
)
def test_a_reason_is_the_choice_the_words_or_both_in_one_line(
    inputs: dict[str, Any], reason: str
) -> None:
    assert read_reason(inputs, REASONS, required=True) == reason


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({}, "choose a reason"),
        ({"text": "only words"}, "choose a reason"),
        ({"choice": "other"}, "your own words"),
        ({"choice": "other", "text": "\u200b \n"}, "your own words"),
        ({"choice": "pay anyway", "text": "x"}, "from the list"),
        ({"choice": "other", "text": "x" * (LONGEST_SAID + 1)}, "too long"),
        ({"choice": 7, "text": ["x"]}, "choose a reason"),
    ],
)
def test_a_reason_that_says_nothing_is_asked_for_again(
    inputs: dict[str, Any], problem: str
) -> None:
    wrong = read_reason(inputs, REASONS, required=True)

    assert isinstance(wrong, Wrong)
    assert problem in wrong.problem


def test_where_no_reason_is_wanted_none_is_needed_but_a_wrong_one_is_still_wrong() -> None:
    assert read_reason({}, REASONS, required=False) == ""
    assert read_reason({"text": "late"}, REASONS, required=False) == "late"
    assert isinstance(read_reason({"choice": "other"}, REASONS, required=False), Wrong)


@given(st.dictionaries(st.sampled_from(["choice", "text", "whom"]), st.one_of(
    st.text(), st.integers(), st.none(), st.lists(st.text()), st.sampled_from([*REASONS, "other"])
)))  # fmt: skip
def test_whatever_was_filled_in_a_reason_is_short_and_one_line(inputs: dict[str, Any]) -> None:
    read = read_reason(inputs, REASONS, required=True)

    if isinstance(read, str):
        assert 0 < len(read) <= LONGEST_SAID
        assert len(read.splitlines()) == 1
    assert all(len(text) <= LONGEST_SAID for text in filled(inputs).values())


def test_only_somebody_the_form_offered_can_be_asked() -> None:
    asked = {"text": "why?", "whom": BEN.aad_object_id}

    assert read_question(asked, [BEN]) == Asks("why?", BEN)
    assert isinstance(read_question(asked, [ANN]), Wrong)
    assert isinstance(read_question({"whom": BEN.aad_object_id}, [BEN]), Wrong)
    assert read_question({"text": "anybody?", "whom": "x"}, []) == Asks("anybody?", None)


@pytest.mark.parametrize("text", [None, "", " \u200b", 7, "x" * (LONGEST_SAID + 1)])
def test_words_that_say_nothing_or_too_much_come_back(text: object) -> None:
    assert isinstance(read_words({"text": text}), Wrong)


def test_one_asks_the_owner_then_the_buyer_then_who_decides_and_never_oneself_or_a_guest() -> None:
    approvers = (GUS.aad_object_id, ANN.aad_object_id)

    by_ben = askable(bill(), PEOPLE, asker=BEN.aad_object_id, approvers=approvers)
    by_ann = askable(bill(), PEOPLE, asker=ANN.aad_object_id, approvers=approvers)

    assert by_ben == [ANN]
    assert by_ann == [BEN]
    assert askable(bill(), PEOPLE, asker="aad-zoe") == [ANN, BEN]


def test_who_entered_a_document_can_be_asked_unless_nothing_of_it_may_be_told() -> None:
    entered = replace(bill(), fields={**bill().fields, CREATOR: "ann"})
    ann = replace(PEOPLE, authors={"ann": StoredEmployee("EP-ANN", "Ann", "", active=True)},
                  by_code={"EP-ANN": ANN}, by_employee={})  # fmt: skip

    assert askable(entered, ann, asker=BEN.aad_object_id) == [ANN]
    assert askable(entered, ann, asker=ANN.aad_object_id) == []
    assert askable(entered, ann, asker=BEN.aad_object_id, privacy=Privacy.NONE) == []


def test_where_nobody_owns_a_document_the_leads_can_be_asked() -> None:
    owned_by_nobody = bill().with_around(Around())

    found = askable(owned_by_nobody, PEOPLE, asker="aad-zoe", leads=["BEN@acme.example", "x@y"])

    assert found == [BEN]


def test_whom_only_the_document_names_is_not_offered_where_nothing_of_it_may_be_told() -> None:
    quiet = {"asker": "aad-zoe", "leads": [ANN.email], "privacy": Privacy.NONE}

    assert askable(bill(), PEOPLE, **quiet) == []
    assert askable(bill(), PEOPLE, **quiet, approvers=[BEN.aad_object_id]) == [BEN]


ASKED = Asked(COMPANY, decision_on(bill()), bill(), (card_at(),), PEOPLE, Rights(), NOW)
QUESTION = Press("token-1", "ask", BEN.aad_object_id, "19:ap;messageid=a-1", "a-1")


@pytest.mark.parametrize(
    ("press", "asked", "refusal"),
    [
        (replace(QUESTION, person=""), ASKED, Refusal.NOT_A_PERSON),
        (QUESTION, None, Refusal.UNKNOWN_CARD),
        (replace(QUESTION, conversation="19:x"), ASKED, Refusal.WRONG_PLACE),
        (replace(QUESTION, person="aad-zoe"), ASKED, Refusal.UNKNOWN_PERSON),
        (replace(QUESTION, person=GUS.aad_object_id), ASKED, Refusal.GUEST),
        (
            QUESTION,
            replace(ASKED, decision=decision_on(bill(), DecisionState.CLAIMED)),
            Refusal.ALREADY_DECIDED,
        ),
    ],
)
def test_who_may_not_ask_is_told_why(press: Press, asked: Asked | None, refusal: Refusal) -> None:
    assert may_ask(press, asked) == refusal


def test_whoever_may_see_the_card_may_ask_although_they_may_not_decide() -> None:
    assert may_ask(QUESTION, ASKED) == card_at()


def test_an_answer_to_a_dialog_is_never_empty() -> None:
    drawn = Form("Reject the bill", {"type": "AdaptiveCard"})

    assert task_answer(Notice("Done."))["task"]["value"]
    value = task_answer(drawn)["task"]["value"]
    assert value["title"] == "Reject the bill"
    assert value["card"]["content"] == drawn.card


def test_a_form_drawn_again_keeps_what_was_filled_in() -> None:
    blank = Draft(ENGLISH, "wrong", {"text": "so far"}).blank(bill(), "form-1")

    assert blank.was("text") == {"value": "so far"}
    assert blank.was("choice") == {}


WIRE: dict[str, Any] = {
    "id": "f:1", "locale": "de-DE", "replyToId": "a-1",
    "from": {"aadObjectId": "aad-ann"}, "conversation": {"id": "19:ap;messageid=a-1"},
}  # fmt: skip


def test_a_form_is_read_from_an_invoke_and_from_a_message_alike() -> None:
    data = {"dialog": "form-1", "verb": "send", "text": "x", "msteams": {"type": "task/fetch"}}

    invoked = read_task({**WIRE, "value": {"data": data}})
    message = read_submitted({**WIRE, "value": data})

    assert message is not None
    for received in (invoked, message):
        assert (received.form, received.press.verb, received.press.person) == (
            "form-1", "send", "aad-ann",
        )  # fmt: skip
        assert received.inputs == {"text": "x"}
        assert received.locale == "de-DE"
        assert received.wants_form


@pytest.mark.parametrize("value", [None, [], "x", {"data": None}, {"data": [1]}, {"data": {}}])
def test_a_dialog_invoke_of_any_form_is_read(value: object) -> None:
    received = read_task({**WIRE, "value": value})

    assert (received.form, received.press.token) == ("", "")
