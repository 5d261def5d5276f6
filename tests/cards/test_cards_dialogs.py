"""Forms, questions and answers as cards: such as Teams takes, escaped, and discreet."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from card_cases import ANN, APPROVE, ERIN, GOLDEN, PRESSED, WAITING, document
from card_schema import elements, schema_errors, texts

from cards import Mention, Situation, State, document_card, summary
from cards.dialogs import REJECT_REASONS, Blank, answer_form, ask_form, reject_form
from cards.filling import MOST_BUTTONS
from cards.language import ENGLISH, language_of
from cards.privacy import Discretion, Privacy
from cards.remarks import Asking, answer_card, asked_line, question_card, said_line
from cards.render import size

Json = dict[str, Any]
BILL = document("bill/pending_approval")
BLANK = Blank(BILL, "form-token", ENGLISH)
GERMAN = replace(BLANK, language=language_of("de"))
ASKING = Asking(ERIN, ANN, "Why twice the usual amount?", "question-token", ENGLISH)
EVIL = "# [pay](https://evil.example) **now** <at>Ben</at> {name} " + "W" * 600
REMARKS = (asked_line("Erin Walsh", "Why?", ENGLISH), said_line("Ann Whitfield", "As agreed."))

CASES: dict[str, Callable[[], Json]] = {
    "reject": lambda: reject_form(BLANK, REJECT_REASONS, required=True).card,
    "reject_again": lambda: (
        reject_form(
            replace(BLANK, problem="Please choose a reason.", filled={"text": "late"}),
            REJECT_REASONS,
            required=True,
        ).card
    ),
    "reject_german": lambda: reject_form(GERMAN, REJECT_REASONS, required=True).card,
    "ask": lambda: ask_form(BLANK, [("aad-ann", "Ann Whitfield"), ("aad-ben", "Ben Ortiz")]).card,
    "answer": lambda: answer_form(BLANK, "Erin Walsh", ASKING.text).card,
    "question": lambda: question_card(ASKING),
    "question_in_chat": lambda: question_card(ASKING, BILL),
    "answered": lambda: answer_card(ASKING, "Ann Whitfield", "Two months in one."),
    "asked_approver": lambda: drawn(replace(ALL, remarks=REMARKS)),
    "rejected": lambda: drawn(REJECTED),
}
ALL = replace(APPROVE, for_approver=True, may_ask=True)
REJECTED = replace(PRESSED, state=State.DONE, verb="reject", said="Not ordered: by nobody here")


def drawn(situation: Situation) -> Json:
    return document_card(BILL, situation)


def buttons(card: Json) -> list[str]:
    return [action["title"] for row in elements(card, "ActionSet") for action in row["actions"]]


@pytest.mark.parametrize("name", CASES)
def test_a_form_or_question_is_exactly_the_one_we_looked_at(name: str) -> None:
    golden = GOLDEN / "dialog" / f"{name}.json"
    card = CASES[name]()
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, "utf-8")

    assert text == golden.read_text("utf-8")
    assert schema_errors(card) == []
    assert size(card) <= 25_000


def test_every_golden_form_still_has_its_case() -> None:
    assert {path.stem for path in (GOLDEN / "dialog").glob("*.json")} == set(CASES)


@pytest.mark.parametrize(
    "card",
    [
        lambda: reject_form(replace(BLANK, problem=EVIL), REJECT_REASONS, required=True).card,
        lambda: ask_form(BLANK, [("x", EVIL)]).card,
        lambda: answer_form(BLANK, EVIL, EVIL).card,
        lambda: question_card(replace(ASKING, text=EVIL, asker=Mention(EVIL)), BILL),
        lambda: answer_card(replace(ASKING, text=EVIL), EVIL, EVIL, BILL),
        lambda: drawn(replace(ALL, remarks=(asked_line(EVIL, EVIL, ENGLISH),) * 2)),
        lambda: drawn(replace(REJECTED, said=EVIL)),
    ],
)
def test_what_people_type_is_no_markup_no_link_and_no_mention(card: Callable[[], Json]) -> None:
    made = card()

    said = "\n".join(texts(made))
    assert "](https://evil" not in said
    assert "**" not in said
    assert "<at>Ben" not in said
    assert schema_errors(made) == []
    assert size(made) <= 25_000


def test_a_form_sends_its_token_and_cancel_needs_no_inputs() -> None:
    (row,) = elements(reject_form(BLANK, REJECT_REASONS, required=True).card, "ActionSet")

    send, cancel = row["actions"]
    assert send["data"] == {"dialog": "form-token", "verb": "send"}
    assert cancel["data"] == {"dialog": "form-token", "verb": "cancel"}
    assert cancel["associatedInputs"] == "none"
    # In a dialog no other action works, and none of the msteams kinds.
    assert {send["type"], cancel["type"]} == {"Action.Submit"}


def test_a_question_names_who_asks_and_has_a_button_only_where_somebody_is_asked() -> None:
    assert buttons(question_card(ASKING)) == ["Answer…"]
    assert buttons(question_card(replace(ASKING, asked=None))) == []


def test_an_ask_form_shows_nothing_the_card_may_hide() -> None:
    said = "\n".join(texts(ask_form(BLANK, []).card))

    assert BILL.key.number in said
    assert BILL.around.party_name not in said


def test_where_nothing_may_be_told_a_form_says_no_number() -> None:
    form = ask_form(replace(BLANK, privacy=Privacy.NONE), [])
    banded = ask_form(replace(BLANK, privacy=Privacy.BAND), [])

    assert BILL.key.number not in json.dumps([form.card, form.title])
    assert "Bill" in texts(form.card)
    assert BILL.key.number in json.dumps(banded.card)


@pytest.mark.parametrize(
    ("privacy", "told"),
    [
        (Privacy.FULL, "Bill 000123 · Cascade Paper · 18,400.00 USD"),
        (Privacy.BAND, "Bill 000123 · Cascade Paper · 5,000 to under 25,000 USD"),
        (Privacy.NONE, "Bill"),
    ],
)
def test_a_message_in_somebodys_chat_names_the_document_as_they_may_know_it(
    privacy: Privacy, told: str
) -> None:
    asking = replace(ASKING, discretion=Discretion(privacy))

    for card in (question_card(asking, BILL), answer_card(asking, "Ann", "As agreed.", BILL)):
        assert next(iter(texts(card["body"]))) == told


def test_the_approvers_view_has_three_buttons_at_most_beside_the_link_to_the_erp() -> None:
    crowded = replace(ALL, verbs=("approve", "reject", "remove_hold"))

    assert buttons(drawn(ALL))[-4:] == [
        "Approve", "Reject…", "Ask a question…", "Open in Acumatica",
    ]  # fmt: skip
    assert len([one for one in buttons(drawn(crowded)) if "Lines" not in one]) == MOST_BUTTONS + 1


def test_only_somebodys_own_view_of_what_waits_offers_to_ask() -> None:
    others = buttons(drawn(replace(WAITING, may_ask=True)))

    assert others[-2:] == ["Ask a question…", "Open in Acumatica"]
    assert "Ask a question…" not in buttons(drawn(WAITING))
    assert "Ask a question…" not in buttons(drawn(replace(PRESSED, may_ask=True)))


def test_the_card_tells_the_last_remarks_and_why_it_was_rejected() -> None:
    said = "\n".join(texts(drawn(replace(ALL, remarks=REMARKS))))
    closed = "\n".join(texts(drawn(REJECTED)))

    assert "Erin Walsh asked: Why?" in said
    assert "Ann Whitfield: As agreed." in said
    assert "Rejected by Ann Whitfield" in closed
    assert ": Not ordered: by nobody here" in closed


@pytest.mark.parametrize("privacy", [Privacy.BAND, Privacy.NONE])
def test_where_everybody_reads_but_may_not_know_nobodys_words_are_shown(privacy: Privacy) -> None:
    hidden = replace(REJECTED, remarks=REMARKS, discretion=replace(Discretion(), privacy=privacy))

    said = json.dumps(drawn(hidden)) + summary(BILL, hidden)

    assert "Why?" not in said
    assert "As agreed" not in said
    assert "Not ordered" not in said
