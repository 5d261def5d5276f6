"""The connector client against the Teams stand-in: answers mean what the posting table says."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiohttp import web
from world import BOT_SECRET, Witness, World, buttons, texts

from acumatica_client.transport import NotSent, Request, open_transport
from bot.clock import SystemClock
from bot.core.posting import (
    PLAIN_REASONS,
    Answer,
    Gone,
    Indecipherable,
    SignInRefused,
    Throttled,
    TooMuch,
    Unheard,
    Unreachable,
    refused,
)
from bot.core.schedule import Quotas
from bot.sending.pace import Pace
from bot.sending.teams import Connector, ConnectorRefused, Posted, TeamChannel, card_activity
from bot.settings import TeamsSettings
from bot.tokens import EntraTokens, Resource, TokenRefused
from storage.records import Done, Outcome, Reading, Retry, Unknown, Wait

CHANNEL = "19:purchasing-east@thread.tacv2"
GENERAL = "19:acme-general@thread.tacv2"
BEN = "29:1ben-ortiz-acme"
CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Bill 7"}]}
NOTE = {"type": "message", "text": "Bill 7"}


def teams_settings(world: World, **changes: str) -> TeamsSettings:
    return TeamsSettings(**{**world.settings()["teams"], **changes})


def now() -> datetime:
    return datetime.now(UTC)


def pace() -> Pace:
    return Pace(Quotas(), SystemClock())


class Noon:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 12, tzinfo=UTC)

    def reading(self) -> Reading:
        return Reading("boot", 0.0)

    async def sleep(self, seconds: float) -> None:
        """Return at once."""


@dataclass
class Line:
    """A connector client on its way to the stand-in."""

    connector: Connector
    tokens: EntraTokens
    service_url: str
    witness: Witness

    async def fault(self, fault: str, method: str = "POST", times: int = 1) -> None:
        await self.witness.teams_fault(fault, method=method, path="/v3/", times=times)

    async def post(self) -> Posted | Outcome:
        return await self.connector.new_thread(self.service_url, CHANNEL, card_activity(CARD, "7"))

    async def posted(self) -> Posted:
        posted = await self.post()
        assert isinstance(posted, Posted)
        return posted

    async def edit(self, posted: Posted) -> Posted | Outcome:
        activity = card_activity({**CARD, "body": []}, "edited")
        return await self.connector.edit(self.service_url, posted, activity)

    async def shown(self) -> list[dict[str, Any]]:
        return await self.witness.messages(conversation="Purchasing East")

    async def requests(self, method: str, path: str) -> int:
        """How many calls of the bot the stand-in saw."""
        history = await self.witness.get(f"{self.witness.teams}/_sandbox/history")
        return sum(
            event["kind"] == "request" and event["method"] == method and path in event["path"]
            for event in history["events"]
        )


@pytest.fixture
async def line(world: World) -> AsyncIterator[Line]:
    """A connector client with the stand-in at the other end, and no service."""
    settings = teams_settings(world)
    transport = open_transport(settings.may_call)
    tokens = EntraTokens(settings, now)
    connector = Connector(
        transport, tokens, bot_id=f"28:{settings.app_id}", tenant_id=settings.tenant_id, pace=pace()
    )
    yield Line(connector, tokens, settings.service_url, world.witness)
    await transport.close()


# --- what works ---


async def test_a_card_starts_a_thread_and_its_reply_and_edit_stay_there(line: Line) -> None:
    posted = await line.posted()

    replied = await line.connector.send(line.service_url, posted.conversation, NOTE)
    edited = await line.edit(posted)

    assert posted.conversation == f"{CHANNEL};messageid={posted.activity}"
    assert isinstance(replied, Posted)
    assert edited == posted
    (message,) = await line.shown()
    assert message["id"] == posted.activity
    assert "Bill 7" not in texts(message["card"])
    assert buttons(message["card"]) == []
    assert [reply["id"] for reply in message["replies"]] == [replied.activity]


async def test_a_chat_opened_twice_is_the_same_chat(line: Line) -> None:
    first = await line.connector.open_chat(line.service_url, BEN)
    second = await line.connector.open_chat(line.service_url, BEN)
    assert isinstance(first, str)

    sent = await line.connector.send(line.service_url, first, NOTE)

    assert first == second
    assert isinstance(sent, Posted)
    assert sent.conversation == first


async def test_a_service_address_without_its_last_slash_works_alike(line: Line) -> None:
    line.service_url = line.service_url.rstrip("/")

    assert isinstance(await line.post(), Posted)


async def test_the_roster_tells_guests_from_colleagues(line: Line) -> None:
    people = await line.connector.roster(line.service_url, GENERAL)

    guests = [person.name for person in people if person.guest]
    assert guests == ["Guest Auditor (guest)"]
    assert {person.email for person in people} >= {"ann@acme.example", "ben@acme.example"}
    assert all(person.aad_object_id and person.teams_id for person in people)


# --- what does not ---


@pytest.mark.parametrize("wait", [1, 7, 900])
async def test_a_throttled_post_waits_exactly_as_long_as_told(line: Line, wait: int) -> None:
    await line.fault(f"status:429:{wait}")

    assert await line.post() == Throttled("429 Throttled", float(wait), ceiling=60.0)
    assert await line.shown() == []


@pytest.mark.parametrize("status", [412, 429, 500, 502, 503, 504])
async def test_a_whole_conversation_is_left_alone_for_as_long_as_teams_asks(
    world: World, line: Line, status: int
) -> None:
    still = Pace(Quotas(), Noon())
    transport = open_transport(teams_settings(world).may_call)
    line.connector = Connector(transport, line.tokens, bot_id="28:bot", tenant_id="", pace=still)
    await line.fault(f"status:{status}:17")

    assert not isinstance(await line.post(), Posted)
    await transport.close()

    assert still.room(CHANNEL) == 17
    assert still.room(GENERAL) == 0


async def test_a_throttled_post_without_a_time_backs_off_by_itself(line: Line) -> None:
    await line.fault("status:429")

    outcome = await line.post()

    assert outcome == Throttled("429 Throttled", ceiling=60.0)
    assert isinstance(outcome, Throttled)
    assert outcome.conversation == CHANNEL


@pytest.mark.parametrize(
    ("told", "wait"),
    [("0", 1.0), ("-5", 60.0), ("86400", 900.0), ("1.5", 1.5), ("soon", 60.0)],
)
def test_a_senseless_retry_after_is_bounded(told: str, wait: float) -> None:
    outcome = refused(Answer(429, retry_after=told), repeatable=False)

    assert outcome == Throttled("429", wait, ceiling=60.0)


@pytest.mark.parametrize(
    "fault",
    ["status:412", "status:503", "reset_before", "reset_after_apply", "half_answer", "html"],
)
async def test_an_edit_without_a_clear_answer_is_tried_again(line: Line, fault: str) -> None:
    posted = await line.posted()
    await line.fault(fault, "PUT")

    first = await line.edit(posted)

    assert isinstance(first, Retry)
    assert await line.requests("PUT", "/activities/") == 1
    assert await line.edit(posted) == posted


@pytest.mark.parametrize(
    "fault",
    [
        "status:500",
        "status:503",
        "status_after_apply:502",
        "status:307",
        "reset_before",
        "reset_after_apply",
        "half_answer",
        "html",
    ],
)
async def test_a_post_without_a_clear_answer_is_unknown_and_sent_once(
    line: Line, fault: str
) -> None:
    await line.fault(fault)

    assert isinstance(await line.post(), Unknown)
    assert await line.requests("POST", "/v3/conversations") == 1


async def test_a_post_at_the_same_moment_as_another_is_tried_again(line: Line) -> None:
    await line.fault("status:412")

    assert isinstance(await line.post(), Retry)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, TooMuch("400 BadSyntax")),
        (404, Gone("404 the channel or chat no longer exists")),
        (413, TooMuch("413 the card is too large for Teams")),
    ],
)
async def test_a_refused_post_is_not_repeated_and_says_why(
    line: Line, status: int, outcome: Outcome
) -> None:
    await line.fault(f"status:{status}")

    assert await line.post() == outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (
            Answer(412, "PreconditionFailed"),
            Retry("412 PreconditionFailed", tries=6, at_least=True),
        ),
        (Answer(401, "BotNotRegistered"), SignInRefused),
        (Answer(403, "BotNotInConversationRoster"), Unreachable),
        (Answer(403, "InvalidBotApiHost"), Wait),
        (Answer(403, "unheard of"), Unreachable),
        (Answer(400, "BadSyntax", message="Failed to decrypt pairwise id."), Indecipherable),
        (Answer(403, "Forbidden", message="Failed to decrypt conversation id"), Indecipherable),
        (Answer(400, "BadSyntax", message="Failed to read the card"), TooMuch),
        (Answer(405), Unheard),
        (Answer(302), Unknown),
        (Answer(500, "ServiceError"), Unknown),
    ],
)
def test_each_refusal_means_what_the_posting_table_says(
    answer: Answer, outcome: Outcome | type[Outcome]
) -> None:
    found = refused(answer, repeatable=False)

    assert found == outcome if not isinstance(outcome, type) else type(found) is outcome


def test_an_id_teams_cannot_read_is_tried_once_more_after_an_hour() -> None:
    outcome = refused(Answer(400, message="Failed to decrypt pairwise id."), repeatable=False)

    assert isinstance(outcome, Indecipherable)
    assert (outcome.after, outcome.tries) == (3600.0, 2)


async def test_every_known_refusal_has_a_plain_reason() -> None:
    for code, reason in PLAIN_REASONS.items():
        outcome = refused(Answer(403, code), repeatable=False)

        assert isinstance(outcome, Wait)
        assert outcome.reason == f"403 {reason}"
        assert not re.search(r"[A-Z][a-z]+[A-Z]", reason)


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ("no app", Unreachable("403 the app is not installed for that person")),
        ("blocked", Unreachable("403 the person has blocked or removed the bot")),
        ("muted", Unreachable("403 the person has blocked the bot")),
        ("disabled by admin", Unreachable("403 a Teams administrator has blocked the app")),
        ("not in roster", Unreachable("403 the app is not installed in that team or chat")),
        ("gone", Gone("404 the channel or chat no longer exists")),
        ("wrong host", Wait(f"403 {PLAIN_REASONS['InvalidBotApiHost']}")),
        ("not registered", SignInRefused(f"401 {PLAIN_REASONS['BotNotRegistered']}")),
    ],
)
async def test_each_wall_a_person_can_be_behind_is_told_in_plain_words(
    line: Line, how: str, outcome: Outcome
) -> None:
    chat = await line.connector.open_chat(line.service_url, BEN)
    assert isinstance(chat, str)
    body = {"person": "ben", "how": how}
    await line.witness.post(f"{line.witness.teams}/_sandbox/reach", body)

    assert await line.connector.send(line.service_url, chat, NOTE) == outcome


async def test_an_id_of_another_bot_is_told_from_a_bad_message(line: Line) -> None:
    outcome = await line.connector.open_chat(line.service_url, "29:of-another-bot")

    assert isinstance(outcome, Indecipherable)


async def test_the_other_shape_of_error_is_read_too(world: World) -> None:
    said = '{"errorCode":209,"message":"{\\"subCode\\":\\"MessageWritesBlocked\\"}"}'

    async def block(request: web.Request) -> web.Response:
        return web.Response(status=403, text=said, content_type="application/json")

    async with Answering(world, block) as line:
        outcome = await line.connector.send(line.service_url, "a:1ben", NOTE)

    assert outcome == Unreachable("403 the person has blocked or removed the bot")


async def test_a_place_without_the_app_is_refused_in_plain_words(line: Line) -> None:
    body = {"person": "ann", "conversation": "General", "installed": False}
    await line.witness.post(f"{line.witness.teams}/_sandbox/installations", body)

    outcome = await line.post()

    assert outcome == Unreachable("403 the app is not installed in that team or chat")


@pytest.mark.parametrize(
    "body", ["", "[]", '{"id": 7}', '{"id": "", "activityId": null}', '{"activityId": "a b\\n"}']
)
async def test_a_post_that_tells_no_id_or_an_odd_one_is_posted(world: World, body: str) -> None:
    async def silent(request: web.Request) -> web.Response:
        return web.Response(status=201, text=body, content_type="application/json")

    async with Answering(world, silent) as line:
        assert await line.post() == Posted(CHANNEL, "")


# --- deleting, and reading who and what is there ---


async def test_a_deleted_message_is_gone_and_deleting_it_again_is_done(line: Line) -> None:
    posted = await line.posted()

    first = await line.connector.delete(line.service_url, posted)
    second = await line.connector.delete(line.service_url, posted)

    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert all(message.get("deleted") for message in await line.shown())


async def test_a_deletion_without_a_clear_answer_is_tried_again(line: Line) -> None:
    posted = await line.posted()
    await line.fault("status_after_apply:502", "DELETE")

    assert isinstance(await line.connector.delete(line.service_url, posted), Retry)
    assert isinstance(await line.connector.delete(line.service_url, posted), Done)


async def test_an_edit_of_what_is_gone_says_so(line: Line) -> None:
    posted = await line.posted()
    await line.connector.delete(line.service_url, posted)

    assert await line.edit(posted) == Gone("404 the message no longer exists")


async def test_one_member_is_found_by_each_kind_of_id(line: Line) -> None:
    by_teams = await line.connector.member(line.service_url, GENERAL, BEN)
    assert by_teams is not None

    for person in (by_teams.aad_object_id, "ben@acme.example"):
        assert await line.connector.member(line.service_url, GENERAL, person) == by_teams


async def test_who_is_not_there_is_nobody_and_a_failed_read_is_an_error(line: Line) -> None:
    assert await line.connector.member(line.service_url, GENERAL, "29:nobody") is None
    await line.fault("status:503", "GET")
    with pytest.raises(ConnectorRefused):
        await line.connector.member(line.service_url, GENERAL, BEN)


async def test_a_team_tells_its_name_its_group_and_its_channels(line: Line) -> None:
    team = await line.connector.team(line.service_url, GENERAL)
    channels = await line.connector.channels(line.service_url, GENERAL)

    assert team.name
    assert team.group
    assert TeamChannel(GENERAL, "") in channels  # the first channel has no name of its own
    assert TeamChannel(CHANNEL, "Purchasing East") in channels


async def test_a_roster_that_cannot_be_read_is_no_empty_roster(line: Line) -> None:
    for fault in ("status:503", "status:404", "half_answer", "html"):
        await line.fault(fault, "GET")

        with pytest.raises(ConnectorRefused):
            await line.connector.roster(line.service_url, GENERAL)


async def test_a_roster_is_read_page_by_page_to_its_end(world: World) -> None:
    asked = []

    async def page(request: web.Request) -> web.Response:
        token = request.query.get("continuationToken", "")
        asked.append(token)
        number = len(asked)
        body: dict[str, Any] = {"members": [{"id": f"29:{number}", "aadObjectId": str(number)}]}
        return web.json_response(
            body | ({"continuationToken": f"&{number}/"} if number < 3 else {})
        )

    async with Answering(world, page) as line:
        people = await line.connector.roster(line.service_url, GENERAL)

    assert [person.teams_id for person in people] == ["29:1", "29:2", "29:3"]
    assert asked == ["", "&1/", "&2/"]


async def test_a_roster_without_end_is_given_up(world: World) -> None:
    async def again(request: web.Request) -> web.Response:
        return web.json_response({"members": [], "continuationToken": "more"})

    async with Answering(world, again) as line:
        with pytest.raises(ConnectorRefused, match="no end"):
            await line.connector.roster(line.service_url, GENERAL)


async def test_a_host_that_is_not_allowed_is_never_contacted(line: Line) -> None:
    async with Elsewhere() as elsewhere:
        outcome = await line.connector.send(f"{elsewhere.url}/teams/", "a:1ben", NOTE)

    assert outcome == Retry("not sent: 127.0.0.1 is not an allowed host")
    assert elsewhere.requests == []


async def test_a_redirect_is_not_followed_to_another_host(world: World) -> None:
    async with Elsewhere() as elsewhere:

        async def away(request: web.Request) -> web.Response:
            return web.Response(status=307, headers={"Location": elsewhere.url})

        async with Answering(world, away) as line:
            outcome = await line.post()

    assert isinstance(outcome, Unknown)
    assert elsewhere.requests == []


# --- tokens ---


async def test_a_refused_token_is_renewed_once(line: Line) -> None:
    await line.posted()
    await line.fault("status:401")

    assert isinstance(await line.post(), Posted)
    assert await line.requests("POST", "/oauth2/v2.0/token") == 2


async def test_a_token_that_is_refused_twice_is_not_asked_for_again(line: Line) -> None:
    await line.fault("status:401", times=2)

    assert isinstance(await line.post(), SignInRefused)
    assert await line.requests("POST", "/oauth2/v2.0/token") == 2
    assert await line.requests("POST", "/v3/conversations") == 2


async def test_many_calls_at_once_ask_for_one_token(line: Line) -> None:
    found = await asyncio.gather(*(line.tokens.get(Resource.BOT) for _ in range(20)))

    assert len(set(found)) == 1
    assert await line.requests("POST", "/oauth2/v2.0/token") == 1


async def test_forgetting_an_old_token_keeps_the_new_one(line: Line) -> None:
    kept = await line.tokens.get(Resource.BOT)

    await line.tokens.forget(Resource.BOT, "an older one")

    assert await line.tokens.get(Resource.BOT) == kept
    assert await line.requests("POST", "/oauth2/v2.0/token") == 1


async def test_a_wrong_secret_is_told_with_its_code_and_without_the_secret(world: World) -> None:
    tokens = EntraTokens(teams_settings(world, client_secret="not the secret"), now)

    with pytest.raises(TokenRefused, match="AADSTS7000215") as caught:
        await tokens.get(Resource.BOT)

    assert "not the secret" not in f"{caught.value!r}"
    assert BOT_SECRET not in f"{caught.value!r}"


async def test_a_call_without_a_token_is_not_sent(line: Line, world: World) -> None:
    settings = teams_settings(world, client_secret="not the secret")
    transport = open_transport(settings.may_call)
    line.connector = Connector(
        transport,
        EntraTokens(settings, now),
        bot_id="28:bot",
        tenant_id=settings.tenant_id,
        pace=pace(),
    )

    outcome = await line.post()
    await transport.close()

    assert isinstance(outcome, Retry)
    assert "AADSTS7000215" in outcome.reason
    assert await line.requests("POST", "/v3/conversations") == 0


async def test_a_token_service_that_talks_nonsense_gives_no_token(world: World) -> None:
    async with Elsewhere(b"<!doctype html><title>proxy</title>") as elsewhere:
        tokens = EntraTokens(teams_settings(world, login_url=elsewhere.url), now)

        for _ in range(2):
            with pytest.raises(TokenRefused):
                await tokens.get(Resource.BOT)


async def test_waiting_for_a_token_does_not_hold_up_the_loop(world: World) -> None:
    async with Elsewhere() as slow:
        slow.open.clear()
        tokens = EntraTokens(teams_settings(world, login_url=slow.url), now)
        asking = asyncio.create_task(tokens.get(Resource.BOT))
        await asyncio.to_thread(slow.asked.wait, 10)

        # The sign-in service keeps the request, and the loop serves somebody else meanwhile.
        seen = await world.witness.get(f"{world.witness.teams}/_sandbox/health")

        assert seen["status"] == "ok"
        assert not asking.done()
        slow.open.set()
        with pytest.raises(TokenRefused):
            await asking


# --- peers that answer as a test wants ---


class Answering:
    """A connector client whose connector is one handler; its tokens come from the stand-in."""

    def __init__(self, world: World, handler: Callable[[web.Request], Any]) -> None:
        self._world = world
        self._app = web.Application()
        self._app.router.add_route("*", "/{rest:.*}", handler)
        self._runner = web.AppRunner(self._app)

    async def __aenter__(self) -> Line:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        url = f"http://{host}:{port}/teams/"
        settings = teams_settings(self._world, service_url=url)
        self._transport = open_transport(settings.may_serve)
        tokens = EntraTokens(settings, now)
        connector = Connector(
            self._transport, tokens, bot_id="28:bot", tenant_id=settings.tenant_id, pace=pace()
        )
        return Line(connector, tokens, url, self._world.witness)

    async def __aexit__(self, *_: object) -> None:
        await self._transport.close()
        await self._runner.cleanup()


class Elsewhere:
    """A server in a thread of its own; `open` holds its answers back."""

    def __init__(self, answer: bytes = b"{}") -> None:
        self.requests: list[str] = []
        self.asked, self.open = threading.Event(), threading.Event()
        self.open.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(self.path)
                outer.asked.set()
                outer.open.wait(10)
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

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


async def test_the_transport_itself_asks_before_it_connects() -> None:
    async with Elsewhere() as elsewhere:
        transport = open_transport(lambda _: False)
        with pytest.raises(NotSent):
            await transport.send(Request("GET", elsewhere.url))
        await transport.close()

    assert elsewhere.requests == []
