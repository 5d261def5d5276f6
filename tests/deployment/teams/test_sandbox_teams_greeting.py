"""Installing the app and the envelope of every activity (facts §1.1, §1.8)."""

import asyncio
from pathlib import Path

from aiohttp import web
from sandbox_teams_world import APP_ID, BOT_ID, TENANT, Clock, TinyBot, World, standing

TEAM = "19:acme-general@thread.tacv2"


async def greeted(bot: TinyBot, clock: Clock, data: Path) -> list[dict]:
    bot.up = True
    async with standing(bot, clock, data=data):
        return [*bot.heard]


async def test_the_team_and_every_chat_are_told_twice(bot: TinyBot, clock: Clock, data: Path):
    heard = await greeted(bot, clock, data)

    told = [(one["type"], one["conversation"]["id"]) for one in heard]
    assert told[:2] == [("installationUpdate", TEAM), ("conversationUpdate", TEAM)]
    assert ("installationUpdate", "a:1hugo") in told
    assert len(told) == 2 * (1 + 1 + 8)


async def test_the_owner_adds_the_app_to_the_team(bot: TinyBot, clock: Clock, data: Path):
    added, arrived, *_ = await greeted(bot, clock, data)

    assert (added["action"], added["from"]["name"]) == ("add", "Ann Whitfield")
    assert added["channelData"]["settings"] == {"selectedChannel": {"id": TEAM}}
    assert added["channelData"]["team"]["aadGroupId"].startswith("cccccccc")
    assert arrived["membersAdded"][0]["id"] == arrived["recipient"]["id"] == BOT_ID


async def test_nothing_is_sent_before_the_bot_is_up(bot: TinyBot, clock: Clock, data: Path):
    async with standing(bot, clock, data=data) as world:
        await clock.slept_for(0.25)
        early = [*bot.heard]
        bot.up = True
        clock.advance(0.25)
        await world.greeted()

    assert early == []
    assert bot.heard[0]["type"] == "installationUpdate"


async def test_a_restart_repeats_no_installation(bot: TinyBot, clock: Clock, data: Path):
    bot.up = True
    async with standing(bot, clock, data=data):
        first = len(bot.heard)

    async with standing(bot, clock, data=data):
        pass

    assert len(bot.heard) == first


async def test_what_the_bot_did_not_take_is_told_again(bot: TinyBot, clock: Clock, data: Path):
    bot.up = True
    bot.answer = lambda _: web.Response(status=202 if len(bot.heard) > 20 else 500)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(greeted(bot, clock, data))
        await clock.slept_for(1.0)
        clock.advance(1.0)

    assert len(task.result()) == 40


async def test_a_channel_message_has_the_whole_envelope(world: World):
    wish = {"person": "ben", "conversation": "Purchasing East", "text": "status 004512"}
    _, said = await world.door("POST", "say", wish)

    [activity] = world.bot.heard

    assert activity["id"] == said["message"]
    assert activity["timestamp"] == "2026-10-18T08:00:00.123Z"
    assert activity["localTimestamp"] == "2026-10-18T03:00:00.123-05:00"
    assert (activity["channelId"], activity["locale"]) == ("msteams", "en-US")
    assert activity["from"] == {
        "id": "29:1ben-ortiz-acme",
        "name": "Ben Ortiz",
        "aadObjectId": "aaaaaaaa-0000-4000-8000-000000000002",
    }
    assert activity["recipient"] == {"id": f"28:{APP_ID}", "name": "Countersign"}
    assert activity["conversation"] == {
        "id": f"19:purchasing-east@thread.tacv2;messageid={said['message']}",
        "conversationType": "channel",
        "isGroup": True,
        "tenantId": TENANT,
        "name": "Purchasing East",
    }
    data = activity["channelData"]
    assert data["tenant"] == {"id": TENANT}
    assert data["channel"] == {"id": "19:purchasing-east@thread.tacv2"}
    assert (data["team"]["id"], data["teamsTeamId"]) == (TEAM, TEAM)
    assert activity["text"] == "<at>Countersign</at> status 004512\n"
    assert [one["type"] for one in activity["entities"]] == ["mention", "clientInfo"]


async def test_a_personal_message_has_no_team_and_no_mention(world: World):
    await world.door("POST", "say", {"person": "ben", "conversation": "bot", "text": "a < b"})

    [activity] = world.bot.heard

    assert activity["conversation"] == {
        "id": "a:1ben",
        "conversationType": "personal",
        "tenantId": TENANT,
    }
    assert activity["channelData"] == {"tenant": {"id": TENANT}}
    assert activity["text"] == "a < b"
    assert activity["attachments"][0]["content"] == "<div>a &lt; b</div>"


async def test_the_routing_headers_repeat_the_conversation(world: World):
    await world.door("POST", "say", {"person": "ben", "conversation": "bot", "text": "help"})

    [headers] = world.bot.headers

    assert headers["x-ms-conversation-id"] == "a:1ben"
    assert headers["x-ms-tenant-id"] == TENANT
