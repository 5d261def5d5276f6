"""Lets requests to the connector go one by one, as the schedule has room for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

from bot.clock import Bell, Clock
from bot.core.schedule import Errand, Quotas, Schedule
from storage.outbox import Sent


class Pace:
    """The one gate all requests to Teams go through."""

    def __init__(self, quotas: Quotas, clock: Clock, *, freed: Bell | None = None) -> None:
        self._schedule = Schedule(quotas)
        self._clock = clock
        self._changed = Bell(clock)
        self._freed = freed or Bell(clock)
        """Rung when there may be room for one more."""
        self.queued = 0
        """Requests that are ready to go and wait for room."""

    @asynccontextmanager
    async def turn(self, errand: Errand) -> AsyncIterator[None]:
        """Wait until *errand* may go; it has come to its end when the block ends."""
        await self._wait(errand)
        ticket = self._schedule.begin(errand, self._seconds())
        self._freed.ring()
        try:
            yield
        finally:
            self._schedule.answered(ticket, self._seconds())
            self._changed.ring()
            self._freed.ring()

    def room(self, conversation: str) -> float:
        """Return the seconds until a conversation has room for a message."""
        return self._schedule.room(Errand(conversation), self._seconds())

    def hold(self, conversation: str, seconds: float) -> None:
        """Send nothing to a conversation for so long: Teams asked for that."""
        self._schedule.hold(conversation, self._seconds() + seconds)

    def recall(self, sent: Iterable[Sent], *, now: datetime) -> None:
        """Go on with the windows of the time before a restart."""
        for one in sent:
            age = max(0.0, (now - one.at).total_seconds())
            self._schedule.recall(one.conversation, self._seconds() - age)

    async def _wait(self, errand: Errand) -> None:
        self.queued += 1
        try:
            while (wait := self._schedule.wait(errand, self._seconds())) > 0:
                await self._changed.wait(wait)
        finally:
            self.queued -= 1

    def _seconds(self) -> float:
        return self._clock.reading().seconds
