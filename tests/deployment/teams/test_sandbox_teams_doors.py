"""Screen, people, history, health, and the page's files."""

import asyncio

from aiohttp.test_utils import TestClient, TestServer
from sandbox_teams_world import Clock, TinyBot, World, card, standing

from deployment.sandbox.teams import SandboxOptions, build_app


async def test_people_are_listed_with_the_id_to_use(world: World):
    _, body = await world.door("GET", "people")

    assert body["people"][0] == {
        "id": "aaaaaaaa-0000-4000-8000-000000000001",
        "name": "Ann Whitfield",
        "email": "ann@acme.example",
        "aadObjectId": "aaaaaaaa-0000-4000-8000-000000000001",
        "title": "AP manager",
        "teamsId": "29:1ann-whitfield-acme",
        "login": "ann",
    }
    assert body["people"][-1]["name"] == "Guest Auditor (guest)"


async def test_a_person_sees_only_their_conversations(world: World):
    _, ann = await world.door("GET", "screen?person=ann")
    _, guest = await world.door("GET", "screen?person=guest")
    _, everybody = await world.door("GET", "screen")

    named = [(one["name"], one["kind"]) for one in ann["conversations"]]
    assert named[0] == ("General", "channel")
    assert named[-2:] == [("AP desk", "chat"), ("Countersign", "chat")]
    assert {one["kind"] for one in guest["conversations"]} == {"channel"}
    assert len(everybody["conversations"]) == 5 + 1 + 8


async def test_an_unknown_person_is_refused_with_the_known_ones(world: World):
    status, body = await world.door("GET", "screen?person=zoe")

    assert status == 404
    assert "ann@acme.example" in body["error"]


async def test_the_history_is_numbered_and_can_be_read_on(world: World):
    await world.thread()
    _, whole = await world.door("GET", "history")
    last = whole["events"][-1]["seq"]

    await world.door("POST", "say", {"person": "ann", "conversation": "bot", "text": "help"})
    _, more = await world.door("GET", f"history?after={last}")
    status, _ = await world.door("GET", "history?after=x")

    assert [one["seq"] for one in more["events"]] == [last + 1, last + 2]
    assert [one["kind"] for one in more["events"]] == ["post", "activity"]
    assert more["events"][0]["by"] == "ann"
    assert status == 400


async def test_a_body_that_is_no_object_is_refused(world: World):
    for raw in (b"", b"{", b"[]"):
        async with world.http.post(f"{world.stand.url}/_sandbox/press", data=raw) as response:
            assert response.status == 400
            assert "error" in await response.json()


async def test_a_mention_without_its_text_is_dropped_and_told(world: World):
    entity = {
        "type": "mention",
        "text": "<at>Ann</at>",
        "mentioned": {"id": "ann@acme.example", "name": "Ann"},
    }
    good = card(text="Look, <at>Ann</at>") | {"msteams": {"entities": [entity]}}
    stranger = entity | {"mentioned": {"id": "29:1stranger"}}

    await world.thread(good)
    await world.thread(card(text="Look, Ann") | {"msteams": {"entities": [entity]}})
    await world.thread(good | {"msteams": {"entities": [stranger]}})

    found = [(one["mentions"], one["dropped_mentions"]) for one in await world.events("post")]
    assert [[who["name"] for who in live] for live, _ in found] == [["Ann Whitfield"], [], []]
    assert [dropped for _, dropped in found] == [[], ["<at>Ann</at>"], ["<at>Ann</at>"]]


async def test_health_says_whether_the_bot_was_found(bot: TinyBot, clock: Clock):
    async with standing(bot, clock) as world:
        _, early = await world.door("GET", "health")
        bot.up = True
        await clock.slept_for(0.25)
        clock.advance(0.25)
        await world.greeted()
        _, later = await world.door("GET", "health")

    assert (early["status"], early["bot_up"], early["greeted"]) == ("ok", False, False)
    assert (later["bot_up"], later["greeted"]) == (True, True)


async def test_the_address_is_learned_from_the_first_request_where_none_was_given(bot: TinyBot):
    app = build_app(SandboxOptions(bot=bot.url, app_secret="x"))

    async with TestClient(TestServer(app)) as client:
        response = await client.get("/_sandbox/health")
        body = await response.json()

    assert body["serviceUrl"] == str(response.url.with_path("/teams/"))


async def test_the_page_and_its_files_are_served_under_a_strict_policy(world: World):
    async with world.http.get(f"{world.stand.url}/") as response:
        page = await response.text()
    for name in ("app.js", "cards.js", "shell.css", "icon.svg"):
        async with world.http.get(f"{world.stand.url}/page/{name}") as file:
            assert file.status == 200
    async with world.http.get(f"{world.stand.url}/page/..%2fsite.py") as missing:
        pass

    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert 'data-testid="person-switch"' in page
    assert missing.status == 404


async def test_the_live_line_speaks_when_the_screen_changes(world: World):
    async with world.http.get(f"{world.stand.url}/_sandbox/live") as line:
        first = await asyncio.wait_for(line.content.readline(), 5)
        await line.content.readline()
        await world.thread()
        second = await asyncio.wait_for(line.content.readline(), 5)

    assert line.content_type == "text/event-stream"
    assert int(second.split()[1]) > int(first.split()[1])
