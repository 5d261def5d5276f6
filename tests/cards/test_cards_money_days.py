"""Amounts and days read the same on every card."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from card_cases import CHICAGO, at

from cards import days, money
from cards.language import ENGLISH

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("1250", "USD", "1,250.00 USD"),
        ("1250.0000", "USD", "1,250.00 USD"),
        ("-0.5", "EUR", "-0.50 EUR"),
        ("0", "USD", "0.00 USD"),
        ("1250", "JPY", "1,250 JPY"),
        ("1.5", "KWD", "1.500 KWD"),
        ("0.125", "USD", "0.125 USD"),
        ("1E+3", "USD", "1,000.00 USD"),
        ("12345678901234567890.01", "USD", "12,345,678,901,234,567,890.01 USD"),
        ("7", "", "7.00"),
    ],
)
def test_an_amount_is_exact_and_carries_its_currency(value: str, currency: str, shown: str) -> None:
    assert money.amount(Decimal(value), ENGLISH, currency) == shown


@pytest.mark.parametrize(("value", "shown"), [("12.0000", "12 BOX"), ("20.8", "20.8 BOX")])
def test_a_quantity_has_no_empty_decimals(value: str, shown: str) -> None:
    assert money.quantity(Decimal(value), ENGLISH, "BOX") == shown


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2026, 12, 5), "Due Sat 5 Dec 2026, in 13 days"),
        (date(2026, 11, 23), "Due Mon 23 Nov 2026, tomorrow"),
        (date(2026, 11, 22), "Due today"),
        (date(2026, 11, 21), "Due Sat 21 Nov 2026, 1 day overdue"),
        (date(2026, 11, 3), "Due Tue 3 Nov 2026, 19 days overdue"),
    ],
)
def test_a_due_day_says_in_words_how_far_it_is(day: date, shown: str) -> None:
    assert days.due(day, TODAY, ENGLISH) == shown


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2026, 11, 30), "Mon 30 Nov 2026, in 8 days"),
        (date(2026, 11, 22), "today"),
        (date(2026, 11, 20), "Fri 20 Nov 2026, 2 days ago"),
    ],
)
def test_a_promised_day_is_never_called_overdue(day: date, shown: str) -> None:
    assert days.far(day, TODAY, ENGLISH) == shown


@pytest.mark.parametrize(
    ("moment", "clock", "sentence"),
    [
        (at(8, 14), "08:14", " at 08:14"),
        (at(16, 41, 21), "Sat 21 Nov 16:41", " on Sat 21 Nov at 16:41"),
        (
            datetime(2025, 12, 31, 9, 5, tzinfo=CHICAGO),
            "Wed 31 Dec 2025 09:05",
            " on Wed 31 Dec 2025 at 09:05",
        ),
    ],
)
def test_a_time_names_its_day_unless_it_is_today(
    moment: datetime, clock: str, sentence: str
) -> None:
    assert days.clock(moment, at(8, 20), CHICAGO, ENGLISH) == clock
    assert days.at(moment, at(8, 20), CHICAGO, ENGLISH) == sentence


def test_no_time_says_nothing() -> None:
    assert days.at(None, at(8, 20), CHICAGO, ENGLISH) == ""


def test_today_is_the_day_where_the_company_is() -> None:
    late = at(23, 30)  # already the 23rd in UTC

    assert days.today(late, CHICAGO) == TODAY
    assert days.anchored(late, CHICAGO, ENGLISH) == "23:30 CST, Sun 22 Nov"
