"""The doors for Graph: the handshake, who is believed, and what is stored before the answer."""

from __future__ import annotations

import base64
import gzip
import io
import json
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sync_world import START, Clock

from acumatica_client.transport import open_transport
from bot.clock import Bell, Ports
from bot.core.notices import LIVE, secret_hash
from bot.listening.graph_door import BODY_LIMIT, GraphDoor
from bot.listening.notice_tokens import GRAPH, NoticeTokens, issuers_of
from bot.server import hide_version, plain_errors
from bot.signing_keys import GateRefused
from storage import audit, notices, posted_cards, subscriptions
from storage.database import Database
from storage.notices import ToRead
from storage.records import PostedCard

APP = "bbbbbbbb-0000-0000-0000-000000000002"
TENANT = "11111111-2222-3333-4444-555555555555"
CHANNEL = "19:ap-approvals@thread.tacv2"
SECRET = "only Graph and we know this"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ENCLOSED = {
    "data": "ZGF0YQ==", "dataKey": "a2V5", "dataSignature": "c2VhbA==",
    "encryptionCertificateId": "certificate",
}  # fmt: skip


class EntraKeys:
    """Entra's keys, as far as these tests need them."""

    def __init__(self) -> None:
        self.away = False

    async def find(self, key_id: str) -> dict[str, Any] | None:
        if self.away:
            raise GateRefused(503, "the key document cannot be read")
        if key_id != "known":
            return None
        return json.loads(RSAAlgorithm.to_jwk(KEY.public_key()))


@dataclass
class Doors:
    """The doors over HTTP, and the store behind them."""

    http: TestClient[Any, Any]
    store: Database
    door: GraphDoor
    clock: Clock
    keys: EntraKeys
    replies_bell: Bell = field(repr=False)

    async def send(self, body: Any, path: str = "notifications", **headers: str) -> int:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        shown = {"Content-Type": "application/json", **headers}
        async with self.http.post(f"/graph/{path}", data=io.BytesIO(data), headers=shown) as answer:
            return answer.status

    async def waiting(self) -> list[ToRead]:
        found = []
        async with self.store.transaction() as conn:
            while (
                one := await notices.due(conn, now=self.clock.now() + timedelta(days=1))
            ) is not None:
                found.append(one)
                await notices.done(conn, one)
        return found

    async def subscribe(self, identity: str = "s1", channel: str = CHANNEL) -> None:
        now = self.clock.now()
        async with self.store.transaction() as conn:
            await subscriptions.add(conn, channel, now=now)
            await subscriptions.plan(conn, channel, team="team", secret=secret_hash(SECRET))
            if identity:
                await subscriptions.alive(
                    conn,
                    channel,
                    identity,
                    expires_at=now + timedelta(days=3),
                    due_at=now + timedelta(days=1),
                )

    async def subscription(self) -> subscriptions.Subscription:
        async with self.store.reading() as conn:
            found = await subscriptions.get(conn, CHANNEL)
        assert found is not None
        return found


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    store, clock, keys = await Database.open(tmp_path / "store.db"), Clock(), EntraKeys()
    numbers = iter(range(10_000))
    ports = Ports(clock, lambda: 0.5, lambda: f"token-{next(numbers)}", open_transport)
    tokens = NoticeTokens(
        keys, clock, app_id=APP, issuers=issuers_of([TENANT], "https://login.example")
    )
    bell = Bell(clock)
    door = GraphDoor(store, ports, tokens, replies_bell=bell, subscriptions_bell=Bell(clock))
    app = web.Application(middlewares=[plain_errors])
    app.on_response_prepare.append(hide_version)
    app.router.add_post("/graph/notifications", door.take)
    app.router.add_post("/graph/lifecycle", door.take)
    async with TestClient(TestServer(app)) as http:
        yield Doors(http, store, door, clock, keys, bell)
    await store.close()


def item(reply: str = "17001", root: str = "17000", **other: Any) -> dict[str, Any]:
    resource = f"teams('team')/channels('{CHANNEL}')/messages('{root}')"
    return {
        "subscriptionId": "s1",
        "changeType": "created",
        "clientState": SECRET,
        "resource": resource + (f"/replies('{reply}')" if reply else ""),
        "tenantId": TENANT,
        **other,
    }


