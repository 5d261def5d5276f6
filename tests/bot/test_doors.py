"""The doors over HTTP: who is let in, what bad callers hear, and that a press acts only once."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gzip
import io
import itertools
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import aiosqlite
import jwt
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm
from world import BEN, PUSH_SECRET, World, eventually, open_world

from bot.clock import SystemClock, system_ports
from bot.company_file import read_file
from bot.push_door import SECRET_HEADER
from bot.service import build
from bot.settings import read_settings
from storage import inbox
from storage.records import Reading

pytestmark = pytest.mark.asyncio(loop_scope="module")

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
    """The machine's clock, but a test can push the boot-time clock on."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0

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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caller(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Caller]:
    """One running service for the module, with keys of our own beside the stand-in's."""
    keys, clock = KeyServer(), PushedClock()
    async with open_world(tmp_path_factory.mktemp("doors")) as world, keys.serving():
        world.poll = "14d"
        theirs = await world.witness.get(f"{world.witness.teams}/v1/.well-known/keys")
        keys.keys = [
            *theirs["keys"],
            listed(OURS, "ours", "msteams"),
            listed(OURS, "for skype", "skype"),
            {**listed(OURS, "for nobody"), "endorsements": None},
        ]
        async with serving(world, keys, clock):
            await world.witness.connect_push()
            yield Caller(world, keys, clock, world.data / "countersign.db")


@asynccontextmanager
async def serving(world: World, keys: KeyServer, clock: PushedClock) -> AsyncIterator[None]:
    values = world.settings()
    values["teams"]["openid_metadata_url"] = f"{keys.url}/openid"
    values["acumatica"]["acme"]["push_secret_previous"] = PREVIOUS
    settings = read_settings(_env_file=None, **values)
    ports = replace(system_ports(), clock=clock)
    runner = web.AppRunner(build(settings, read_file(settings.config), ports), access_log=None)
    await runner.setup()
    await web.SockSite(runner, world.witness_socket()).start()
    yield
    await runner.cleanup()


# --- messages: the proof ---


async def test_a_call_that_teams_signed_is_taken(caller: Caller) -> None:
    heard = await caller.call(caller.activity())

    assert heard.status == 202
    assert heard.body == b""


Headers = Callable[[Caller], list[str]]
BAD_PROOFS: dict[str, Headers] = {
    "empty": lambda _: [""],
    "two headers": lambda c: [f"Bearer {c.token()}"] * 2,
    "lower case": lambda c: [f"bearer {c.token()}"],
    "no space": lambda c: [f"Bearer{c.token()}"],
    "Basic": lambda _: ["Basic Ym90OnNlc2FtZQ=="],
    "two in one": lambda c: [f"Bearer {c.token()}, Bearer {c.token()}"],
    "junk": lambda _: ["Bearer junk"],
    "three junks": lambda _: ["Bearer a.b.c"],
    "no ascii": lambda _: ["Bearer ü.ü.ü"],
    "HS256": lambda c: [f"Bearer {c.token(key=STRANGERS_SECRET, alg='HS256')}"],
    "RS512": lambda c: [f"Bearer {c.token(alg='RS512')}"],
    "none": lambda c: [f"Bearer {c.token(key=None, alg='none')}"],
    "not signed": lambda c: [f"Bearer {c.token().rpartition('.')[0]}."],
    "another's key": lambda c: [f"Bearer {c.token(key=FOREIGN_KEY)}"],
    "no kid": lambda c: [f"Bearer {c.token(kid=None)}"],
    "unknown kid": lambda c: [f"Bearer {c.token(kid='of nobody')}"],
    "key of another channel": lambda c: [f"Bearer {c.token(kid='for skype')}"],
    "key without endorsements": lambda c: [f"Bearer {c.token(kid='for nobody')}"],
    "wrong issuer": lambda c: [f"Bearer {c.token(iss='https://sts.windows.net/x/')}"],
    "no issuer": lambda c: [f"Bearer {c.token(iss=None)}"],
    "wrong audience": lambda c: [f"Bearer {c.token(aud='another-app')}"],
    "several audiences": lambda c: [f"Bearer {c.token(aud=[APP_ID, 'another-app'])}"],
    "no audience": lambda c: [f"Bearer {c.token(aud=None)}"],
    "expired": lambda c: [f"Bearer {c.token(exp=int(time.time()) - 301)}"],
    "no expiry": lambda c: [f"Bearer {c.token(exp=None)}"],
    "expiry is no number": lambda c: [f"Bearer {c.token(exp='never')}"],
    "expiry is no time": lambda c: [f"Bearer {c.token(exp='nan')}"],
    "not yet valid": lambda c: [f"Bearer {c.token(nbf=int(time.time()) + 600)}"],
    "no service address": lambda c: [f"Bearer {c.token(serviceurl=None)}"],
    "other service address": lambda c: [f"Bearer {c.token(serviceurl='https://evil.example/')}"],
    "last slash": lambda c: [f"Bearer {c.token(serviceurl=c.service_url.rstrip('/'))}"],
}


