"""Days and times in words: `Due Sat 5 Dec 2026, in 13 days`, `at 10:23`."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from babel.dates import format_date

from cards.language import Language, phrase

# How a day is written is part of a language, so it is translated like a word (babel's letters).
_LONG = phrase("EEE d MMM y")
_SHORT = phrase("EEE d MMM")


def day(value: date, language: Language) -> str:
    """Return `Sat 5 Dec 2026`."""
    return _written(value, _LONG, language)


def today(now: datetime, zone: tzinfo) -> date:
    """Return the day it is where the company is."""
    return now.astimezone(zone).date()


def due(value: date, on: date, language: Language) -> str:
    """Return when something is due, overdue told in words and days."""
    late = (on - value).days
    if late == 0:
        return language.say("Due today")
    when = day(value, language)
    if late > 0:
        return language.count(
            "Due {day}, {n} day overdue", "Due {day}, {n} days overdue", late, day=when
        )
    return language.say("Due {day}, {ahead}", day=when, ahead=_ahead(-late, language))


def far(value: date, on: date, language: Language) -> str:
    """Return a day that is no deadline of ours: `Mon 30 Nov 2026, in 8 days`, or `today`."""
    away = ago(value, on, language)
    return away if value == on else f"{day(value, language)}, {away}"


def ago(value: date, on: date, language: Language) -> str:
    """Return how far a day is from another: `19 days ago`, `today`, `tomorrow`, `in 8 days`."""
    past = (on - value).days
    if past == 0:
        return language.say("today")
    if past > 0:
        return language.count("{n} day ago", "{n} days ago", past)
    return _ahead(-past, language)


def _ahead(count: int, language: Language) -> str:
    return (
        language.say("tomorrow")
        if count == 1
        else language.count("in {n} day", "in {n} days", count)
    )


def clock(moment: datetime, now: datetime, zone: tzinfo, language: Language) -> str:
    """Return `08:14`, with the day before it when that is not today."""
    there = moment.astimezone(zone)
    other = _other_day(there, now.astimezone(zone), language)
    return " ".join(filter(None, (other, f"{there:%H:%M}")))


def at(moment: datetime | None, now: datetime, zone: tzinfo, language: Language) -> str:
    """Return ` at 10:23` or ` on Sat 21 Nov at 10:23`, ready to follow a word; nothing for none."""
    if moment is None:
        return ""
    there = moment.astimezone(zone)
    other = _other_day(there, now.astimezone(zone), language)
    time = f"{there:%H:%M}"
    if other:
        return language.say(" on {day} at {time}", day=other, time=time)
    return language.say(" at {time}", time=time)


def signed(who: str, on: str, language: Language) -> str:
    """Return `Erin Walsh on Fri 20 Nov 2026`, or the mere name where Acumatica told no day."""
    if not on:
        return who
    told = day(date.fromisoformat(on), language)
    return language.say("{who} on {day}", who=who, day=told)


def anchored(moment: datetime, zone: tzinfo, language: Language) -> str:
    """Return `08:20 CST, Sun 22 Nov`: the time all other times of a card can be read against."""
    there = moment.astimezone(zone)
    return f"{there:%H:%M} {there.tzname()}, {_written(there.date(), _SHORT, language)}"


def _other_day(there: datetime, here: datetime, language: Language) -> str:
    if there.date() == here.date():
        return ""
    return _written(there.date(), _SHORT if there.year == here.year else _LONG, language)


def _written(value: date, pattern: str, language: Language) -> str:
    return str(format_date(value, language.term(pattern), locale=language.code))
