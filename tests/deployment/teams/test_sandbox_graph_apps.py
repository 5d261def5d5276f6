"""Installing the app through Graph, and the activity feed (facts §3.3, §5.2)."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
from sandbox_teams_world import APP_ID, BEN, World, card, message, with_person

CATALOG = "dddddddd-0000-4000-8000-000000000004"
BEN_AAD = "aaaaaaaa-0000-4000-8000-000000000002"
APPS = f"users/{BEN_AAD}/teamwork/installedApps"
BIND = {"teamsApp@odata.bind": f"https://graph.microsoft.com/v1.0/appCatalogs/teamsApps/{CATALOG}"}
INSTALLED = f"{APPS}?$expand=teamsApp&$filter=teamsApp/id eq '{CATALOG}'"
FEED = f"users/{BEN_AAD}/teamwork/sendActivityNotification"


async def heard(world: World, count: int) -> list[Any]:
    """Wait until the bot heard of *count* activities."""
    async with asyncio.timeout(10), world.bot.news:
        await world.bot.news.wait_for(lambda: len(world.bot.heard) >= count)
    return world.bot.heard


async def test_the_catalog_knows_the_app_by_its_manifests_id(world: World):
    await world.lever("app", externalId="my-manifest")

    _, found = await world.graph("GET", "appCatalogs/teamsApps?$filter=externalId eq 'my-manifest'")
    _, none = await world.graph("GET", f"appCatalogs/teamsApps?$filter=externalId eq '{APP_ID}'")
    await world.lever("app", published=False)
    _, hidden = await world.graph("GET", "appCatalogs/teamsApps")

    assert [one["id"] for one in found["value"]] == [CATALOG]
    assert none["value"] == hidden["value"] == []


async def test_installing_lets_the_bot_in_and_tells_it(world: World):
    await world.lever("reach", person="ben", how="no app")
    _, before = await world.graph("GET", INSTALLED)
    closed, _ = await world.call("POST", "conversations", with_person(BEN_AAD))

    status, body = await world.graph("POST", APPS, BIND)
    first, second = await heard(world, 2)

    _, after = await world.graph("GET", INSTALLED)
    open_, _ = await world.call("POST", "conversations", with_person(BEN_AAD))
    again, _ = await world.graph("POST", APPS, BIND)
    assert (before["value"], closed) == ([], 403)
    assert (status, body) == (201, None)
    assert (first["type"], first["action"]) == ("installationUpdate", "add")
    assert (second["type"], second["conversation"]["id"]) == ("conversationUpdate", "a:1ben")
    assert [one["teamsApp"]["id"] for one in after["value"]] == [CATALOG]
    assert (open_, again) == (201, 409)


async def test_the_installations_chat_is_a_place_to_post(world: World):
    _, listed = await world.graph("GET", APPS)
    path = f"{APPS}/{quote(listed['value'][0]['id'], safe='')}"

    _, chat = await world.graph("GET", f"{path}/chat")
    posted, _ = await world.call(
        "POST", f"conversations/{quote(chat['id'], safe='')}/activities", message(card())
    )

    assert chat["id"] == f"19:{BEN_AAD}_{APP_ID}@unq.gbl.spaces"
    assert posted == 201
    assert (await world.events("post"))[-1]["conversation"] == "a:1ben"


async def test_uninstalling_tells_the_bot_and_shuts_it_out(world: World):
    _, listed = await world.graph("GET", APPS)

    status, _ = await world.graph("DELETE", f"{APPS}/{listed['value'][0]['id']}")
    await heard(world, 1)

    assert status == 204
    assert world.bot.heard[0]["action"] == "remove"
    assert (await world.call("POST", "conversations", with_person(BEN)))[0] == 403
    seen = await world.door("GET", "screen?person=ben")
    assert seen[1]["app"] == "missing"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (APPS, {}, 404),
        (APPS, [], 400),
        ("users/nobody/teamwork/installedApps", BIND, 404),
        ("users/aaaaaaaa-0000-4000-8000-000000000099/teamwork/installedApps", BIND, 404),
    ],
)
async def test_what_cannot_be_installed_is_refused(world: World, path: str, body: Any, status: int):
    assert (await world.graph("POST", path, body))[0] == status


async def test_filtering_on_the_app_needs_it_expanded(world: World):
    status, _ = await world.graph("GET", f"{APPS}?$filter=teamsApp/id eq '{CATALOG}'")

    assert status == 400


async def test_installing_takes_its_own_role(world: World):
    await world.lever("graph", roles=["User.Read.All"])

    status, body = await world.graph("POST", APPS, BIND)

    assert status == 403
    assert "TeamsAppInstallation.ReadWriteSelfForUser.All" in body["error"]["message"]


def notification(**changes: Any) -> dict[str, Any]:
    link = "https://teams.microsoft.com/l/chat/0/0?users=28:app"
    return {
        "topic": {"source": "text", "value": "Bill 000123", "webUrl": link},
        "activityType": "approvalNeeded",
        "previewText": {"content": "Bill 000123 waits for you"},
        "templateParameters": [{"name": "doc", "value": "000123"}],
        "chainId": 7,
    } | changes


async def feed(world: World, person: str = "ben") -> list[Any]:
    _, body = await world.door("GET", f"screen?person={person}")
    return body["activity"]


async def test_a_notification_rings_that_persons_bell(world: World):
    status, body = await world.graph("POST", FEED, notification())

    [entry] = await feed(world)
    assert (status, body) == (204, None)
    assert (entry["type"], entry["text"]) == ("approvalNeeded", "Bill 000123 waits for you")
    assert entry["topic"]["value"] == "Bill 000123"
    assert await feed(world, "ann") == []
    assert [one["person"] for one in await world.events("feed")] == ["ben"]


async def test_a_chain_shows_its_last_notification_only(world: World):
    for text, chain in (("one", 7), ("two", 8), ("three", 7)):
        wish = notification(chainId=chain, previewText={"content": text})
        await world.graph("POST", FEED, wish)

    assert [one["text"] for one in await feed(world)] == ["three", "two"]


async def test_the_bell_shows_a_hundred_and_fifty_characters(world: World):
    await world.graph("POST", FEED, notification(previewText={"content": "x" * 200}))

    assert (await feed(world))[0]["text"] == "x" * 150


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"activityType": "undeclared"}, 400),
        ({"activityType": "systemDefault"}, 400),
        ({"topic": {"source": "text", "value": "Bill"}}, 400),
        ({"topic": {"source": "text", "value": "B", "webUrl": "https://erp.example"}}, 400),
        ({"topic": {"source": "entityUrl", "value": "https://erp.example"}}, 400),
        ({"topic": {}}, 400),
        ({"previewText": {}}, 400),
        ({"templateParameters": [{"name": "doc", "value": 1}]}, 400),
        ({"chainId": "7"}, 400),
        ({"teamsAppId": APP_ID}, 404),
    ],
)
async def test_a_wrong_notification_is_refused(world: World, changes: dict, status: int):
    answered, _ = await world.graph("POST", FEED, notification(**changes))

    assert answered == status
    assert await feed(world) == []


async def test_nobody_without_the_app_is_notified(world: World):
    await world.lever("reach", person="ben", how="no app")

    assert (await world.graph("POST", FEED, notification()))[0] == 403


async def test_five_notifications_a_second(world: World):
    answers = [(await world.graph("POST", FEED, notification()))[0] for _ in range(6)]
    world.clock.advance(1)
    later = (await world.graph("POST", FEED, notification()))[0]

    assert (answers, later) == ([204] * 5 + [429], 204)


async def test_teams_and_channels_are_told_by_name(world: World):
    group = "cccccccc-0000-4000-8000-000000000003"

    _, team = await world.graph("GET", f"teams/{group}")
    _, channels = await world.graph("GET", f"teams/{group}/channels")
    foreign, _ = await world.graph("GET", "teams/somewhere/channels")

    assert team["displayName"] == "Acme Supply Finance"
    assert "AP Approvals" in [one["displayName"] for one in channels["value"]]
    assert foreign == 404
