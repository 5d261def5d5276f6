"""One attempt at one piece of work: it never raises; how it ended is a value.

This holds the only broad `except` of the product. What comes through it is a mistake of ours: it is
logged with its trace, and the piece of work is tried again later and parked in the end, where an
operator sees it, instead of stopping the loop that serves everybody else.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from bot.clock import Bell, Clock
from bot.pulse import Pulse
from storage.records import Done, Outcome, Retry

log = logging.getLogger(__name__)

IDLE = 60.0
"""Seconds a loop sleeps at most: a safety net under the bells."""


async def attempt(effect: Callable[[], Awaitable[Outcome]], *, what: str) -> Outcome:
    """Run *effect* and return its outcome; a crash is a Retry that names the error's kind."""
    try:
        return await effect()
    except Exception as error:
        log.exception("attempt failed", extra={"what": what})
        return Retry(f"internal error: {type(error).__name__}")


PAUSE = 1.0
"""Seconds a loop rests after a crash, so that one bad row does not spin it."""


class Runner(Protocol):
    """Something that does one piece of due work at a time."""

    async def step(self) -> bool:
        """Do one piece of work; False when nothing is due."""

    async def next_due(self) -> datetime | None:
        """Return when the next piece of work is due."""


async def keep_going(
    runner: Runner, bell: Bell, clock: Clock, *, name: str, pulse: Pulse | None = None
) -> None:
    """Do what is due, then wait for the bell or for what comes due next, until cancelled."""
    told = pulse or Pulse(clock)
    with told.task(name) as beat:
        while True:
            with told.step(beat):
                wait = await _one(runner, clock, name)
            if wait > 0:
                await bell.wait(wait)


async def _one(runner: Runner, clock: Clock, name: str) -> float:
    """Do one piece of work; return how many seconds to wait for the next."""
    wait = PAUSE

    async def step() -> Outcome:
        nonlocal wait
        if await runner.step():
            wait = 0.0
            return Done()
        due = await runner.next_due()
        seconds = IDLE if due is None else (due - clock.now()).total_seconds()
        wait = min(max(seconds, 0.01), IDLE)
        return Done()

    await attempt(step, what=name)
    return wait
