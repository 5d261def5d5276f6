"""Which number settles which sign-in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.commands import Connect, Disconnect, Unknown, read_command
from bot.core.consents import MOST_TRIES, Wrong, code_of, judge_number, number_from
from storage.records import Consent

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LINK = Consent("s1", "acme", "ann", NOW + timedelta(minutes=10))
SIGNED_IN = replace(LINK, login="ann", code=code_of("s1", "123456"))


def test_the_number_of_the_page_settles_the_sign_in() -> None:
    judged = judge_number([SIGNED_IN], "123456", NOW)

    assert judged.consent == SIGNED_IN
    assert judged.wrong is None


def test_a_link_nobody_signed_in_by_cannot_be_settled() -> None:
    assert judge_number([LINK], "123456", NOW).wrong is Wrong.NOTHING_OPEN
    assert judge_number([], "123456", NOW).wrong is Wrong.NOTHING_OPEN


def test_a_wrong_number_is_told_and_the_sign_in_stays() -> None:
    judged = judge_number([SIGNED_IN], "654321", NOW)

    assert judged.wrong is Wrong.NUMBER
    assert not judged.spoiled


def test_the_last_wrong_number_spoils_the_sign_in() -> None:
    tried = replace(SIGNED_IN, tries=MOST_TRIES - 1)

    judged = judge_number([tried], "654321", NOW)

    assert judged.wrong is Wrong.TOO_OFTEN
    assert judged.spoiled


def test_the_right_number_too_late_spoils_the_sign_in() -> None:
    judged = judge_number([SIGNED_IN], "123456", NOW + timedelta(minutes=11))

    assert judged.wrong is Wrong.TOO_LATE
    assert judged.spoiled


def test_a_number_of_one_sign_in_does_not_settle_another() -> None:
    other = replace(SIGNED_IN, state="s2", code=code_of("s2", "777777"))

    assert judge_number([other], "123456", NOW).wrong is Wrong.NUMBER


def test_numbers_have_six_digits() -> None:
    numbers = {number_from(f"token {n}") for n in range(200)}

    assert all(len(number) == 6 and number.isdecimal() for number in numbers)
    assert len(numbers) > 190


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("connect", Connect()),
        ("Connect 123456", Connect("123456")),
        ("connect 123 456", Connect("123456")),
        ("disconnect", Disconnect()),
        ("disconnect!", Disconnect()),
    ],
)
def test_connecting_is_typed(typed: str, command: object) -> None:
    assert read_command(typed) == command


@pytest.mark.parametrize("typed", ["connect me", "connect 12ab", "disconnect ann"])
def test_other_words_connect_nothing(typed: str) -> None:
    assert isinstance(read_command(typed), Unknown)
