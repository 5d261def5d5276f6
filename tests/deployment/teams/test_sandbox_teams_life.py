"""Walls around places, the life of the team, and what people do to messages (facts §1.8, §4)."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
from sandbox_teams_world import (
    BEN,
    EAST,
    Clock,
    TinyBot,
    World,
    card,
    card_answer,
    in_channel,
    message,
    standing,
    with_person,
)

TEAM = "19:acme-general@thread.tacv2"
CHAT = "conversations/a:1ben/activities"
ROSTER = "conversations/a:1ben/pagedmembers"


async def code(world: World, path: str, body: Any, method: str = "POST") -> tuple[int, str]:
    status, answer = await world.call(method, path, body)
    return status, (answer or {}).get("error", {}).get("code", "")


async def kinds(world: World) -> list[str]:
    return [
        one.get("action") or one["channelData"].get("eventType") or one["type"]
        for one in world.bot.heard
    ]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("muted", (403, "ConversationBlockedByUser")),
        ("disabled by admin", (403, "BotDisabledByAdmin")),
        ("not in roster", (403, "BotNotInConversationRoster")),
        ("gone", (404, "ConversationNotFound")),
        ("foreign", (400, "BadSyntax")),
        ("wrong host", (403, "InvalidBotApiHost")),
        ("not registered", (401, "BotNotRegistered")),
        ("no app", (403, "ForbiddenOperationException")),
        ("removed", (403, "ForbiddenOperationException")),
    ],
)
async def test_a_wall_has_the_connectors_own_code_and_falls_with_an_event(
    world: World, how: str, expected: tuple[int, str]
):
    await world.lever("reach", person="ben", how=how)
    walled = await code(world, CHAT, message(card()))
    dev, _ = await world.call("POST", CHAT.replace("ben", "dev"), message(card()))
    told = await kinds(world)

    await world.lever("reach", person="ben", how="ok")

    assert walled == expected
    assert dev == 201
    assert told == (["remove"] if how == "removed" else [])
    assert (await kinds(world))[-2:] == ["add", "conversationUpdate"]
    assert (await world.call("POST", CHAT, message(card())))[0] == 201


async def test_who_blocked_the_bot_is_told_in_a_shape_of_its_own(world: World):
    await world.lever("reach", person="ben", how="blocked")

    status, body = await world.call("POST", CHAT, message(card()))
    opened, _ = await world.call("POST", "conversations", with_person(BEN))
    read, _ = await world.call("GET", ROSTER)

    assert status == 403
    assert (body["errorCode"], "MessageWritesBlocked" in body["message"]) == (209, True)
    assert (opened, read) == (201, 200)


async def test_a_channel_can_be_walled_in_by_itself(world: World):
    await world.lever("reach", conversation="Purchasing East", how="not in roster")

    east, _ = await world.call("POST", "conversations", in_channel(EAST))
    west, _ = await world.call(
        "POST", "conversations", in_channel("19:purchasing-west@thread.tacv2")
    )

    assert (east, west) == (403, 201)


async def test_no_chat_is_opened_where_the_app_is_missing(world: World):
    await world.lever("reach", person="ben", how="no app")

    by_aad = await code(world, "conversations", with_person("aaaaaaaa-0000-4000-8000-000000000002"))

    assert by_aad == (403, "ForbiddenOperationException")
    assert (await world.call("GET", ROSTER))[0] == 403


async def test_a_wall_survives_a_restart(bot: TinyBot, clock: Clock, data: Any):
    async with standing(bot, clock, data=data) as world:
        await world.lever("reach", person="ben", how="muted")

    async with standing(bot, clock, data=data) as world:
        assert (await world.call("POST", CHAT, message(card())))[0] == 403


async def channel_names(world: World) -> list[str]:
    _, body = await world.door("GET", "screen?person=ann")
    return [one["name"] for one in body["conversations"] if one["kind"] == "channel"]


async def test_channels_are_made_renamed_deleted_and_restored(world: World):
    made = await world.lever("team", event="channelCreated", name="Returns")
    await world.lever("team", event="channelRenamed", channel="Returns", name="Goods back")
    posted, _ = await world.call("POST", "conversations", in_channel(made["id"]))
    await world.lever("team", event="channelDeleted", channel="Goods back")
    gone = await code(world, "conversations", in_channel(made["id"]))
    without = await channel_names(world)
    await world.lever("team", event="channelRestored", channel="Goods back")

    assert [one["channelData"]["eventType"] for one in world.bot.heard] == [
        "channelCreated",
        "channelRenamed",
        "channelDeleted",
        "channelRestored",
    ]
    created, renamed, *_ = world.bot.heard
    assert created["conversation"]["id"] == created["channelData"]["team"]["id"] == TEAM
    assert renamed["channelData"]["channel"] == {"id": made["id"], "name": "Goods back"}
    assert (posted, gone) == (201, (404, "ConversationNotFound"))
    assert "Goods back" not in without
    assert "Goods back" in await channel_names(world)
    assert (await world.call("POST", "conversations", in_channel(made["id"])))[0] == 201


async def test_a_private_channel_is_told_as_such_and_seen_by_owners(world: World):
    made = await world.lever("team", event="channelCreated", name="Secret", membership="private")

    _, told = await world.call("GET", f"teams/{TEAM}/conversations")
    _, ben = await world.door("GET", "screen?person=ben")

    types = {one["id"]: one["type"] for one in told["conversations"]}
    assert types[made["id"]] == "private"
    assert made["id"] not in [one["id"] for one in ben["conversations"]]
    assert "Secret" in await channel_names(world)


async def test_nothing_is_written_in_an_archived_team(world: World):
    conversation, root = await world.thread()
    await world.lever("team", event="teamArchived")
    path = f"conversations/{quote(conversation, safe='')}/activities"
    refused = [
        (await world.call("POST", "conversations", in_channel(EAST)))[0],
        (await world.call("POST", path, message(card())))[0],
        (await world.call("PUT", f"{path}/{root}", message(card())))[0],
    ]
    read, _ = await world.call("GET", f"teams/{TEAM}")
    await world.lever("team", event="teamUnarchived")

    assert (refused, read) == ([403, 403, 403], 200)
    assert (await world.call("POST", path, message(card())))[0] == 201


async def test_a_renamed_team_has_its_new_name_everywhere(world: World):
    await world.lever("team", event="teamRenamed", name="Money")

    _, told = await world.call("GET", f"teams/{TEAM}")

    assert told["name"] == world.bot.heard[0]["channelData"]["team"]["name"] == "Money"


async def test_who_leaves_the_team_is_off_its_roster_until_they_return(world: World):
    member = f"conversations/{TEAM}/members/{BEN}"
    await world.lever("team", event="teamMemberRemoved", person="ben")
    gone, _ = await world.call("GET", member)
    await world.lever("team", event="teamMemberAdded", person="ben")

    assert (gone, (await world.call("GET", member))[0]) == (404, 200)
    left, joined = world.bot.heard
    assert [one["id"] for one in left["membersRemoved"]] == [BEN]
    assert [one["id"] for one in joined["membersAdded"]] == [BEN]


async def test_owners_come_and_go_without_a_word(world: World):
    member = f"conversations/{TEAM}/members/{BEN}"
    await world.lever("team", event="teamOwner", person="ben")
    _, owner = await world.call("GET", member)
    await world.lever("team", event="teamOwner", person="ben", owner=False)
    _, plain = await world.call("GET", member)

    assert (owner["userRole"], plain["userRole"]) == ("owner", "user")
    assert world.bot.heard == []


async def test_unknown_events_and_upgrades_are_sent_too(world: World):
    await world.lever("team", event="teamPainted")
    await world.lever("team", event="addUpgrade")

    painted, upgraded = world.bot.heard
    assert painted["channelData"]["eventType"] == "teamPainted"
    assert (upgraded["type"], upgraded["action"]) == ("installationUpdate", "add-upgrade")


async def test_the_teams_life_survives_a_restart(bot: TinyBot, clock: Clock, data: Any):
    async with standing(bot, clock, data=data) as world:
        await world.lever("team", event="channelRenamed", channel="Payments", name="Money out")

    async with standing(bot, clock, data=data) as world:
        assert "Money out" in await channel_names(world)


@pytest.mark.parametrize(
    "wish",
    [
        {"event": "channelDeleted", "channel": "Nowhere"},
        {"event": "channelCreated"},
        {"event": "channelRenamed"},
        {"event": "teamMemberAdded", "person": "nobody"},
        {"event": "teamRenamed"},
    ],
)
async def test_a_wrong_event_is_refused_and_not_sent(world: World, wish: dict):
    status, body = await world.door("POST", "team", wish)

    assert status in {404, 422}
    assert body["error"].endswith((".", "”."))
    assert world.bot.heard == []


async def said(world: World, text: str, **more: Any) -> str:
    wish = {"person": "ben", "conversation": "Purchasing East", "text": text} | more
    return (await world.lever("say", **wish))["message"]


async def test_the_bot_hears_of_edits_of_what_it_heard(world: World):
    heard, own = await said(world, "status"), await said(world, "hm", mention=False)

    for one in (heard, own):
        await world.lever("message", person="ben", message=one, event="edit", text="@Countersign x")
    await world.lever("message", person="ben", message=heard, event="delete")
    await world.lever("message", person="ben", message=heard, event="undelete")

    told = [(one["type"], one["id"]) for one in world.bot.heard]
    assert told[0] == ("message", heard)
    assert ("messageDelete", heard) in told
    assert world.bot.heard[-1]["channelData"]["eventType"] == "undeleteMessage"


async def test_nobody_changes_anothers_message(world: World):
    one = await said(world, "mine")

    wish = {"person": "ann", "message": one, "event": "delete"}
    status, _ = await world.door("POST", "message", wish)

    assert status == 422


async def test_a_reaction_reaches_the_bot_under_its_own_message_only(world: World):
    _, root = await world.thread()
    mine = await said(world, "mine", mention=False)

    for one in (root, mine):
        await world.lever("message", person="ann", message=one, event="react", reaction="heart")
    seen = (await world.screen("ben"))[root]["reactions"]
    await world.lever("message", person="ann", message=root, event="unreact", reaction="heart")

    added, removed = world.bot.heard
    assert (added["type"], added["replyToId"]) == ("messageReaction", root)
    assert added["reactionsAdded"] == removed["reactionsRemoved"] == [{"type": "heart"}]
    assert seen == {"heart": 1}
    assert (await world.screen("ben"))[root]["reactions"] == {}


async def test_the_screen_tells_edits_and_own_views_apart(world: World):
    conversation, root = await world.thread(card("Release"))
    before = (await world.screen("ben"))[root]
    await world.edit(conversation, root, card("Release", text="new"))
    world.bot.answer = lambda _: card_answer(card(text="yours"))
    await world.press("ben", root, "Release")

    after = (await world.screen("ben"))[root]
    others = (await world.screen("ann"))[root]

    assert (before["editedAt"], before["personal"]) == (None, False)
    assert (after["personal"], others["personal"]) == (True, False)
    assert after["editedAt"] == "2026-10-18T08:00:00.123Z"


async def test_two_operations_at_once_in_one_conversation_are_one_too_many(world: World):
    await world.lever("limits", concurrent=0.5)

    async with asyncio.TaskGroup() as group:
        first = group.create_task(world.call("POST", CHAT, message(card())))
        await world.clock.slept_for(0.5)
        second = await code(world, CHAT, message(card()))
        other = group.create_task(world.call("POST", CHAT.replace("ben", "dev"), message(card())))
        await world.clock.slept_for(0.5, 2)
        world.clock.advance(0.5)

    assert second == (412, "PreconditionFailed")
    assert (first.result()[0], other.result()[0]) == (201, 201)


async def test_other_bots_use_up_the_thread(world: World):
    await world.lever("traffic", person="ben", calls=14)

    status, headers, _ = await world.call_whole("POST", CHAT, message(card()))
    elsewhere, _ = await world.call("POST", CHAT.replace("ben", "dev"), message(card()))
    world.clock.advance(1)
    later, _ = await world.call("POST", CHAT, message(card()))

    assert (status, headers["Retry-After"], elsewhere, later) == (429, "1", 201, 201)


async def test_the_tenants_limit_is_a_lever(world: World):
    await world.lever("limits", tenant=2)

    answers = [(await world.call("GET", f"teams/{TEAM}"))[0] for _ in range(3)]
    await world.lever("limits", enforced=False)

    assert answers == [200, 200, 429]
    assert (await world.call("GET", f"teams/{TEAM}"))[0] == 200


@pytest.mark.parametrize(
    ("lever", "wish"),
    [
        ("reach", {"person": "ben", "how": "shy"}),
        ("reach", {"how": "ok"}),
        ("limits", {"concurrent": -1}),
        ("limits", {"tenant": 0}),
        ("limits", {"speed": 1}),
        ("traffic", {"person": "ben"}),
        ("notices", {"token": "odd"}),
        ("notices", {"drop": -1}),
        ("subscriptions", {"event": "odd"}),
        ("graph", {"roles": [1]}),
        ("message", {"person": "ben", "message": "1", "event": "edit"}),
        ("search", {"person": "ben", "conversation": "bot", "command": "x", "skip": -1}),
        ("compose", {"person": "ben", "conversation": "bot", "card": {}}),
    ],
)
async def test_a_wrong_pull_of_a_lever_is_refused_with_a_sentence(
    world: World, lever: str, wish: dict
):
    status, body = await world.door("POST", lever, wish)

    assert status in {400, 404, 422}
    assert body["error"]
    assert world.bot.heard == []
