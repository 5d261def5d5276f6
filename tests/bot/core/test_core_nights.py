"""When it is night: in the company's zone, once a day, also when the clocks are set."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.nights import latest_night, next_night

CHICAGO = ZoneInfo("America/Chicago")
AT = time(2, 30)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_night_is_that_of_the_companys_zone() -> None:
    now = utc("2026-11-22T12:00")

    assert latest_night(now, AT, CHICAGO) == utc("2026-11-22T08:30")
    assert next_night(now, AT, CHICAGO) == utc("2026-11-23T08:30")


def test_the_moment_itself_is_the_latest_night() -> None:
    night = utc("2026-11-22T08:30")

    assert latest_night(night, AT, CHICAGO) == night
    assert latest_night(night - timedelta(seconds=1), AT, CHICAGO) == night - timedelta(days=1)
    assert next_night(night, AT, CHICAGO) == night + timedelta(days=1)


def test_a_time_the_clocks_skip_in_spring_comes_once_all_the_same() -> None:
    nights = _nights(utc("2026-03-06T00:00"), days=5)

    assert nights == [
        utc("2026-03-06T08:30"), utc("2026-03-07T08:30"), utc("2026-03-08T08:30"),
        utc("2026-03-09T07:30"), utc("2026-03-10T07:30"),
    ]  # fmt: skip


def test_a_time_the_clocks_repeat_in_autumn_comes_once() -> None:
    at = time(1, 30)

    nights = _nights(utc("2026-10-31T00:00"), days=3, at=at)

    assert nights == [utc("2026-10-31T06:30"), utc("2026-11-01T06:30"), utc("2026-11-02T07:30")]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
def test_zones_at_the_edges_of_the_day_have_a_night_every_day(zone: str) -> None:
    now = utc("2026-11-22T11:59")

    before, after = latest_night(now, AT, ZoneInfo(zone)), next_night(now, AT, ZoneInfo(zone))

    assert before <= now < after
    assert after - before == timedelta(days=1)


def _nights(start: datetime, *, days: int, at: time = AT) -> list[datetime]:
    found, now = [], start
    for _ in range(days):
        now = next_night(now, at, CHICAGO)
        found.append(now)
    return found
