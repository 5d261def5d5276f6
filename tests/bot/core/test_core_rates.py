"""How often one person may ask for something."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.core.rates import MINUTE, Rates


def test_so_many_times_a_minute_and_not_once_more() -> None:
    rates = Rates(3)

    assert [rates.lets("ann", at) for at in (0, 1, 2, 3, 59.9)] == [True, True, True, False, False]


def test_each_time_counts_for_a_minute() -> None:
    rates = Rates(2)
    rates.lets("ann", 0)
    rates.lets("ann", 30)

    assert rates.lets("ann", 60)
    assert not rates.lets("ann", 61)
    assert rates.lets("ann", 90)


def test_nobody_uses_up_what_is_anothers() -> None:
    rates = Rates(1)

    assert rates.lets("ann", 0)
    assert rates.lets("ben", 0)


def test_only_so_many_people_are_remembered() -> None:
    rates = Rates(1, remembered=2)
    for person in ("ann", "ben", "cy"):
        assert rates.lets(person, 0)

    assert rates.lets("ann", 1)  # forgotten for cy
    assert not rates.lets("cy", 1)


@given(st.lists(st.floats(0, 20), max_size=80), st.integers(1, 8))
def test_in_no_minute_anybody_gets_more(waits: list[float], most: int) -> None:
    rates, at, let = Rates(most), 0.0, []
    for wait in waits:
        at += wait
        if rates.lets("ann", at):
            let.append(at)

    assert all(b - a >= MINUTE for a, b in zip(let, let[most:], strict=False))
