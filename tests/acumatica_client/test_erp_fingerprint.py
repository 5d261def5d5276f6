"""What a person agreed to: equal while nothing changed, different as soon as it did."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from erp_fixtures import DOCUMENTS, document
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client.entities import ENTITIES
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Around, Document, DocumentKey, Value

BILL = document("bill/on_hold")
ONE_OF_EACH = {
    "Bill": BILL,
    "PurchaseOrder": document("purchase_order/pending_approval"),
    "Check": document("check/released"),
    "Payment": document("payment/released"),
}
FIELDS = [(name, field) for name, entity in ENTITIES.items() for field in entity.fingerprint]
LINE_FIELDS = [(n, field) for n, entity in ENTITIES.items() for field in entity.line_fingerprint]
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40)


def mark(paper: Document, company: str = "acme") -> str:
    return fingerprint(company, paper)


def with_fields(paper: Document, **fields: Value) -> Document:
    return replace(paper, fields={**paper.fields, **fields})


def with_first_line(paper: Document, **fields: Value) -> Document:
    first, *rest = paper.lines
    return replace(paper, lines=({**first, **fields}, *rest))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_same_document_read_twice_is_the_same(name: str) -> None:
    assert mark(document(name)) == mark(document(name))
    assert len(mark(document(name))) == 64


@pytest.mark.parametrize("same", [7, Decimal(7), Decimal("7.0"), Decimal("7.0000"), Decimal("7E0")])
def test_writing_of_a_number_does_not_matter(same: Value) -> None:
    written = with_fields(BILL, Amount=same)

    assert mark(written) == mark(with_fields(BILL, Amount=Decimal("7.00")))


@pytest.mark.parametrize("same", [0, Decimal("0.0000"), Decimal("-0.0000"), Decimal("0E+5")])
def test_nothing_is_nothing_however_written(same: Value) -> None:
    assert mark(with_fields(BILL, TaxTotal=same)) == mark(with_fields(BILL, TaxTotal=Decimal(0)))


def test_whole_hundreds_do_not_lose_their_zeros() -> None:
    hundreds = [mark(with_fields(BILL, Amount=Decimal(n))) for n in ("100", "10", "1", "1E+3")]

    assert len(set(hundreds)) == 4
    assert mark(with_fields(BILL, Amount=Decimal("1E+2"))) == hundreds[0]


@settings(deadline=None)
@given(AMOUNTS, AMOUNTS)
def test_amounts_are_told_apart_exactly_as_numbers_are(one: Decimal, other: Decimal) -> None:
    first, second = with_fields(BILL, Amount=one), with_fields(BILL, Amount=other)

    assert (mark(first) == mark(second)) == (one == other)


def test_amounts_longer_than_the_arithmetic_are_told_apart() -> None:
    one, other = Decimal("1" * 30 + ".01"), Decimal("1" * 30 + ".02")

    assert mark(with_fields(BILL, Amount=one)) != mark(with_fields(BILL, Amount=other))


@pytest.mark.parametrize("padded", ["V000000024", "V000000024   "])
def test_padding_is_no_content(padded: str) -> None:
    assert mark(with_fields(BILL, Vendor=padded)) == mark(BILL)


@pytest.mark.parametrize("empty", [None, "", "   "])
def test_empty_is_empty_however_told(empty: Value) -> None:
    assert mark(with_fields(BILL, CashAccount=empty)) == mark(BILL)


def test_missing_field_is_an_empty_field() -> None:
    fields = {name: value for name, value in BILL.fields.items() if name != "CashAccount"}

    assert mark(replace(BILL, fields=fields)) == mark(BILL)


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_every_agreed_field_counts(name: str, field: str) -> None:
    paper = ONE_OF_EACH[name]

    assert mark(with_fields(paper, **{field: "another"})) != mark(paper)


@pytest.mark.parametrize(("name", "field"), LINE_FIELDS)
def test_every_agreed_field_of_a_line_counts(name: str, field: str) -> None:
    paper = ONE_OF_EACH[name]

    assert mark(with_first_line(paper, **{field: "another"})) != mark(paper)


@pytest.mark.parametrize("paper", ONE_OF_EACH.values(), ids=list(ONE_OF_EACH))
def test_what_a_release_changes_does_not_count(paper: Document) -> None:
    released = with_fields(
        replace(paper, status="Closed", last_modified=paper.last_modified + timedelta(days=1)),
        Status="Closed",
        Hold=False,
        Balance=Decimal(0),
        UnappliedBalance=Decimal(0),
        ApprovedForPayment=True,
        LastModifiedDateTime="2027-01-01T00:00:00+00:00",
    )

    assert mark(released) == mark(paper)


def test_names_around_the_document_do_not_count() -> None:
    assert mark(BILL.with_around(Around("Tallgrass", "EP1", "EP2"))) == mark(BILL)


@pytest.mark.parametrize(
    "key",
    [
        DocumentKey("Bill", "Bill", "000160"),
        DocumentKey("Bill", "Prepayment", "000159"),
        DocumentKey("Check", "Bill", "000159"),
    ],
)
def test_another_key_is_another_document(key: DocumentKey) -> None:
    assert mark(replace(BILL, key=key)) != mark(BILL)


def test_another_company_is_another_document() -> None:
    assert mark(BILL, "acme") != mark(BILL, "acme2")


def test_line_added_removed_or_moved_counts() -> None:
    two = document("bill/pending_approval")
    first, second = two.lines
    others: list[tuple[Mapping[str, Value], ...]] = [
        (first,), (second, first), (first, second, second), (),
    ]  # fmt: skip

    marks = {mark(replace(two, lines=lines)) for lines in others}

    assert len(marks | {mark(two)}) == 5


def test_value_that_moves_to_the_next_field_counts() -> None:
    here = with_fields(BILL, Terms="A", PostPeriod="")
    there = with_fields(BILL, Terms="", PostPeriod="A")

    assert mark(here) != mark(there)


def test_foreign_letters_are_hashed_as_they_are() -> None:
    with_umlaut, without = (
        with_fields(BILL, VendorRef="Kügel"),
        with_fields(BILL, VendorRef="Kugel"),
    )

    assert mark(with_umlaut) != mark(without)


def test_true_is_not_one() -> None:
    assert mark(with_fields(BILL, Terms=True)) != mark(with_fields(BILL, Terms=1))
