"""What people say under our cards, put together: the doors for Graph and who works behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from acumatica_client.transport import Transport
from bot.attempt import Runner
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.core.activity import Wire
from bot.core.commands import Unknown, read_command
from bot.core.messages import Ours
from bot.listening.certificates import Certificates
from bot.listening.graph_door import GraphDoor
from bot.listening.notice_tokens import NoticeTokens, issuers_of
from bot.listening.overheard import Overheard
from bot.listening.remarks import Remarks
from bot.listening.replies import Replies
from bot.listening.subscriptions import Subscriptions
from bot.listening.team_groups import TeamGroups, Teams
from bot.people.graph import Graph
from bot.settings import Settings
from bot.signing_keys import EntraKeys
from storage import notices
from storage.database import Database
from storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Hearing:
    """The runners that hear of replies through Graph, and the bells that wake them."""

    subscriptions: Subscriptions
    replies: Replies
    subscriptions_bell: Bell
    replies_bell: Bell


@dataclass(frozen=True, slots=True)
class Listening:
    """Everything that hears of what people say under our cards."""

    store: Database
    door: GraphDoor
    overheard: Overheard
    groups: TeamGroups
    hearing: Hearing | None
    off: str
    """Why Graph tells us nothing; empty when it does."""

    async def heard(self, wire: Wire) -> None:
        """Learn from an activity which team its channel is in."""
        await self.groups.heard(wire)

    async def kept(self, wire: Wire) -> bool:
        """Keep what was typed under a card; False when it is for somebody else to answer."""
        return await self.overheard.kept(wire)

    def runners(self) -> Sequence[tuple[str, Runner, Bell]]:
        """List what has to be kept going: its name, the runner, and the bell that wakes it."""
        if self.hearing is None:
            return []
        return [
            ("subscriptions", self.hearing.subscriptions, self.hearing.subscriptions_bell),
            ("replies", self.hearing.replies, self.hearing.replies_bell),
        ]

    async def hints(self) -> list[str]:
        """Tell an operator what is not heard, and why; nothing else depends on it."""
        if self.hearing is None:
            return [f"replies under cards: {self.off}"]
        async with self.store.reading() as conn:
            parked = (await notices.counts(conn)).get("parked", 0)
        told = (await self.hearing.subscriptions.hints()).items()
        found = [f"replies in {channel or 'all channels'}: {why}" for channel, why in told]
        return [*found, f"{parked} replies could not be read"] if parked else found


def listen(
    settings: Settings,
    store: Database,
    ports: Ports,
    tenants: Mapping[str, Tenant],
    *,
    graph: Graph | None,
    teams: Teams,
    login: Transport,
    vault: Vault | None,
    outbox_bell: Bell,
) -> Listening:
    """Put together what hears of replies, as far as the settings allow."""
    clock, own = ports.clock, settings.teams
    ours = Ours(own.app_id, own.tenants)
    remarks = Remarks(tenants, ports, reachable=own.reachable)
    overheard = Overheard(store, remarks, ours=ours, is_command=is_command, outbox_bell=outbox_bell)
    groups = TeamGroups(store, teams, reachable=own.reachable)
    keys = EntraKeys(login, clock, login_url=own.login_url, tenant=own.tenant_id)
    tokens = NoticeTokens(
        keys, clock, app_id=own.app_id, issuers=issuers_of(own.tenants, own.login_url)
    )
    replies_bell, subscriptions_bell = Bell(clock), Bell(clock)
    door = GraphDoor(
        store, ports, tokens, replies_bell=replies_bell, subscriptions_bell=subscriptions_bell
    )
    off = silence(settings)
    if graph is None or off:
        return Listening(store, door, overheard, groups, None, off or "TEAMS__GRAPH is off")
    rich = own.notices == "rich"
    certificates = Certificates(store, vault, ports) if vault is not None and rich else None
    subscriptions = Subscriptions(
        store,
        graph,
        ports,
        public_url=settings.server.public_url,
        find_team=groups.find,
        certificates=certificates,
        replies_bell=replies_bell,
    )
    replies = Replies(
        store,
        graph,
        remarks,
        ports,
        ours=ours,
        keys=certificates,
        is_command=is_command,
        outbox_bell=outbox_bell,
    )
    hearing = Hearing(subscriptions, replies, subscriptions_bell, replies_bell)
    return Listening(store, door, overheard, groups, hearing, "")


def silence(settings: Settings) -> str:
    """Say why the settings keep Graph from telling us anything; empty when they do not."""
    if settings.teams.notices == "off":
        return "TEAMS__NOTICES is off"
    if not settings.teams.asks_graph:
        return "TEAMS__GRAPH is off"
    if not settings.server.public_url:
        return "SERVER__PUBLIC_URL is empty, so Graph knows no address to tell us at"
    return ""


def is_command(typed: str) -> bool:
    """Say whether what was typed to the bot is a command, and so no remark."""
    return not isinstance(read_command(typed), Unknown)
