"""Pressing and typing (facts §1.3, §1.4, §1.6)."""

import asyncio

import pytest
from aiohttp import web
from sandbox_teams_world import (
    ANN,
    APPROVALS,
    EAST,
    World,
    card,
    card_answer,
    line_answer,
    refreshing,
    text_of,
)


def json_answer(body: object, status: int = 200) -> web.Response:
    return web.json_response(body, status=status)


async def test_a_press_is_delivered_by_title_and_by_verb(world: World):
    _, root = await world.thread(card("Release"))

    await world.press("ann", root, "Release")
    await world.press("ann@acme.example", root, "release")

    first, second = world.bot.invokes("manual")
    assert first["name"] == "adaptiveCard/action"
    assert first["replyToId"] == root
    assert first["value"]["action"] == {
        "type": "Action.Execute",
        "verb": "release",
        "data": {"t": "Release"},
    }
    assert second["value"] == first["value"]
    assert first["id"] != second["id"]


async def test_inputs_join_the_data_and_untouched_ones_send_their_value(world: World):
    asking = card("Reject")
    asking["body"] += [
        {"type": "Input.Text", "id": "comment"},
        {"type": "Input.Toggle", "id": "urgent", "title": "Urgent"},
        {"type": "Input.ChoiceSet", "id": "why", "value": "price", "choices": []},
    ]
    _, root = await world.thread(asking)

    await world.press("ann", root, "Reject", comment="too much")

    [invoke] = world.bot.invokes("manual")
    assert invoke["value"]["action"]["data"] == {
        "t": "Reject",
        "comment": "too much",
        "urgent": "false",
        "why": "price",
    }


async def test_an_answered_card_is_seen_by_the_presser_only(world: World):
    world.bot.answer = lambda _: card_answer(card(text="working"))
    _, root = await world.thread(card("Release"))

    answer = await world.press("ann", root, "Release")

    assert (answer["status"], answer["body"]["value"]["type"]) == (200, "AdaptiveCard")
    assert text_of((await world.screen("ann"))[root]["card"]) == "working"
    assert text_of((await world.screen("ben"))[root]["card"]) == "Bill 004512"


async def test_an_answered_message_is_a_notice_for_the_presser_until_the_next_edit(world: World):
    world.bot.answer = lambda _: line_answer("This waits for Ann.")
    thread, root = await world.thread(card("Release"))

    answer = await world.press("ben", root, "Release")
    told = (await world.screen("ben"))[root]
    await world.edit(thread, root, card(text="done"))

    assert answer["notice"] == told["notice"] == "This waits for Ann."
    assert told["noticeTone"] == "info"
    assert "notice" not in (await world.screen("ben"))[root]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda _: web.Response(), "Unable to reach app"),
        (lambda _: web.Response(text="<html>", status=200), "Unable to reach app"),
        (lambda _: line_answer(" "), "Unable to reach app"),
        (lambda _: json_answer({"statusCode": 200}), "Unable to reach app"),
        (lambda _: json_answer([1]), "Unable to reach app"),
        (lambda _: card_answer({"type": "Other"}), "Unable to reach app"),
        (lambda _: json_answer({}, status=500), "Unable to reach app"),
        (
            lambda _: json_answer({"statusCode": 400, "type": "application/vnd.microsoft.error"}),
            "Something went wrong",
        ),
        (
            lambda _: json_answer(
                {"statusCode": 401, "type": "application/vnd.microsoft.activity.loginRequest"}
            ),
            "sign in",
        ),
    ],
)
async def test_a_bad_answer_is_a_red_line(world: World, answer, words: str):
    world.bot.answer = answer
    _, root = await world.thread(card("Release"))

    await world.press("ann", root, "Release")

    seen = (await world.screen("ann"))[root]
    assert words in seen["notice"]
    assert seen["noticeTone"] == "error"