@pytest.mark.parametrize("name", BAD_PROOFS)
async def test_a_bad_proof_is_refused_without_a_word(caller: Caller, name: str) -> None:
    heard = await caller.call(caller.activity(), *BAD_PROOFS[name](caller))

    assert heard.status == 401
    assert heard.body == b""


async def test_a_missing_proof_is_refused_without_a_word(caller: Caller) -> None:
    headers = [("Content-Type", "application/json")]

    heard = await caller.post("/api/messages", headers, json.dumps(caller.activity()).encode())

    assert (heard.status, heard.body) == (401, b"")


@pytest.mark.parametrize("claims", [{"exp": -200}, {"nbf": 200}, {"iat": 200}])
async def test_clocks_may_differ_a_little(caller: Caller, claims: dict[str, int]) -> None:
    moved = {name: int(time.time()) + seconds for name, seconds in claims.items()}

    heard = await caller.call(caller.activity(), f"Bearer {caller.token(**moved)}")

    assert heard.status == 202


WRONG_ADDRESSES: dict[str, tuple[Json, int]] = {
    "foreign tenant": (
        {
            "channelData": {"tenant": {"id": FOREIGN}},
            "conversation": {"id": "a:1ben", "tenantId": FOREIGN},
        },
        403,
    ),
    "tenants that differ": ({"channelData": {"tenant": {"id": FOREIGN}}}, 403),
    "no tenant in channelData": ({"channelData": ABSENT}, 403),
    "no tenant in conversation": ({"conversation": {"id": "a:1ben"}}, 403),
    "tenant is no text": ({"channelData": {"tenant": {"id": [TENANT]}}}, 403),
    "channelData is a list": ({"channelData": [TENANT]}, 403),
    "other recipient": ({"recipient": {"id": "28:another-bot"}}, 403),
    "recipient without its mark": ({"recipient": {"id": APP_ID}}, 403),
    "no recipient": ({"recipient": ABSENT}, 403),
    "other channel": ({"channelId": "emulator"}, 403),
    "no channel": ({"channelId": ABSENT}, 403),
    "channel is a list": ({"channelId": ["msteams"]}, 403),
    "no service address": ({"serviceUrl": ABSENT}, 401),
    "empty service address": ({"serviceUrl": ""}, 401),
    "service address is a list": ({"serviceUrl": ["https://smba.trafficmanager.net"]}, 401),
}


@pytest.mark.parametrize("name", WRONG_ADDRESSES)
async def test_a_call_that_is_not_about_us_is_refused(caller: Caller, name: str) -> None:
    changes, status = WRONG_ADDRESSES[name]

    heard = await caller.call(caller.activity(**changes))

    assert (heard.status, heard.body) == (status, b"")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/teams/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://smba.trafficmanager.net@evil.example/",
        "https://user@smba.trafficmanager.net/emea/",
        "http://smba.trafficmanager.net/emea/",
        "https://[smba/",
    ],
)
async def test_a_signed_service_address_must_still_be_on_the_list(caller: Caller, url: str) -> None:
    token = caller.token(serviceurl=url)

    heard = await caller.call(caller.activity(serviceUrl=url), f"Bearer {token}")

    assert (heard.status, heard.body) == (403, b"")


# --- messages: the form ---


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


@pytest.mark.parametrize("name", BAD_FORMS)
async def test_a_bad_form_is_told_as_one(caller: Caller, name: str) -> None:
    # An empty body would be replaced by a good one in `call`.
    heard = await caller.post(
        "/api/messages", [("Content-Type", "application/json")], BAD_FORMS[name]
    )

    assert heard.status == 400
    assert len(heard.body) < 200


async def test_characters_outside_the_basic_plane_are_taken(caller: Caller) -> None:
    whole = json.dumps(caller.activity(locale="💩 \\ud83d")).encode()

    heard = await caller.call(None, raw=whole)

    assert heard.status == 202


