"""How often one person may ask for something, so that nobody keeps everybody else waiting. Pure."""

from __future__ import annotations

from collections import OrderedDict, deque

MINUTE = 60.0
REMEMBERED = 10_000
"""People whose last minute is remembered; beyond that whoever asked longest ago is forgotten."""


class Rates:
    """So many times in any minute, for each person."""

    def __init__(self, most: int, *, remembered: int = REMEMBERED) -> None:
        self._most = most
        self._remembered = remembered
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    def lets(self, person: str, now: float) -> bool:
        """Count one more time at *now*, in seconds of a clock nobody can set; False beyond it.

        What is refused does not count, so that whoever goes on asking is let in again as soon as
        their earlier times are a minute old.
        """
        times = self._asked.setdefault(person, deque())
        self._asked.move_to_end(person)
        if len(self._asked) > self._remembered:
            self._asked.popitem(last=False)
        while times and now - times[0] >= MINUTE:
            times.popleft()
        if len(times) >= self._most:
            return False
        times.append(now)
        return True
