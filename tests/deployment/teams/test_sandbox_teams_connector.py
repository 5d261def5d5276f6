"""Posting, editing and deleting through the connector (facts §3.3, §4)."""

from urllib.parse import quote

import pytest
from sandbox_teams_world import (
    ANN,
    APPROVALS,
    EAST,
    World,
    card,
    in_channel,
    message,
    text_of,
    with_person,
)

GUEST = "29:1guest-auditor"


def activities(conversation: str, activity: str = "") -> str:
    path = f"conversations/{quote(conversation, safe='')}/activities"
    return f"{path}/{activity}" if activity else path


async def test_a_new_channel_thread_answers_its_conversation_and_its_first_activity(world: World):
    status, body = await world.call("POST", "conversations", in_channel(EAST))

    assert status == 201
    assert body["id"] == f"{EAST};messageid={body['activityId']}"
    assert body["activityId"].isdigit()


async def test_ids_of_one_millisecond_differ(world: World):
    _, first = await world.thread()
    _, second = await world.thread()

    assert int(second) == int(first) + 1


async def test_a_chat_with_one_person_has_the_same_id_each_time(world: World):
    first = await world.call("POST", "conversations", with_person(ANN))
    again = await world.call(
        "POST", "conversations", with_person("aaaaaaaa-0000-4000-8000-000000000001")
    )

    assert first == again == (201, {"id": "a:1ann"})


async def test_a_thread_id_puts_a_post_in_the_thread(world: World):
    thread, root = await world.thread()

    _, reply = await world.call("POST", activities(thread), message(text="Look again"))

    assert (await world.screen("ann"))[root]["replies"][0]["id"] == reply["id"]


async def test_a_bare_channel_id_starts_a_new_root_post(world: World):
    _, root = await world.thread()

    _, other = await world.call("POST", activities(EAST), message(text="Hello"))

    seen = await world.screen("ann")
    assert seen[root]["replies"] == []
    assert seen[other["id"]]["text"] == "Hello"


async def test_the_id_in_the_path_of_a_reply_does_not_route_it(world: World):
    _, root = await world.thread()

    await world.call("POST", activities(EAST, root), message(text="Lost"))

    assert (await world.screen("ann"))[root]["replies"] == []


async def test_an_edit_replaces_the_card_and_marks_it(world: World):
    thread, root = await world.thread(card(text="waits"))

    status, body = await world.call("PUT", activities(thread, root), message(card(text="done")))

    seen = (await world.screen("ann"))[root]
    assert (status, body) == (200, {"id": root})
    assert text_of(seen["card"]) == "done"
    assert seen["edited"]


async def test_a_deleted_message_is_gone_and_cannot_be_edited(world: World):
    thread, root = await world.thread()

    status, _ = await world.call("DELETE", activities(thread, root))
    again, body = await world.call("PUT", activities(thread, root), message(card()))

    assert status == 200
    assert root not in await world.screen("ann")
    assert (again, body["error"]["code"]) == (404, "ActivityNotFoundInConversation")


async def test_a_deleted_root_with_replies_says_so(world: World):
    thread, root = await world.thread()
    await world.call("POST", activities(thread), message(text="still here"))

    await world.call("DELETE", activities(thread, root))

    seen = (await world.screen("ann"))[root]
    assert (seen["deleted"], seen["card"]) == (True, None)


async def test_a_reply_is_not_found_through_the_bare_channel(world: World):
    thread, _ = await world.thread()
    _, reply = await world.call("POST", activities(thread), message(text="Look"))

    status, body = await world.call("PUT", activities(EAST, reply["id"]), message(text="x"))

    assert (status, body["error"]["code"]) == (404, "ActivityNotFoundInConversation")


async def test_a_bot_may_not_change_a_persons_message(world: World):
    wish = {"person": "ann", "conversation": "bot", "text": "help"}
    _, said = await world.door("POST", "say", wish)

    status, body = await world.call("DELETE", activities("a:1ann", said["message"]))

    assert (status, body["error"]["code"]) == (403, "NotEnoughPermissions")


@pytest.mark.parametrize(
    "conversation", ["19:nowhere@thread.tacv2", f"{EAST};messageid=42", "a:1nobody"]
)
async def test_an_unknown_conversation_is_not_found(world: World, conversation: str):
    status, body = await world.call("POST", activities(conversation), message(text="x"))

    assert (status, body["error"]["code"]) == (404, "ConversationNotFound")


async def test_a_thread_of_another_channel_is_not_found(world: World):
    thread, root = await world.thread()

    status, _ = await world.call(
        "POST", activities(thread.replace(EAST, APPROVALS)), message(text="x")
    )

    assert root
    assert status == 404


@pytest.mark.parametrize("token", ["", "nonsense"])
async def test_a_call_without_our_token_is_denied(world: World, token: str):
    world.token = token

    status, body = await world.call("POST", activities(EAST), message(text="x"))

    assert (status, body["error"]["code"]) == (401, "Unauthorized")


async def test_a_token_ends_after_an_hour(world: World):
    world.clock.advance(3601)

    denied, _ = await world.call("POST", activities(EAST), message(text="x"))
    await world.sign_in()
    allowed, _ = await world.call("POST", activities(EAST), message(text="x"))

    assert (denied, allowed) == (401, 201)


