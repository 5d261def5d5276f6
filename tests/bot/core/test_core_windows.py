"""Only stamps move the watermark forward, and no clock that jumps hides what is to come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.windows import AHEAD, REACH, apart, first_mark, window

NOW = datetime(2026, 11, 2, 14, tzinfo=UTC)
LOOK_BACK = timedelta(minutes=5)
MOMENTS = st.timedeltas(timedelta(days=-9), timedelta(days=9)).map(lambda span: NOW + span)


@given(seen=MOMENTS, told=MOMENTS)
def test_a_window_never_starts_after_the_watermark_or_the_erps_clock(
    seen: datetime, told: datetime
) -> None:
    asked = window(seen, told, NOW, LOOK_BACK)

    assert asked.since <= min(seen, told) - LOOK_BACK
    assert asked.before == told + AHEAD
    assert asked.mark <= seen


@given(seen=MOMENTS, told=MOMENTS, stamps=st.lists(MOMENTS))
def test_the_mark_is_a_stamp_received_that_neither_clock_has_not_reached(
    seen: datetime, told: datetime, stamps: list[datetime]
) -> None:
    asked = window(seen, told, NOW, LOOK_BACK)
    mark = asked.mark_after(stamps)

    assert mark == asked.mark or (mark in stamps and mark <= min(told, NOW) + AHEAD)
    assert mark >= asked.mark


def test_a_date_of_long_ago_does_not_have_the_whole_history_read() -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    assert first_mark(epoch, NOW) == NOW - REACH
    assert window(NOW, epoch, NOW, LOOK_BACK).mark == NOW - REACH


def test_clocks_a_little_apart_are_no_matter() -> None:
    assert apart(NOW + timedelta(minutes=4), NOW) == ""
    assert apart(NOW - timedelta(minutes=90), NOW).startswith("Acumatica's clock is 90 minutes beh")
