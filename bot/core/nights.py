"""When the nightly reconciliation is due, in the company's own zone. Pure.

A time the clocks skip in spring is taken as an hour later, one they repeat in autumn counts once.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def latest_night(now: datetime, at: time, zone: ZoneInfo) -> datetime:
    """Return the last moment, not after *now*, at which the clocks of *zone* said *at*."""
    today = now.astimezone(zone).date()
    return max(night for night in _nights(today, at, zone) if night <= now)


def next_night(now: datetime, at: time, zone: ZoneInfo) -> datetime:
    """Return the first moment after *now* at which the clocks of *zone* say *at*."""
    today = now.astimezone(zone).date()
    return min(night for night in _nights(today, at, zone) if night > now)


def _nights(around: date, at: time, zone: ZoneInfo) -> list[datetime]:
    days = (around - 2 * DAY, around - DAY, around, around + DAY, around + 2 * DAY)
    return [datetime.combine(day, at, zone).astimezone(UTC) for day in days]
