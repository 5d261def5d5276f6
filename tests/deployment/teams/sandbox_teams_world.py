"""A test's world: a tiny bot, the stand-in on a free port, and a clock that only the test moves."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from deployment.sandbox.teams import SandboxOptions, Served, serve

Json = dict[str, Any]
SECRET = "open sesame"
APP_ID = "bbbbbbbb-0000-4000-8000-000000000002"
TENANT = "11111111-2222-4333-8444-555555555555"
BOT_ID = f"28:{APP_ID}"
ANN, BEN, DEV = "29:1ann-whitfield-acme", "29:1ben-ortiz-acme", "29:1dev-patel-acme"
EAST, APPROVALS = "19:purchasing-east@thread.tacv2", "19:ap-approvals@thread.tacv2"
ADAPTIVE = "application/vnd.microsoft.card.adaptive"
PATIENCE = 10.0


class Clock:
    """Wall and monotonic time that stand still until `advance`."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 10, 18, 8, 0, 0, 123000, tzinfo=UTC)
        self.ticks = 100.0
        self.sleepers: list[tuple[float, asyncio.Event]] = []
        self.changed = asyncio.Event()

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self.sleepers.append((self.ticks + seconds, event))
        self.changed.set()
        await event.wait()

    def advance(self, seconds: float) -> None:
        self.ticks += seconds
        self.wall += timedelta(seconds=seconds)
        for due, event in self.sleepers:
            if due <= self.ticks:
                event.set()
        self.sleepers = [one for one in self.sleepers if one[0] > self.ticks]

    async def slept_for(self, seconds: float, people: int = 1) -> None:
        """Wait until somebody, or so many of them, sleep that long from now."""
        async with asyncio.timeout(PATIENCE):
            while self._sleeping(seconds) < people:
                self.changed.clear()
                await self.changed.wait()

    def _sleeping(self, seconds: float) -> int:
        return sum(abs(due - self.ticks - seconds) < 0.01 for due, _ in self.sleepers)


Answer = Callable[[Json], web.Response]


def took(_activity: Json) -> web.Response:
    return web.Response(status=202)


def card_answer(content: Json) -> web.Response:
    return web.json_response({"statusCode": 200, "type": ADAPTIVE, "value": content})


def line_answer(text: str) -> web.Response:
    kind = "application/vnd.microsoft.activity.message"
    return web.json_response({"statusCode": 200, "type": kind, "value": text})


class TinyBot:
    """Records what it hears and answers what the test says."""

    __test__ = False

    def __init__(self) -> None:
        self.heard: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Answer = took
        self.up = False  # then the stand-in waits and greets nobody
        self.hold: asyncio.Event | None = None
        self.news = asyncio.Condition()
        self.url = ""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/api/messages", self.messages)
        app.router.add_get("/health/live", self.live)
        return app

    async def live(self, _request: web.Request) -> web.Response:
        return web.Response(status=200 if self.up else 503)

    async def messages(self, request: web.Request) -> web.Response:
        activity = await request.json()
        async with self.news:
            self.heard.append(activity)
            self.headers.append(dict(request.headers))
            self.news.notify_all()
        if self.hold:
            await self.hold.wait()
        return self.answer(activity)

    def invokes(self, trigger: str | None = None) -> list[Json]:
        found = [one for one in self.heard if one["type"] == "invoke"]
        return [one for one in found if trigger in {None, one["value"]["trigger"]}]

    async def hears(self, count: int, trigger: str = "automatic") -> list[Json]:
        """Wait until *count* invokes of that trigger came in."""
        async with asyncio.timeout(PATIENCE), self.news:
            await self.news.wait_for(lambda: len(self.invokes(trigger)) >= count)
        return self.invokes(trigger)