def body(*items: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"value": list(items), **other}


def token(key: rsa.RSAPrivateKey = KEY, *, head: Any = None, **other: Any) -> str:
    claims = {
        "aud": APP,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "appid": GRAPH,
        "exp": START.timestamp() + 3600,
        **other,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, "RS256", headers={"kid": "known", **(head or {})})


# --- the handshake ---


@pytest.mark.parametrize("path", ["notifications", "lifecycle"])
async def test_the_handshake_is_said_back_decoded_as_plain_text_and_nothing_else(
    doors: Doors, path: str
) -> None:
    url = f"/graph/{path}?validationToken=Validation%3A+Testing%20%3Cb%3E+4f%2B2c"
    async with doors.http.post(url, headers={"Content-Type": "text/plain"}) as answer:
        told = await answer.text()

        assert (answer.status, told) == (200, "Validation: Testing <b> 4f+2c")
        assert answer.content_type == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "validationToken=",
        "validationToken=a&validationToken=b",
        "validationToken=a%0D%0ASet-Cookie%3A+x",
        "validationToken=a%00b",
        "validationToken=" + "x" * 2049,
    ],
)
async def test_a_handshake_that_could_harm_is_refused(doors: Doors, query: str) -> None:
    async with doors.http.post(f"/graph/notifications?{query}") as answer:
        assert answer.status == 400
        assert "Set-Cookie" not in answer.headers


async def test_a_handshake_stores_nothing_whatever_its_body(doors: Doors) -> None:
    await doors.subscribe()
    url = "/graph/notifications?validationToken=x"

    async with doors.http.post(url, json=body(item())) as answer:
        assert answer.status == 200

    assert await doors.waiting() == []


# --- who is believed ---


async def test_a_proved_reply_is_stored_before_the_answer_and_rings(doors: Doors) -> None:
    await doors.subscribe()

    assert await doors.send(body(item())) == 202

    assert await doors.waiting() == [ToRead(CHANNEL, "17000", "17001")]
    assert (await doors.subscription()).noticed_at == START


async def test_the_secret_lies_nowhere_in_the_store(doors: Doors, tmp_path: Path) -> None:
    await doors.subscribe()
    await doors.send(body(item()))

    assert stored(tmp_path).count(CHANNEL.encode())
    assert not stored(tmp_path).count(SECRET.encode())


