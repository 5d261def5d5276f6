"""The bot's own tokens: kept for each resource, renewed in time, by every kind of registration."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
import requests
from certificates import Pair, new_pair
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from world import BOT_SECRET, World

from bot.settings import TeamsSettings
from bot.tokens import (
    PLAIN_LIFE,
    EntraTokens,
    LoginHttp,
    NoTokens,
    Resource,
    TokenRefused,
    open_tokens,
)

BOT, GRAPH = Resource.BOT, Resource.GRAPH
TOKEN_PATH = "/oauth2/v2.0/token"


def registered(world: World, **changes: Any) -> TeamsSettings:
    return TeamsSettings(**{**world.settings()["teams"], **changes})


@dataclass
class Hands:
    """Tokens of a world, and a clock to push."""

    world: World
    settings: TeamsSettings
    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.tokens = EntraTokens(self.settings, lambda: self.moment)

    async def asked(self, path: str = TOKEN_PATH) -> int:
        """How often the sign-in service was asked."""
        history = await self.world.witness.get(f"{self.world.witness.teams}/_sandbox/history")
        return sum(
            event["kind"] == "request" and path in event["path"] for event in history["events"]
        )

    async def register(self, **change: Any) -> None:
        """Change the app's registration at the stand-in."""
        await self.world.witness.post(f"{self.world.witness.teams}/_sandbox/app", change)


@pytest.fixture
def hands(world: World) -> Hands:
    return Hands(world, registered(world))


def audience(token: str) -> str:
    found: str = jwt.decode(token, options={"verify_signature": False})["aud"]
    return found


# --- kept and renewed ---


async def test_each_resource_has_a_token_of_its_own(hands: Hands) -> None:
    bot, graph = await hands.tokens.get(BOT), await hands.tokens.get(GRAPH)

    assert audience(bot) == "https://api.botframework.com"
    assert audience(graph) == "https://graph.microsoft.com"
    assert (await hands.tokens.get(BOT), await hands.tokens.get(GRAPH)) == (bot, graph)
    assert await hands.asked() == 2


async def test_many_callers_at_once_share_one_request(hands: Hands) -> None:
    found = await asyncio.gather(*(hands.tokens.get(BOT) for _ in range(20)))

    assert len(set(found)) == 1
    assert await hands.asked() == 1


async def test_a_caller_who_gives_up_does_not_take_the_token_from_the_others(
    hands: Hands,
) -> None:
    impatient = asyncio.create_task(hands.tokens.get(BOT))
    patient = asyncio.create_task(hands.tokens.get(BOT))
    await asyncio.sleep(0)  # both have asked

    impatient.cancel()

    assert audience(await patient) == "https://api.botframework.com"
    assert await hands.asked() == 1


async def test_the_old_token_serves_while_the_new_one_is_fetched(world: World) -> None:
    async with Elsewhere(Login()) as login:
        hands = Hands(world, registered(world, login_url=login.url, tenant_id="tenant"))
        first = await hands.tokens.get(BOT)
        hands.moment += timedelta(minutes=54)
        before = await hands.tokens.get(BOT)
        hands.moment += timedelta(minutes=2)
        login.open.clear()

        meanwhile = [await hands.tokens.get(BOT) for _ in range(3)]
        login.open.set()
        await renewed(hands, BOT)
        after = await hands.tokens.get(BOT)

    assert [first, before, *meanwhile] == ["token 1"] * 5
    assert after == "token 2"


async def test_the_old_token_serves_though_the_new_one_is_refused(hands: Hands) -> None:
    first = await hands.tokens.get(BOT)
    await hands.register(secret="expired")
    hands.moment += timedelta(minutes=56)

    for _ in range(5):
        assert await hands.tokens.get(BOT) == first
        await renewed(hands, BOT)

    before = await hands.asked()
    hands.moment += timedelta(seconds=31)
    await hands.tokens.get(BOT)
    await renewed(hands, BOT)
    assert (before, await hands.asked()) == (2, 3), "tried again, but not at every call"
    hands.moment += timedelta(minutes=4)
    with pytest.raises(TokenRefused, match="AADSTS7000222"):
        await hands.tokens.get(BOT)


