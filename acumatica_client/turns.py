"""Many at once, or one alone: reads share a session, an action has it to itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Turns:
    """Lets many in together or one alone; who wants to be alone goes before later sharers."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._sharing = 0
        self._alone = False
        self._wanted = 0

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Go in together with others."""
        await self._until(lambda: not self._alone and not self._wanted)
        self._sharing += 1
        try:
            yield
        finally:
            self._sharing -= 1
            self._changed.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Go in alone, once everybody is out."""
        await self._wait_alone()
        self._alone = True
        try:
            yield
        finally:
            self._alone = False
            self._changed.set()

    async def _wait_alone(self) -> None:
        self._wanted += 1
        try:
            await self._until(lambda: not self._alone and not self._sharing)
        finally:
            self._wanted -= 1
            self._changed.set()

    async def _until(self, free: Callable[[], bool]) -> None:
        # Everybody who waits is woken by any change and looks again for himself.
        while not free():
            self._changed.clear()
            await self._changed.wait()
