"""Has the worker carry many messages at once, each in a task of its own."""

from __future__ import annotations

import asyncio
from datetime import datetime

from bot.attempt import attempt
from bot.clock import Bell
from bot.sending.worker import Taken, Worker
from storage.records import Done, Outcome


class Dispatcher:
    """Takes what may go and starts it; never waits for an answer of Teams."""

    def __init__(self, worker: Worker, bell: Bell) -> None:
        self._worker = worker
        self._bell = bell
        self._carrying: set[asyncio.Task[Outcome]] = set()

    async def step(self) -> bool:
        """Start carrying one message; False when none may go now."""
        taken = await self._worker.take()
        if taken is None:
            return False
        task = asyncio.create_task(self._carry(taken))
        self._carrying.add(task)
        task.add_done_callback(self._carried)
        return True

    async def next_due(self) -> datetime | None:
        """Return when there may be something to carry."""
        return await self._worker.next_due()

    async def close(self) -> None:
        """Stop; what was in flight is settled at the next start."""
        carrying = [*self._carrying]
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)

    async def _carry(self, taken: Taken) -> Outcome:
        async def effect() -> Outcome:
            await self._worker.carry(taken)
            return Done()

        return await attempt(effect, what="outbox")

    def _carried(self, task: asyncio.Task[Outcome]) -> None:
        self._carrying.discard(task)
        self._bell.ring()
