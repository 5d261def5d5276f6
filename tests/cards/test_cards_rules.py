"""What every card must and must not do, whatever document and state it tells."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from card_cases import (
    ANN,
    APPROVE,
    BRANCHES,
    CHICAGO,
    DOCUMENT_CASES,
    ERIN,
    NOTE,
    PRESSED,
    TOKEN,
    WAITING,
    document,
)
from card_schema import elements, schema_errors, texts

from acumatica_client.models import Document, Value
from cards import (
    ListingRow,
    Mention,
    Situation,
    State,
    document_card,
    listing_card,
    summary,
)
from cards.elements import Card, Container, Execute
from cards.filling import fill
from cards.language import ENGLISH, language_of
from cards.render import HISTORY_ID, render, sheet_of, size
from cards.sheet import Paper
from cards.states import DECIDABLE
from cards.verbs import VERBS, label, promise
from cards.view import Fact, Part

BILL = document("bill/on_hold")
ORDER = document("purchase_order/pending_approval")


def drawn(situation: Situation, paper: Document = BILL) -> dict[str, Any]:
    return document_card(paper, situation, branches=BRANCHES)


def said(card: dict[str, Any]) -> str:
    return "\n".join(texts(card["body"]))


def buttons(card: dict[str, Any]) -> list[str]:
    kinds = ("Action.Execute", "Action.Submit", "Action.OpenUrl")
    return [action["title"] for kind in kinds for action in elements(card, kind)]


def with_fields(paper: Document, **fields: Value) -> Document:
    return replace(paper, fields={**paper.fields, **fields})


def everywhere() -> list[dict[str, Any]]:
    return [drawn(situation, document(path)) for path, situation in DOCUMENT_CASES.values()]


def test_everybodys_card_offers_a_review_and_no_verb() -> None:
    assert buttons(drawn(WAITING)) == ["Review", "Open in Acumatica"]


def test_the_approvers_view_offers_the_verbs() -> None:
    card = drawn(replace(APPROVE, for_approver=True))

    assert buttons(card) == ["Approve", "Reject…", "Open in Acumatica"]


@pytest.mark.parametrize("state", sorted(set(State) - DECIDABLE))
def test_a_state_without_a_decision_has_no_verb_even_when_told_verbs(state: State) -> None:
    for view in (True, False):
        card = drawn(replace(PRESSED, state=state, verbs=("release",), for_approver=view))

        assert buttons(card) == ["Open in Acumatica"]


def test_without_a_token_nothing_can_be_pressed() -> None:
    card = drawn(replace(WAITING, token="", for_approver=True))

    assert buttons(card) == ["Open in Acumatica"]
    assert "refresh" not in card


def test_a_button_carries_token_and_verb_and_nothing_else() -> None:
    for card in [*everywhere(), drawn(replace(APPROVE, for_approver=True))]:
        for action in elements(card, "Action.Execute"):
            expected = {"token": TOKEN, "verb": action["verb"]}
            assert action["data"] == expected
            assert action["fallback"] == {
                "type": "Action.Submit",
                "title": action["title"],
                "data": expected,
            }


def test_a_button_that_opens_a_form_carries_token_and_verb_too() -> None:
    (form,) = elements(drawn(replace(APPROVE, for_approver=True)), "Action.Submit")

    opens = {"type": "task/fetch"}
    assert form["data"] == {"token": TOKEN, "verb": "reject", "msteams": opens}


def test_a_long_pair_of_buttons_is_set_one_below_the_other() -> None:
    german = replace(WAITING, for_approver=True, language=language_of("de"))

    rows = [len(row["actions"]) for row in elements(drawn(german), "ActionSet")]

    assert rows == [1, 1, 1]  # lines, release, open


def test_actions_stand_in_the_body_where_old_clients_honour_fallbacks() -> None:
    assert all("actions" not in card for card in everywhere())


def test_at_most_three_buttons_ask_and_two_stand_in_a_row() -> None:
    crowded = replace(APPROVE, verbs=("approve", "reject", "remove_hold"), for_approver=True)

    for card in [*everywhere(), drawn(crowded)]:
        assert len(buttons(card)) <= 4
        assert all(len(row["actions"]) <= 2 for row in elements(card, "ActionSet"))


def test_a_link_that_is_not_safe_is_no_button_and_no_link() -> None:
    card = drawn(replace(WAITING, link="http://erp.acme.example/"))

    assert buttons(card) == ["Review"]
    assert "[000123]" not in said(card)


def test_every_text_wraps_and_the_party_is_the_heading() -> None:
    for card in everywhere():
        blocks = list(elements(card, "TextBlock"))
        assert all(block["wrap"] is True for block in blocks)
        assert sum(block.get("style") == "heading" for block in blocks) == 1


def test_every_card_tells_old_clients_and_readers_what_it_is() -> None:
    for card in everywhere():
        assert card["version"] == "1.5"
        assert card["fallbackText"]
        assert card["msteams"]["width"] == "Full"
        assert "speak" not in card


def test_nothing_is_told_by_colour_alone() -> None:
    for card in everywhere():
        assert not any("color" in block for block in elements(card, "TextBlock"))
        for box in elements(card, "Container"):
            assert "style" not in box or any(texts(box))


@pytest.mark.parametrize("state", [State.WAITING, State.CHANGED, State.WORKING, State.IN_DOUBT])
def test_clients_ask_for_their_own_view_while_something_is_open(state: State) -> None:
    card = drawn(replace(WAITING, state=state, verb="release", who=ANN.name, at=WAITING.now))

    assert card["refresh"]["userIds"] == [ANN.teams_id]
    assert card["refresh"]["action"]["verb"] == "refresh"
    assert card["refresh"]["action"]["data"] == {"token": TOKEN, "verb": "refresh"}


@pytest.mark.parametrize(
    "state",
    sorted(set(State) - {State.WAITING, State.CHANGED, State.WORKING, State.IN_DOUBT}),
)
def test_a_settled_card_stops_asking(state: State) -> None:
    card = drawn(replace(PRESSED, state=state, refresh_for=(ANN.teams_id,)))

    assert "refresh" not in card


def test_a_refusal_asks_on_only_while_a_press_is_possible() -> None:
    refused = replace(PRESSED, state=State.REFUSED, refresh_for=(ANN.teams_id,))

    assert "refresh" in drawn(replace(refused, verbs=("release",)))
    assert "refresh" not in drawn(refused)


def test_nobody_listed_means_no_refresh_rather_than_everybody() -> None:
    assert "refresh" not in drawn(replace(WAITING, refresh_for=()))


def test_at_most_sixty_clients_refresh() -> None:
    many = tuple(f"29:1{number}" for number in range(90))

    assert len(drawn(replace(WAITING, refresh_for=many))["refresh"]["userIds"]) == 60


def test_the_approver_is_mentioned_and_told_what_a_press_does() -> None:
    card = drawn(WAITING)

    assert "<at>Ann Whitfield</at>, this waits for you." in said(card)
    assert "Release removes the hold and releases the bill." in said(card)
    assert card["msteams"]["entities"][0]["mentioned"]["id"] == ANN.teams_id


def test_a_person_without_an_id_is_named_and_not_tagged() -> None:
    card = drawn(replace(WAITING, approvers=(Mention("Erin Walsh"),)))

    assert "Erin Walsh, this waits for you." in said(card)
    assert "entities" not in card["msteams"]


def test_nobody_to_mention_is_said_with_the_reason() -> None:
    told = drawn(replace(WAITING, approvers=(), approver_missing="The bill has no owner."))
    untold = drawn(replace(WAITING, approvers=()))

    assert "The bill has no owner." in said(told)
    assert "Nobody is known who may decide this." in said(untold)


def test_a_card_that_decides_nothing_misses_nobody() -> None:
    card = drawn(replace(WAITING, approvers=(), verbs=(), token=""))

    assert "Nobody" not in said(card)


def test_only_a_waiting_card_notifies() -> None:
    for state in set(State) - DECIDABLE:
        card = drawn(replace(PRESSED, state=state, approvers=(ANN, ERIN)))
        assert "entities" not in card["msteams"], state


@pytest.mark.parametrize(
    ("state", "changes", "expected"),
    [
        (State.WORKING, {}, ["Releasing for Ann Whitfield since 10:22 …"]),
        (
            State.DONE,
            {},
            ["Released by Ann Whitfield at 10:22.", "Acumatica shows it On Hold now."],
        ),
        (
            State.REFUSED,
            {"reason": "The period is closed."},
            ["Ann Whitfield pressed Release at 10:22.", "The period is closed."],
        ),
        (State.STOPPED, {"reason": "An approval comes first."}, ["An approval comes first."]),
        (
            State.IN_DOUBT,
            {"until": PRESSED.now},
            ["checking until 10:24; nobody needs to press again."],
        ),
        (State.NEEDS_PERSON, {}, ["A person must look at this bill"]),
        (State.MISMATCH, {}, ["an administrator must look"]),
        (State.CLOSED_ELSEWHERE, {}, ["Released in Acumatica at 10:22 by Ann Whitfield."]),
        (State.CLOSED_ELSEWHERE, {"verb": ""}, ["In Acumatica this is now On Hold."]),
        (
            State.CLOSED_ELSEWHERE,
            {"verb": "", "reason": "Acumatica no longer has this document."},
            ["Acumatica no longer has this document.", "nothing left to decide"],
        ),
        (State.REPLACED, {}, ["There is a newer card for this."]),
        (
            State.CHANGED,
            {"changes": (("Amount", "1.0000 USD", "2.0000 USD"),)},
            ["Amount was 1.00 USD, is 2.00 USD.", "please decide again"],
        ),
    ],
)
def test_each_state_says_who_when_and_what_next(
    state: State, changes: dict[str, Any], expected: list[str]
) -> None:
    card = drawn(replace(PRESSED, state=state, **changes))

    for sentence in expected:
        assert sentence in said(card)


@pytest.mark.parametrize("state", list(State))
def test_a_state_needs_neither_a_verb_nor_a_person_to_be_told(state: State) -> None:
    bare = replace(PRESSED, state=state, who="", verb="", at=None, approvers=(), verbs=())

    assert schema_errors(drawn(bare)) == []
    assert summary(BILL, bare)


@pytest.mark.parametrize("field", ["Amount", "CurrencyID"])
def test_an_amount_not_told_is_a_warning_and_never_a_guess(field: str) -> None:
    card = drawn(WAITING, with_fields(BILL, **{field: None}))

    assert "Warning: amount not told by Acumatica" in said(card)
    assert "1,250.00 USD" not in said(card)


def test_warnings_are_words_and_the_sixth_is_counted() -> None:
    card = drawn(replace(WAITING, warnings=tuple(f"reason {number}." for number in range(7))))

    assert "Warning: reason 4." in said(card)
    assert "reason 5." not in said(card)
    assert "and 2 more warnings" in said(card)


def test_a_settled_bill_is_nobodys_to_hurry() -> None:
    late = with_fields(document("bill/closed"), DueDate="2026-11-03")

    assert "Due Tue 3 Nov 2026" in said(drawn(NOTE, late))
    assert "overdue" not in said(drawn(NOTE, late))


def test_an_order_that_is_over_counts_no_days() -> None:
    over = replace(ORDER, status="Closed")

    assert "Promised Mon 14 Dec 2026\n" in said(drawn(NOTE, over))


def test_days_nobody_told_are_left_out() -> None:
    for path, field in [
        ("bill/on_hold", "DueDate"),
        ("purchase_order/open", "PromisedOn"),
        ("check/released", "ApplicationDate"),
    ]:
        text = said(drawn(NOTE, with_fields(document(path), **{field: None})))
        assert not any(word in text for word in ("Due ", "Promised ", "Dated "))


def test_at_most_six_facts_and_none_of_them_empty() -> None:
    for card in everywhere():
        for facts in elements(card, "FactSet"):
            assert len(facts["facts"]) <= 6
            assert all(fact["value"] for fact in facts["facts"])


def test_a_card_without_facts_to_tell_still_has_its_number() -> None:
    card = drawn(WAITING, replace(BILL, fields={}, lines=()))

    assert "000123" in said(card)
    assert "Vendor not told by Acumatica" not in said(card)  # its name stands around it


def test_a_vendor_nobody_told_is_said_to_be_missing() -> None:
    nameless = replace(BILL, fields={}, around=type(BILL.around)())

    assert "Vendor not told by Acumatica" in said(drawn(WAITING, nameless))


def test_a_name_comes_with_its_number_and_a_lone_number_only_once() -> None:
    lone = replace(BILL, around=type(BILL.around)())

    assert said(drawn(WAITING)).count("V000107") == 1
    assert said(drawn(WAITING, lone)).count("V000107") == 1


def test_many_purchase_orders_are_counted_not_listed() -> None:
    lines = tuple({**line, "POOrderNbr": f"PO{at}"} for at, line in enumerate(BILL.lines))

    assert "PO0, PO1, PO2, 4 more" in said(drawn(WAITING, replace(BILL, lines=lines)))


def test_lines_are_folded_and_the_thirteenth_is_counted() -> None:
    line = {"TransactionDescription": "Paper", "Amount": Decimal(1), "Qty": Decimal(2)}
    card = drawn(WAITING, replace(BILL, lines=(line,) * 24))
    (folded,) = [box for box in elements(card, "Container") if box.get("id") == "lines"]
    (toggle,) = elements(card, "Action.ToggleVisibility")

    assert toggle["title"] == "Lines (24)"
    assert toggle["targetElements"] == ["lines"]
    assert folded["isVisible"] is False
    assert len(list(elements(folded, "ColumnSet"))) == 12
    assert "and 12 more" in said(card)


def test_five_hundred_long_lines_still_make_a_card_teams_takes() -> None:
    line = {"TransactionDescription": "Pappe “weiß” " * 40, "Amount": Decimal("1.25")}

    card = drawn(replace(APPROVE, for_approver=True), replace(BILL, lines=(line,) * 500))

    assert size(card) <= 25_000
    assert "Lines (500)" in [one["title"] for one in elements(card, "Action.ToggleVisibility")]
    assert buttons(card) == ["Approve", "Reject…", "Open in Acumatica"]
    assert schema_errors(card) == []


def test_lines_too_long_to_show_are_told_to_be_in_the_erp() -> None:
    wide = "\U0001f4e6" * 200
    line = {"TransactionDescription": wide, "Amount": Decimal(1)}
    bill = with_fields(replace(BILL, lines=(line,) * 12), Terms=wide, Description=wide)

    card = drawn(replace(WAITING, warnings=(wide,) * 5), bill)

    assert size(card) <= 25_000
    assert "The lines are too long for a card; see them in Acumatica." in said(card)


def test_a_card_too_large_in_every_form_becomes_one_line_with_the_way_to_the_whole() -> None:
    view = fill(sheet_of(BILL), Paper(BILL, replace(APPROVE, for_approver=True), {}))
    endless = (Part("x" * 40),) * 900

    card = render(replace(view, facts=(Fact("PO number", endless),)))

    assert size(card) <= 25_000
    assert buttons(card) == ["Open in Acumatica"]
    assert view.party in said(card)
    assert schema_errors(card) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "waits for Ann Whitfield"),
        ({"approvers": ()}, "waits for a decision"),
        ({"approvers": (ANN, ERIN)}, "waits for Ann Whitfield or Erin Walsh"),
        (
            {"approvers": (ANN, ERIN, ANN, ERIN)},
            "waits for Ann Whitfield or Erin Walsh or 2 more",
        ),
        ({"state": State.CHANGED}, "changed and waits again for Ann Whitfield"),
        ({"state": State.NOTE}, "is On Hold"),
        ({"state": State.CLOSED_ELSEWHERE}, "is On Hold in Acumatica"),
    ],
)
def test_the_toast_is_one_line_that_says_it_all(changes: dict[str, Any], expected: str) -> None:
    line = summary(BILL, replace(WAITING, **changes))

    assert line == f"Bill 000123 · Cascade Paper · 1,250.00 USD {expected}"


def test_the_toast_of_a_press_names_who_and_when() -> None:
    line = summary(BILL, replace(PRESSED, state=State.DONE))

    assert line.endswith("1,250.00 USD released by Ann Whitfield at 10:22")


@pytest.mark.parametrize(
    ("verb", "status", "expected"),
    [
        ("release", "On Hold", "Release removes the hold and releases the bill."),
        ("release", "Balanced", "Release releases the bill."),
        ("approve", "Pending Approval", "Approve approves the bill in Acumatica."),
        ("reject", "Pending Approval", "Reject turns the bill down."),
    ],
)
def test_a_promise_fits_the_status(verb: str, status: str, expected: str) -> None:
    assert promise(verb, "bill", status, ENGLISH) == expected


def test_verbs_have_the_labels_people_know_from_acumatica() -> None:
    assert {verb: label(verb, ENGLISH) for verb in VERBS} == {
        "release": "Release",
        "release_check": "Release",
        "release_payment": "Release",
        "approve": "Approve",
        "reject": "Reject",
        "approve_for_payment": "Approve for payment",
        "remove_hold": "Remove hold",
    }


def test_a_verb_nobody_knows_is_an_error_and_not_a_button() -> None:
    with pytest.raises(KeyError):
        drawn(replace(WAITING, verbs=("pay",), for_approver=True))


def test_a_listing_counts_what_it_does_not_show() -> None:
    rows = [ListingRow(BILL, "waits for Ann Whitfield")] * 30

    card = listing_card(
        "Pending bills", rows, more=5, now=WAITING.now, zone=CHICAGO, language=ENGLISH
    )

    assert "and 10 more" in said(card)
    assert "Due Sat 5 Dec 2026, in 13 days" in said(card)


def test_two_reads_of_one_document_differ_in_the_history_line_only() -> None:
    early, later = drawn(WAITING), drawn(replace(WAITING, as_of=PRESSED.now))

    rest = [
        [part for part in card["body"] if part.get("id") != HISTORY_ID] for card in (early, later)
    ]

    assert early != later
    assert rest[0] == rest[1]


def test_a_misspelt_property_is_refused_instead_of_dropped() -> None:
    for wrong in (lambda: Container(itmes=[]), lambda: Execute(titel="x"), lambda: Card(bdoy=[])):
        with pytest.raises(TypeError, match="has no property"):
            wrong()
