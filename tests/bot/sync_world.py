"""A stand-in ERP, a real store and what reads the one into the other; one clock for all."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from acumatica_client.client import ErpClient
from acumatica_client.protocol import Address
from acumatica_client.sign_in import Credentials
from acumatica_client.transport import open_transport
from acumatica_client.waiting import Waiting
from bot.board import Board
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.company_file import Company
from bot.core.routes import Route, Routes
from bot.reading.look import Look
from bot.reading.poller import Poller
from bot.reading.reconcile import Reconciler
from deployment.sandbox.acumatica import SandboxOptions, serve
from storage import audit, documents, inbox
from storage.database import Connection, Database
from storage.driver import rows
from storage.records import AuditEntry, Reading

PASSWORD = "correct horse"
NAME = "acme"
START = datetime(2026, 11, 2, 14, 0, tzinfo=UTC)
ROUTES: tuple[dict[str, Any], ...] = (
    {"company": NAME, "entity": "Bill", "when": ["on hold", "pending approval"],
     "to": ["channel:ap"], "approver": ["owner"], "actions": ["release"]},
    {"company": NAME, "entity": "PurchaseOrder", "when": "pending approval", "to": ["channel:ap"]},
    {"company": NAME, "to": []},
)  # fmt: skip


class Clock:
    """Time that passes when a test says so, or while somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self.at = START
        self.set_by = timedelta()
        """How much somebody set the wall's clock by."""

    def now(self) -> datetime:
        return self.at + self.set_by

    def true(self) -> datetime:
        """The time of everybody else."""
        return self.at

    def reading(self) -> Reading:
        return Reading("test", (self.at - START).total_seconds())

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class SyncWorld:
    """One company between its ERP and its store."""

    url: str
    doors: aiohttp.ClientSession
    clock: Clock
    store: Database
    path: Path
    tenant: Tenant
    ports: Ports
    board: Board
    poller: Poller = field(init=False)
    reconciler: Reconciler = field(init=False)
    look: Look = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Make every part anew, as a start of the process does."""
        bell, parts = Bell(self.clock), (self.tenant, self.store, self.ports)
        self.board = Board(self.clock)
        self.poller = Poller(*parts, look_bell=bell, board=self.board)
        self.reconciler = Reconciler(*parts, look_bell=bell, board=self.board)
        self.look = Look(*parts, outbox_bell=bell, board=self.board)

    # --- the ERP ---

    async def door(self, method: str, path: str, body: Any = None) -> Any:
        async with self.doors.request(method, f"{self.url}/_sandbox/{path}", json=body) as answer:
            data = await answer.json()
            assert answer.status == 200, data
            return data

    async def change(self, number: str = "", **fields: Any) -> str:
        """Change or create a bill as an ERP user would; returns its name here."""
        keys = {"Type": "Bill", **({"ReferenceNbr": number} if number else {})}
        body = {"entity": "Bill", "keys": keys, "set": fields, "by": "dev"}
        row = await self.door("POST", "documents", body)
        return f"Bill/Bill/{row['keys']['ReferenceNbr']}"

    async def bill(self, **fields: Any) -> str:
        """Enter a bill on hold."""
        self.clock.advance(seconds=1)
        wish = {"Vendor": "V000000021", "Amount": 100, "Hold": True, "Description": "x"}
        return await self.change(**(wish | fields))

    async def delete(self, document: str) -> None:
        keys = {"Type": "Bill", "ReferenceNbr": document.rpartition("/")[2]}
        await self.door("DELETE", "documents", {"entity": "Bill", "keys": keys})

    async def fault(self, fault: str, times: int = 1, **on: str) -> None:
        await self.door("POST", "faults", {"fault": fault, "on": on, "times": times})

    async def reads(self, part: str = "/Default/") -> list[str]:
        """What was read of the ERP, in order; a session that had ended in between is no reading."""
        events = (await self.door("GET", "history"))["events"]
        return [
            event["path"].rpartition("001/")[2].partition("?")[0]
            for event in events
            if event["kind"] == "request"
            and event["method"] == "GET"
            and part in event["path"]
            and event["status"] != 401
        ]

    # --- the service ---

    async def poll(self, *, after: float = 60) -> None:
        """Let a poll become due, and do it."""
        self.clock.advance(seconds=after)
        assert await self.poller.step()

    async def look_at_all(self) -> None:
        while await self.look.step():
            pass

    async def settle(self) -> None:
        """Poll, and look at everything it found."""
        await self.poll()
        await self.look_at_all()

    async def seen_meanwhile(self, table: str, work: Awaitable[object]) -> list[int]:
        """How many rows a table had at each turn somebody else got at the store during *work*.

        Of several, one always waits for their turn while another's ends.
        """
        counted = [await self._count(table)]
        doing = asyncio.ensure_future(work)

        async def somebody_else() -> None:
            while not doing.done():
                counted.append(await self._count(table))

        await asyncio.gather(*(somebody_else() for _ in range(3)))
        await doing
        return sorted([*counted, await self._count(table)])

    async def _count(self, table: str) -> int:
        async with self.store.transaction() as conn:
            (row,) = await rows(conn, f"SELECT count(*) FROM {table}")
        return int(row[0])

    async def hints(self) -> list[str]:
        async with self.store.reading() as conn:
            found = await inbox.due_hints(conn, NAME, datetime.max.replace(tzinfo=UTC), limit=9999)
        return sorted(hint.document for hint in found)

    async def watermark(self, entity: str = "Bill") -> datetime | None:
        async with self.store.reading() as conn:
            return await documents.watermark(conn, NAME, entity)

    async def audit(self, action: str) -> list[AuditEntry]:
        async with self.store.reading() as conn:
            return [one for one in await audit.newest(conn, limit=9999) if one.action == action]

    async def push(self, body: bytes, *, identity: str = "", order: int = 0) -> None:
        """Store a push as the door would."""
        async with self.store.transaction() as conn:
            await self._push(conn, body, identity=identity or str(hash(body)), order=order)

    async def _push(self, conn: Connection, body: bytes, *, identity: str, order: int) -> None:
        await inbox.add_push(
            conn, company=NAME, identity=identity, body=body, correlation="c",
            now=self.clock.now(), order=order,
        )  # fmt: skip

    async def forget_status(self, document: str, status: str) -> None:
        """Have the store remember another status than the ERP has, as if a look were missed."""
        async with self.store.transaction() as conn:
            known = await documents.get(conn, NAME, document)
            assert known is not None
            await documents.put(conn, replace(known, status=status))

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the store from outside."""
        with contextlib.closing(sqlite3.connect(self.path)) as conn:
            return conn.execute(sql, values).fetchall()


