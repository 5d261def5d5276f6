"""A stand-in on a free port, lived in by hand: its clock and its waiting belong to the test."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from world import signing_keys

from deployment.sandbox.acumatica import SandboxOptions, build_app
from deployment.sandbox.teams.keys import KEY_FILE

DEFAULT = "/entity/Default/24.200.001"
PASSWORD = "correct horse"


@dataclass
class Nap:
    """Somebody waits; the test says when it is over."""

    seconds: float
    over: asyncio.Future[None]


class Clock:
    """Time that stands still until the test lets it pass."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 2, 14, 31, 28, 407_000, UTC)
        self.naps: asyncio.Queue[Nap] = asyncio.Queue()

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        nap = Nap(seconds, asyncio.get_running_loop().create_future())
        self.naps.put_nowait(nap)
        await nap.over

    async def next_nap(self) -> Nap:
        return await asyncio.wait_for(self.naps.get(), 5)

    async def end_nap(self) -> float:
        """Let the longest-waiting sleeper sleep its time out; says how long that was."""
        nap = await self.next_nap()
        self.at += timedelta(seconds=nap.seconds)
        nap.over.set_result(None)
        return nap.seconds


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


class User:
    """One signed-in (or not) caller with cookies of its own."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self.client = client

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        if body is not None:
            more["json"] = body
        response: ClientResponse
        async with self.client.request(method, path, allow_redirects=False, **more) as response:
            headers = dict(response.headers)
            return Answer(response.status, headers, await response.text())

    async def sign_in(self, name: str = "countersign", **more: str) -> Answer:
        return await self.call(
            "POST", "/entity/auth/login", {"name": name, "password": PASSWORD, **more}
        )

    async def get(self, path: str, **params: str) -> Answer:
        return await self.call("GET", f"{DEFAULT}/{path}", params=params)

    async def put(
        self, entity: str, headers: dict[str, str] | None = None, **values: Any
    ) -> Answer:
        return await self.call("PUT", f"{DEFAULT}/{entity}", wrapped(values), headers=headers)

    async def act(self, entity: str, action: str, number: str, **extra: Any) -> Answer:
        body = {"entity": wrapped({**keys_of(entity, number), **extra}), "parameters": {}}
        return await self.call("POST", f"{DEFAULT}/{entity}/{action}", body)

    async def status_of(self, entity: str, number: str) -> str:
        label = next(iter(keys_of(entity, number).values()))
        return str((await self.get(f"{entity}/{label}/{number}")).json["Status"]["value"])


@dataclass
class World:
    """The stand-in and everybody who talks to it."""

    server: TestServer
    clock: Clock
    options: SandboxOptions
    user: User
    new_user: Callable[[], Awaitable[User]]
    people: list[User] = field(default_factory=list)

    async def door(self, method: str, path: str, body: Any = None) -> Answer:
        return await self.user.call(method, f"/_sandbox/{path}", body)

    async def change(self, number: str, entity: str = "Bill", **members: Any) -> Answer:
        keys = keys_of(entity, number) if number else {}
        return await self.door(
            "POST", "documents", {"entity": entity, "keys": keys, "by": "hugo", **members}
        )

    async def events(self, kind: str, after: int = 0) -> list[dict[str, Any]]:
        events = (await self.door("GET", f"history?after={after}")).json["events"]
        return [event for event in events if event["kind"] == kind]

    async def document(self, number: str, entity: str = "Bill") -> dict[str, Any]:
        documents = (await self.door("GET", "documents")).json["documents"]
        keys = keys_of(entity, number)
        return next(d for d in documents if (d["entity"], d["keys"]) == (entity, keys))


def keys_of(entity: str, number: str) -> dict[str, str]:
    if entity == "PurchaseOrder":
        return {"Type": "Normal", "OrderNbr": number}
    return {"Type": "Bill" if entity == "Bill" else "Payment", "ReferenceNbr": number}


def wrapped(values: dict[str, Any]) -> dict[str, Any]:
    return {name: v if isinstance(v, list) else {"value": v} for name, v in values.items()}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def options(clock: Clock) -> SandboxOptions:
    return SandboxOptions(
        password=PASSWORD,
        today=date(2026, 11, 2),
        now=clock.now,
        sleep=clock.sleep,
        random=random.Random(7),
        identity_key=(signing_keys() / KEY_FILE).read_text(),
    )


@pytest.fixture
def start(aiohttp_client: Any, clock: Clock, options: SandboxOptions) -> Callable[..., Any]:
    """Start a stand-in; options that differ are named."""

    async def started(**different: Any) -> World:
        chosen = replace(options, **different)
        server = TestServer(build_app(chosen))

        async def new_user() -> User:
            return User(await aiohttp_client(server))

        return World(server, clock, chosen, await new_user(), new_user)

    return started


@pytest.fixture
async def erp(start: Callable[..., Awaitable[World]]) -> World:
    """A stand-in with the sample book, nobody signed in yet."""
    return await start()


@pytest.fixture
async def api(erp: World) -> User:
    """The API user, signed in."""
    assert (await erp.user.sign_in()).status == 204
    return erp.user
