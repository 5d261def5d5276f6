"""One company's notice board: what its parts tell each other, and whoever watches them.

Nothing on it is needed to be right: it is empty after a start, and what must last is in the store.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from bot.clock import Bell, Clock


class Board:
    """Counts since the start, troubles that stand, and the wish for a poll at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.poll_bell = Bell(clock)
        self.counts: Counter[tuple[str, str]] = Counter()
        """(What, which kind of it) -> how often since the start."""
        self.troubles: dict[str, str] = {}
        """Where something is wrong now -> what it is, for an operator."""
        self.since: dict[str, datetime] = {}
        """Where something is wrong now -> since when anything is."""
        self.polled_at: datetime | None = None
        self.poll_every = timedelta()
        self._poll_wanted = False

    def count(self, what: str, kind: str = "", *, by: int = 1) -> None:
        """Count something that happened."""
        self.counts[what, kind] += by

    def trouble(self, where: str, reason: str) -> bool:
        """Note that something is wrong; False when just that stands there already."""
        known = self.troubles.get(where) == reason
        self.troubles[where] = reason
        self.since.setdefault(where, self._clock.now())
        return not known

    def fine(self, where: str) -> None:
        """Note that all is well there."""
        self.troubles.pop(where, None)
        self.since.pop(where, None)

    def poll_now(self) -> None:
        """Have the company polled at once: a push could not tell what happened."""
        self._poll_wanted = True
        self.poll_bell.ring()

    def take_wish(self) -> bool:
        """Say whether a poll at once is wanted, and forget it."""
        wanted, self._poll_wanted = self._poll_wanted, False
        return wanted