@asynccontextmanager
async def sync_world(
    folder: Path, *, sandbox: dict[str, Any] | None = None, **company: Any
) -> AsyncIterator[SyncWorld]:
    """A world whose stand-in has no documents yet; keys of the company that differ are named."""
    clock = Clock()

    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    options = SandboxOptions(
        password=PASSWORD, today=date(2026, 11, 2), now=clock.true, sleep=at_once,
        random=random.Random(7), **({"sample": False} | (sandbox or {})),
    )  # fmt: skip
    serving = await serve(options, host="127.0.0.1", port=0)
    url = f"http://127.0.0.1:{serving.port}"
    rules = Company(name=NAME, url=url, tenant="Company", **company)
    erp = _client(rules, clock)
    tokens = iter(range(10**9))
    ports = Ports(clock, lambda: 1.0, lambda: f"token-{next(tokens)}", open_transport)
    tenant = Tenant(rules, Routes(Route.model_validate(route) for route in ROUTES), erp, ())
    path = folder / "countersign.db"
    store = await Database.open(path)
    try:
        async with store.transaction() as conn:
            await documents.begin(conn, NAME, now=clock.now())
        async with aiohttp.ClientSession() as doors:
            yield SyncWorld(url, doors, clock, store, path, tenant, ports, Board(clock))
    finally:
        await erp.close()
        await store.close()
        await serving.stop()


def _client(company: Company, clock: Clock) -> ErpClient:
    return ErpClient(
        Address(company.url, company.endpoint, company.version),
        Credentials("countersign", lambda: PASSWORD, company.tenant),
        open_transport=open_transport,
        waiting=Waiting(clock.now, clock.sleep, lambda: clock.reading().seconds),
        page=company.page,
    )
