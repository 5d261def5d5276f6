"""A running service behind its doors, and who calls them: Teams, the ERP, or a pretender."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm
from world import BEN, World, open_world

from bot.clock import SystemClock, system_ports
from bot.company_file import read_file
from bot.connections import GuardedRunner
from bot.reading.push_door import SECRET_HEADER
from bot.sdk import BotbuilderSeam
from bot.seam import OpenSeam
from bot.service import build
from bot.settings import read_settings
from storage.records import Reading

Json = dict[str, Any]
APP_ID = "bbbbbbbb-0000-4000-8000-000000000002"
TENANT = "11111111-2222-4333-8444-555555555555"
FOREIGN = "99999999-2222-4333-8444-555555555555"
BEN_ID = "aaaaaaaa-0000-4000-8000-000000000002"
EAST_ID = "19:purchasing-east@thread.tacv2"
PREVIOUS = "a-push-secret-of-last-month-0123"
BILLS = "CountersignBills"


def new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


OURS, FOREIGN_KEY = new_key(), new_key()
STRANGERS_SECRET = b"a secret that a stranger made up, long enough"


def listed(key: RSAPrivateKey, kid: str, *endorsements: str) -> Json:
    """A key as a key document lists it."""
    public = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    return {**public, "use": "sig", "kid": kid, "endorsements": [*endorsements]}


@dataclass
class KeyServer:
    """Serves the key document, counts how often, and can be away."""

    keys: list[Json] = field(default_factory=list)
    fetched: int = 0
    away: bool = False
    url: str = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[KeyServer]:
        app = web.Application()
        app.router.add_get("/openid", self.openid)
        app.router.add_get("/keys", self.list)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        yield self
        await runner.cleanup()

    async def openid(self, _: web.Request) -> web.Response:
        body = {"issuer": "https://api.botframework.com", "jwks_uri": f"{self.url}/keys"}
        return web.Response(status=500) if self.away else web.json_response(body)

    async def list(self, _: web.Request) -> web.Response:
        self.fetched += 1
        return web.json_response({"keys": self.keys})


class PushedClock(SystemClock):
    """The machine's clocks, but a test can push each of them on."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0
        """Seconds the boot-time clock is ahead."""
        self.late = timedelta()
        """How much later the wall clock says it is."""

    def now(self) -> datetime:
        return super().now() + self.late

    def reading(self) -> Reading:
        own = super().reading()
        return replace(own, seconds=own.seconds + self.ahead)


