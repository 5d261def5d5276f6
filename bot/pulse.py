"""Whether the background loops go on: each tells when a step begins and when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.clock import Clock

PATIENCE = 1800.0
"""Seconds one step may take; a call to Acumatica may take eleven minutes."""
LONG = 6 * 3600.0
"""Seconds a step may take that reads everything: a first synchronisation, a reconciliation."""
READS_ALL = ("poll ", "reconcile ", "directory", "employees ")
"""How the names of loops begin whose steps may take LONG."""


@dataclass(slots=True)
class Beat:
    """One task of a loop."""

    name: str
    began: float | None = None
    """When the step began that goes on now; None between two."""
    over: bool = False
    """Whether the loop ended, which it never should while the service runs."""


class Pulse:
    """Knows of every background task whether it lives, and how long its step takes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._beats: list[Beat] = []

    @contextmanager
    def task(self, name: str) -> Iterator[Beat]:
        """Note that a task of the loop *name* lives until the block ends."""
        beat = Beat(name)
        self._beats.append(beat)
        try:
            yield beat
        finally:
            beat.over = True

    @contextmanager
    def step(self, beat: Beat) -> Iterator[None]:
        """Note that a task is in a step until the block ends."""
        beat.began = self._clock.reading().seconds
        try:
            yield
        finally:
            beat.began = None

    @property
    def tasks(self) -> int:
        """How many tasks there are."""
        return len(self._beats)

    def ailing(self) -> list[str]:
        """Say which loops ended, and which have been in one step for too long."""
        now = self._clock.reading().seconds
        ended = sorted({f"{beat.name} ended" for beat in self._beats if beat.over})
        stuck = [
            f"{beat.name} has been in one step for {int(now - beat.began) // 60} minutes"
            for beat in self._beats
            if beat.began is not None and now - beat.began > _patience(beat.name)
        ]
        return [*ended, *stuck]


def _patience(name: str) -> float:
    return LONG if name.startswith(READS_ALL) else PATIENCE