async def test_after_ten_seconds_the_app_is_unreachable_and_a_late_answer_counts_for_nothing(
    world: World,
):
    world.bot.hold = asyncio.Event()
    world.bot.answer = lambda _: card_answer(card(text="late"))
    _, root = await world.thread(card("Release"))

    press = asyncio.create_task(world.press("ann", root, "Release"))
    await world.clock.slept_for(10.0)
    world.clock.advance(10.0)
    answer = await press
    world.bot.hold.set()

    seen = (await world.screen("ann"))[root]
    assert (answer["status"], answer["body"]) == (504, None)
    assert "Unable to reach app" in seen["notice"]
    assert text_of(seen["card"]) == "Bill 004512"


async def test_a_button_of_an_earlier_version_still_works_for_anybody(world: World):
    thread, root = await world.thread(card("Release"))
    await world.edit(thread, root, card(text="done"))

    answer = await world.press("dev", root, "Release")

    assert answer["status"] == 202
    assert world.bot.invokes("manual")[0]["from"]["name"] == "Dev Patel"


async def test_a_button_of_somebody_elses_view_works_too(world: World):
    world.bot.answer = lambda _: card_answer(card("Release", text="yours"))
    _, root = await world.thread(refreshing(ANN))
    await world.screen("ann")

    await world.press("ben", root, "Release")

    assert world.bot.invokes("manual")[0]["from"]["name"] == "Ben Ortiz"


async def test_the_own_screen_comes_before_the_latest_version(world: World):
    def own(activity: dict) -> web.Response:
        mine = card("Release")
        mine["actions"][0]["data"] = {"for": activity["from"]["name"]}
        return card_answer(mine)

    world.bot.answer = own
    _, root = await world.thread(card("Review"))
    await world.press("ann", root, "Review")
    await world.press("ben", root, "Review")
    world.bot.answer = lambda _: line_answer("noted")

    await world.press("ann", root, "Release")
    await world.press("dev", root, "Release")

    data = [one["value"]["action"]["data"] for one in world.bot.invokes("manual")[2:]]
    assert data == [{"for": "Ann Whitfield"}, {"for": "Ben Ortiz"}]


async def test_two_buttons_of_one_name_are_told_apart_by_their_action(world: World):
    twins = card("Send", "Send")
    twins["actions"][0]["data"] = {"t": "first"}
    _, root = await world.thread(twins)
    wish = {"person": "ann", "message": root, "button": "Send", "action": twins["actions"][0]}

    await world.door("POST", "press", wish)

    assert world.bot.invokes("manual")[0]["value"]["action"]["data"] == {"t": "first"}


async def test_a_button_inside_a_show_card_sends_the_inputs_around_it(world: World):
    inner = card("Send question") | {"body": [{"type": "Input.Text", "id": "question"}]}
    outer = card(text="x") | {
        "actions": [{"type": "Action.ShowCard", "title": "Ask", "card": inner}]
    }
    outer["body"].append({"type": "Input.Text", "id": "note", "value": "n"})
    _, root = await world.thread(outer)

    await world.press("ann", root, "Send question", question="why?")

    data = world.bot.invokes("manual")[0]["value"]["action"]["data"]
    assert data == {"t": "Send question", "note": "n", "question": "why?"}


async def test_the_refresh_of_a_card_can_be_pressed_by_hand(world: World):
    _, root = await world.thread(refreshing())

    await world.press("ben", root, "Refresh card")

    assert world.bot.invokes("manual")[0]["value"]["action"]["verb"] == "refresh"


async def test_a_submit_is_a_message_with_a_value_and_no_text(world: World):
    action = {"type": "Action.Submit", "title": "Release", "data": {"op": "release"}}
    _, root = await world.thread(card() | {"actions": [action]})

    answer = await world.press("ann", root, "Release")

    activity = world.bot.heard[-1]
    assert (activity["type"], activity["value"]) == ("message", {"op": "release"})
    assert "text" not in activity
    assert activity["replyToId"] == root
    assert answer["notice"] == "Your response was sent to the app"