@pytest.mark.parametrize(
    "activity",
    [
        {},
        {"type": "message", "text": "  "},
        {"type": "trace", "text": "x"},
        {"type": "message", "attachments": "x"},
        {"type": "message", "attachments": [{"contentType": "hero"}]},
        message({"type": "Other"}),
        message({"type": "AdaptiveCard", "body": []}),
    ],
)
async def test_a_message_that_shows_nothing_is_refused(world: World, activity: dict):
    status, body = await world.call("POST", activities(EAST), activity)

    assert (status, body["error"]["code"]) == (400, "BadSyntax")


async def test_size_counts_utf_16_without_pictures(world: World):
    picture = {"type": "Image", "url": "data:image/png;base64," + "A" * 200_000}
    small = card(text="x" * 40_000)
    small["body"].append(picture)

    fits, _ = await world.call("POST", activities(EAST), message(small))
    large, body = await world.call("POST", activities(EAST), message(card(text="x" * 60_000)))

    assert fits == 201
    assert (large, body["error"]["code"]) == (413, "MessageSizeTooBig")


async def test_what_is_no_json_object_is_refused(world: World):
    url = f"{world.stand.url}/teams/v3/conversations"
    headers = {"Authorization": f"Bearer {world.token}"}

    async with world.http.post(url, data=b"[", headers=headers) as plain:
        pass
    headers["Content-Type"] = "application/json"
    async with world.http.post(url, data=b"[1]", headers=headers) as broken:
        pass

    assert (plain.status, broken.status) == (415, 400)


@pytest.mark.parametrize(
    "wish",
    [
        in_channel(EAST) | {"bot": {"id": "28:somebody-else"}},
        in_channel(EAST) | {"channelData": {"channel": {"id": EAST}}, "tenantId": None},
        in_channel(EAST) | {"activity": None},
        in_channel("19:ap-desk@thread.v2"),
        with_person("ann@acme.example"),
        with_person("29:1of-another-bot"),
        with_person(ANN) | {"members": [{"id": ANN}, {"id": GUEST}]},
    ],
)
async def test_a_conversation_is_not_created_from_wrong_data(world: World, wish: dict):
    status, body = await world.call("POST", "conversations", wish)

    assert (status, body["error"]["code"]) == (400, "BadSyntax")


async def test_nobody_without_the_app_can_be_messaged(world: World):
    status, body = await world.call("POST", "conversations", with_person(GUEST))

    assert (status, body["error"]["code"]) == (403, "ForbiddenOperationException")


async def test_after_removal_a_send_is_forbidden_and_the_bot_was_told(world: World):
    wish = {"person": "ann", "conversation": "AP Approvals", "installed": False}

    await world.door("POST", "installations", wish)
    status, body = await world.call("POST", activities(EAST), message(text="x"))

    assert (status, body["error"]["code"]) == (403, "BotNotInConversationRoster")
    assert world.bot.heard[-1]["action"] == "remove"


async def test_a_removed_app_can_be_added_again(world: World):
    wish = {"person": "ann", "conversation": "bot"}
    await world.door("POST", "installations", wish | {"installed": False})

    await world.door("POST", "installations", wish | {"installed": True})

    status, _ = await world.call("POST", "conversations", with_person(ANN))
    assert status == 201


async def test_the_eighth_send_of_a_second_waits(world: World):
    sends = [await world.call_whole("POST", activities(EAST), message(text="x")) for _ in range(8)]
    status, headers, body = sends[-1]
    world.clock.advance(int(headers["Retry-After"]))

    later, _ = await world.call("POST", activities(EAST), message(text="x"))

    assert [one[0] for one in sends[:7]] == [201] * 7
    assert (status, body["error"]["code"]) == (429, "Throttled")
    assert later == 201


async def test_one_busy_conversation_leaves_the_others_alone(world: World):
    for _ in range(8):
        await world.call("POST", activities(EAST), message(text="x"))

    status, _ = await world.call("POST", activities(APPROVALS), message(text="x"))

    assert status == 201


async def test_the_thirty_first_call_of_a_second_in_the_tenant_waits(world: World):
    answers = [await world.call("GET", "teams/19:other") for _ in range(31)]

    assert [status for status, _ in answers] == [404] * 30 + [429]


async def test_typing_leaves_nothing_on_the_screen(world: World):
    status, _ = await world.call("POST", activities("a:1ann"), {"type": "typing"})

    assert status == 201
    assert await world.screen("ann") == {}


async def test_an_unknown_path_is_an_error_body(world: World):
    status, body = await world.call("GET", "attachments/1")

    assert (status, body["error"]["code"]) == (404, "BadSyntax")


async def test_the_history_tells_what_was_posted_and_every_call(world: World):
    thread, root = await world.thread(card(text="waits"))
    await world.edit(thread, root, card(text="done"))

    [post], [edit] = await world.events("post"), await world.events("edit")
    calls = [(one["method"], one["status"]) for one in await world.events("request")]

    assert (post["message"], text_of(post["card"]), text_of(edit["card"])) == (
        root,
        "waits",
        "done",
    )
    assert calls[-2:] == [("POST", 201), ("PUT", 200)]
    assert [one["conversation"] for one in await world.events("create_conversation")] == [thread]
