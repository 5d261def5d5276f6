"""How far polling has seen, and which window it asks for next. Pure.

Three clocks take part: the stamps received, the ERP's clock as its newest answer told it, and ours.
Only stamps move the watermark forward. The clocks bound it: whichever of them jumps, a window may
start too early, which costs a few rows that are known already, but never too late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

AHEAD = timedelta(seconds=2)
"""The window ends a little after the ERP's own clock, whose `Date` header is cut to seconds."""
APART = timedelta(minutes=5)
"""Clocks further apart than that, or a watermark so far ahead of one, are worth telling."""
REACH = timedelta(days=2)
"""How far a clock that jumped back takes the watermark with it; before that, reconciliation."""


@dataclass(frozen=True, slots=True)
class Window:
    """What one poll asks for: *since* ≤ last modified < *before*."""

    mark: datetime
    """How far polling has seen: the watermark, or the ERP's clock where that is earlier."""
    since: datetime
    before: datetime
    believed: datetime
    """No stamp beyond it moves the watermark: neither clock has come so far."""
    jumped: timedelta
    """How far the watermark lay in the ERP's future; 0 for as little as clocks always differ."""

    def mark_after(self, stamps: Iterable[datetime]) -> datetime:
        """Return the greatest stamp received that is not from the future of either clock."""
        return max(
            (stamp for stamp in stamps if self.mark < stamp <= self.believed), default=self.mark
        )


def window(seen: datetime, told: datetime, now: datetime, look_back: timedelta) -> Window:
    """Return the window after *seen*, where the ERP's clock *told* that time and ours says *now*.

    When the ERP's clock is behind the watermark, what changes now gets a stamp before it: the mark
    goes back with the clock, and stays there until greater stamps are received.
    """
    mark = min(seen, max(told, now - REACH))
    jumped = seen - told
    return Window(
        mark,
        since=min(mark, told) - look_back,
        before=told + AHEAD,
        believed=min(told, now) + AHEAD,
        jumped=jumped if jumped > APART else timedelta(),
    )


def first_mark(told: datetime, now: datetime) -> datetime:
    """Return where windows begin before any stamp was received: at the earlier clock."""
    return max(min(told, now), now - REACH)


def apart(told: datetime, now: datetime) -> str:
    """Say in words how far the ERP's clock is from ours; empty when that is no matter."""
    if abs(told - now) <= APART:
        return ""
    way = "ahead of" if told > now else "behind"
    minutes = round(abs(told - now) / timedelta(minutes=1))  # told anew only when it moves on
    return f"Acumatica's clock is {minutes} minutes {way} ours: have both set"