class World:
    """What a test acts with."""

    def __init__(self, bot: TinyBot, stand: Served, clock: Clock, http: aiohttp.ClientSession):
        self.bot, self.stand, self.clock, self.http = bot, stand, clock, http
        self.token = ""

    async def sign_in(self, **changes: str) -> tuple[int, Json]:
        form = {
            "grant_type": "client_credentials",
            "client_id": APP_ID,
            "client_secret": SECRET,
            "scope": "https://api.botframework.com/.default",
        } | changes
        tenant = form.pop("tenant", TENANT)
        url = f"{self.stand.url}/{tenant}/oauth2/v2.0/token"
        async with self.http.post(url, data=form) as response:
            body = await response.json()
        self.token = body.get("access_token", self.token)
        return response.status, body

    async def call(self, method: str, path: str, body: Json | None = None) -> tuple[int, Any]:
        """One connector call with the bot's token."""
        status, _, answer = await self.call_whole(method, path, body)
        return status, answer

    async def call_whole(self, method: str, path: str, body: Json | None = None) -> Any:
        url = f"{self.stand.url}/teams/v3/{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.request(method, url, json=body, headers=headers) as response:
            text = await response.text()
            return response.status, response.headers, json.loads(text) if text else None

    async def graph(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """One call of Graph with a token of its own."""
        status, _, answer = await self.graph_whole(method, path, body, **more)
        return status, answer

    async def graph_whole(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {await self.graph_token()}", **more.pop("headers", {})}
        url = path if "://" in path else f"{self.stand.url}/v1.0/{path}"
        async with self.http.request(method, url, json=body, headers=headers, **more) as response:
            text = await response.text()
            return response.status, response.headers, json.loads(text) if text else None

    async def graph_token(self) -> str:
        """A fresh token every time, so that it names the roles of now."""
        url = f"{self.stand.url}/{TENANT}/oauth2/v2.0/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": APP_ID,
            "client_secret": SECRET,
            "scope": "https://graph.microsoft.com/.default",
        }
        async with self.http.post(url, data=form) as response:
            return str((await response.json())["access_token"])

    async def lever(self, name: str, /, **wish: Any) -> Json:
        """Pull a lever that must give way."""
        status, body = await self.door("POST", name, wish)
        assert status == 200, body
        return body

    async def door(self, method: str, path: str, body: Json | None = None) -> tuple[int, Any]:
        """One call of the stand-in's own doors."""
        async with self.http.request(
            method, f"{self.stand.url}/_sandbox/{path}", json=body
        ) as response:
            return response.status, await response.json()

    async def thread(self, content: Json | None = None, channel: str = EAST) -> tuple[str, str]:
        """Start a channel thread with a card; its conversation id and activity id."""
        status, body = await self.call("POST", "conversations", in_channel(channel, content))
        assert status == 201, body
        return body["id"], body["activityId"]

    async def edit(self, conversation: str, activity: str, content: Json) -> None:
        path = f"conversations/{quote(conversation, safe='')}/activities/{activity}"
        status, body = await self.call("PUT", path, message(content))
        assert status == 200, body

    async def press(self, person: str, activity: str, button: str, **inputs: str) -> Json:
        wish = {"person": person, "message": activity, "button": button, "inputs": inputs}
        status, body = await self.door("POST", "press", wish)
        assert status == 200, body
        return body

    async def screen(self, person: str = "", query: str = "") -> dict[str, Json]:
        """Every message that person sees, by id."""
        _, body = await self.door("GET", f"screen?person={quote(person)}{query}")
        seen = [one for conversation in body["conversations"] for one in conversation["messages"]]
        return {one["id"]: one for root in seen for one in (root, *root["replies"])}

    async def events(self, kind: str) -> list[Json]:
        _, body = await self.door("GET", "history")
        return [one for one in body["events"] if one["kind"] == kind]

    async def greeted(self) -> None:
        """Wait until the bot was told of every installation."""
        async with asyncio.timeout(PATIENCE):
            while not (await self.door("GET", "health"))[1]["greeted"]:
                pass


def card(*titles: str, text: str = "Bill 004512", **more: Any) -> Json:
    """A small card; a title becomes an Action.Execute with the title in lower case as verb."""
    actions = [
        {"type": "Action.Execute", "title": one, "verb": one.lower(), "data": {"t": one}}
        for one in titles
    ]
    body = [{"type": "TextBlock", "text": text, "wrap": True}]
    return {"type": "AdaptiveCard", "version": "1.5", "body": body, "actions": actions} | more


def refreshing(*people: str, text: str = "Bill 004512") -> Json:
    action = {"type": "Action.Execute", "verb": "refresh", "data": {"t": "r"}}
    return card("Review", text=text, refresh={"action": action, "userIds": list(people)})


def message(content: Json | None = None, text: str = "") -> Json:
    activity: Json = {"type": "message", "text": text}
    if content is not None:
        activity["attachments"] = [{"contentType": ADAPTIVE, "content": content}]
    return activity


def in_channel(channel: str, content: Json | None = None) -> Json:
    return {
        "isGroup": True,
        "bot": {"id": BOT_ID},
        "tenantId": TENANT,
        "channelData": {"channel": {"id": channel}, "tenant": {"id": TENANT}},
        "activity": message(content or card("Review")),
    }


def with_person(member: str) -> Json:
    return {
        "isGroup": False,
        "bot": {"id": BOT_ID},
        "members": [{"id": member}],
        "tenantId": TENANT,
        "channelData": {"tenant": {"id": TENANT}},
    }


def text_of(content: Json) -> str:
    return str(content["body"][0]["text"])


@asynccontextmanager
async def running_bot() -> AsyncIterator[TinyBot]:
    bot = TinyBot()
    runner = web.AppRunner(bot.app(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    bot.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield bot
    finally:
        if bot.hold:
            bot.hold.set()
        await runner.cleanup()


@asynccontextmanager
async def standing(bot: TinyBot, clock: Clock, *, data: Path | None = None) -> AsyncIterator[World]:
    options = SandboxOptions(
        bot=bot.url,
        app_secret=SECRET,
        data=data,
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        random=Random(7),
    )
    stand = await serve(options)
    async with aiohttp.ClientSession() as http:
        world = World(bot, stand, clock, http)
        try:
            if bot.up:
                await world.greeted()
            await world.sign_in()
            yield world
        finally:
            await stand.cleanup()
