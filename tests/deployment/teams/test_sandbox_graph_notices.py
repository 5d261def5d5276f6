"""Subscriptions and change notifications over HTTP (facts §5.3)."""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sandbox_teams_world import APP_ID, EAST, TENANT, Clock, TinyBot, World, card, standing
from test_sandbox_teams_identity import Certificate

GROUP = "cccccccc-0000-4000-8000-000000000003"
MESSAGES = f"teams/{GROUP}/channels/{quote(EAST, safe='')}/messages"


class Listener:
    """The two doors Graph calls; answers what the test says."""

    def __init__(self) -> None:
        self.notices: list[Any] = []
        self.lifecycle: list[Any] = []
        self.status = 202
        self.shake = lambda token: web.Response(text=token)
        self.url = ""
        self.news = asyncio.Condition()

    async def notice(self, request: web.Request) -> web.Response:
        return await self.take(request, self.notices)

    async def life(self, request: web.Request) -> web.Response:
        return await self.take(request, self.lifecycle)

    async def take(self, request: web.Request, into: list[Any]) -> web.Response:
        if "validationToken" in request.query:
            return self.shake(request.query["validationToken"])
        async with self.news:
            into.append(await request.json())
            self.news.notify_all()
        return web.Response(status=self.status)

    async def told(self, count: int) -> list[Any]:
        """Wait for *count* notices; the single items in them."""
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.notices) >= count)
        return [one["value"][0] for one in self.notices]

    async def warned(self) -> Any:
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: self.lifecycle)
        return self.lifecycle[-1]["value"][0]


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    one = Listener()
    app = web.Application()
    app.router.add_post("/notices", one.notice)
    app.router.add_post("/lifecycle", one.life)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield one
    await runner.cleanup()


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return Certificate()


def wish(world: World, listener: Listener, **changes: Any) -> dict[str, Any]:
    ends = world.clock.now() + timedelta(days=2)
    return {
        "changeType": "created,updated,deleted",
        "resource": f"/teams/{GROUP}/channels/{EAST}/messages",
        "notificationUrl": f"{listener.url}/notices",
        "lifecycleNotificationUrl": f"{listener.url}/lifecycle",
        "expirationDateTime": ends.isoformat(),
        "clientState": "a secret",
        "latestSupportedTlsVersion": "v1_2",
    } | changes


async def subscribed(world: World, listener: Listener, **changes: Any) -> str:
    status, body = await world.graph("POST", "subscriptions", wish(world, listener, **changes))
    assert status == 201, body
    return body["id"]


async def say(world: World, text: str = "looks fine", **more: Any) -> str:
    told = {"person": "ben", "conversation": "Purchasing East", "text": text, "mention": False}
    return (await world.lever("say", **told | more))["message"]


async def test_both_addresses_are_tried_with_an_encoded_token(world: World, listener: Listener):
    tokens: list[str] = []

    def shake(token: str) -> web.Response:
        tokens.append(token)
        return web.Response(text=token)

    listener.shake = shake

    await subscribed(world, listener)

    assert len(tokens) == 2
    assert all("&" in token and "+" in token and " " in token for token in tokens)


@pytest.mark.parametrize(
    "shake",
    [
        lambda token: web.Response(text=token, status=202),
        lambda token: web.Response(text=token, content_type="text/html"),
        lambda token: web.Response(text=quote(token)),
        lambda token: web.json_response({"validationToken": token}),
    ],
)
async def test_a_wrong_handshake_refuses_the_subscription(
    world: World, listener: Listener, shake: Any
):
    listener.shake = shake

    status, body = await world.graph("POST", "subscriptions", wish(world, listener))

    assert (status, body["error"]["code"]) == (400, "ValidationError")
    assert (await world.graph("GET", "subscriptions"))[1]["value"] == []


async def test_an_address_nobody_listens_at_refuses_the_subscription(
    world: World, listener: Listener
):
    dead = {"lifecycleNotificationUrl": "http://127.0.0.1:9/lifecycle"}

    status, body = await world.graph("POST", "subscriptions", wish(world, listener, **dead))

    assert (status, body["error"]["code"]) == (400, "ValidationError")


def days(count: float) -> Any:
    return lambda world: (world.clock.now() + timedelta(days=count)).isoformat()


