"""What one company's licence leaves us: calls at one time, requests a minute, and what was used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass

from acumatica_client.budget import PATIENCE, Budget, Lane
from acumatica_client.errors import ErpBusy
from acumatica_client.usage import Kind, Usage
from acumatica_client.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Limits:
    """What the licence of a company leaves to us; 0 requests a minute is no budget."""

    seats: int = 2
    parallel: int = 4
    per_minute: int = 0
    actions: int = 1
    """Writes at one time; each beyond the first takes one more seat while it runs."""


class Allowance:
    """Hands out places for requests, over all sessions of one company."""

    def __init__(self, limits: Limits, waiting: Waiting) -> None:
        self.usage = Usage()
        self._budget = Budget(limits.per_minute, waiting, self.usage)
        self._places = asyncio.Semaphore(limits.parallel)
        # Slow background reads leave one place for a press, where there is more than one.
        self._background = asyncio.Semaphore(max(1, limits.parallel - 1))

    async def room_for_press(self, requests: int) -> None:
        """Wait until so many requests of a press fit. Raises ErpBusy."""
        await self._budget.room(Lane.PRESSES, requests)

    @asynccontextmanager
    async def calling(self, lane: Lane) -> AsyncIterator[None]:
        """Hold one of the parallel places."""
        first = self._background if lane is Lane.BACKGROUND else nullcontext()
        async with first, self._places:
            yield

    async def spend(self, lane: Lane, kind: Kind, *, patience: float = PATIENCE) -> None:
        """Spend one request of the minute. Raises ErpBusy."""
        await self._budget.take(lane, patience=patience)
        self.usage.requests[kind] += 1

    def opened(self) -> None:
        """Count a session that was opened."""
        self.usage.sessions_opened += 1
        self.usage.sessions_open += 1

    def limited(self, error: ErpBusy) -> None:
        """Learn that the ERP named a limit: background reads leave it alone for a while."""
        self.usage.refused_by_limit += 1
        self._budget.rest(error.after)

    def told(self, error: str) -> None:
        """Keep the words of an error for operators."""
        self.usage.last_error = error
