"""What Microsoft Graph does for us, put together: people, installations, the activity feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from acumatica_client.transport import Transport
from bot.attempt import Runner
from bot.board import Board
from bot.clock import Bell, Ports
from bot.core.graph import CATALOG, FEED, INSTALL, REPLIES, USERS, Permission
from bot.people.entra import EntraUsers
from bot.people.feed import Feed
from bot.people.graph import Graph
from bot.people.installs import App, Installs
from bot.settings import TeamsSettings
from bot.tokens import Tokens
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Organisation:
    """Graph's side of the service; all of it may be missing, and everything else works on."""

    graph: Graph | None = None
    users: EntraUsers | None = None
    installs: Installs | None = None
    feed: Feed | None = None
    feed_bell: Bell | None = None

    async def hints(self) -> list[str]:
        """Tell an operator what is lost; nothing that works depends on it."""
        if self.users is None:
            return ["people of Entra: Graph is not asked, rosters and the file decide alone"]
        return await self.users.hints()

    def runners(self) -> Sequence[tuple[str, Runner, Bell]]:
        """List what has to be kept going: its name, the runner, and the bell that wakes it."""
        found: list[tuple[str, Runner, Bell]] = []
        if self.installs is not None:
            found.append(("installs", self.installs, self.installs.bell))
        if self.feed is not None and self.feed_bell is not None:
            found.append(("feed", self.feed, self.feed_bell))
        return found


def organisation(
    settings: TeamsSettings,
    transport: Transport,
    tokens: Tokens,
    store: Database,
    ports: Ports,
    *,
    boards: Mapping[str, Board],
    languages: Mapping[str, str],
    hears: bool,
    outbox_bell: Bell,
) -> Organisation:
    """Put together what the settings want of Graph; *hears*: replies under cards are read."""
    if not settings.asks_graph:
        return Organisation()
    clock = ports.clock
    graph = Graph(transport, tokens, clock, settings.graph_url)
    app = App(settings.app_id, settings.app_catalog_id, settings.graph_url)
    installs = Installs(graph, store, ports, app, outbox_bell=outbox_bell)
    feed = Feed(graph, store, clock, boards, app=app, own=languages)
    return Organisation(
        graph,
        EntraUsers(graph, tokens, store, clock, wanted=wanted(settings, hears=hears)),
        installs if settings.install == "approvers" else None,
        feed if settings.feed == "on" else None,
        Bell(clock),
    )


def wanted(settings: TeamsSettings, *, hears: bool) -> list[Permission]:
    """List the permissions these settings need."""
    found = [USERS]
    if settings.install == "approvers":
        found += [INSTALL] if settings.app_catalog_id else [INSTALL, CATALOG]
    found += [REPLIES] if hears else []
    return [*found, FEED] if settings.feed == "on" else found
