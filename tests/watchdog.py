"""Fails a test in which the event loop stood still: everybody waits while it does.

A task in the test's own loop looks at the clock all the time; a gap between two looks is a stall.
What the machine is to blame for does not count: time in which the loop's thread was ready and got
no processor, and gaps in which a thread that only sleeps did not wake on time either.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST = 0.25
"""Seconds the loop may stand still."""
TICK = 0.02
LATE = 0.05
"""Seconds by which the sentinel may oversleep and still count as awake on time."""


class Sentinel(threading.Thread):
    """Sleeps and wakes, and remembers when it woke late: then the machine was busy, not we."""

    def __init__(self) -> None:
        super().__init__(name="sentinel", daemon=True)
        self.late: deque[tuple[float, float]] = deque(maxlen=1000)
        self._never = threading.Event()

    def run(self) -> None:
        while True:
            before = time.monotonic()
            self._never.wait(TICK)
            after = time.monotonic()
            if after - before > TICK + LATE:
                self.late.append((before, after))

    def was_on_time(self, since: float, until: float) -> bool:
        return not any(a < until and b > since for a, b in tuple(self.late))


@functools.cache
def sentinel() -> Sentinel:
    """The one sentinel of this run."""
    thread = Sentinel()
    thread.start()
    return thread


def unserved() -> float:
    """Seconds the machine kept from us, as far as the system tells.

    Either this thread was ready and waited for a processor, or the host ran somebody else on it.
    """
    waited = _number(Path(f"/proc/self/task/{threading.get_native_id()}/schedstat"), 1) / 1e9
    return waited + _number(Path("/proc/stat"), 8) / os.sysconf("SC_CLK_TCK")


def _number(file: Path, place: int) -> int:
    try:
        with file.open() as lines:
            return int(lines.readline().split()[place])
    except (OSError, IndexError, ValueError):
        return 0


@dataclass
class Watch:
    """What a watch of one loop has found."""

    stalls: list[tuple[float, float, float]] = field(default_factory=list)
    """From when to when, and for how long of it, the loop stood still."""
    excused: int = 0
    """How many blocks run now in which a stall is nobody's fault."""
    excused_until: float = 0.0

    def note(self, since: float, until: float, stood: float) -> None:
        """Remember a stall between two looks, unless it is excused."""
        innocent = self.excused > 0 or self.excused_until >= since
        if stood > MOST and not innocent:
            self.stalls.append((since, until, stood))

    async def longest(self) -> float:
        """Return the longest stall that was not the machine's fault.

        The sentinel is heard first: after a stall it may wake later than the loop does.
        """
        if self.stalls:
            await asyncio.sleep(TICK + LATE)
        on_time = sentinel().was_on_time
        return max(
            (stood for since, until, stood in self.stalls if on_time(since, until)), default=0.0
        )


_watches: list[Watch] = []


@contextmanager
def excused() -> Iterator[None]:
    """Let the loop stand still meanwhile: a program starts, or a test does what only tests do."""
    for watch in _watches:
        watch.excused += 1
    try:
        yield
    finally:
        for watch in _watches:
            watch.excused -= 1
            watch.excused_until = time.monotonic()


async def _look(watch: Watch) -> None:
    """Look at the clock until cancelled."""
    at, waited = time.monotonic(), unserved()
    while True:
        await asyncio.sleep(TICK)
        now, waiting = time.monotonic(), unserved()
        watch.note(at, now, now - at - TICK - (waiting - waited))
        at, waited = now, waiting


def watched(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Return *test* so that it fails when its loop stands still."""

    @functools.wraps(test)
    async def run(*args: Any, **kwargs: Any) -> None:
        watch = Watch()
        _watches.append(watch)
        sentinel()
        looking = asyncio.ensure_future(_look(watch))
        try:
            await test(*args, **kwargs)
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            _watches.remove(watch)
        stood = await watch.longest()
        assert stood <= MOST, f"the event loop stood still for {stood:.2f} s"

    return run


def is_watched(test: Any) -> bool:
    """Say whether *test* runs in a loop of its own making; Hypothesis runs its inner one itself."""
    return inspect.iscoroutinefunction(test) and not hasattr(test, "hypothesis")
