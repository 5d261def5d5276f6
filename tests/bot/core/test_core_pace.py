"""How often to poll: pushes earn patience, what they miss costs it, limits come before both."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.pace import Pace, Polled

MINUTE = timedelta(minutes=1)
PACE = Pace(fastest=MINUTE, with_push=5 * MINUTE)
QUIET = Polled(calls=4)
TOLD = Polled(calls=4, told=1, pushes=1)
MISSED = Polled(calls=4, told=3, missed=1, pushes=3)


def after(*polls: Polled) -> Pace:
    pace = PACE
    for polled in polls:
        pace = pace.after(polled)
    return pace


def test_without_pushes_polling_is_as_fast_as_the_file_says() -> None:
    assert after(QUIET, QUIET, QUIET).wait() == MINUTE


def test_polling_stretches_while_pushes_tell_what_polls_find() -> None:
    waits = [after(*[TOLD] * polls).wait() for polls in range(5)]

    assert waits == [MINUTE, 2 * MINUTE, 4 * MINUTE, 5 * MINUTE, 5 * MINUTE]


def test_quiet_hours_neither_stretch_nor_shorten() -> None:
    assert after(TOLD, QUIET, QUIET).wait() == 2 * MINUTE


def test_one_change_that_no_push_told_brings_the_fast_pace_back() -> None:
    assert after(TOLD, TOLD, TOLD, MISSED).wait() == MINUTE


def test_changes_known_without_any_push_prove_nothing() -> None:
    assert after(Polled(calls=4, told=5)).wait() == MINUTE


def test_a_poll_slower_than_its_patience_is_never_stretched() -> None:
    pace = replace(PACE, fastest=timedelta(days=14))
    for _ in range(50):
        pace = pace.after(TOLD)

    assert pace.wait() == timedelta(days=14)


def test_a_thousand_useful_polls_do_not_leave_the_calendar() -> None:
    assert after(*[TOLD] * 1000).wait() == 5 * MINUTE


@pytest.mark.parametrize(("calls", "budget", "seconds"), [(4, 60, 60), (30, 60, 120), (4, 8, 120)])
def test_polling_takes_at_most_a_quarter_of_the_budget(
    calls: int, budget: int, seconds: float
) -> None:
    pace = replace(PACE, requests_per_minute=budget).after(Polled(calls=calls))

    assert pace.wait() == timedelta(seconds=seconds)


def test_failures_back_off_to_five_minutes_and_one_success_forgets_them() -> None:
    pace, waits = replace(PACE, fastest=timedelta(seconds=20)), []
    for _ in range(7):
        pace = pace.after_failure()
        waits.append(pace.back_off(1.0).total_seconds())

    assert waits == [20, 40, 80, 160, 300, 300, 300]
    assert pace.after(QUIET).after_failure().back_off(1.0).total_seconds() == 20


def test_backing_off_is_spread_by_chance() -> None:
    pace = PACE.after_failure().after_failure()

    assert pace.back_off(0.0) == MINUTE
    assert pace.back_off(1.0) == 2 * MINUTE


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_a_peer_that_asks_for_time_gets_no_less(chance: float) -> None:
    wait = PACE.after_failure().back_off(chance, after=600)

    assert timedelta(seconds=600) <= wait <= timedelta(seconds=660)


def test_what_a_person_has_to_mend_is_asked_after_in_minutes_from_the_first() -> None:
    pace = replace(PACE, fastest=timedelta(seconds=1)).after_failure()

    assert pace.back_off(0.0, patient=True) >= timedelta(minutes=2)


def test_a_poll_of_many_days_is_tried_again_within_a_minute_when_it_fails() -> None:
    pace = replace(PACE, fastest=timedelta(days=14)).after_failure()

    assert pace.back_off(1.0) == MINUTE
