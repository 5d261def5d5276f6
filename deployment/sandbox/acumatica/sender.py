"""Sends push notifications: at least once, at most five attempts, one static header."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from .options import SandboxOptions
from .push import Destination, Notification, Settings
from .undelivered import Undelivered
from .wire import Json

log = logging.getLogger(__name__)

WAITS = (1.0, 2.0, 4.0, 8.0)  # five attempts; the vendor tells their number, not their distance
TIMEOUT = 10.0
REORDER_WAIT = 0.5


@dataclass(slots=True)
class _Unsent:
    """A notification that waits for its next attempt."""

    notification: Notification
    attempts: int = 1


class Sender:
    """Sends in order, retries on the side, and never makes the API wait."""

    def __init__(
        self,
        options: SandboxOptions,
        tell: Callable[[str, Json], None],
        undelivered: Undelivered,
    ) -> None:
        self._options = options
        self._tell = tell
        self._undelivered = undelivered
        self._queue: asyncio.Queue[Notification] = asyncio.Queue()
        self._taken: list[Notification] = []  # out of the queue, first attempt still to come
        self._retries: dict[asyncio.Task[None], _Unsent] = {}
        self.settings = Settings()

    def offer(self, notifications: list[Notification]) -> None:
        """Take notifications of a committed transaction."""
        if self.settings.on and self.settings.destination:
            for notification in notifications:
                self._queue.put_nowait(notification)

    async def run(self) -> None:
        """Send until cancelled; what is on its way then is kept among the failures."""
        async with _http() as http:
            try:
                while True:
                    await self._next(http)
            finally:
                await self._stop_retries()
                self._keep_unsent()

    async def resend(self, key: str = "") -> int:
        """Try failed ones again, one or all of them, once each; says how many arrived."""
        arrived = 0
        async with _http() as http:
            for failure in self._undelivered.resendable(key):
                if await self._attempt(http, failure.notification, failure.attempts + 1):
                    self._undelivered.drop(failure.key)
                    arrived += 1
                else:
                    self._undelivered.count(failure.key)
        return arrived

    async def _next(self, http: aiohttp.ClientSession) -> None:
        self._taken.append(await self._queue.get())
        if self.settings.reorder:
            await self._options.sleep(REORDER_WAIT)
            self._taken.extend(self._queued())
            self._taken.reverse()
        while self._taken:
            for _ in range(1 + self.settings.duplicate):
                await self._deliver(http, self._taken[0])
            del self._taken[0]

    async def _deliver(self, http: aiohttp.ClientSession, notification: Notification) -> None:
        """The first attempt keeps the order; further ones must not hold up what follows."""
        if not await self._attempt(http, notification, 1):
            unsent = _Unsent(notification)
            task = asyncio.get_running_loop().create_task(self._retry(http, unsent))
            self._retries[task] = unsent
            task.add_done_callback(self._retries.pop)

    async def _retry(self, http: aiohttp.ClientSession, unsent: _Unsent) -> None:
        for wait in WAITS:
            await self._options.sleep(wait)
            unsent.attempts += 1
            if await self._attempt(http, unsent.notification, unsent.attempts):
                return
        self._undelivered.keep(unsent.notification, unsent.attempts)

    async def _attempt(
        self, http: aiohttp.ClientSession, notification: Notification, attempt: int
    ) -> bool:
        destination = self.settings.destination
        if destination is None:
            return False
        status = await _post(http, destination, notification.body)
        told: Json = {"query": notification.query, "id": notification.id}
        self._tell("push", {"attempt": attempt, "status": status, **told})
        return status is not None and 200 <= status < 300

    def _queued(self) -> list[Notification]:
        return [self._queue.get_nowait() for _ in range(self._queue.qsize())]

    def _keep_unsent(self) -> None:
        for notification in [*self._taken, *self._queued()]:
            self._undelivered.keep(notification, 0)

    async def _stop_retries(self) -> None:
        running = dict(self._retries)
        for task in running:
            task.cancel()
        ends = await asyncio.gather(*running, return_exceptions=True)
        for unsent, end in zip(running.values(), ends, strict=True):
            if isinstance(end, asyncio.CancelledError):
                self._undelivered.keep(unsent.notification, unsent.attempts)


def _http() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    return aiohttp.ClientSession(timeout=timeout, auto_decompress=False)


async def _post(http: aiohttp.ClientSession, to: Destination, body: bytes) -> int | None:
    headers = {to.header: to.value, "Content-Type": "application/json"}
    try:
        async with http.post(to.url, data=body, headers=headers, allow_redirects=False) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as broken:
        log.info("push not delivered: %s", type(broken).__name__)
        return None
