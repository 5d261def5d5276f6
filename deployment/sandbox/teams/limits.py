"""The connector's rate limits as sliding windows (facts §4). Pure: the clock is an argument."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Window:
    """At most *most* calls in any *seconds*."""

    seconds: float
    most: int


SEND = (Window(1, 7), Window(2, 8), Window(30, 60), Window(3600, 1800))
READ = (Window(1, 14), Window(2, 16), Window(30, 120), Window(3600, 3600))
ALL_BOTS_SEND = (Window(1, 14), Window(2, 16))
ALL_BOTS_READ = (Window(1, 28), Window(2, 32))


@dataclass(slots=True)
class Limiter:
    """Remembers the calls let through, by key."""

    _calls: dict[str, deque[float]] = field(default_factory=dict)

    def take(self, wanted: dict[str, tuple[Window, ...]], now: float) -> float:
        """Count one call under every key, or say how many seconds to wait and count nothing."""
        wait = max((self._wait(key, windows, now) for key, windows in wanted.items()), default=0.0)
        if wait > 0:
            return wait
        for key in wanted:
            self._calls.setdefault(key, deque()).append(now)
        return 0.0

    def _wait(self, key: str, windows: tuple[Window, ...], now: float) -> float:
        calls = self._calls.setdefault(key, deque())
        longest = max(window.seconds for window in windows)
        while calls and calls[0] <= now - longest:
            calls.popleft()
        return max(_wait_for(window, calls, now) for window in windows)


def _wait_for(window: Window, calls: deque[float], now: float) -> float:
    if len(calls) < window.most:
        return 0.0
    # The call that must leave the window before another one fits.
    return max(0.0, calls[-window.most] + window.seconds - now)