def stored(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("store.db*"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"clientState": "wrong"},
        {"clientState": None},
        {"clientState": secret_hash(SECRET)},
        {"clientState": [SECRET]},
        {"subscriptionId": "another"},
        {"subscriptionId": ""},
        {"resource": "teams('team')/channels('19:other')/messages('1')/replies('2')"},
    ],
)
async def test_what_is_not_proved_is_answered_alike_dropped_counted_and_logged(
    doors: Doors, wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    await doors.subscribe()

    with caplog.at_level(logging.WARNING):
        assert await doors.send(body(item(**wrong))) == 202

    assert await doors.waiting() == []
    assert doors.door.counts["dropped"] == 1
    assert [record.message for record in caplog.records] == ["notices not proved"]
    assert SECRET not in caplog.text


async def test_while_nothing_is_subscribed_everything_is_dropped(doors: Doors) -> None:
    assert await doors.send(body(item())) == 202
    assert await doors.waiting() == []


async def test_a_wrong_item_costs_the_right_ones_beside_it_nothing(doors: Doors) -> None:
    await doors.subscribe()

    await doors.send(body(item("1", clientState="wrong"), item("2"), item("3", subscriptionId="x")))

    assert [one.message for one in await doors.waiting()] == ["2"]


async def test_a_notice_that_comes_before_the_answer_to_its_creation_is_kept(doors: Doors) -> None:
    await doors.subscribe(identity="")

    await doors.send(body(item()))

    assert len(await doors.waiting()) == 1
    assert (await doors.subscription()).id == "s1"


async def test_an_empty_secret_is_no_secret(doors: Doors) -> None:
    async with doors.store.transaction() as conn:
        await subscriptions.add(conn, CHANNEL, now=START)

    await doors.send(body(item(clientState="")))

    assert await doors.waiting() == []


# --- what is stored ---


async def test_the_same_notice_told_again_or_late_is_one_thing_to_read(doors: Doors) -> None:
    await doors.subscribe()

    for told in (body(item("2")), body(item("1"), item("1")), body(item("2"))):
        assert await doors.send(told) == 202

    assert sorted(one.message for one in await doors.waiting()) == ["1", "2"]


async def test_the_first_message_of_a_thread_is_nothing_to_read(doors: Doors) -> None:
    await doors.subscribe()

    await doors.send(body(item(reply="")))

    assert await doors.waiting() == []


async def test_a_thousand_items_are_answered_within_three_seconds(doors: Doors) -> None:
    await doors.subscribe()
    many = body(*(item(str(number), pad="x" * 500) for number in range(1000)))
    before = time.monotonic()

    assert await doors.send(many) == 202

    assert time.monotonic() - before < 3
    assert len(await doors.waiting()) == 1000


@pytest.mark.parametrize(
    ("sent", "headers", "status"),
    [
        (b"no json", {}, 400),
        (b"[]", {}, 400),
        (b"{}", {}, 400),
        (b'{"value": {}}', {}, 400),
        (b'{"value": [' + b"{}," * 5001 + b"{}]}", {}, 400),
        (b'{"value": []' + b" " * BODY_LIMIT + b"}", {}, 413),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (gzip.compress(b"{}", mtime=0), {"Content-Encoding": "gzip"}, 415),
        (b'{"value": []}', {}, 202),
        (b'{"value": [1, null, "x"]}', {}, 202),
    ],
)
async def test_bad_form_has_its_own_answer_and_never_a_crash(
    doors: Doors, sent: bytes, headers: dict[str, str], status: int
) -> None:
    assert await doors.send(sent, **headers) == status


async def test_what_cannot_be_stored_is_answered_so_that_graph_sends_it_again(doors: Doors) -> None:
    await doors.subscribe()
    async with doors.store.transaction() as conn:
        await conn.execute(
            "CREATE TRIGGER full BEFORE INSERT ON notices BEGIN SELECT RAISE(ABORT, 'full'); END"
        )

    assert await doors.send(body(item())) == 503


# --- messages that come along ---


async def enclosed_after(doors: Doors, *tokens: str) -> Any:
    await doors.subscribe()
    await doors.send(body(item(encryptedContent=ENCLOSED), validationTokens=list(tokens)))
    [kept] = await doors.waiting()
    return kept.enclosed


@pytest.mark.parametrize(
    "good",
    [
        {},
        {"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0", "azp": GRAPH, "appid": None},
        {"iss": f"https://login.example/{TENANT}/v2.0", "azp": GRAPH, "appid": None},
        {"exp": START.timestamp() - 299},
        {"nbf": START.timestamp() + 300},
        {"iat": START.timestamp() + 10**9},
    ],
    ids=str,
)
async def test_a_message_that_graph_vouches_for_is_kept_sealed(
    doors: Doors, good: dict[str, Any]
) -> None:
    kept = await enclosed_after(doors, token(**good))

    assert kept == {
        "data": "ZGF0YQ==", "key": "a2V5", "signature": "c2VhbA==", "certificate": "certificate",
    }  # fmt: skip


NONE_ALGORITHM = jwt.encode({"aud": APP}, None, "none", headers={"kid": "known"})
HS256 = jwt.encode({"aud": APP}, base64.b64encode(b"x" * 40), "HS256", headers={"kid": "known"})


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        [token(OTHER_KEY)],
        [token(head={"kid": "unknown"})],
        [token(aud="another app")],
        [token(aud=[APP, "another app"])],
        [token(iss="https://sts.windows.net/another tenant/")],
        [token(appid="another application")],
        [token(azp="another application")],
        [token(appid=None)],
        [token(exp=START.timestamp() - 600)],
        [token(nbf=START.timestamp() + 600)],
        [token(exp=None)],
        [token(), token(OTHER_KEY)],
        [NONE_ALGORITHM],
        [HS256],
        ["no token"],
        [""],
        [token()] * 9,
    ],
)
async def test_a_message_nobody_vouches_for_is_dropped_and_read_by_its_id(
    doors: Doors, tokens: list[str]
) -> None:
    assert await enclosed_after(doors, *tokens) is None


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (HS256, "another algorithm"),
        (token(head={"kid": "unknown"}), "an unknown key"),
        (token(exp=START.timestamp() - 300), "not its time"),
        (token(nbf=START.timestamp() + 301), "not its time"),
        (token(iss="https://sts.windows.net/another tenant/"), "another issuer"),
        (token(appid="another application"), "another application"),
    ],
)
async def test_the_log_says_why_an_enclosed_message_is_not_believed(
    doors: Doors, caplog: pytest.LogCaptureFixture, shown: str, reason: str
) -> None:
    assert await enclosed_after(doors, shown) is None

    [line] = [one for one in caplog.records if one.name == "bot.listening.notice_tokens"]
    assert (line.message, vars(line)["reason"]) == ("enclosed messages not believed", reason)