async def test_a_text_that_never_ends_is_refused_quickly(caller: Caller) -> None:
    # In a quadratic check this would hold up everybody for minutes.
    body = b'{"type": "' + b'\\"' * 125_000
    started = time.monotonic()

    heard = await caller.call(None, raw=body)

    assert heard.status == 400
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", ""])
async def test_a_wrong_content_type_is_told_as_one(caller: Caller, kind: str) -> None:
    heard = await caller.call(caller.activity(), headers={"Content-Type": kind})

    assert heard.status == 415


async def test_compressed_bodies_are_not_unpacked(caller: Caller) -> None:
    body = gzip.compress(json.dumps(caller.activity()).encode())

    heard = await caller.call(None, raw=body, headers={"Content-Encoding": "gzip"})

    assert heard.status == 415


async def test_a_message_beyond_the_limit_is_refused(caller: Caller) -> None:
    heard = await caller.call(caller.activity(text="x" * 256 * 1024))

    assert heard.status == 413


@pytest.mark.parametrize("path", ["/api/messages", "/api/acumatica/push/acme"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_the_doors_take_posts_only(caller: Caller, method: str, path: str) -> None:
    witness = caller.world.witness

    async with witness.session.request(method, witness.bot + path) as answer:
        assert answer.status == 405


@pytest.mark.parametrize(
    "path", ["/api/messages", "/api/acumatica/push/acme", "/health/live", "/nowhere"]
)
async def test_no_answer_tells_what_serves_it(caller: Caller, path: str) -> None:
    witness = caller.world.witness

    for method in ("GET", "POST"):
        async with witness.session.request(method, witness.bot + path) as answer:
            assert "Server" not in answer.headers
            assert b"aiohttp" not in await answer.read()


ODD_MEMBERS: list[Json] = [
    {"type": "message", "text": None},
    {"type": "message", "text": {"a": 1}, "entities": 7},
    {"type": "message", "text": "help", "entities": [None, 1, {"mentioned": 3}]},
    {"type": "message", "value": "yes"},
    {"type": "message", "value": []},
    {"type": "conversationUpdate", "membersAdded": 7},
    {"type": "conversationUpdate", "membersAdded": [{"id": 3}], "membersRemoved": "x"},
    {"type": "installationUpdate", "action": ["add"]},
    {"type": "messageReaction", "reactionsAdded": "like"},
    {"type": "messageUpdate", "channelData": {"tenant": {"id": TENANT}, "eventType": 9}},
    {"type": "event", "name": 5, "value": 0.1},
    {"type": "endOfConversation", "code": 1},
    {"type": "handoff"},
    {"type": "somethingNew", "value": 12345678901234567890123},
    {"id": 17},
    {"id": ABSENT},
    {"from": ABSENT},
    {"from": "Ben"},
    {"from": {"aadObjectId": 5}},
    {"timestamp": "yesterday", "localTimestamp": 7, "locale": {"en": 1}},
    {"attachments": "none", "entities": {"type": "mention"}},
    {"conversation": {"id": 5, "conversationType": ["personal"], "tenantId": TENANT}},
    {"channelData": {"tenant": {"id": TENANT}, "team": "General"}},
    {"replyToId": 9, "value": 1.5},
]


@pytest.mark.parametrize("members", ODD_MEMBERS, ids=str)
async def test_odd_members_of_a_signed_activity_break_nothing(
    caller: Caller, members: Json
) -> None:
    heard = await caller.call(caller.activity(**members))

    assert heard.status == 202


# --- messages: the keys ---


async def test_a_rotated_key_is_fetched_once_for_everybody(caller: Caller) -> None:
    caller.clock.ahead += 61
    fresh = new_key()
    caller.keys.keys = [*caller.keys.keys, listed(fresh, "rotated", "msteams")]
    before = caller.keys.fetched
    token = caller.token(key=fresh, kid="rotated")

    heard = await asyncio.gather(
        *(caller.call(caller.activity(), f"Bearer {token}") for _ in range(12))
    )

    assert [one.status for one in heard] == [202] * 12
    assert caller.keys.fetched == before + 1


async def test_invented_key_ids_do_not_make_us_fetch(caller: Caller) -> None:
    caller.clock.ahead += 61
    before = caller.keys.fetched

    for number in range(12):
        token = caller.token(kid=f"invented {number}")
        heard = await caller.call(caller.activity(), f"Bearer {token}")
        assert heard.status == 401

    assert caller.keys.fetched == before + 1


async def test_without_the_key_server_known_keys_still_count(caller: Caller) -> None:
    await caller.call(caller.activity())
    caller.clock.ahead += 61
    caller.keys.away = True
    unknown = f"Bearer {caller.token(kid='not yet seen')}"

    known, other = await caller.call(caller.activity()), await caller.call({"type": "x"}, unknown)
    caller.keys.away = False
    caller.clock.ahead += 6

    assert (known.status, other.status) == (202, 503)
    assert (await caller.call(caller.activity())).status == 202


async def test_old_keys_count_no_more_until_the_key_server_answers(caller: Caller) -> None:
    await caller.call(caller.activity())
    caller.clock.ahead += 25 * 3600
    caller.keys.away = True

    gone = await caller.call(caller.activity())
    caller.keys.away = False
    hasty = await caller.call(caller.activity())
    caller.clock.ahead += 6
    back = await caller.call(caller.activity())

    assert (gone.status, hasty.status, back.status) == (503, 503, 202)


async def test_a_key_that_is_no_longer_listed_counts_no_more(caller: Caller) -> None:
    caller.clock.ahead += 61
    retired = new_key()
    token = f"Bearer {caller.token(key=retired, kid='retired')}"
    whole = caller.keys.keys
    caller.keys.keys = [*whole, listed(retired, "retired", "msteams")]
    before = await caller.call(caller.activity(), token)

    caller.keys.keys = whole
    caller.clock.ahead += 25 * 3600
    after = await caller.call(caller.activity(), token)

    assert (before.status, after.status) == (202, 401)


# --- push ---


def notification(transaction: str, query: str = BILLS, **more: Any) -> bytes:
    row = {"Type": "Bill", "ReferenceNbr": "999999"}
    body = {"Query": query, "Id": transaction, "CompanyId": "Company", "Inserted": [row]}
    body |= {"Deleted": [], **more}
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "secrets",
    [[], [""], ["wrong"], [PUSH_SECRET[:-1]], [PUSH_SECRET + "x"], [PUSH_SECRET.upper()],
     [PUSH_SECRET, PUSH_SECRET], [PUSH_SECRET, PREVIOUS], ["sécret"]],
    ids=str,
)  # fmt: skip
async def test_every_bad_secret_hears_the_same(caller: Caller, secrets: list[str]) -> None:
    heard = [
        await caller.push(notification("refused"), *secrets),
        await caller.push(notification("refused"), *secrets, company="nobody"),
        await caller.push(b"not even JSON", *secrets),
        await caller.push(b"", PUSH_SECRET, company="nobody"),
    ]

    assert {(one.status, one.body) for one in heard} == {(401, b"")}
    assert len({frozenset(one.headers.keys()) for one in heard}) == 1
    assert caller.stored("refused") == []


@pytest.mark.parametrize("secret", [PUSH_SECRET, PREVIOUS])
async def test_both_secrets_of_a_rotation_are_valid(caller: Caller, secret: str) -> None:
    heard = await caller.push(notification(f"with {secret[:14]}"), secret)

    assert heard.status == 202


@pytest.mark.parametrize("name", [one for one in BAD_FORMS if "type" not in one])
async def test_a_push_of_a_bad_form_is_told_as_one(caller: Caller, name: str) -> None:
    heard = await caller.push(BAD_FORMS[name], PUSH_SECRET)

    assert heard.status == 400


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, notification("plain"), 415),
        ({"Content-Encoding": "gzip"}, gzip.compress(notification("packed")), 415),
        ({}, notification("large", Inserted=[{"Text": "x" * 5 * 1024 * 1024}]), 413),
    ],
    ids=["plain", "gzip", "large"],
)
async def test_a_push_we_do_not_read_is_refused(
    caller: Caller, headers: Json, body: bytes, status: int
) -> None:
    heard = await caller.push(body, PUSH_SECRET, headers=headers)

    assert heard.status == status


