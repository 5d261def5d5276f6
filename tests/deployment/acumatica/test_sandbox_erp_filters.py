"""`$filter` in OData v3, as contract version 4 reads it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from deployment.sandbox.acumatica.fields import Kind
from deployment.sandbox.acumatica.filters import BadFilter, parse_filter
from deployment.sandbox.acumatica.values import Value

KINDS = {
    "Status": Kind.TEXT,
    "Vendor": Kind.TEXT,
    "Amount": Kind.DECIMAL,
    "Hold": Kind.FLAG,
    "Date": Kind.DAY,
    "DueDate": Kind.DAY,
    "Changed": Kind.MOMENT,
    "MainContact/Email": Kind.TEXT,
}
ROW: dict[str, Value] = {
    "Status": "On Hold",
    "Vendor": "O'Brien & Co",
    "Amount": Decimal("12.5000"),
    "Hold": True,
    "Date": date(2026, 11, 2),
    "DueDate": None,
    "Changed": datetime(2026, 11, 2, 14, 31, 28, 403_000, UTC),
    "MainContact/Email": "a@b.example",
}


def holds(text: str) -> bool:
    return parse_filter(text, KINDS.__getitem__, UTC)(ROW.__getitem__)


@pytest.mark.parametrize(
    "text",
    [
        "Status eq 'On Hold'",
        "Status eq 'on hold'",
        "Status ne 'Open'",
        "Vendor eq 'O''Brien & Co'",
        "Amount eq 12.5M",
        "Amount gt 0M and Amount lt 13",
        "Amount ge 12.5 and Amount le 12.5m",
        "Hold eq true",
        "Hold",
        "not (Hold eq false)",
        "Status eq 'Open' or Hold eq true and Amount gt 1",
        "(Status eq 'Open' or Hold eq true) and not startswith(Status,'Bal')",
        "substringof('Hold',Status)",
        "startswith(Vendor, 'O''B') eq true",
        "endswith(Status,'HOLD')",
        "Changed ge datetimeoffset'2026-11-02T15:31:28.403+01:00'",
        "Changed gt datetimeoffset'2026-11-02T14:31:28.402'",
        "Date ge datetimeoffset'2026-11-02'",
        "DueDate eq null",
        "MainContact/Email eq 'A@B.example'",
    ],
)
def test_true_conditions_hold(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "Status eq 'Open' or Status eq 'Closed'",
        "not Hold",
        "(Status eq 'Open' or Hold eq true) and Amount gt 100",
        "DueDate lt datetimeoffset'2030-01-01'",
        "DueDate ne null",
        "Changed lt datetimeoffset'2026-11-02T14:31:28Z'",
    ],
)
def test_false_conditions_do_not_hold(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Hold eq 'true'", "incompatible types"),
        ("Amount eq '12'", "incompatible types"),
        ("Changed gt '2026-11-02'", "incompatible types"),
        ("contains(Status,'x')", "unknown function"),
        ("substringof('x',Amount)", "No function signature"),
        ("Changed gt datetimeoffset'2026-11-02T14:31:28 00:00'", "Edm.DateTimeOffset"),
        ("Changed gt datetime'2026-11-02'", "Syntax error"),
        ("Status eq", "unexpected"),
        ("Status eq 'Open", "Syntax error"),
        ("(Status eq 'Open'", "expected"),
        ("Status eq 'Open' Hold", "unexpected"),
        ("Status", "boolean value"),
        ("(" * 60 + "Hold" + ")" * 60, "Recursion"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadFilter, match=why):
        holds(text)


def test_unknown_field_is_a_missing_key() -> None:
    with pytest.raises(KeyError, match="Owner"):
        holds("Owner eq 'x'")
