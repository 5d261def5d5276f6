"""Telling open pages that something changed."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pulse:
    """A counter one can wait on."""

    count: int = 0
    closed: bool = False
    _waiting: list[asyncio.Event] = field(default_factory=list)

    def beat(self) -> None:
        """Say that the screen may look different now."""
        self.count += 1
        self._wake()

    def close(self) -> None:
        """Let everyone who waits go home, so that the server can stop."""
        self.closed = True
        self._wake()

    async def later_than(self, seen: int) -> int:
        """Wait until the count passes *seen* or the pulse is closed; answer the count."""
        if self.count <= seen and not self.closed:
            event = asyncio.Event()
            self._waiting.append(event)
            await event.wait()
        return self.count

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            event.set()
