"""The licence's requests a minute, kept by ourselves: presses first, reads with the rest.

Past half of its number the ERP slows every request down, and past all of it requests queue for up
to ten minutes and are then refused. So we stay below a number of our own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from enum import StrEnum

from acumatica_client.errors import ErpBusy
from acumatica_client.usage import Usage
from acumatica_client.waiting import Waiting

MINUTE = 60.0
PATIENCE = 2 * MINUTE
"""Seconds a request waits for its share at most; longer waits belong to whoever can plan them."""
LEAST_WAIT = 0.01
"""Seconds: what is left after rounding must not become a wait of nothing, over and over."""


class Lane(StrEnum):
    """Whose turn it is: a person waits for one of them."""

    PRESSES = "presses"
    BACKGROUND = "background"


class Budget:
    """The requests of the last 60 seconds, over both sessions of one company."""

    def __init__(self, per_minute: int, waiting: Waiting, usage: Usage) -> None:
        # The last quarter is for presses: their checks, calls, polls and read-backs.
        self._shares = {
            Lane.PRESSES: per_minute,
            Lane.BACKGROUND: max(1, per_minute - -(-per_minute // 4)),
        }
        self._limited = per_minute > 0
        self._waiting = waiting
        self._usage = usage
        self._spent: deque[float] = deque()
        self._lines = {lane: asyncio.Lock() for lane in Lane}
        self._rests_until = 0.0

    async def take(self, lane: Lane, *, patience: float = PATIENCE) -> None:
        """Spend one request; waits for its share first. Raises ErpBusy past *patience*."""
        await self.room(lane, 1, patience=patience)
        if self._limited:
            self._spent.append(self._waiting.seconds())

    async def room(self, lane: Lane, count: int, *, patience: float = PATIENCE) -> None:
        """Wait until *count* requests fit, without spending any. Raises ErpBusy."""
        self._refuse_at_rest(lane)
        ends = self._waiting.seconds() + patience
        async with self._lines[lane]:  # first come, first served
            wait = self._wait(lane, count)
            self._usage.waits += wait > 0
            while wait > 0:
                if self._waiting.seconds() + wait > ends:
                    raise ErpBusy("our own requests a minute are used up", after=wait)
                self._usage.waited += wait
                await self._waiting.sleep(wait)
                wait = self._wait(lane, count)

    def rest(self, seconds: float) -> None:
        """Leave the ERP alone: it named a limit. Presses may still try."""
        self._rests_until = max(self._rests_until, self._waiting.seconds() + seconds)

    def _refuse_at_rest(self, lane: Lane) -> None:
        left = self._rests_until - self._waiting.seconds()
        if lane is Lane.BACKGROUND and left > 0:
            raise ErpBusy("Acumatica named a limit; it is left alone for a while", after=left)

    def _wait(self, lane: Lane, count: int) -> float:
        """Return the seconds until *count* more fit into this lane's share of the minute."""
        now = self._waiting.seconds()
        while self._spent and self._spent[0] <= now - MINUTE:
            self._spent.popleft()
        share = self._shares[lane]
        too_many = len(self._spent) + min(count, share) - share
        if not self._limited or too_many <= 0:
            return 0.0
        return max(self._spent[too_many - 1] + MINUTE - now, LEAST_WAIT)
