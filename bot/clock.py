"""Time, chance and transport as they are passed in, so that a test or a simulation can own them."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import aiosqlite

from acumatica_client.transport import OpenTransport, open_transport
from bot.tokens import OpenTokens, open_tokens
from storage.database import Connect
from storage.records import Reading

SET_BACK = timedelta(seconds=1)
"""How far the wall clock must have been set back to be seen: two clocks are never quite as one."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What time it is, by the wall and by the clock nobody can set; and waiting."""

    def now(self) -> datetime:
        """Return wall time in UTC: for display, token validity and audit only."""

    def reading(self) -> Reading:
        """Return the boot-time clock: for leases, timeouts and waiting periods."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's clocks. CLOCK_BOOTTIME counts suspended time, which `monotonic` does not."""

    def __init__(self) -> None:
        self._boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else uuid.uuid4().hex

    def now(self) -> datetime:
        """Return wall time in UTC."""
        return datetime.now(UTC)

    def reading(self) -> Reading:
        """Return the boot-time clock."""
        kind = getattr(time, "CLOCK_BOOTTIME", None)
        return Reading(self._boot, time.monotonic() if kind is None else time.clock_gettime(kind))

    async def sleep(self, seconds: float) -> None:
        """Wait on the running loop."""
        await asyncio.sleep(seconds)


def on_the_wall(clock: Clock, seconds: float) -> datetime:
    """Return what the wall clock will show, as it goes now, at a moment of the boot-time clock."""
    return clock.now() + timedelta(seconds=seconds - clock.reading().seconds)


class SetBacks:
    """Tells when the wall clock was set back: what is due by it must not wait as much longer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._before: tuple[datetime, float] | None = None

    def since_last(self) -> timedelta | None:
        """Return how far it was set back since this was asked last; None where it was not."""
        now, seconds = self._clock.now(), self._clock.reading().seconds
        before, self._before = self._before, (now, seconds)
        if before is None:
            return None
        behind = before[0] + timedelta(seconds=seconds - before[1]) - now
        return behind if behind > SET_BACK else None


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything the service takes from outside itself."""

    clock: Clock
    chance: Callable[[], float]
    """A number in 0..1, to spread waits."""
    token: Callable[[], str]
    """An unguessable text of at least 128 bits: card tokens, ids, correlation ids."""
    open_transport: OpenTransport
    connect: Connect = aiosqlite.connect
    """How the store's file is opened."""
    open_tokens: OpenTokens = open_tokens
    """Where the bot's own tokens come from."""


def system_ports() -> Ports:
    """Return the real clock, real chance and real network."""
    return Ports(
        SystemClock(),
        random.SystemRandom().random,
        lambda: secrets.token_urlsafe(24),
        open_transport,
    )


class Bell:
    """Wakes a loop that waits for work, from anywhere in the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Say that there is work."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Wait for a ring, at most so many seconds; a ring that came before counts."""
        ring = asyncio.ensure_future(self._event.wait())
        nap = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({ring, nap}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ring.cancel()
            nap.cancel()
            self._event.clear()