def test_an_issuer_has_one_slash_however_the_address_of_the_sign_in_ends() -> None:
    assert issuers_of([TENANT], "https://login.example/") == {
        f"https://login.example/{TENANT}/v2.0",
        f"https://login.microsoftonline.com/{TENANT}/v2.0",
        f"https://sts.windows.net/{TENANT}/",
    }


async def test_while_entras_keys_cannot_be_read_the_reply_is_read_by_its_id(doors: Doors) -> None:
    doors.keys.away = True

    assert await enclosed_after(doors, token()) is None


# --- how a subscription is ---


def event(word: str, **other: Any) -> dict[str, Any]:
    return body(item("", lifecycleEvent=word, resource="", **other))


async def test_reauthorization_required_has_it_looked_after_at_once(doors: Doors) -> None:
    await doors.subscribe()

    assert await doors.send(event("reauthorizationRequired"), "lifecycle") == 202

    assert (await doors.subscription()).due_at == START
    assert (await doors.subscription()).id == "s1"


async def test_subscription_removed_has_it_made_anew_at_once(doors: Doors) -> None:
    await doors.subscribe()

    await doors.send(event("subscriptionRemoved"), "lifecycle")

    assert ((await doors.subscription()).id, (await doors.subscription()).due_at) == ("", START)


async def test_missed_has_the_threads_of_live_cards_read_again(doors: Doors) -> None:
    await doors.subscribe()
    places = {
        "live": (CHANNEL, "100", START - timedelta(days=1)),
        "old": (CHANNEL, "101", START - LIVE - timedelta(days=1)),
        "elsewhere": ("19:payments@thread.tacv2", "102", START),
    }
    async with doors.store.transaction() as conn:
        for name, (channel, root, at) in places.items():
            await posted_cards.add(conn, "acme", name, "channel:ap")
            card = PostedCard(
                "acme",
                name,
                "channel:ap",
                conversation=f"{channel};messageid={root}",
                activity=root,
            )
            await posted_cards.posted(conn, card, now=at)

    await doors.send(event("missed"), "lifecycle")

    assert await doors.waiting() == [ToRead(CHANNEL, "100", "")]


@pytest.mark.parametrize("word", ["subscriptionRemoved", "reauthorizationRequired", "missed"])
async def test_a_stranger_cannot_say_how_a_subscription_is(doors: Doors, word: str) -> None:
    await doors.subscribe()
    before = await doors.subscription()

    assert await doors.send(event(word, clientState="wrong"), "lifecycle") == 202

    assert await doors.subscription() == before


async def test_what_graph_says_of_a_subscription_is_audited(doors: Doors) -> None:
    await doors.subscribe()

    await doors.send(event("missed"), "lifecycle")
    await doors.send(event("somethingNew"), "lifecycle")

    async with doors.store.reading() as conn:
        told = [one.detail["event"] for one in await audit.newest(conn)]
    assert told == ["somethingNew", "missed"]
