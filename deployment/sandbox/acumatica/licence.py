"""What the license allows (SM604000): seats, requests a minute, and requests at the same time.

Past half of a minute's requests each one is slowed down, so that the rest lasts until the minute
ends; past all of them, and past the concurrent ones, requests wait in a short queue, then get 429.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime

from .options import FACES, SandboxOptions
from .refusals import Refusal

WAITING = 20
PATIENCE = 600.0  # seconds in the queue
_FULL = "The number of API requests that can be processed has been exceeded. Try again later."


class BadLimit(ValueError):
    """A limit that cannot be set; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is allowed now; 0 is no limit, except of seats."""

    seats: int
    logins_per_user: int
    requests_per_minute: int
    concurrent_requests: int
    login_limit_face: str
    limit_at_token: bool


def limits_of(options: SandboxOptions) -> Limits:
    """The limits a stand-in starts with."""
    return Limits(**{f.name: getattr(options, f.name) for f in fields(Limits)})


def read_limits(limits: Limits, wish: Mapping[str, object]) -> Limits:
    """The limits with some of them changed. Raises BadLimit."""
    known = [f.name for f in fields(Limits)]
    for name, value in wish.items():
        if name not in known:
            raise BadLimit(f"Unknown: {name}. Allowed: {', '.join(known)}.")
        if name == "login_limit_face":
            if value not in FACES:
                raise BadLimit(f"'{name}' must be one of: {', '.join(FACES)}.")
        elif name == "limit_at_token":
            if not isinstance(value, bool):
                raise BadLimit(f"'{name}' must be true or false.")
        elif isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise BadLimit(f"'{name}' must be a whole number from 0.")
    return replace(limits, **wish)  # type: ignore[arg-type]


class Licence:
    """Counts requests, slows them down and makes them wait."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self.limits = limits_of(options)
        self.running = 0
        self.waiting = 0
        self._line: deque[asyncio.Future[None]] = deque()
        self._minute: datetime | None = None
        self._used = 0

    @property
    def used(self) -> int:
        """How many requests this minute has let through."""
        minute = self._options.now().replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._used = minute, 0
        return self._used

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[None]:
        """A place for one request, once it is its turn. Raises Refusal when the queue is full."""
        await self._own_share()
        await self._own_place()
        try:
            yield
        finally:
            self._give_back()

    async def _own_share(self) -> None:
        await self._share_left()
        allowed, used = self.limits.requests_per_minute, self.used
        self._used += 1
        if allowed and 2 * used >= allowed:
            await self._options.sleep(self._rest_of_minute() / (allowed - used))

    async def _share_left(self) -> None:
        waited = 0.0
        while 0 < self.limits.requests_per_minute <= self.used:
            rest = self._rest_of_minute()
            waited += rest
            if waited > PATIENCE:
                raise _too_many()
            with self._in_queue():
                await self._options.sleep(rest)

    async def _own_place(self) -> None:
        if not 0 < self.limits.concurrent_requests <= self.running:
            self.running += 1
            return
        turn = asyncio.get_running_loop().create_future()
        with self._in_queue():
            self._line.append(turn)
            patience = asyncio.ensure_future(self._options.sleep(PATIENCE))
            try:
                await asyncio.wait({turn, patience}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                patience.cancel()
        if not turn.done():
            self._line.remove(turn)
            raise _too_many()

    def _give_back(self) -> None:
        """The next in line takes the place over; without one it is free."""
        if self._line:
            self._line.popleft().set_result(None)
        else:
            self.running -= 1

    @contextmanager
    def _in_queue(self) -> Iterator[None]:
        if self.waiting >= WAITING:
            raise _too_many()
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1

    def _rest_of_minute(self) -> float:
        now = self._options.now()
        return 60 - now.second - now.microsecond / 1_000_000


def _too_many() -> Refusal:
    """The status is documented, its text is not."""
    return Refusal(429, {"message": _FULL})
