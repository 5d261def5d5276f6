"""Warnings: only when true, in plain words, with the number that caused them."""

from datetime import date

import pytest

from acumatica_client.models import Difference, Differs
from cards.language import ENGLISH
from cards.text import joined
from cards.warnings import differences, instructions, same_reference, vendor_status

PO = "purchase order PO000112"


@pytest.mark.parametrize("status", ["", "Active", "One-Time"])
def test_a_vendor_in_order_is_not_worth_a_word(status: str) -> None:
    assert vendor_status(status, ENGLISH) == ()


@pytest.mark.parametrize("status", ["On Hold", "Hold Payments", "Inactive", "Something new"])
def test_a_vendor_in_another_status_is_named_with_it(status: str) -> None:
    assert vendor_status(status, ENGLISH) == (f"This vendor's status in Acumatica is {status}.",)


@pytest.mark.parametrize(
    ("day", "ago"), [(3, "19 days ago"), (21, "1 day ago"), (22, "today"), (23, "tomorrow")]
)
def test_changed_payment_instructions_tell_since_when(day: int, ago: str) -> None:
    (told,) = instructions(date(2026, 11, day), date(2026, 11, 22), ENGLISH)

    assert told.startswith("Payment instructions of this vendor changed on ")
    assert told.endswith(f"{day} Nov 2026, {ago}.")


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([], ()),
        (["004410"], ("Vendor reference INV-77 is also on bill 004410.",)),
        (["1", "2"], ("Vendor reference INV-77 is also on bills 1 and 2.",)),
        (list("12345"), ("Vendor reference INV-77 is also on bills 1, 2, 3 and 2 more.",)),
    ],
)
def test_a_reference_used_twice_names_the_other_bills(
    numbers: list[str], told: tuple[str, ...]
) -> None:
    assert same_reference("INV-77", numbers, ENGLISH) == told


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            Difference(Differs.OVER_RECEIVED, (2,), "12.0000", "10", "receipt 1"),
            "Line 2: billed 12, received 10.",
        ),
        (
            Difference(Differs.OVER_ORDERED, (1, 3), "12.5", "10", PO),
            "Lines 1 and 3: billed 12.5, ordered 10.",
        ),
        (
            Difference(Differs.COST, (1,), "105.0000", "100", PO),
            "Line 1: unit cost 105.00, ordered at 100.00.",
        ),
        (
            Difference(Differs.UNIT, (4,), "BOX", "EA", PO),
            f"Line 4: billed in BOX, {PO} is in EA; not compared.",
        ),
        (
            Difference(Differs.NOT_THERE, of=PO),
            f"Acumatica shows no {PO}, so it was not compared.",
        ),
        (
            Difference(Differs.UNREADABLE, of=PO),
            f"Acumatica does not let us read {PO}; not compared.",
        ),
        (
            Difference(Differs.TOO_MANY, billed="5", other="3", of="receipts"),
            "Only 3 of 5 receipts were compared.",
        ),
        (Difference(Differs.COST, (1,), "?", "NaN"), "Line 1: unit cost ?, ordered at NaN."),
        (Difference(Differs.OVER_ORDERED, (1,), "x", "1"), "Line 1: billed x, ordered 1."),
    ],
)
def test_a_difference_is_told_with_its_numbers(found: Difference, told: str) -> None:
    assert differences([found], ENGLISH) == (told,)


def test_every_kind_of_difference_has_words() -> None:
    assert len(
        differences([Difference(kind, (1,), "1", "1", PO) for kind in Differs], ENGLISH)
    ) == len(Differs)


def test_names_are_listed_as_a_sentence_does() -> None:
    assert [joined(list(names), ENGLISH) for names in ("a", "ab", "abc")] == [
        "a",
        "a and b",
        "a, b and c",
    ]
