"""Dialogs, the message extension and unfolding links, as a person meets them (facts §1.5–1.7)."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from sandbox_teams_world import ADAPTIVE, BEN, EAST, World, card, card_answer, took

FORM = {"type": "AdaptiveCard", "version": "1.5", "body": [], "actions": []}
OPENS = {
    "type": "Action.Submit",
    "title": "Reject…",
    "data": {"msteams": {"type": "task/fetch"}, "t": "r"},
}


def dialog(content: Any = FORM, **more: Any) -> web.Response:
    shown = {"title": "Reject bill", "card": {"contentType": ADAPTIVE, "content": content}} | more
    return web.json_response({"task": {"type": "continue", "value": shown}})


def results(*names: str, kind: str = "result") -> web.Response:
    rows = [
        {
            "contentType": ADAPTIVE,
            "content": card(text=name),
            "preview": {
                "contentType": "application/vnd.microsoft.card.thumbnail",
                "content": {"title": name},
            },
        }
        for name in names
    ]
    told = {"type": kind, "attachmentLayout": "list", "attachments": rows}
    return web.json_response({"composeExtension": told})


async def opened(world: World) -> str:
    _, root = await world.thread(card() | {"actions": [OPENS]})
    return root


async def test_a_button_opens_a_dialog_and_its_button_submits(world: World):
    root = await opened(world)
    world.bot.answer = lambda _: dialog(width=480)
    asked = await world.press("ben", root, "Reject…", note="typed")
    world.bot.answer = lambda _: web.json_response({"task": {"type": "message", "value": "Done"}})
    wish = {"person": "ben", "message": root, "data": {"d": "1"}, "inputs": {"reason": "late"}}
    done = await world.lever("dialog", **wish)

    fetch, submit = world.bot.heard

    assert (fetch["name"], fetch["type"], fetch["replyToId"]) == ("task/fetch", "invoke", root)
    assert fetch["value"]["data"] == {
        "msteams": {"type": "task/fetch"},
        "t": "r",
        "note": "typed",
    }
    assert asked["dialog"] == {"title": "Reject bill", "card": FORM, "width": 480}
    assert (submit["name"], submit["from"]["id"]) == ("task/submit", BEN)
    assert submit["value"]["data"] == {"d": "1", "reason": "late"}
    assert submit["conversation"]["id"] == f"{EAST};messageid={root}"
    assert (done["text"], done["closed"]) == ("Done", True)


async def test_a_dialog_may_lead_to_another_or_close_in_silence(world: World):
    root = await opened(world)
    world.bot.answer = lambda _: dialog()
    again = await world.lever("dialog", person="ben", message=root, data={})
    world.bot.answer = lambda _: web.Response()
    closed = await world.lever("dialog", person="ben", message=root, data={})

    assert again["dialog"]["title"] == "Reject bill"
    assert closed["closed"] is True


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.json_response({}),
        lambda: web.json_response([1]),
        lambda: dialog({"type": "Other"}),
        lambda: dialog(width="wide"),
        lambda: web.json_response({"task": {"type": "message", "value": " "}}),
        lambda: web.Response(status=404),
    ],
)
async def test_a_malformed_dialog_is_an_unreachable_app(world: World, answer: Any):
    root = await opened(world)
    world.bot.answer = lambda _: answer()

    body = await world.press("ben", root, "Reject…")

    assert "dialog" not in body
    assert body["notice"].startswith("Unable to reach app")
    assert len(world.bot.heard) == 1


async def test_a_failing_dialog_is_asked_for_three_times_with_new_ids(world: World):
    root = await opened(world)
    world.bot.answer = lambda _: web.Response(status=500)

    body = await world.press("ben", root, "Reject…")

    assert len({one["id"] for one in world.bot.heard}) == 3
    assert body["notice"].startswith("Unable to reach app")


async def test_a_dialog_has_five_seconds_and_a_second_try_counts(world: World):
    root = await opened(world)
    world.bot.hold = asyncio.Event()
    world.bot.answer = lambda _: dialog() if len(world.bot.heard) == 2 else took(_)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(world.press("ben", root, "Reject…"))
        await world.clock.slept_for(5.0)
        world.bot.hold, held = None, world.bot.hold
        world.clock.advance(5.0)
    held.set()

    assert task.result()["dialog"]["title"] == "Reject bill"
    assert len(world.bot.heard) == 2


async def test_an_old_client_sends_the_dialogs_button_as_a_message(world: World):
    root = await opened(world)

    wish = {"person": "ben", "message": root, "button": "Reject…", "client": "old"}
    body = await world.lever("press", **wish)

    [heard] = world.bot.heard
    assert (heard["type"], heard["replyToId"]) == ("message", root)
    assert heard["value"] == OPENS["data"]
    assert "dialog" not in body


async def test_an_old_client_presses_the_fallback_with_its_inputs(world: World):
    action = card("Release")["actions"][0]
    fallback = {"type": "Action.Submit", "title": "Release", "data": {"op": "release"}}
    content = card() | {"actions": [action | {"fallback": fallback}]}
    content["body"].append({"type": "Input.Text", "id": "note"})
    _, root = await world.thread(content)

    wish = {"person": "ben", "message": root, "button": "Release", "inputs": {"note": "x"}}
    await world.lever("press", **wish, client="old")

    assert [one["value"] for one in world.bot.heard] == [{"op": "release", "note": "x"}]


async def test_an_old_client_does_not_draw_what_has_no_fallback(world: World):
    _, root = await world.thread(card("Release"))

    wish = {"person": "ben", "message": root, "button": "Release", "client": "old"}
    status, body = await world.door("POST", "press", wish)

    assert (status, "no fallback" in body["error"]) == (422, True)


async def test_the_clients_language_travels_with_everything_a_person_does(world: World):
    root = await opened(world)
    world.bot.answer = lambda _: dialog()
    de = {"person": "ben", "locale": "de-DE"}
    await world.lever("press", **de, message=root, button="Reject…")
    await world.lever("dialog", **de, message=root, data={})
    await world.lever("search", **de, conversation="bot", command="findBill")
    await world.lever("say", **de, conversation="bot", text="Hilfe")

    assert {one["locale"] for one in world.bot.heard} == {"de-DE"}
    clients = [one["entities"][-1]["locale"] for one in world.bot.heard]
    assert set(clients) == {"de-DE"}


async def test_a_search_sends_command_parameter_and_page(world: World):
    world.bot.answer = lambda _: results("PO000123", "PO000124")
    wish = {"person": "ben", "conversation": "Purchasing East", "command": "findPo"}

    first = await world.lever("search", **wish)
    found = await world.lever("search", **wish, text="PO0001", skip=25)

    opening, typed = (one["value"] for one in world.bot.heard)
    assert opening["parameters"] == [{"name": "initialRun", "value": "true"}]
    assert typed == {
        "commandId": "findPo",
        "parameters": [{"name": "q", "value": "PO0001"}],
        "queryOptions": {"skip": 25, "count": 25},
    }
    assert [one["preview"]["title"] for one in found["results"]] == ["PO000123", "PO000124"]
    assert first["results"][0]["card"]["type"] == "AdaptiveCard"


async def test_a_chosen_result_stands_in_the_conversation_as_the_persons_message(world: World):
    world.bot.answer = lambda _: results("PO000123", "PO000124")
    wish = {"person": "ben", "conversation": "Purchasing East", "command": "findPo", "text": "PO"}

    body = await world.lever("search", **wish, choose=1)

    seen = (await world.screen("ann"))[body["message"]]
    assert (seen["from"], seen["card"]["body"][0]["text"]) == ("Ben Ortiz", "PO000124")
    assert [one["type"] for one in world.bot.heard] == ["invoke"]


async def test_in_the_own_chat_the_bot_hears_the_chosen_card(world: World):
    await world.lever("compose", person="ben", conversation="bot", card=card(text="mine"))

    [heard] = world.bot.heard

    assert (heard["type"], heard["text"]) == ("message", "")
    assert heard["attachments"][0]["content"]["body"][0]["text"] == "mine"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: web.json_response({}), "Unable to reach"),
        (lambda: web.json_response({"composeExtension": {"type": "result"}}), "Unable to reach"),
        (lambda: results("x", kind="auth"), "does not play"),
        (
            lambda: web.json_response({"composeExtension": {"type": "message", "text": "Nothing"}}),
            "Nothing",
        ),
        (lambda: web.Response(status=503), "Unable to reach"),
        (lambda: card_answer(card()), "Unable to reach"),
    ],
)
async def test_a_search_without_results_says_why(world: World, answer: Any, words: str):
    world.bot.answer = lambda _: answer()

    body = await world.lever("search", person="ben", conversation="bot", command="findPo")

    assert body["results"] == []
    assert words in body["notice"]


async def test_a_result_without_a_preview_is_no_result(world: World):
    row = {"contentType": ADAPTIVE, "content": card()}
    told = {"composeExtension": {"type": "result", "attachments": [row]}}
    world.bot.answer = lambda _: web.json_response(told)

    body = await world.lever("search", person="ben", conversation="bot", command="findPo")

    assert body["results"] == []


async def test_a_link_unfolds_once_in_half_an_hour(world: World):
    world.bot.answer = lambda _: results("004512", "never used")
    wish = {"person": "ben", "conversation": "Purchasing East", "url": "https://erp.example/x"}

    first = await world.lever("unfurl", **wish)
    await world.lever("unfurl", **wish)
    await world.lever("unfurl", **wish | {"person": "ann"})
    world.clock.advance(1800)
    sent = await world.lever("unfurl", **wish, send=True)

    asked = [(one["name"], one["value"]["url"], one["from"]["name"]) for one in world.bot.heard]
    link = ("composeExtension/queryLink", "https://erp.example/x")
    assert asked == [(*link, "Ben Ortiz"), (*link, "Ann Whitfield"), (*link, "Ben Ortiz")]
    assert len(first["results"]) == 1
    seen = (await world.screen("ann"))[sent["message"]]
    assert seen["text"] == "https://erp.example/x"
    assert seen["card"]["body"][0]["text"] == "004512"


async def test_an_anonymous_link_tells_nobody(world: World):
    world.bot.answer = lambda _: results("004512")
    wish = {"person": "ben", "conversation": "Purchasing East", "url": "https://erp.example/x"}

    await world.lever("unfurl", **wish, anonymous=True)

    [heard] = world.bot.heard
    assert heard["name"] == "composeExtension/anonymousQueryLink"
    assert "aadObjectId" not in heard["from"]
    assert heard["channelData"] == {}
    assert "acme" not in str({**heard, "serviceUrl": "", "recipient": ""}).casefold()


async def test_an_empty_answer_to_a_press_makes_teams_ask_again(world: World):
    _, root = await world.thread(card("Release"))
    world.bot.answer = lambda _: web.Response()

    body = await world.press("ben", root, "Release")

    assert len({one["id"] for one in world.bot.invokes("manual")}) == 2
    assert body["notice"].startswith("Unable to reach app")