async def test_a_short_lived_token_is_renewed_at_half_of_its_life(hands: Hands) -> None:
    await hands.register(tokenSeconds=60)
    await hands.tokens.get(BOT)

    hands.moment += timedelta(seconds=29)
    await hands.tokens.get(BOT)
    before = await hands.asked()
    hands.moment += timedelta(seconds=2)
    await hands.tokens.get(BOT)

    assert (before, await hands.asked()) == (1, 2)


async def test_forgetting_an_old_token_keeps_the_new_one(hands: Hands) -> None:
    kept = await hands.tokens.get(BOT)

    await hands.tokens.forget(BOT, "an older one")
    await hands.tokens.forget(GRAPH, kept)

    assert await hands.tokens.get(BOT) == kept
    assert await hands.asked() == 1


async def test_a_forgotten_token_is_not_handed_out_again(hands: Hands) -> None:
    refused = await hands.tokens.get(BOT)
    hands.moment += timedelta(seconds=1)

    await hands.tokens.forget(BOT, refused)
    await hands.tokens.get(BOT)

    assert await hands.asked() == 2


async def test_roles_are_those_graph_grants_now(hands: Hands) -> None:
    url = f"{hands.world.witness.teams}/_sandbox/graph"
    await hands.world.witness.post(url, {"roles": ["User.Read.All"]})
    one = await hands.tokens.roles()

    await hands.world.witness.post(url, {"roles": []})
    await hands.tokens.forget(GRAPH, await hands.tokens.get(GRAPH))
    none = await hands.tokens.roles()

    assert (one, none) == (frozenset({"User.Read.All"}), frozenset())


async def renewed(hands: Hands, resource: Resource) -> None:
    """Wait for the renewal under way, whatever comes of it."""
    task = hands.tokens._renewing.get(resource)
    if task is not None:
        await asyncio.wait({task})


# --- refused ---


async def test_a_wrong_secret_is_told_with_its_code_and_without_the_secret(world: World) -> None:
    hands = Hands(world, registered(world, client_secret="not the secret"))

    with pytest.raises(TokenRefused, match="AADSTS7000215") as caught:
        await hands.tokens.get(BOT)

    assert "not the secret" not in f"{caught.value!r}"
    assert BOT_SECRET not in f"{caught.value!r}"


async def test_an_expired_secret_is_told_with_its_code(hands: Hands) -> None:
    await hands.register(secret="expired")

    with pytest.raises(TokenRefused, match="AADSTS7000222"):
        await hands.tokens.get(GRAPH)


async def test_a_sign_in_service_that_talks_nonsense_gives_no_token(world: World) -> None:
    async with Elsewhere(lambda _: b"<!doctype html><title>proxy</title>") as elsewhere:
        hands = Hands(world, registered(world, login_url=elsewhere.url))

        for _ in range(2):
            with pytest.raises(TokenRefused):
                await hands.tokens.get(BOT)


async def test_waiting_for_a_token_does_not_hold_up_the_loop(world: World) -> None:
    async with Elsewhere(lambda _: b"{}") as slow:
        slow.open.clear()
        hands = Hands(world, registered(world, login_url=slow.url))
        asking = asyncio.create_task(hands.tokens.get(BOT))
        await asyncio.to_thread(slow.asked.wait, 10)

        # The sign-in service keeps the request, and the loop serves somebody else meanwhile.
        seen = await world.witness.get(f"{world.witness.teams}/_sandbox/health")

        assert seen["status"] == "ok"
        assert not asking.done()
        slow.open.set()
        with pytest.raises(TokenRefused):
            await asking


# --- other clouds ---


async def test_a_government_bot_asks_for_the_tokens_of_its_own_cloud(world: World) -> None:
    service = Login("https://login.microsoftonline.us")
    async with Elsewhere(service) as elsewhere:
        changes = {"cloud": "dod", "login_url": elsewhere.url, "tenant_id": "tenant"}
        hands = Hands(world, registered(world, **changes))
        found = [await hands.tokens.get(BOT), await hands.tokens.get(GRAPH)]

    assert found == ["token 1", "token 2"]
    assert "scope=https%3A%2F%2Fapi.botframework.us%2F.default" in service.forms[0]
    assert "scope=https%3A%2F%2Fdod-graph.microsoft.us%2F.default" in service.forms[1]