async def test_a_submit_may_hide_its_feedback(world: World):
    quiet = {"msTeams": {"feedback": {"hide": True}}}
    action = {"type": "Action.Submit", "title": "Release"} | quiet
    _, root = await world.thread(card() | {"actions": [action]})

    answer = await world.press("ann", root, "Release")

    assert "notice" not in answer


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"type": "Action.OpenUrl", "url": "https://erp.acme.example"}, "stays in the client"),
        ({"type": "Action.Execute"}, "no verb"),
        ({"type": "Action.Submit", "data": {"msteams": {"type": "signin"}}}, "signin"),
    ],
)
async def test_what_never_reaches_a_bot_says_why(world: World, action: dict, words: str):
    _, root = await world.thread(card() | {"actions": [action | {"title": "Go"}]})

    wish = {"person": "ann", "message": root, "button": "Go"}
    status, body = await world.door("POST", "press", wish)

    assert status == 422
    assert words in body["error"]


async def test_an_unknown_button_lists_the_known_ones(world: World):
    _, root = await world.thread(card("Release"))

    wish = {"person": "ann", "message": root, "button": "Reject"}
    status, body = await world.door("POST", "press", wish)

    assert (status, body["buttons"]) == (404, [{"title": "Release", "verb": "release"}])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"person": "nobody"}, 404),
        ({"message": "42"}, 404),
        ({"inputs": [1]}, 400),
        ({"button": None}, 400),
    ],
)
async def test_a_wrong_press_is_refused_with_a_sentence(world: World, change: dict, status: int):
    _, root = await world.thread(card("Release"))
    wish = {"person": "ann", "message": root, "button": "Release"} | change

    answered, body = await world.door("POST", "press", wish)

    assert answered == status
    assert body["error"].endswith((".", ")"))


async def test_the_bot_hears_a_channel_only_where_it_is_mentioned(world: World):
    say = {"person": "ben", "conversation": EAST, "text": "lunch?"}

    _, silent = await world.door("POST", "say", say | {"mention": False})
    _, heard = await world.door("POST", "say", say)

    assert (silent["status"], heard["status"]) == (None, 202)
    assert len(world.bot.heard) == 1
    assert (await world.screen("ann"))[silent["message"]]["text"] == "lunch?"


async def test_a_typed_mention_is_not_doubled(world: World):
    say = {"person": "ben", "conversation": "AP Approvals", "text": "@Countersign pending bills"}

    await world.door("POST", "say", say)

    assert world.bot.heard[0]["text"] == "<at>Countersign</at> pending bills\n"


async def test_a_line_in_a_thread_carries_the_roots_id(world: World):
    _, root = await world.thread()
    say = {"person": "ben", "conversation": EAST, "text": "why?", "thread": root}

    _, said = await world.door("POST", "say", say)

    assert world.bot.heard[0]["conversation"]["id"] == f"{EAST};messageid={root}"
    assert (await world.screen("ann"))[root]["replies"][0]["id"] == said["message"]


async def test_the_group_chat_is_a_chat_without_threads(world: World):
    await world.door("POST", "say", {"person": "dev", "conversation": "AP desk", "text": "help"})

    [activity] = world.bot.heard
    assert activity["conversation"]["id"] == "19:ap-desk@thread.v2"
    assert activity["conversation"]["conversationType"] == "groupChat"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"conversation": "Nowhere"}, 404),
        ({"conversation": "AP desk"}, 422),
        ({"thread": "42"}, 422),
        ({"text": "  "}, 400),
    ],
)
async def test_a_line_that_cannot_be_said_is_refused(world: World, change: dict, status: int):
    say = {"person": "ben", "conversation": APPROVALS, "text": "help"} | change

    answered, body = await world.door("POST", "say", say)

    assert answered == status
    assert body["error"]


async def test_every_call_to_the_bot_is_in_the_history(world: World):
    _, root = await world.thread(card("Release"))

    await world.press("ann", root, "Release")

    [event] = await world.events("activity")
    assert (event["type"], event["name"], event["status"]) == (
        "invoke",
        "adaptiveCard/action",
        202,
    )
    assert (event["person"], event["verb"], event["trigger"]) == ("ann", "release", "manual")
    assert event["message"] == root
