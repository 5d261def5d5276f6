"""Time as the client needs it, passed in; and work that outlives whoever asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Time as the client needs it; a test or a simulation owns it."""

    now: Callable[[], datetime]
    """Wall time, to tell people."""
    sleep: Callable[[float], Awaitable[None]]
    seconds: Callable[[], float]
    """The clock nobody can set, to measure by."""


class Errand(Generic[T]):
    """Work that all who ask share, and that goes on to its end though one of them is cancelled.

    A sign-in left halfway would keep a seat that nobody can give back, a refresh left halfway
    would lose the only token that is still good.
    """

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._work = work
        self._running: asyncio.Task[T] | None = None

    async def done(self) -> T:
        """Join the work, or begin it; returns and raises what it does."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._work())
            self._running.add_done_callback(_looked_at)
        return await asyncio.shield(self._running)

    async def settled(self) -> None:
        """Wait until nothing is running, however it ends."""
        if self._running is not None:
            await asyncio.wait({self._running})


def _looked_at(task: asyncio.Task[Any]) -> None:
    # Whoever asked may be gone; an error nobody waits for is no mistake of ours.
    if not task.cancelled():
        task.exception()