# --- without a secret ---


async def test_a_certificate_proves_the_app(world: World) -> None:
    pair = new_pair()
    hands = Hands(world, certified(world, pair))
    await hands.register(certificate=pair.certificate)

    assert audience(await hands.tokens.get(BOT)) == "https://api.botframework.com"
    assert audience(await hands.tokens.get(GRAPH)) == "https://graph.microsoft.com"


async def test_a_certificate_may_have_its_key_in_another_place(world: World) -> None:
    pair = new_pair()
    apart = {"certificate": pair.certificate, "certificate_key": pair.key}
    hands = Hands(world, registered(world, client_secret="", **apart))
    await hands.register(certificate=pair.certificate)

    assert audience(await hands.tokens.get(BOT)) == "https://api.botframework.com"


async def test_another_certificate_proves_nothing(world: World) -> None:
    hands = Hands(world, certified(world, new_pair()))
    await hands.register(certificate=new_pair().certificate)

    with pytest.raises(TokenRefused, match="AADSTS700027"):
        await hands.tokens.get(BOT)


def certified(world: World, pair: Pair) -> TeamsSettings:
    return registered(world, client_secret="", certificate=pair.certificate + pair.key)


MACHINES: dict[str, Callable[[str], dict[str, str]]] = {
    "virtual machine": lambda url: {"AZURE_POD_IDENTITY_AUTHORITY_HOST": url},
    "App Service": lambda url: {
        "IDENTITY_ENDPOINT": f"{url}/msi/token",
        "IDENTITY_HEADER": "stand-in-identity",
    },
}


@pytest.mark.parametrize("machine", MACHINES)
async def test_the_machine_proves_the_app(
    world: World, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    for name, value in MACHINES[machine](world.witness.teams).items():
        monkeypatch.setenv(name, value)  # Azure tells the machine so
    hands = Hands(world, registered(world, app_type="UserAssignedMSI", client_secret=""))

    bot, graph = await hands.tokens.get(BOT), await hands.tokens.get(GRAPH)
    await hands.tokens.forget(BOT, bot)
    hands.moment += timedelta(seconds=1)
    await hands.tokens.get(BOT)

    assert audience(bot) == "https://api.botframework.com"
    assert audience(graph) == "https://graph.microsoft.com"
    assert await hands.asked("/token") == 3, "no cache hands out a token that was refused"


async def test_an_identity_of_another_app_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", world.witness.teams)
    changes = {"app_type": "UserAssignedMSI", "client_secret": "", "app_id": "another-app"}

    with pytest.raises(TokenRefused, match="Identity not found"):
        await Hands(world, registered(world, **changes)).tokens.get(BOT)


async def test_the_playground_gets_no_token_at_all() -> None:
    tokens = open_tokens(TeamsSettings(playground=True), lambda: datetime.now(UTC))

    assert isinstance(tokens, NoTokens)
    assert await tokens.roles() == frozenset()


# --- peers that answer as a test wants ---


class Login:
    """A sign-in service of one cloud, whose tokens are counted."""

    def __init__(self, base: str = "https://login.microsoftonline.com") -> None:
        self._base = f"{base}/tenant"
        self.forms: list[str] = []

    def __call__(self, request: BaseHTTPRequestHandler) -> bytes:
        if request.command == "GET":
            return json.dumps(self._document()).encode()
        self.forms.append(request.rfile.read(int(request.headers["Content-Length"])).decode())
        token = f"token {len(self.forms)}"
        return json.dumps(
            {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}
        ).encode()

    def _document(self) -> dict[str, str]:
        return {
            "issuer": f"{self._base}/v2.0",
            "authorization_endpoint": f"{self._base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{self._base}/oauth2/v2.0/token",
        }


class Elsewhere:
    """A server in a thread of its own; `open` holds its answers back."""

    def __init__(self, answer: Callable[[Any], bytes]) -> None:
        self.asked, self.open = threading.Event(), threading.Event()
        self.open.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.set()
                outer.open.wait(10)
                body = answer(self)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    async def __aenter__(self) -> Elsewhere:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._server.shutdown)
        self._thread.join()
        self._server.server_close()


# --- answers of a strange sign-in service, and addresses ---