@pytest.mark.parametrize(
    "changes",
    [
        {"expirationDateTime": days(3.001)},
        {"expirationDateTime": days(-0.001)},
        {"expirationDateTime": "soon"},
        {"expirationDateTime": "2026-10-19T08:00:00"},
        {"lifecycleNotificationUrl": None, "expirationDateTime": days(0.05)},
        {"clientState": "x" * 129},
        {"changeType": "opened"},
        {"resource": "/teams/elsewhere/channels/c/messages"},
        {"resource": "/me/messages"},
        {"notificationUrl": "http://bot.example.com/notices"},
        {"includeResourceData": True},
        {
            "includeResourceData": True,
            "encryptionCertificate": "bm90aGluZw==",
            "encryptionCertificateId": "one",
        },
    ],
)
async def test_a_wrong_subscription_is_refused(world: World, listener: Listener, changes: dict):
    known = {name: one(world) if callable(one) else one for name, one in changes.items()}

    status, body = await world.graph("POST", "subscriptions", wish(world, listener, **known))

    assert (status, body["error"]["code"]) == (400, "InvalidRequest")


async def test_less_than_an_hour_needs_no_lifecycle_address_but_cannot_be_prolonged(
    world: World, listener: Listener
):
    short = {"lifecycleNotificationUrl": None, "expirationDateTime": days(0.04)(world)}
    one = await subscribed(world, listener, **short)

    longer = {"expirationDateTime": days(1)(world)}
    prolonged, _ = await world.graph("PATCH", f"subscriptions/{one}", longer)
    late = {"lifecycleNotificationUrl": f"{listener.url}/lifecycle"}
    added, _ = await world.graph("PATCH", f"subscriptions/{one}", late)

    assert (prolonged, added) == (400, 400)


async def test_a_subscription_lives_as_long_as_it_is_renewed(world: World, listener: Listener):
    one = await subscribed(world, listener)
    for _ in range(10):
        world.clock.advance(86_400)
        ends = {"expirationDateTime": days(2)(world)}
        status, _ = await world.graph("PATCH", f"subscriptions/{one}", ends)
        assert status == 200
    _, listed = await world.graph("GET", "subscriptions")
    world.clock.advance(2 * 86_400)

    _, over = await world.graph("GET", "subscriptions")
    gone, _ = await world.graph("PATCH", f"subscriptions/{one}", {})
    await say(world)

    assert [row["id"] for row in listed["value"]] == [one]
    assert listed["value"][0]["clientState"] is None
    assert (over["value"], gone) == ([], 404)
    assert listener.notices == []


async def test_people_and_the_bot_are_heard_posting_editing_deleting(
    world: World, listener: Listener
):
    one = await subscribed(world, listener)
    conversation, root = await world.thread(card())
    await listener.told(1)
    reply = await say(world, thread=root)
    await listener.told(2)
    await world.lever("message", person="ben", message=reply, event="edit", text="better")
    await listener.told(3)
    await world.lever("message", person="ben", message=reply, event="delete")
    await listener.told(4)
    await world.edit(conversation, root, card(text="new"))
    items = await listener.told(5)

    place = f"teams('{GROUP}')/channels('{EAST}')/messages('{root}')"
    assert [(item["changeType"], item["resource"]) for item in items] == [
        ("created", place),
        ("created", f"{place}/replies('{reply}')"),
        ("updated", f"{place}/replies('{reply}')"),
        ("deleted", f"{place}/replies('{reply}')"),
        ("updated", place),
    ]
    assert {item["clientState"] for item in items} == {"a secret"}
    assert {item["subscriptionId"] for item in items} == {one}
    assert {item["tenantId"] for item in items} == {TENANT}
    assert "encryptedContent" not in items[0]


async def test_other_channels_and_other_changes_are_not_told(world: World, listener: Listener):
    await subscribed(world, listener, changeType="deleted")
    first = await say(world)
    await say(world, conversation="Payments")

    await world.lever("message", person="ben", message=first, event="delete")

    [item] = await listener.told(1)
    assert item["changeType"] == "deleted"


async def test_a_message_is_read_by_its_id(world: World):
    _, root = await world.thread(card(text="Bill 004512"))
    reply = await say(world, "fine & <b>good</b>\nreally", thread=root)

    _, post = await world.graph("GET", f"{MESSAGES}/{root}")
    _, answer = await world.graph("GET", f"{MESSAGES}/{root}/replies/{reply}")
    _, replies = await world.graph("GET", f"{MESSAGES}/{root}/replies")
    wrong, _ = await world.graph("GET", f"{MESSAGES}/{reply}")

    assert post["from"]["application"]["id"] == APP_ID
    assert json.loads(post["attachments"][0]["content"])["body"][0]["text"] == "Bill 004512"
    assert answer["from"]["user"]["displayName"] == "Ben Ortiz"
    assert answer["body"] == {
        "contentType": "html",
        "content": "<p>fine &amp; &lt;b&gt;good&lt;/b&gt;<br>really</p>",
    }
    assert answer["replyToId"] == root
    assert [one["id"] for one in replies["value"]] == [reply]
    assert wrong == 404


