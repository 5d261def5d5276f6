"""Nouns of the ERP: exact amounts, days without zones, and JSON that loses nothing."""

import json
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client.models import (
    REASON,
    Approval,
    Around,
    CallClass,
    CallOutcome,
    Difference,
    Differs,
    Document,
    DocumentKey,
    Employee,
    ErpCall,
    Glimpse,
    Value,
)

NAMES = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), max_size=12)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.builds(DocumentKey, NAMES, NAMES, TEXTS)
VALUES: st.SearchStrategy[Value] = st.one_of(
    TEXTS, st.decimals(allow_nan=False), st.integers(), st.booleans(), st.none()
)
FIELDS = st.dictionaries(TEXTS, VALUES, max_size=5)
AROUND = st.builds(
    Around,
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.lists(
        st.builds(Difference, st.sampled_from(Differs), st.just((1, 3)), TEXTS, TEXTS, TEXTS),
        max_size=2,
    ).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
)
DOCUMENTS = st.builds(
    Document,
    key=KEYS,
    erp_id=TEXTS,
    status=TEXTS,
    last_modified=st.datetimes(timezones=st.just(UTC)),
    fields=FIELDS,
    lines=st.lists(FIELDS, max_size=3).map(tuple),
    around=AROUND,
    approvals=st.lists(st.builds(Approval, *[TEXTS] * 8), max_size=2).map(tuple),
)
BILL = Document(
    DocumentKey("Bill", "Bill", "000159"),
    "b6410d82-9476-ef11-8c65-ac198e472cfe",
    "On Hold",
    datetime(2026, 11, 2, 14, 31, 28, tzinfo=UTC),
    {},
)


def with_field(value: Value) -> Document:
    return replace(BILL, fields={"Field": value})


@settings(deadline=None)
@given(KEYS)
def test_key_survives_being_written_and_read(key: DocumentKey) -> None:
    assert DocumentKey.parse(str(key)) == key


def test_number_may_contain_slashes() -> None:
    key = DocumentKey.parse("Bill/Credit Adj./2026/11/0159")

    assert key == DocumentKey("Bill", "Credit Adj.", "2026/11/0159")


@settings(max_examples=50, deadline=None)
@given(DOCUMENTS)
def test_document_survives_json(document: Document) -> None:
    data = json.loads(json.dumps(document.to_json()))

    found = Document.from_json(data)

    assert found == document
    assert str(found.to_json()) == str(document.to_json())


def test_trailing_zeros_of_an_amount_survive_json() -> None:
    document = with_field(Decimal("7000.0000"))

    found = Document.from_json(json.loads(json.dumps(document.to_json())))

    assert str(found.fields["Field"]) == "7000.0000"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ("", ""), ("MAIN", "MAIN"), (Decimal("7.50"), "7.50"), (True, "True"), (0, "0")],
)
def test_text_of_an_empty_field_is_empty(value: Value, text: str) -> None:
    assert with_field(value).text("Field") == text


def test_missing_field_reads_as_empty() -> None:
    assert BILL.text("Field") == ""
    assert BILL.money("Field") is None
    assert BILL.day("Field") is None


@pytest.mark.parametrize(
    ("value", "money"),
    [
        (Decimal("1250.0000"), Decimal("1250.0000")),
        (Decimal("0.10"), Decimal("0.10")),
        (12, Decimal(12)),
        ("2.00", Decimal("2.00")),
        ("1.250,00", None),
        ("", None),
        ("Infinity", None),
        ("NaN", None),
        (True, None),
        (None, None),
    ],
)
def test_money_is_an_exact_finite_number_or_nothing(value: Value, money: Decimal | None) -> None:
    assert with_field(value).money("Field") == money


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-11-02T00:00:00+00:00", date(2026, 11, 2)),
        ("2026-11-02T00:00:00+14:00", date(2026, 11, 2)),
        ("2026-11-02T00:00:00-12:00", date(2026, 11, 2)),
        ("2026-11-02", date(2026, 11, 2)),
        ("1900-01-01T00:00:00+00:00", None),
        ("0001-01-01T00:00:00", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_day_is_the_first_ten_characters_whatever_the_zone(value: Value, day: date | None) -> None:
    assert with_field(value).day("Field") == day


def test_names_around_a_document_leave_the_rest_as_it_is() -> None:
    around = Around("Tallgrass Pallet Works", "EP00000002", "EP00000003")

    named = BILL.with_around(around)

    assert named.around == around
    assert replace(named, around=Around()) == BILL


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (ErpCall("Bill", "ReleaseBill"), "POST Bill/ReleaseBill"),
        (ErpCall("Bill", put=(("Hold", False),)), "PUT Bill Hold=False"),
        (ErpCall("Bill", put=(("Hold", True), ("A", False))), "PUT Bill Hold=True, A=False"),
        (ErpCall("Bill", "Reject").saying(REASON, "Too dear"), "POST Bill/Reject"),
    ],
)
def test_call_says_in_the_audit_what_it_sends(call: ErpCall, text: str) -> None:
    assert str(call) == text


NOUNS = (
    BILL,
    BILL.key,
    Around(),
    Employee("EP1", "Ann", "", True),
    ErpCall("Bill"),
    Glimpse(BILL.key, "", "", BILL.last_modified),
    CallOutcome(CallClass.UNKNOWN, ""),
)


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: type(noun).__name__)
def test_nouns_cannot_be_changed(noun: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(noun, fields(noun)[0].name, "other")


def test_a_document_stored_by_an_older_version_is_still_read() -> None:
    stored = BILL.to_json()
    stored["around"] = ["Acme Paper", "EP1", "EP2"]
    del stored["approvals"]

    assert Document.from_json(stored) == BILL.with_around(Around("Acme Paper", "EP1", "EP2"))