async def test_a_push_is_on_disk_before_it_is_answered(caller: Caller) -> None:
    heard = await caller.push(notification("durable"), PUSH_SECRET)

    assert heard.status == 202
    assert caller.stored("durable") == [BILLS]


async def test_the_same_push_six_times_is_stored_once(caller: Caller) -> None:
    heard = await asyncio.gather(
        *(caller.push(notification("repeated"), PUSH_SECRET) for _ in range(6))
    )

    assert [one.status for one in heard] == [202] * 6
    assert caller.stored("repeated") == [BILLS]


async def test_one_transaction_seen_by_two_inquiries_is_two_pushes(caller: Caller) -> None:
    await caller.push(notification("shared"), PUSH_SECRET)
    await caller.push(notification("shared", "CountersignChecks"), PUSH_SECRET)

    assert caller.stored("shared") == [BILLS, "CountersignChecks"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (notification("unmapped", "SomebodysInquiry"), "'SomebodysInquiry' is not mapped"),
        (b'{"Query": "CountersignBills", "CompanyId": "Company"}', "Query and Id must be texts"),
        (b'{"Query": 5, "Id": ["x"], "CompanyId": "Company"}', "Query and Id must be texts"),
        (notification("rows", Inserted=5), "Inserted must be a list of objects"),
        (notification("keyless", Inserted=[{}]), "1 row names no document"),
    ],
)
async def test_a_push_we_cannot_understand_is_parked_with_its_reason(
    caller: Caller, body: bytes, reason: str
) -> None:
    heard = await caller.push(body, PUSH_SECRET)

    async def parked() -> bool:
        async with aiosqlite.connect(caller.store) as conn:
            conn.row_factory = sqlite3.Row
            return any(company == "acme" and reason in why
                       for company, _, why in await inbox.parked(conn))  # fmt: skip

    assert heard.status == 202
    await eventually(parked, f"a push is parked because {reason}")


