"""Days and times in words: `Due Sat 5 Dec 2026, in 13 days`, `at 10:23`."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from babel.dates import format_date

from cards.money import LOCALE


def day(value: date) -> str:
    """Return `Sat 5 Dec 2026`."""
    return str(format_date(value, "EEE d MMM y", locale=LOCALE))


def today(now: datetime, zone: tzinfo) -> date:
    """Return the day it is where the company is."""
    return now.astimezone(zone).date()


def due(value: date, on: date) -> str:
    """Return when something is due, overdue told in words and days."""
    late = (on - value).days
    if late == 0:
        return "Due today"
    if late > 0:
        return f"Due {day(value)}, {_days(late)} overdue"
    return f"Due {day(value)}, {_ahead(-late)}"


def expected(word: str, value: date, on: date) -> str:
    """Return a day that is no deadline of ours, e.g. `Promised Mon 30 Nov 2026, in 8 days`."""
    past = (on - value).days
    if past == 0:
        return f"{word} today"
    return f"{word} {day(value)}, {ago(value, on)}"


def ago(value: date, on: date) -> str:
    """Return how far a day is from another: `19 days ago`, `today`, `tomorrow`, `in 8 days`."""
    past = (on - value).days
    if past == 0:
        return "today"
    return f"{_days(past)} ago" if past > 0 else _ahead(-past)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def _ahead(count: int) -> str:
    return "tomorrow" if count == 1 else f"in {_days(count)}"


def clock(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """Return `08:14`, with the day before it when that is not today."""
    there = moment.astimezone(zone)
    return " ".join(filter(None, (_other_day(there, now.astimezone(zone)), f"{there:%H:%M}")))


def at(moment: datetime | None, now: datetime, zone: tzinfo) -> str:
    """Return ` at 10:23` or ` on Sat 21 Nov at 10:23`, ready to follow a word; nothing for none."""
    if moment is None:
        return ""
    there = moment.astimezone(zone)
    other = _other_day(there, now.astimezone(zone))
    return f" on {other} at {there:%H:%M}" if other else f" at {there:%H:%M}"


def anchored(moment: datetime, zone: tzinfo) -> str:
    """Return `08:20 CST, Sun 22 Nov`: the time all other times of a card can be read against."""
    there = moment.astimezone(zone)
    return f"{there:%H:%M} {there.tzname()}, {format_date(there, 'EEE d MMM', locale=LOCALE)}"


def _other_day(there: datetime, here: datetime) -> str:
    if there.date() == here.date():
        return ""
    pattern = "EEE d MMM" if there.year == here.year else "EEE d MMM y"
    return str(format_date(there.date(), pattern, locale=LOCALE))
