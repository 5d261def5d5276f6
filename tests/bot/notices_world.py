"""The Teams stand-in as Graph, our doors for it, and who subscribes and reads; one clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from sync_world import Clock
from world import signing_keys

from acumatica_client.transport import open_transport, same_host
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.company_file import Company
from bot.core.messages import Ours
from bot.core.routes import Route, Routes
from bot.listening.certificates import Certificates
from bot.listening.ear import is_command
from bot.listening.graph_door import LIFECYCLE, NOTIFICATIONS, GraphDoor
from bot.listening.notice_tokens import NoticeTokens, issuers_of
from bot.listening.overheard import Overheard
from bot.listening.remarks import Remarks
from bot.listening.replies import Replies
from bot.listening.subscriptions import Subscriptions
from bot.people.graph import Graph
from bot.settings import TeamsSettings
from bot.signing_keys import EntraKeys
from bot.tokens import EntraTokens
from deployment.sandbox import teams
from deployment.sandbox.teams.state import STATE
from storage import comments, conversations, posted_cards, subscriptions
from storage.database import Database
from storage.records import Comment, PostedCard
from storage.subscriptions import Subscription
from storage.vault import Vault

SECRET = "a-client-secret-of-the-stand-in"
GROUP = "cccccccc-0000-4000-8000-000000000003"
AP, EAST = "19:ap-approvals@thread.tacv2", "19:purchasing-east@thread.tacv2"
BILL = "Bill/Bill/000154"
VAULT_KEY = "q2r3bX1wZ0h5c1d1cE1sZ3ZkQ0JmSGpMa01uYnZjeHo="


@dataclass
class NoticesWorld:
    """Graph, our doors, and the two runners behind them."""

    served: teams.Served
    bot: str
    http: aiohttp.ClientSession
    clock: Clock
    store: Database
    ports: Ports
    graph: Graph
    tokens: EntraTokens
    door: GraphDoor
    certificates: Certificates | None
    groups: dict[str, str]
    url: str = ""
    subscriptions: Subscriptions = field(init=False)
    replies: Replies = field(init=False)
    overheard: Overheard = field(init=False)

    def __post_init__(self) -> None:
        self.url = self.served.url
        self.restart()

    def restart(self) -> None:
        """Make the runners anew, as a start of the process does."""

        async def find_team(channel: str) -> str:
            return self.groups.get(channel, "")

        self.subscriptions = Subscriptions(
            self.store, self.graph, self.ports, public_url=self.bot, find_team=find_team,
            certificates=self.certificates, replies_bell=Bell(self.clock),
        )  # fmt: skip
        options = teams.SandboxOptions(bot="", app_secret="")
        ours, bell = Ours(options.app_id, frozenset({options.tenant_id})), Bell(self.clock)
        self.replies = Replies(
            self.store, self.graph, self.remarks(), self.ports, ours=ours,
            keys=self.certificates, is_command=is_command, outbox_bell=bell,
        )  # fmt: skip
        self.overheard = Overheard(
            self.store, self.remarks(), ours=ours, is_command=is_command, outbox_bell=bell
        )

    def remarks(self) -> Remarks:
        company = Company(name="acme", url="https://erp.example", tenant="Company")
        nobody: Any = None
        own = Tenant(company, Routes([Route(company="acme", to=())]), nobody, ())
        return Remarks({"acme": own}, self.ports, reachable=lambda told: told)

    # --- our side ---

    async def bind(self, *channels: str) -> None:
        async with self.store.transaction() as conn:
            await conn.execute("DELETE FROM channels")
            for channel in channels:
                await conversations.bind(conn, channel, channel, by="test", now=self.clock.now())

    async def settle(self) -> None:
        """Do everything that is due now, and let the notices under way arrive."""
        for _ in range(60):
            await self.told()
            self.clock.advance(seconds=1)
            while await self.subscriptions.step() or await self.replies.step():
                pass
            if not await self.is_due() and not self.under_way():
                return

    def under_way(self) -> list[asyncio.Task[Any]]:
        """What Graph is telling us just now."""
        tasks = self.served.app[STATE].background.tasks
        return [one for one in tasks if getattr(one.get_coro(), "__name__", "") == "_deliver"]

    async def is_due(self) -> bool:
        soon = self.clock.now() + timedelta(seconds=30)
        due = [await self.subscriptions.next_due(), await self.replies.next_due()]
        return any(one is not None and one <= soon for one in due)

    async def told(self) -> None:
        """Wait until Graph has told everything, without doing anything about it."""
        while telling := self.under_way():
            await asyncio.wait(telling)

    async def known(self, channel: str = AP) -> Subscription:
        async with self.store.reading() as conn:
            found = await subscriptions.get(conn, channel)
        assert found is not None
        return found

    async def comments(self) -> list[Comment]:
        async with self.store.reading() as conn:
            return await comments.of_document(conn, "acme", BILL)

    async def said(self) -> list[str]:
        return [one.text for one in await self.comments()]

    # --- Graph's side ---

    async def lever(self, name: str, body: Any) -> Any:
        async with self.http.post(f"{self.url}/_sandbox/{name}", json=body) as answer:
            told = await answer.json()
            assert answer.status < 300, told
            return told

    async def listed(self) -> list[dict[str, Any]]:
        """The subscriptions Graph has now."""
        async with self.http.get(f"{self.url}/_sandbox/subscriptions") as answer:
            rows = (await answer.json())["subscriptions"]
        return [row for row in rows if _moment(row["expirationDateTime"]) > self.clock.now()]

    async def events(self, kind: str) -> list[dict[str, Any]]:
        async with self.http.get(f"{self.url}/_sandbox/history") as answer:
            events = (await answer.json())["events"]
        return [event for event in events if event["kind"] == kind]

    async def say(self, person: str, text: str, **more: Any) -> str:
        """Say something in the AP channel; returns the message."""
        body = {"person": person, "conversation": AP, "text": text, "mention": False, **more}
        return str((await self.lever("say", body))["message"])

    async def reply(self, person: str, thread: str, text: str, **more: Any) -> str:
        return await self.say(person, text, thread=thread, **more)

    async def happens(self, person: str, message: str, event: str, **more: Any) -> None:
        body = {"person": person, "message": message, "event": event, **more}
        await self.lever("message", body)

    async def card(self, document: str = BILL) -> str:
        """Have a card of ours stand in the AP channel; returns its thread."""
        root = await self.say("ann", "a card")
        place = f"{AP};messageid={root}"
        posted = PostedCard("acme", document, "channel:ap", conversation=place, activity=root)
        async with self.store.transaction() as conn:
            await posted_cards.add(conn, "acme", document, "channel:ap")
            await posted_cards.posted(conn, posted, now=self.clock.now())
        return root


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


async def _wait(seconds: float) -> None:
    """Wait as the stand-in does: in real time, so that its clock is ours alone to move."""
    await asyncio.sleep(seconds)


@asynccontextmanager
async def notices_world(folder: Path, *, rich: bool = False) -> AsyncIterator[NoticesWorld]:
    """Run Graph and our doors until the block ends."""
    clock, chances = Clock(), iter(range(10**9))
    ports = Ports(clock, lambda: 0.5, lambda: f"token-{next(chances):020}", open_transport)
    store = await Database.open(folder / "store.db")
    app = web.Application()
    runner = web.AppRunner(app, access_log=None)
    doors: list[GraphDoor] = []

    async def take(request: web.Request) -> web.Response:
        return await doors[0].take(request)

    app.router.add_post(NOTIFICATIONS, take)
    app.router.add_post(LIFECYCLE, take)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    bot = f"http://127.0.0.1:{runner.addresses[0][1]}"
    options = teams.SandboxOptions(
        bot=bot, app_secret=SECRET, now=clock.now, sleep=_wait, keys=signing_keys(),
        monotonic=lambda: clock.reading().seconds,
    )  # fmt: skip
    served = await teams.serve(options)
    settings = TeamsSettings(
        app_id=options.app_id, tenant_id=options.tenant_id, client_secret=SECRET,
        login_url=served.url, graph_url=served.url,
    )  # fmt: skip
    tokens, transport = EntraTokens(settings, clock.now), open_transport(same_host(served.url))
    keys = EntraKeys(transport, clock, login_url=served.url, tenant=options.tenant_id)
    judge = NoticeTokens(
        keys, clock, app_id=options.app_id, issuers=issuers_of([options.tenant_id], served.url)
    )
    doors.append(
        GraphDoor(store, ports, judge, replies_bell=Bell(clock), subscriptions_bell=Bell(clock))
    )
    certificates = Certificates(store, Vault([VAULT_KEY]), ports) if rich else None
    async with aiohttp.ClientSession() as http:
        try:
            yield NoticesWorld(
                served, bot, http, clock, store, ports,
                Graph(transport, tokens, clock, served.url), tokens, doors[0], certificates,
                {AP: GROUP, EAST: GROUP},
            )  # fmt: skip
        finally:
            await tokens.close()
            await transport.close()
            await served.cleanup()
            await runner.cleanup()
            await store.close()