# --- invokes ---


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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def untouched(caller: Caller) -> Card:
    """A card that no test may succeed in deciding."""
    return await card(caller)


@pytest.mark.parametrize("name", ["task/fetch", "composeExtension/query", "", ABSENT, 7])
async def test_an_unknown_invoke_is_answered_in_form(caller: Caller, name: Any) -> None:
    heard = await caller.call(caller.activity(type="invoke", name=name, value={}))

    assert "does not know" in heard.answer["value"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        ABSENT,
        [],
        "release",
        17,
        1.5,
        {},
        {"action": None},
        {"action": []},
        {"action": "release"},
        {"action": {}},
        {"action": {"verb": None, "data": None}},
        {"action": {"verb": ["release"], "data": ["token"]}},
        {"action": {"verb": 1.5, "data": {"token": 1.5}}},
        {"action": {"verb": "release", "data": {"token": {"a": None}}}, "trigger": 3},
        {"action": {"verb": "release", "data": {"token": "x" * 5000}}},
        {"action": {"verb": "release", "data": {"token": "\x00"}}},
        {"action": {"verb": "r" * 100_000, "data": {}}, "trigger": "manual"},
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_press_of_any_form_is_answered_in_form(
    caller: Caller, untouched: Card, value: Any
) -> None:
    heard = await caller.call(untouched.press(caller, value=value))

    assert heard.answer["type"] == "application/vnd.microsoft.activity.message"
    assert caller.claimed(untouched.number) == 0


async def test_a_refresh_never_decides_whatever_its_verb(caller: Caller, untouched: Card) -> None:
    value = untouched.value("release", trigger="automatic")

    heard = await caller.call(untouched.press(caller, value=value))

    assert heard.answer["type"] == "application/vnd.microsoft.card.adaptive"
    assert caller.claimed(untouched.number) == 0
    assert await caller.world.witness.writes(untouched.number) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"from": {"id": "29:1dev", "aadObjectId": "aaaaaaaa-0000-4000-8000-000000000004"}},
        {"from": {"id": "29:1ben-ortiz-acme", "name": "Ben Ortiz"}},
        {"from": {"id": "28:a-bot", "aadObjectId": "aaaaaaaa-0000-4000-8000-000000000099"}},
        {"replyToId": "1"},
        {"conversation": {"id": "a:1ben", "conversationType": "personal", "tenantId": TENANT}},
    ],
    ids=["another person", "no person", "a guest", "another copy", "another place"],
)
async def test_a_press_from_elsewhere_never_decides(
    caller: Caller, untouched: Card, changes: Json
) -> None:
    heard = await caller.call(untouched.press(caller, **changes))

    assert heard.answer["type"] == "application/vnd.microsoft.activity.message"
    assert caller.claimed(untouched.number) == 0


async def test_a_repeated_press_gets_the_same_answer_and_decides_once(caller: Caller) -> None:
    pressed = await card(caller)
    invoke = pressed.press(caller)

    heard = await asyncio.gather(*(caller.call(invoke) for _ in range(5)))
    again = await caller.call(invoke)

    assert len({one.body for one in (*heard, again)}) == 1
    assert "Ben Ortiz" in json.dumps(again.answer["value"])
    assert caller.claimed(pressed.number) == 1
    await caller.world.witness.released(pressed.number)


