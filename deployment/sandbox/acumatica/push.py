"""Push notifications (SM302000): at least once, at most five attempts, one static header."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import aiohttp

from .book import Record
from .options import SandboxOptions
from .values import Value, dotnet_ticks
from .wire import Json, dumps

log = logging.getLogger(__name__)

QUERIES: Mapping[str, str] = {
    "Bill": "CountersignBills",
    "PurchaseOrder": "CountersignPurchaseOrders",
    "Check": "CountersignChecks",
    "Payment": "CountersignPayments",
}
WAITS = (1.0, 2.0, 4.0, 8.0)  # five attempts; the vendor tells their number, not their distance
TIMEOUT = 10.0
PADDED = 10
REORDER_WAIT = 0.5


@dataclass(frozen=True, slots=True)
class Destination:
    """Where notifications go, and the one header that proves where they come from."""

    url: str
    header: str
    value: str


@dataclass(frozen=True, slots=True)
class Settings:
    """How the sender behaves, and misbehaves, now."""

    on: bool = True
    duplicate: int = 0  # extra deliveries of each notification
    reorder: bool = False  # two neighbours change places
    split: bool = False  # Deleted and Inserted in requests of their own
    destination: Destination | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """One message as it will be sent, every attempt the same bytes."""

    id: str
    query: str
    body: bytes


def read_settings(row: object) -> Settings:
    """Settings as they were stored."""
    if not isinstance(row, dict):
        return Settings()
    destination = row.get("destination")
    return Settings(**{**row, "destination": Destination(**destination) if destination else None})


def settings_row(settings: Settings) -> Json:
    """Settings for the store, header value included."""
    return asdict(settings)


class Clerk:
    """Writes the notifications: knows the tenant and keeps the time stamps growing."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self._last = 0

    def notices(
        self, before: Record | None, after: Record | None, *, id: str, now: datetime, split: bool
    ) -> list[Notification]:
        """What one transaction tells: an update is the old row deleted and the new one inserted."""
        record = after or before
        if record is None or record.entity not in QUERIES:
            return []
        # Ticks are the documented ordering key, so two transactions never share one.
        self._last = max(self._last + 1, dotnet_ticks(now))
        halves = [([after] if after else [], [before] if before else [])]
        if split and before and after:
            halves = [([], [before]), ([after], [])]
        return [
            Notification(id, QUERIES[record.entity], self._body(record, new, old, id=id, now=now))
            for new, old in halves
        ]

    def _body(
        self, record: Record, new: list[Record], old: list[Record], *, id: str, now: datetime
    ) -> bytes:
        message = {
            "Inserted": [_row(row) for row in new],
            "Deleted": [_row(row) for row in old],
            "Query": QUERIES[record.entity],
            "CompanyId": self._tenant,
            "Id": id,
            "TimeStamp": self._last,
            "AdditionalInfo": {"PXPerformanceInfoStartTime": f"{now:%m/%d/%Y %H:%M:%S}"},
        }
        return dumps(message).encode()


class Sender:
    """Sends in order, retries on the side, and never makes the API wait."""

    def __init__(self, options: SandboxOptions, tell: Callable[[str, Json], None]) -> None:
        self._options = options
        self._tell = tell
        self._queue: asyncio.Queue[Notification] = asyncio.Queue()
        self._retries: set[asyncio.Task[None]] = set()
        self.settings = Settings()

    def offer(self, notifications: list[Notification]) -> None:
        """Take notifications of a committed transaction."""
        if self.settings.on and self.settings.destination:
            for notification in notifications:
                self._queue.put_nowait(notification)

    async def run(self) -> None:
        """Send until cancelled."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as http:
            try:
                while True:
                    await self._next(http)
            finally:
                await self._stop_retries()

    async def _next(self, http: aiohttp.ClientSession) -> None:
        batch = [await self._queue.get()]
        if self.settings.reorder:
            await self._options.sleep(REORDER_WAIT)
            while not self._queue.empty():
                batch.append(self._queue.get_nowait())
            batch.reverse()
        for notification in batch:
            for _ in range(1 + self.settings.duplicate):
                await self._deliver(http, notification)

    async def _deliver(self, http: aiohttp.ClientSession, notification: Notification) -> None:
        """The first attempt keeps the order; further ones must not hold up what follows."""
        if not await self._attempt(http, notification, 1):
            task = asyncio.get_running_loop().create_task(self._retry(http, notification))
            self._retries.add(task)
            task.add_done_callback(self._retries.discard)

    async def _retry(self, http: aiohttp.ClientSession, notification: Notification) -> None:
        for attempt, wait in enumerate(WAITS, start=2):
            await self._options.sleep(wait)
            if await self._attempt(http, notification, attempt):
                return

    async def _attempt(
        self, http: aiohttp.ClientSession, notification: Notification, attempt: int
    ) -> bool:
        destination = self.settings.destination
        if destination is None:
            return True
        status = await _post(http, destination, notification.body)
        self._tell(
            "push",
            {
                "attempt": attempt,
                "status": status,
                "query": notification.query,
                "id": notification.id,
            },
        )
        return status is not None and 200 <= status < 300

    async def _stop_retries(self) -> None:
        for task in list(self._retries):
            task.cancel()
        await asyncio.gather(*self._retries, return_exceptions=True)


async def _post(http: aiohttp.ClientSession, to: Destination, body: bytes) -> int | None:
    headers = {to.header: to.value, "Content-Type": "application/json"}
    try:
        async with http.post(to.url, data=body, headers=headers, allow_redirects=False) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as broken:
        log.info("push not delivered: %s", type(broken).__name__)
        return None


def _row(record: Record) -> Json:
    shape = record.shape
    names = (*shape.keys, "Status", "Hold", shape.party, shape.amount, "LastModifiedDateTime")
    return {name: _column(record.fields.get(name)) for name in names}


def _column(value: Value) -> object:
    """A column of the inquiry: no wrapper, no zone, texts padded as the database pads them."""
    if isinstance(value, str):
        return value.ljust(PADDED)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}"
    return value.isoformat() if isinstance(value, date) else value


def changed(settings: Settings, **members: object) -> Settings:
    """The settings with some of them changed."""
    return replace(settings, **members)  # type: ignore[arg-type]