@dataclass
class Caller:
    """Calls a running service as Teams, as the ERP, or as somebody who pretends to be them."""

    world: World
    keys: KeyServer
    clock: PushedClock
    store: Path

    @property
    def service_url(self) -> str:
        return f"{self.world.witness.teams}/teams/"

    def claims(self, **changes: Any) -> Json:
        """What Teams signs; a change to None takes a claim out."""
        start = int(time.time())
        whole = {
            "iss": "https://api.botframework.com",
            "aud": APP_ID,
            "serviceurl": self.service_url,
            "nbf": start,
            "exp": start + 3600,
        }
        return {name: value for name, value in (whole | changes).items() if value is not None}

    def token(
        self, *, key: Any = OURS, kid: str | None = "ours", alg: str = "RS256", **claims: Any
    ) -> str:
        headers = {} if kid is None else {"kid": kid}
        return jwt.encode(self.claims(**claims), key, algorithm=alg, headers=headers)

    def activity(self, **changes: Any) -> Json:
        """A typing notice from Ben's chat: proved like everything else, but nobody answers it."""
        whole = {
            "type": "typing",
            "id": f"f:{next(NUMBERS)}",
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "from": {"id": "29:1ben-ortiz-acme", "name": "Ben Ortiz", "aadObjectId": BEN_ID},
            "recipient": {"id": f"28:{APP_ID}", "name": "Countersign"},
            "conversation": {"id": "a:1ben", "conversationType": "personal", "tenantId": TENANT},
            "channelData": {"tenant": {"id": TENANT}},
        }
        return {name: value for name, value in (whole | changes).items() if value != ABSENT}

    async def call(
        self, activity: Any, *authorization: str, headers: Json | None = None, raw: bytes = b""
    ) -> Heard:
        """Post to the messages door; a good token goes along unless others are given."""
        shown = authorization or (f"Bearer {self.token()}",)
        pairs = [("Authorization", one) for one in shown]
        pairs += {"Content-Type": "application/json", **(headers or {})}.items()
        return await self.post("/api/messages", pairs, raw or json.dumps(activity).encode())

    async def push(
        self, body: bytes, *secrets: str, company: str = "acme", headers: Json | None = None
    ) -> Heard:
        pairs = [(SECRET_HEADER, one) for one in secrets]
        pairs += {"Content-Type": "application/json", **(headers or {})}.items()
        return await self.post(f"/api/acumatica/push/{company}", pairs, body)

    async def post(self, path: str, headers: list[tuple[str, str]], body: bytes) -> Heard:
        url = self.world.witness.bot + path
        sent = io.BytesIO(body)
        async with self.world.witness.session.post(url, headers=headers, data=sent) as answer:
            return Heard(answer.status, await answer.read(), dict(answer.headers))

    def rows(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        """Read the store from outside the service."""
        with contextlib.closing(sqlite3.connect(self.store)) as conn:
            return conn.execute(sql, values).fetchall()

    def claimed(self, number: str) -> int:
        """How many presses on a bill have decided."""
        sql = "SELECT 1 FROM audit WHERE action = 'decision claimed' AND document = ?"
        return len(self.rows(sql, f"Bill/Bill/{number}"))

    def stored(self, transaction: str) -> list[str]:
        """The inquiries whose push of a transaction is stored, in order."""
        sql = "SELECT identity FROM inbox WHERE identity LIKE '%|' || ? || '|%' ORDER BY id"
        return [row[0].partition("|")[0] for row in self.rows(sql, transaction)]


@dataclass(frozen=True)
class Heard:
    """What a caller heard."""

    status: int
    body: bytes
    headers: Json

    @property
    def answer(self) -> Json:
        """The body as an invoke answer, well formed."""
        assert self.status == 200
        found = json.loads(self.body)
        assert found["statusCode"] == 200
        assert found["type"].startswith("application/vnd.microsoft.")
        assert found["value"]
        return found


NUMBERS = itertools.count(1)
ABSENT = "(absent)"


BAD_FORMS = {
    "broken": b'{"type": "message"',
    "empty": b"",
    "array": b"[]",
    "text": b'"message"',
    "no type": b'{"id": "1"}',
    "empty type": b'{"type": ""}',
    "type is a number": b'{"type": 1}',
    "named twice": b'{"type": "message", "type": "invoke"}',
    "NaN": b'{"type": "message", "value": NaN}',
    "Infinity": b'{"type": "message", "value": -Infinity}',
    "too deep": b'{"type": "message", "value": ' + b"[" * 40 + b"]" * 40 + b"}",
    "very deep": b"[" * 200_000,
    "too many digits": b'{"type": "message", "value": ' + b"9" * 5000 + b"}",
    "huge exponent": b'{"type": "message", "value": 1e99999999999999999999}',
    "too many members": json.dumps({str(n): n for n in range(5001)}).encode(),
    "half a character": b'{"type": "message", "text": "\\ud83d"}',
    "halves in disorder": b'{"type": "message", "text": "\\udca9\\ud83d"}',
    "not UTF-8": b'{"type": "message", "text": "\xff"}',
    "UTF-16": '{"type": "message"}'.encode("utf-16"),
}

SEAMS = ("botbuilder", "agents")


def seam(name: str) -> OpenSeam:
    """Return one SDK's seam; skip when the successor is not installed."""
    if name == "botbuilder":
        return BotbuilderSeam
    try:
        from successor.agents_sdk import AgentsSeam
    except ImportError:
        missing = "the successor SDK is not installed: uv sync --group successor"
        (pytest.fail if os.environ.get("COUNTERSIGN_NOTHING_MAY_SKIP") else pytest.skip)(missing)
    return AgentsSeam


@asynccontextmanager
async def calling(folder: Path, open_seam: OpenSeam = BotbuilderSeam) -> AsyncIterator[Caller]:
    """Run one service, with keys of our own beside the stand-in's."""
    keys, clock = KeyServer(), PushedClock()
    async with open_world(folder) as world, keys.serving():
        world.poll = "14d"
        theirs = await world.witness.get(f"{world.witness.teams}/v1/.well-known/keys")
        keys.keys = [
            *theirs["keys"],
            listed(OURS, "ours", "msteams"),
            listed(OURS, "for skype", "skype"),
            {**listed(OURS, "for nobody"), "endorsements": None},
        ]
        async with serving(world, keys, clock, open_seam):
            await world.witness.connect_push()
            yield Caller(world, keys, clock, world.data / "countersign.db")


@asynccontextmanager
async def serving(
    world: World, keys: KeyServer, clock: PushedClock, open_seam: OpenSeam
) -> AsyncIterator[None]:
    """Run the service of a world until the block ends."""
    values = world.settings()
    values["teams"]["openid_metadata_url"] = f"{keys.url}/openid"
    values["acumatica"]["acme"]["push_secret_previous"] = PREVIOUS
    settings = read_settings(_env_file=None, **values)
    ports = replace(system_ports(), clock=clock)
    app = build(settings, read_file(settings.config), ports, open_seam)
    runner = GuardedRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, world.witness_socket()).start()
    yield
    await runner.cleanup()


@dataclass(frozen=True)
class Card:
    """A card that waits for Ben, and how to press it by hand."""

    number: str
    message: str
    token: str

    def press(self, caller: Caller, **changes: Any) -> Json:
        """An Action.Execute as Teams delivers it."""
        value = changes.pop("value", self.value())
        return caller.activity(
            **{
                "type": "invoke",
                "name": "adaptiveCard/action",
                "conversation": self.place(),
                "replyToId": self.message,
                "value": value,
                **changes,
            }
        )

    def value(self, verb: str = "release", trigger: str = "manual") -> Json:
        data = {"token": self.token, "verb": verb}
        action = {"type": "Action.Execute", "verb": verb, "data": data}
        return {"action": action, "trigger": trigger}

    def submit(self, caller: Caller, **changes: Any) -> Json:
        """An Action.Submit of a client that knows no Action.Execute."""
        data = {"token": self.token, "verb": "release"}
        whole = {"value": data, "conversation": self.place(), "replyToId": self.message}
        return caller.activity(**{"type": "message", **whole, **changes})

    def place(self) -> Json:
        thread = f"{EAST_ID};messageid={self.message}"
        return {"id": thread, "conversationType": "channel", "tenantId": TENANT, "isGroup": True}


async def card(caller: Caller) -> Card:
    number = await caller.world.witness.bill_on_hold()
    message = await caller.world.witness.card(number, BEN, says="this waits for you")
    return Card(number, message["id"], next(tokens(message["card"])))


def tokens(shown: Any) -> Iterator[str]:
    if isinstance(shown, dict):
        if isinstance(shown.get("token"), str):
            yield shown["token"]
        shown = list(shown.values())
    if isinstance(shown, list):
        for one in shown:
            yield from tokens(one)
