"""Graph's side of the service alone, with the stand-in at the other end and time in our hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from world import Witness, World

from acumatica_client.transport import open_transport, same_host
from bot.clock import Ports
from bot.people.graph import Graph
from bot.settings import TeamsSettings
from bot.tokens import EntraTokens
from storage.database import Database
from storage.records import Reading

ANN = "aaaaaaaa-0000-4000-8000-000000000001"
BEN = "aaaaaaaa-0000-4000-8000-000000000002"


@dataclass
class PatientClock:
    """Time that passes only while somebody waits; it keeps how long each wait was."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    waits: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def reading(self) -> Reading:
        return Reading("test", self.at.timestamp())

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def later(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Desk:
    """A Graph client and a store, with the stand-in at the other end."""

    graph: Graph
    tokens: EntraTokens
    clock: PatientClock
    ports: Ports
    store: Database
    settings: TeamsSettings
    witness: Witness

    async def lever(self, name: str, body: Any) -> Any:
        return await self.witness.post(f"{self.witness.teams}/_sandbox/{name}", body)

    async def fault(self, fault: str, path: str = "/v1.0/users", times: int = 1) -> None:
        await self.witness.teams_fault(fault, path=path, times=times)

    async def roles(self, *roles: str) -> None:
        await self.lever("graph", {"roles": list(roles)})

    async def requests(self, method: str, path: str) -> list[dict[str, Any]]:
        """What the stand-in was asked, in order."""
        history = await self.witness.get(f"{self.witness.teams}/_sandbox/history")
        return [
            event
            for event in history["events"]
            if event["kind"] == "request" and event["method"] == method and path in event["path"]
        ]

    async def set_user(self, user: str, **values: Any) -> None:
        await self.lever("users", {"user": user, "set": values})

    async def add_user(self, **values: Any) -> str:
        return str((await self.lever("users", {"add": values}))["user"]["id"])


@asynccontextmanager
async def open_desk(world: World, folder: Path, **changes: Any) -> AsyncIterator[Desk]:
    """Open Graph's side of the service."""
    settings = TeamsSettings(**{**world.settings()["teams"], **changes})
    clock = PatientClock()
    numbers = iter(range(1_000_000))
    ports = Ports(clock, lambda: 0.5, lambda: f"token-{next(numbers)}", open_transport)
    store = await Database.open(folder / "desk.db")
    transport = open_transport(same_host(settings.graph_url))
    tokens = EntraTokens(settings, clock.now)
    graph = Graph(transport, tokens, clock, settings.graph_url)
    try:
        yield Desk(graph, tokens, clock, ports, store, settings, world.witness)
    finally:
        await tokens.close()
        await transport.close()
        await store.close()