@pytest.mark.parametrize("told", [{}, {"expires_in": None}, {"expires_in": "1e400"}])
async def test_a_token_that_tells_no_life_of_its_own_has_a_plain_one(
    world: World, told: dict[str, Any]
) -> None:
    tokens = EntraTokens(registered(world), lambda: datetime.now(UTC))

    held = tokens._read({"access_token": "one", **told})

    assert timedelta(minutes=1) < held.ends - datetime.now(UTC) <= PLAIN_LIFE


@pytest.mark.parametrize("shown", [7, "", None, ["a token"]])
async def test_what_is_no_token_is_refused_with_what_entra_said(world: World, shown: Any) -> None:
    tokens = EntraTokens(registered(world), lambda: datetime.now(UTC))

    with pytest.raises(TokenRefused, match=r"^invalid_client: AADSTS7000215"):
        tokens._read({
            "access_token": shown, "error": "invalid_client",
            "error_description": "AADSTS7000215: the secret is wrong",
        })  # fmt: skip


async def test_closing_waits_for_what_is_under_way_and_takes_no_failure_along(world: World) -> None:
    async with Elsewhere(Login()) as login:
        hands = Hands(world, registered(world, login_url=login.url, tenant_id="tenant"))
        login.open.clear()
        asked = asyncio.create_task(hands.tokens.get(BOT))
        await asyncio.to_thread(login.asked.wait, 10)

        await hands.tokens.close()

        assert [task.cancelled() for task in hands.tokens._renewing.values()] == [True]
        login.open.set()
        await asyncio.wait({asked})
        assert asked.cancelled()


async def test_a_token_that_cannot_be_read_grants_no_role(world: World) -> None:
    tokens = EntraTokens(registered(world), lambda: datetime.now(UTC))
    tokens._held[GRAPH] = tokens._read({"access_token": "no jwt", "expires_in": 3600})

    assert await tokens.roles() == frozenset()


def test_sign_in_goes_to_the_sign_in_service_only() -> None:
    http = LoginHttp("https://login.microsoftonline.com/tenant", "http://127.0.0.1:9")

    with pytest.raises(requests.RequestException, match="is not the sign-in service"):
        http.post("https://elsewhere.example/token", data={"client_secret": "x"})
    http.close()


async def test_a_renewal_that_failed_is_logged_though_nobody_waits_for_it(
    hands: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    await hands.tokens.get(BOT)
    await hands.register(secret="expired")
    hands.moment += timedelta(minutes=56)

    await hands.tokens.get(BOT)
    await renewed(hands, BOT)
    await asyncio.sleep(0)  # what is to be called at its end is called

    [line] = [one for one in caplog.records if one.name == "bot.tokens"]
    assert line.message == "no new token"
    assert "AADSTS7000222" in vars(line)["reason"]


class Recording(HTTPAdapter):
    """Sends nowhere: answers with a redirect, and keeps what was asked and how."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str | None, str | None, Any]] = []

    def send(self, request: Any, *_: Any, timeout: Any = None, **__: Any) -> requests.Response:
        self.asked.append((request.method, request.url, timeout))
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 302, request.url, request
        answer.headers["Location"] = "https://elsewhere.example/"
        answer.raw = io.BytesIO()
        return answer


def test_sign_in_waits_fifteen_seconds_and_follows_no_redirect() -> None:
    http, sent = LoginHttp("https://login.example/t", "https://login.example"), Recording()
    http._session.mount("https://", sent)

    told = [http.get("https://login.example/t/a"), http.post("https://login.example/t/b")]

    assert [one.status_code for one in told] == [302, 302]
    assert sent.asked == [
        ("GET", "https://login.example/t/a", 15),
        ("POST", "https://login.example/t/b", 15),
    ]
    http.close()


async def test_a_secret_that_was_exchanged_proves_us_from_the_next_token_on(
    hands: Hands,
) -> None:
    wrong = SecretStr("what was valid yesterday")
    tokens = EntraTokens(
        hands.settings.model_copy(update={"client_secret": wrong}), lambda: hands.moment
    )
    with pytest.raises(TokenRefused):
        await tokens.get(BOT)

    await tokens.renew(hands.settings)

    assert audience(await tokens.get(BOT)) == "https://api.botframework.com"
