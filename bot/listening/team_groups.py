"""Which team a channel is in, as Graph knows it: learnt from activities and the connector."""

from __future__ import annotations

import logging
from typing import Protocol

from bot.core.activity import Wire, members, text
from bot.core.presses import thread_base
from bot.sending.places import Reachable
from bot.sending.teams import ConnectorRefused, Team, TeamChannel
from storage import conversations, subscriptions
from storage.database import Database

log = logging.getLogger(__name__)


class Teams(Protocol):
    """Tells of teams, as far as the bot is in them."""

    async def team(self, service_url: str, team: str) -> Team:
        """Read a team. Raises ConnectorRefused."""

    async def channels(self, service_url: str, team: str) -> list[TeamChannel]:
        """Read which channels a team has. Raises ConnectorRefused."""


class TeamGroups:
    """Knows the Graph id of the team around each channel."""

    def __init__(self, store: Database, teams: Teams, *, reachable: Reachable) -> None:
        self._store = store
        self._teams = teams
        self._reachable = reachable
        self._known: dict[str, str] = {}

    async def heard(self, wire: Wire) -> None:
        """Learn from an activity: in most of a channel the id of its team comes along."""
        told = members(members(wire.get("channelData")).get("team"))
        team, group = text(told, "id"), text(told, "aadGroupId")
        known = self._known.get(team)
        if not team or known == group or (known and not group):
            return
        self._known[team] = group
        # Without the id it is remembered all the same: the connector can tell it later.
        await self._learn(team, group)

    async def find(self, channel: str) -> str:
        """Return the Graph id of the team *channel* is in; empty when nobody can tell."""
        async with self._store.reading() as conn:
            place = await conversations.get(conn, thread_base(channel))
            groups = await subscriptions.teams(conn)
        url = self._reachable(place.service_url if place else "")
        team = place.team if place else ""
        try:
            return await self._group(url, team or await self._team(url, channel, list(groups)))
        except ConnectorRefused as error:
            log.warning("team not found", extra={"channel": channel, "reason": str(error)})
            return ""

    async def _team(self, url: str, channel: str, teams: list[str]) -> str:
        """Find the team that lists the channel among those the bot has heard from."""
        for team in teams:
            if any(one.id == channel for one in await self._teams.channels(url, team)):
                return team
        return ""

    async def _group(self, url: str, team: str) -> str:
        if not team:
            return ""
        async with self._store.reading() as conn:
            known = (await subscriptions.teams(conn)).get(team, "")
        if known:
            return known
        found = (await self._teams.team(url, team)).group
        await self._learn(team, found)
        return found

    async def _learn(self, team: str, group: str) -> None:
        async with self._store.transaction() as conn:
            await subscriptions.learn_team(conn, team, group)
