"""The table of what was decided, in the evidence about a time."""

from __future__ import annotations

import json
from typing import Any

from bot.auditing import page
from bot.auditing.decisions import AT_WORK, Decided, Decisions
from bot.auditing.page import Cover
from bot.auditing.seal import Seal
from bot.auditing.story import Teller
from storage.chain import Row

ANN, BEN = "Ann Whitfield", "Ben Ortiz"
TELLER = Teller({}, {})
BILL = {"fields": {"Vendor": "V1", "Amount": "1150.00", "CurrencyID": "USD"}}


def row(action: str, *, who: str = "countersign", number: int = 1, **detail: Any) -> Row:
    at = "2026-11-23T10:22:31.000000+00:00"
    return Row(
        1, at, "c", who, action, "acme", f"Bill/Bill/{number}", "", "", json.dumps(detail),
        "", "", "", "", "", "",
    )  # fmt: skip


def decided(*rows: Row) -> list[Decided]:
    kept = Decisions()
    for one in rows:
        kept.add(TELLER.tell(one))
    return kept.found


def test_a_decision_is_one_line_with_document_amount_people_and_end() -> None:
    (line,) = decided(
        row("document seen", facts=BILL),
        row("decision asked", verbs=["release"]),
        row("decision agreed", who=ANN, verb="release"),
        row("decision claimed", who=BEN, verb="release"),
        row("decision confirmed"),
    )

    assert line.cells() == (
        "acme Bill/Bill/1", "V1", "1,150.00 USD",
        f"Pressed release; a second person must agree: {ANN}, 2026-11-23 10:22;"
        f" Pressed release: {BEN}, 2026-11-23 10:22",
        "Confirmed: it took effect in Acumatica",
    )  # fmt: skip


def test_a_question_nobody_pressed_is_no_decision() -> None:
    assert decided(row("decision asked"), row("decision superseded")) == []


def test_each_press_that_counts_after_an_end_is_a_line_of_its_own() -> None:
    first, second = decided(
        row("decision claimed", who=ANN, verb="release"),
        row("decision not_applied"),
        row("decision claimed", who=BEN, verb="release"),
    )

    assert (first.end, second.end) == (
        "It had no effect; the question is open again",
        AT_WORK,
    )


def test_what_two_administrators_settle_ends_the_line_it_began() -> None:
    (line,) = decided(
        row("decision claimed", who=ANN, verb="release"),
        row("decision needs_person"),
        row("decision confirmed"),
    )

    assert line.end == "Confirmed: it took effect in Acumatica"


def test_an_end_of_what_was_pressed_before_this_time_is_no_line() -> None:
    assert decided(row("document seen", facts=BILL), row("decision confirmed")) == []


def test_what_was_not_read_within_this_time_has_no_amount() -> None:
    (line,) = decided(row("decision claimed", who=ANN, verb="release"))

    assert (line.party, line.amount) == ("", "")


def test_documents_beside_each_other_keep_their_own_lines() -> None:
    one, two = decided(
        row("decision claimed", who=ANN, verb="release", number=1),
        row("decision claimed", who=BEN, verb="reject", number=2),
        row("decision confirmed", number=2),
    )

    assert (one.end, two.end) == (AT_WORK, "Confirmed: it took effect in Acumatica")


def test_more_decisions_than_a_page_takes_are_counted() -> None:
    kept = Decisions(most=2)
    for number in range(5):
        kept.add(TELLER.tell(row("document seen", number=number, facts=BILL)))
        kept.add(TELLER.tell(row("decision claimed", who=ANN, verb="release", number=number)))

    assert (len(kept.found), kept.more) == (2, 3)
    end = page.entries([], day="", named=True)
    told = "".join([*page.head(cover(kept)), *end])
    assert "3 more stand below and in rows.csv" in told


def test_a_time_in_which_nothing_was_decided_has_no_table_of_it() -> None:
    assert "What was decided" not in "".join(page.head(cover(Decisions())))


def cover(decisions: Decisions) -> Cover:
    seal = Seal("whole", "Whole", "Nothing was changed.")
    return Cover("A day", "", "", "", seal, "", [], {}, [], decisions)