async def test_a_mention_has_its_own_tag_and_row(world: World):
    message = await say(world, "status", mention=True)

    _, told = await world.graph("GET", f"{MESSAGES}/{message}")

    assert told["body"]["content"] == '<p><at id="0">Countersign</at> status</p>'
    assert told["mentions"][0]["mentioned"]["application"]["id"] == APP_ID


async def test_a_deleted_message_is_empty_and_an_erased_one_is_gone(world: World):
    soft, hard = await say(world), await say(world)
    await world.lever("message", person="ben", message=soft, event="delete")
    await world.lever("message", person="ben", message=hard, event="delete", hard=True)

    _, told = await world.graph("GET", f"{MESSAGES}/{soft}")
    gone, _ = await world.graph("GET", f"{MESSAGES}/{hard}")

    assert (told["body"]["content"], bool(told["deletedDateTime"])) == ("", True)
    assert gone == 404


async def test_replies_come_in_pages_four_calls_a_second(world: World):
    _, root = await world.thread()
    made = [await say(world, str(number), thread=root) for number in range(5)]

    seen: list[str] = []
    path = f"{MESSAGES}/{root}/replies?$top=2"
    while path:
        _, body = await world.graph("GET", path)
        seen += [one["id"] for one in body["value"]]
        path = body.get("@odata.nextLink", "")
    await world.graph("GET", MESSAGES)
    busy, headers, _ = await world.graph_whole("GET", MESSAGES)

    assert seen == made[::-1]
    assert (busy, headers["Retry-After"]) == (429, "1")


async def test_an_app_alone_cannot_post(world: World):
    status, body = await world.graph("POST", MESSAGES, {"body": {"content": "hello"}})

    assert status == 401
    assert "import" in body["error"]["message"]


def opened(item: Any, certificate: Certificate) -> Any:
    """Open a sealed item as the facts say, step by step."""
    sealed = item["encryptedContent"]
    data = base64.b64decode(sealed["data"])
    oaep = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    key = certificate.key.decrypt(base64.b64decode(sealed["dataKey"]), oaep)
    assert hmac.digest(key, data, "sha256") == base64.b64decode(sealed["dataSignature"])
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    padded = decryptor.update(data) + decryptor.finalize()
    return json.loads(unpadder.update(padded) + unpadder.finalize())


def rich(certificate: Certificate) -> dict[str, Any]:
    der = certificate.certificate.public_bytes(serialization.Encoding.DER)
    return {
        "includeResourceData": True,
        "encryptionCertificate": base64.b64encode(der).decode(),
        "encryptionCertificateId": "first",
    }


