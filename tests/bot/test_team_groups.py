"""Which team a channel is in: from an activity, or asked of the connector once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sync_world import START

from bot.listening.team_groups import TeamGroups
from bot.sending.teams import ConnectorRefused, Team, TeamChannel
from storage import conversations
from storage.database import Database
from storage.records import Conversation

GENERAL, AP = "19:general@thread.tacv2", "19:ap@thread.tacv2"


@dataclass
class FakeTeams:
    """A connector that knows one team."""

    asked: list[str] = field(default_factory=list)
    away: bool = False

    async def team(self, service_url: str, team: str) -> Team:
        assert service_url is not None
        self.asked.append(f"team {team}")
        if self.away:
            raise ConnectorRefused("away")
        return Team(team, "Finance", "group")

    async def channels(self, service_url: str, team: str) -> list[TeamChannel]:
        assert service_url is not None
        self.asked.append(f"channels {team}")
        return [TeamChannel(GENERAL, ""), TeamChannel(AP, "AP Approvals")]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "store.db")
    yield opened
    await opened.close()


async def seen(store: Database, channel: str, team: str) -> None:
    async with store.transaction() as conn:
        place = Conversation(channel, "channel", "https://smba.example/", team=team)
        await conversations.put(conn, place, now=START)


def activity(**team: str) -> dict[str, object]:
    return {"channelData": {"team": team}}


async def test_an_activity_that_names_its_group_costs_no_question(store: Database) -> None:
    teams = FakeTeams()
    groups = TeamGroups(store, teams, reachable=lambda told: told)
    await seen(store, AP, GENERAL)

    await groups.heard(activity(id=GENERAL, aadGroupId="group"))

    assert await groups.find(AP) == "group"
    assert teams.asked == []


async def test_a_team_without_a_group_is_asked_for_once(store: Database) -> None:
    teams = FakeTeams()
    groups = TeamGroups(store, teams, reachable=lambda told: told)
    await seen(store, AP, GENERAL)

    found = [await groups.find(AP), await groups.find(AP)]

    assert found == ["group", "group"]
    assert teams.asked == [f"team {GENERAL}"]


async def test_a_channel_nobody_wrote_in_is_found_in_a_team_we_heard_from(store: Database) -> None:
    groups = TeamGroups(store, FakeTeams(), reachable=lambda told: told)
    await groups.heard(activity(id=GENERAL))

    assert await groups.find(AP) == "group"
    assert await groups.find("19:elsewhere@thread.tacv2") == ""


async def test_while_the_connector_is_away_no_team_is_guessed(store: Database) -> None:
    groups = TeamGroups(store, FakeTeams(away=True), reachable=lambda told: told)
    await groups.heard(activity(id=GENERAL))

    assert await groups.find(AP) == ""


@pytest.mark.parametrize("wire", [{}, {"channelData": None}, {"channelData": {"team": "x"}}])
async def test_an_activity_outside_a_team_teaches_nothing(
    store: Database, wire: dict[str, object]
) -> None:
    groups = TeamGroups(store, FakeTeams(), reachable=lambda told: told)

    await groups.heard(wire)

    assert await groups.find(AP) == ""
