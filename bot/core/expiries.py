"""When secrets end: days that are left, and when administrators are told (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

MARKS = (30, 14, 7, 1)
"""Days before the end at which administrators are told, once each."""


class Kind(StrEnum):
    """What ends."""

    SECRET = "client secret"  # noqa: S105  # a kind, not a value
    CERTIFICATE = "certificate"
    SERVICE_GRANT = "grant of the service"
    PERSON_GRANT = "grant of a person"
    PUSH_SECRET = "push secret"  # noqa: S105  # a kind, not a value


@dataclass(frozen=True, slots=True)
class Expiry:
    """One thing that ends, and when."""

    kind: Kind
    name: str
    """The variable's name; for a grant the login it is for."""
    ends: datetime
    company: str = ""
    life: timedelta | None = None
    """How long it lasts since its last use or change, where it begins anew with these."""

    def days_left(self, now: datetime) -> int:
        """Return the whole days until the end, negative after it."""
        return (self.ends - now) // timedelta(days=1)

    def mark(self, now: datetime) -> int | None:
        """Return which of MARKS has been reached last; None before the first, and after the end."""
        left = self.ends - now
        if left < timedelta(0):
            return None
        reached = [mark for mark in self._marks() if left <= timedelta(days=mark)]
        return min(reached, default=None)

    def _marks(self) -> tuple[int, ...]:
        """Leave out what is reached as soon as it begins: a month's grant has a month left."""
        longest = self.life or timedelta.max
        return tuple(mark for mark in MARKS if timedelta(days=mark) < longest)

    def told(self, now: datetime) -> str:
        """Return a line for an operator."""
        left, day = self.days_left(now), self.ends.date().isoformat()
        whose = f" of {self.company}" if self.company else ""
        if self.ends < now:
            return f"{self.name}{whose} ended on {day}"
        return f"{self.name}{whose} ends on {day}, in {left} {'day' if left == 1 else 'days'}"


def at_begin(day: date) -> datetime:
    """Return the moment a day begins: what ends on it may be refused from then on."""
    return datetime.combine(day, time(), UTC)


def soon(expiries: list[Expiry], now: datetime) -> list[Expiry]:
    """Return what administrators are told of, or has ended; what ends first comes first."""
    found = [one for one in expiries if one.ends < now or one.mark(now) is not None]
    return sorted(found, key=lambda one: (one.ends, one.name))