async def test_presses_without_an_id_are_not_taken_for_one(caller: Caller) -> None:
    first, second = await card(caller), await card(caller)

    await caller.call(first.press(caller, id=ABSENT))
    await caller.call(second.press(caller, id=ABSENT))

    assert caller.claimed(first.number) == 1
    assert caller.claimed(second.number) == 1


async def test_a_press_of_an_older_client_decides_once(caller: Caller) -> None:
    pressed = await card(caller)
    message = pressed.submit(caller, id="1700000099999")

    heard = await asyncio.gather(*(caller.call(message) for _ in range(4)))
    invoked = await caller.call(pressed.press(caller))

    assert [one.status for one in heard] == [202] * 4
    assert caller.claimed(pressed.number) == 1
    assert "Ben Ortiz" in json.dumps(invoked.answer["value"])
    await caller.world.witness.card(pressed.number, BEN, says="Released by Ben Ortiz")
    writes = await caller.world.witness.writes(pressed.number)
    assert writes == ["POST Bill/ReleaseFromHold", "POST Bill/ReleaseBill"]


async def test_a_refused_press_of_an_older_client_is_told_in_the_thread(caller: Caller) -> None:
    pressed = await card(caller)
    dev = {"id": "29:1dev", "aadObjectId": "aaaaaaaa-0000-4000-8000-000000000004"}

    await caller.call(copy.deepcopy(pressed.submit(caller, **{"from": dev})))

    async def told() -> bool:
        (message,) = await caller.world.witness.cards(pressed.number)
        return any("does not wait for you" in reply["text"] for reply in message["replies"])

    await eventually(told, "the refusal stands in the thread")
    assert caller.claimed(pressed.number) == 0


# --- typed lines ---


async def answers(caller: Caller, place: str) -> list[str]:
    """What the bot said in Ben's chat, or in a channel's threads."""
    shown = await caller.world.witness.messages(BEN, place)
    lines = [line for message in shown for line in (message, *message["replies"])]
    return [line["card"]["fallbackText"] for line in lines if line["card"]]


async def test_a_line_that_comes_twice_is_answered_once(caller: Caller) -> None:
    line = caller.activity(type="message", text="frobnicate", id="1700000000001")

    heard = [await caller.call(line) for _ in range(3)]
    await caller.call(caller.activity(type="message", text="help", id="1700000000002"))

    async def both() -> list[str] | None:
        found = await answers(caller, "Countersign")
        return found if "What you can type" in found else None

    found = await eventually(both, "both lines are answered")
    assert [one.status for one in heard] == [202] * 3
    assert found.count("I did not understand that") == 1


async def test_one_id_in_two_conversations_is_two_lines(caller: Caller, untouched: Card) -> None:
    more = {"type": "message", "text": "bill 777777", "id": "1700000000003"}
    await caller.call(caller.activity(**more))
    await caller.call(caller.activity(**more, conversation=untouched.place()))

    async def both() -> bool:
        places = ("Countersign", "Purchasing East")
        return all(["No bill 777777" in await answers(caller, place) for place in places])

    await eventually(both, "both lines are answered where they were typed")


async def test_a_mention_without_a_text_takes_nothing_out(caller: Caller) -> None:
    mention = {"type": "mention", "text": "", "mentioned": {"id": f"28:{APP_ID}"}}
    line = {"type": "message", "text": "bill 888888", "entities": [mention]}

    await caller.call(caller.activity(**line))

    async def understood() -> bool:
        return "No bill 888888" in await answers(caller, "Countersign")

    await eventually(understood, "the line is understood")


# --- below HTTP ---


@pytest.mark.parametrize(
    "said",
    [
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n",
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"BREW /api/messages\r\n\r\n",
    ],
    ids=["broken chunk", "negative length", "no HTTP"],
)
async def test_what_is_no_http_is_refused_and_told_nothing(caller: Caller, said: bytes) -> None:
    port = int(caller.world.witness.bot.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)

    heard = await asyncio.wait_for(reader.read(), 15)
    writer.close()

    assert heard.startswith(b"HTTP/1.1 4") or heard.startswith(b"HTTP/1.0 4")
    assert b"Traceback" not in heard


async def test_the_service_still_answers_after_all_that(caller: Caller) -> None:
    witness = caller.world.witness

    assert (await witness.get(f"{witness.bot}/health/ready"))["ready"] is True
    with contextlib.suppress(aiohttp.ClientError):
        assert await witness.get(f"{witness.bot}/health/live") == {"live": True}
