"""A store with a chained audit trail, and time in our hands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph_world import PatientClock

from acumatica_client.transport import open_transport
from bot.clock import Ports
from storage import audit
from storage.chain import Chain, derive
from storage.database import Database
from storage.examining import Finding, examine
from storage.records import AuditEntry

SECRET = "a key of these tests; long enough for anybody"
KEY = derive(SECRET)
BILL = "Bill/Bill/004512"


@dataclass
class Trail:
    """A trail, its key, and its clock."""

    path: Path
    store: Database
    chain: Chain
    ports: Ports
    clock: PatientClock

    async def add(self, action: str, actor: str = "countersign", **detail: Any) -> None:
        async with self.store.transaction() as conn:
            entry = AuditEntry(self.clock.now(), "c", actor, action, "acme", BILL, detail)
            await audit.add(conn, entry)

    async def rows(self) -> list[Any]:
        async with self.store.reading() as conn:
            return await audit.some(conn, after=0, limit=10_000)

    def examined(self, *anchors: Any) -> Finding:
        return examine(self.path, [KEY], anchors)


@asynccontextmanager
async def open_trail(folder: Path) -> AsyncIterator[Trail]:
    clock = PatientClock()
    numbers = iter(range(1_000_000))
    ports = Ports(clock, lambda: 0.5, lambda: f"token-{next(numbers):020}", open_transport)
    chain = Chain((KEY,), ports.token)
    store = await Database.open(folder / "store.db", chain=chain)
    yield Trail(folder / "store.db", store, chain, ports, clock)
    await store.close()