async def validated(world: World, token: str, issuer: str) -> Any:
    async with world.http.get(f"{world.stand.url}/common/discovery/v2.0/keys") as response:
        keys = jwt.PyJWKSet.from_dict(await response.json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    return jwt.decode(token, key, ["RS256"], options, audience=APP_ID, issuer=issuer)


async def test_a_rich_notice_can_be_opened_and_believed(
    world: World, listener: Listener, certificate: Certificate
):
    await subscribed(world, listener, **rich(certificate))
    reply = await say(world, "übrigens fine")

    [item] = await listener.told(1)
    content = opened(item, certificate)
    issuer = f"https://sts.windows.net/{TENANT}/"
    claims = await validated(world, listener.notices[0]["validationTokens"][0], issuer)

    assert (content["id"], content["body"]["content"]) == (reply, "<p>übrigens fine</p>")
    assert item["encryptedContent"]["encryptionCertificateId"] == "first"
    assert claims["appid"] == "0bf30f3b-4a52-48df-9a82-234910c4a086"


async def test_a_token_of_version_two_names_its_publisher_differently(
    world: World, listener: Listener, certificate: Certificate
):
    await subscribed(world, listener, **rich(certificate))
    await world.lever("notices", token="v2")
    await say(world)
    await listener.told(1)

    issuer = f"https://login.microsoftonline.com/{TENANT}/v2.0"
    claims = await validated(world, listener.notices[0]["validationTokens"][0], issuer)

    assert claims["azp"] == "0bf30f3b-4a52-48df-9a82-234910c4a086"


@pytest.mark.parametrize("how", ["foreign app", "foreign key", "expired", "other tenant", "none"])
async def test_a_notice_can_be_made_unbelievable(
    world: World, listener: Listener, certificate: Certificate, how: str
):
    await subscribed(world, listener, **rich(certificate))
    await world.lever("notices", token=how)
    await say(world)
    await listener.told(1)

    [*tokens] = listener.notices[0]["validationTokens"]
    issuer = f"https://sts.windows.net/{TENANT}/"
    if how in {"foreign key", "other tenant"}:
        with pytest.raises((jwt.PyJWTError, KeyError)):
            await validated(world, tokens[0], issuer)
    elif how == "none":
        assert tokens == []
    else:
        claims = await validated(world, tokens[0], issuer)
        now = world.clock.now().timestamp()
        assert claims["exp"] < now or claims["appid"].startswith("99999999")


@pytest.mark.parametrize("how", ["bad signature", "bad key"])
async def test_a_notice_can_be_made_impossible_to_open(
    world: World, listener: Listener, certificate: Certificate, how: str
):
    await subscribed(world, listener, **rich(certificate))
    await world.lever("notices", content=how)
    await say(world)
    [item] = await listener.told(1)

    with pytest.raises((AssertionError, ValueError)):
        opened(item, certificate)


async def failed(world: World, count: int) -> None:
    """Wait until that many attempts failed; then the next gap has begun."""
    async with asyncio.timeout(10):
        while (await world.door("GET", "subscriptions"))[1]["subscriptions"][0]["failed"] < count:
            pass


async def test_what_is_not_taken_is_sent_again_later(world: World, listener: Listener):
    await subscribed(world, listener)
    listener.status = 503
    await say(world)
    await failed(world, 1)
    listener.status = 202

    world.clock.advance(9.9)
    early = len(listener.notices)
    world.clock.advance(0.1)
    items = await listener.told(2)

    assert early == 1
    assert items[0] == items[1]


async def test_it_is_given_up_after_four_hours(world: World, listener: Listener):
    await subscribed(world, listener)
    listener.status = 500
    await say(world)
    gaps = [10, 30, 60, 120, 240, 480, 960, *[1800] * 7]
    for number, gap in enumerate(gaps):
        await failed(world, number + 1)
        world.clock.advance(gap)
    await failed(world, len(gaps) + 1)
    world.clock.advance(1800)
    listener.status = 202
    await say(world)
    await listener.told(len(gaps) + 2)

    told = [one["value"][0]["resource"] for one in listener.notices]
    assert sum(gaps) > 4 * 3600
    assert [told.count(one) for one in dict.fromkeys(told)] == [len(gaps) + 1, 1]


async def test_notices_can_be_doubled_shuffled_lost_and_forged(world: World, listener: Listener):
    await subscribed(world, listener)
    await world.lever("notices", duplicate=1, reorder=4)
    first, second = await say(world), await say(world)
    sent = [item["resourceData"]["id"] for item in await listener.told(4)]

    await world.lever("notices", duplicate=0, reorder=0, drop=1, clientState="wrong")
    await say(world)
    third = await say(world)
    items = await listener.told(5)

    assert sorted(sent) == [first, first, second, second]
    assert items[-1]["resourceData"]["id"] == third
    assert items[-1]["clientState"] != "a secret"


@pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
async def test_the_lifecycle_address_is_told(world: World, listener: Listener, event: str):
    one = await subscribed(world, listener)

    await world.lever("subscriptions", event=event)

    told = await listener.warned()
    assert (told["lifecycleEvent"], told["subscriptionId"]) == (event, one)
    assert told["clientState"] == "a secret"
    _, listed = await world.graph("GET", "subscriptions")
    assert len(listed["value"]) == (0 if event == "subscriptionRemoved" else 1)


async def test_a_paused_subscription_loses_what_happens_until_it_is_reauthorised(
    world: World, listener: Listener
):
    one = await subscribed(world, listener)
    await world.lever("subscriptions", event="reauthorizationRequired", pause=True)
    await say(world, "lost")
    status, _ = await world.graph("POST", f"subscriptions/{one}/reauthorize")

    kept = await say(world, "kept")

    [item] = await listener.told(1)
    assert (status, item["resourceData"]["id"]) == (200, kept)


async def test_a_deleted_subscription_is_silent(world: World, listener: Listener):
    one = await subscribed(world, listener)
    other = await subscribed(world, listener, changeType="created")
    status, _ = await world.graph("DELETE", f"subscriptions/{one}")

    await say(world)

    [item] = await listener.told(1)
    assert (status, item["subscriptionId"]) == (204, other)
    assert (await world.graph("DELETE", f"subscriptions/{one}"))[0] == 404


async def test_subscriptions_survive_a_restart(
    bot: TinyBot, clock: Clock, listener: Listener, data: Any
):
    async with standing(bot, clock, data=data) as world:
        one = await subscribed(world, listener)

    async with standing(bot, clock, data=data) as world:
        await say(world)
        [item] = await listener.told(1)

    assert item["subscriptionId"] == one


async def test_reading_messages_takes_its_own_role(world: World, listener: Listener):
    await world.lever("graph", roles=["User.Read.All"])

    read, _ = await world.graph("GET", MESSAGES)
    created, _ = await world.graph("POST", "subscriptions", wish(world, listener))

    assert (read, created) == (403, 403)
