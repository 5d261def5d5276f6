"""How often a company is polled: as fast as its file says, slower while pushes tell all. Pure.

A poll judges the pushes: a change it finds that we know already was told by a push, one that should
have been told by now was missed. Whatever the pushes are worth, the licence's budget and a peer
that asked to be left alone come first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

SHARE = 4
"""Polling uses at most one part in so many of the requests a minute."""
LONGEST_BACK_OFF = timedelta(minutes=5)
FIRST_BACK_OFF = timedelta(minutes=1)
MAX_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll of every entity showed."""

    calls: int
    told: int = 0
    """Fresh changes that were known already: pushes told them."""
    missed: int = 0
    """Fresh changes no push told although there was time for it."""
    pushes: int = 0
    """Pushes that came since the poll before."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient polling is now."""

    fastest: timedelta
    with_push: timedelta
    requests_per_minute: int = 0
    """The licence's budget; 0 is none."""
    doublings: int = 0
    failures: int = 0
    calls: int = 0

    def after(self, polled: Polled) -> Pace:
        """Return the pace once a poll went well."""
        doublings = self.doublings
        if polled.missed:
            doublings = 0
        elif polled.pushes and polled.told and self._stretched(doublings) < self.slowest:
            doublings += 1
        return replace(self, doublings=doublings, failures=0, calls=polled.calls)

    def after_failure(self) -> Pace:
        """Return the pace once a poll went wrong."""
        return replace(self, failures=min(self.failures + 1, MAX_DOUBLINGS))

    @property
    def slowest(self) -> timedelta:
        """The longest wait between two polls, however good the pushes are."""
        return max(self.fastest, self.with_push)

    def wait(self) -> timedelta:
        """Return how long to wait after a poll that went well."""
        return max(min(self._stretched(self.doublings), self.slowest), self._affordable())

    def back_off(self, chance: float, *, after: float = 0.0, patient: bool = False) -> timedelta:
        """Return how long to wait after a failure, never less than *after* seconds.

        A *patient* one is for what a person has to mend.
        """
        first = min(self.fastest, FIRST_BACK_OFF)
        grown = first * 2 ** max(self.failures - 1, 0)
        longest = LONGEST_BACK_OFF if patient else min(grown, LONGEST_BACK_OFF)
        asked = timedelta(seconds=after) * (1 + chance / 10)
        return max(longest * (0.5 + chance / 2), asked)

    def _stretched(self, doublings: int) -> timedelta:
        # Doubling a poll of many days would leave the calendar.
        return self.fastest if self.fastest >= self.with_push else self.fastest * 2**doublings

    def _affordable(self) -> timedelta:
        if not self.requests_per_minute:
            return timedelta()
        return timedelta(minutes=1) * self.calls * SHARE / self.requests_per_minute
