"""Sign-ins that are on their way: each can come back once, in time, to the browser it left from.

They are kept in memory, and only so many: after a restart people sign in once more.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable

from bot.admin.oidc import Attempt
from bot.clock import Clock
from storage.admin import mark_of

MOST = 1000
PATIENCE = 600.0
"""Seconds somebody has to sign in."""


class Attempts:
    """Begins and finds them."""

    def __init__(self, clock: Clock, token: Callable[[], str]) -> None:
        self._clock = clock
        self._token = token
        self._open: OrderedDict[str, Attempt] = OrderedDict()

    def begin(self) -> tuple[str, str, Attempt]:
        """Return the state, what the browser keeps as a cookie, and the attempt."""
        state, browser = self._token(), self._token()
        # RFC 7636 wants 43 characters and more of a verifier.
        verifier = self._token() + self._token()
        attempt = Attempt(self._token(), verifier, mark_of(browser), self._now())
        self._open[mark_of(state)] = attempt
        while len(self._open) > MOST:
            self._open.popitem(last=False)
        return state, browser, attempt

    def take(self, state: str, browser: str) -> Attempt | None:
        """Return the attempt a browser comes back with; None for a stranger's, or one too old."""
        attempt = self._open.get(mark_of(state))
        if attempt is None or not hmac.compare_digest(attempt.browser, mark_of(browser)):
            return None
        del self._open[mark_of(state)]
        return attempt if self._now() - attempt.begun < PATIENCE else None

    def _now(self) -> float:
        return self._clock.reading().seconds
