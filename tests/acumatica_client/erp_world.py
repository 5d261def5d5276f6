"""What the shells are tested against: a stand-in ERP, a peer that misbehaves, a script, a clock."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp

from acumatica_client.client import ErpClient
from acumatica_client.models import CallOutcome, DocumentKey, ErpCall
from acumatica_client.protocol import Address
from acumatica_client.sign_in import Credentials
from acumatica_client.transport import Reply, Request, Transport, TransportError, open_transport
from acumatica_client.waiting import Waiting
from deployment.sandbox.acumatica import SandboxOptions, serve

PASSWORD = "correct horse"
START = datetime(2026, 11, 2, 14, 31, 28, tzinfo=UTC)
RELEASE = ErpCall("Bill", "ReleaseBill")
REMOVE_HOLD = ErpCall("Bill", "ReleaseFromHold")
UNTICK_HOLD = ErpCall("Bill", put=(("Hold", False),))


def bill(number: str) -> DocumentKey:
    return DocumentKey("Bill", "Bill", number)


def credentials(password: str = PASSWORD) -> Credentials:
    return Credentials("countersign", lambda: password, "Company")


class Clock:
    """Time that passes only while somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self.at = START
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None
        self.asleep = asyncio.Event()
        """Set: somebody slept, or tries to."""
        self.going = asyncio.Event()
        """Cleared: who sleeps does not wake before it is set again."""
        self.going.set()

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.asleep.set()
        await self.going.wait()
        self.at += timedelta(seconds=seconds)
        self.on_sleep()
        await asyncio.sleep(0)

    @property
    def waiting(self) -> Waiting:
        return Waiting(self.now, self.sleep, lambda: (self.at - START).total_seconds() + 1000)


@dataclass
class StandIn:
    """A running stand-in ERP and the doors from which it is judged."""

    url: str
    doors: aiohttp.ClientSession
    clock: Clock
    running: asyncio.Event
    """Set: long operations end as soon as they began."""
    site: str = ""
    """The folder it lives in; the doors stay outside."""

    @property
    def address(self) -> Address:
        return Address(self.url, "Default", "24.200.001")

    def client(
        self,
        *,
        password: str = PASSWORD,
        page: int = 200,
        version: str = "",
        who: Any = None,
        **more: Any,
    ) -> ErpClient:
        return ErpClient(
            Address(self.url, "Default", version or "24.200.001"),
            who or credentials(password),
            open_transport=open_transport,
            waiting=self.clock.waiting,
            page=page,
            **more,
        )

    async def door(self, method: str, path: str, body: Any = None) -> Any:
        address = f"{self.url.removesuffix(self.site)}/_sandbox/{path}"
        async with self.doors.request(method, address, json=body) as answer:
            data = await answer.json()
            assert answer.status == 200, data
            return data

    async def arm(self, fault: str, times: int = 1, **on: str) -> None:
        await self.door("POST", "faults", {"fault": fault, "on": on, "times": times})

    async def change(self, number: str = "", entity: str = "Bill", **members: Any) -> Any:
        keys = {"Type": "Bill", "ReferenceNbr": number} if number else {}
        return await self.door("POST", "documents", {"entity": entity, "keys": keys, **members})

    async def delete(self, number: str) -> None:
        keys = {"Type": "Bill", "ReferenceNbr": number}
        await self.door("DELETE", "documents", {"entity": "Bill", "keys": keys})

    async def status_of(self, number: str) -> str:
        documents = (await self.door("GET", "documents"))["documents"]
        keys = {"Type": "Bill", "ReferenceNbr": number}
        return next(str(d["fields"]["Status"]) for d in documents if d["keys"] == keys)

    async def requests(self, method: str = "", part: str = "") -> list[dict[str, Any]]:
        """The requests the stand-in saw, in order: its own word, not the client's."""
        events = (await self.door("GET", "history"))["events"]
        return [
            event
            for event in events
            if event["kind"] == "request"
            and event["method"].startswith(method)
            and part in event["path"]
        ]

    async def writes(self) -> list[tuple[str, str]]:
        """Every POST and PUT to an entity."""
        seen = await self.requests(part="/Default/")
        return [(e["method"], e["path"]) for e in seen if e["method"] in ("POST", "PUT")]


@asynccontextmanager
async def stand_in(**different: Any) -> AsyncIterator[StandIn]:
    """A stand-in on a free port with the sample book; options that differ are named."""
    clock, running = Clock(), asyncio.Event()
    running.set()

    async def operation(_: float) -> None:
        await running.wait()

    options = SandboxOptions(
        password=PASSWORD,
        today=date(2026, 11, 2),
        now=clock.now,
        sleep=operation,
        random=random.Random(7),
        **different,
    )
    serving = await serve(options, host="127.0.0.1", port=0)
    try:
        async with aiohttp.ClientSession() as doors:
            url = f"http://127.0.0.1:{serving.port}{options.site}"
            yield StandIn(url, doors, clock, running, options.site)
    finally:
        await serving.stop()


@dataclass
class Script:
    """A transport that answers as written down, and remembers what it was asked."""

    answers: Iterator[Reply | TransportError]
    asked: list[Request] = field(default_factory=list)
    closed: int = 0

    async def send(self, request: Request) -> Reply:
        self.asked.append(request)
        await asyncio.sleep(0)
        answer = next(self.answers)
        if isinstance(answer, TransportError):
            raise answer
        return answer

    async def close(self) -> None:
        self.closed += 1

    @property
    def paths(self) -> list[str]:
        return [f"{r.method} {r.url.rpartition('/')[2]}" for r in self.asked]


def script(*answers: Reply | TransportError) -> Script:
    return Script(iter(answers))


SIGNED_IN = Reply(204, {}, b"")
SIGNED_OUT = Reply(204, {}, b"")


async def act_by_script(*answers: Reply | TransportError) -> tuple[CallOutcome, Script, Clock]:
    """Release one bill against a script of the session for writes."""
    clock, acts = Clock(), script(*answers)
    return await scripted_client(clock, acts).service.act(RELEASE, bill("000150")), acts, clock


def scripted_client(clock: Clock, acts: Script) -> ErpClient:
    """A client whose session for writes is a script."""
    transports: Iterator[Transport] = iter((script(), acts))
    return ErpClient(
        Address("https://erp.example", "Default", "24.200.001"),
        credentials(),
        open_transport=lambda _: next(transports),
        waiting=clock.waiting,
    )


Answering = Callable[["Peer", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Peer:
    """A server that does whatever a test wants with a connection, and counts."""

    answering: Answering
    port: int = 0
    connections: int = 0
    requests: list[str] = field(default_factory=list)
    ended: list[asyncio.Event] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def request(self, reader: asyncio.StreamReader) -> bool:
        """Read one request whole; False when the client hung up."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line.split(b":")[1]) for line in head.split(b"\r\n")
                 if line.lower().startswith(b"content-length")), 0
            )  # fmt: skip
            await reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return False
        self.requests.append(head.split(b"\r\n")[0].decode())
        return True

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        ended = asyncio.Event()
        self.ended.append(ended)
        try:
            await self.answering(self, reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            ended.set()


@asynccontextmanager
async def peer(answering: Answering) -> AsyncIterator[Peer]:
    """A misbehaving server on a free port."""
    made = Peer(answering)
    server = await asyncio.start_server(made.connected, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for ended in made.ended:
            await ended.wait()


async def free_port() -> int:
    """A port nobody listens on."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    return port
