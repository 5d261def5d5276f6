"""The stand-in's own doors under `/_sandbox`: look, press, type, break."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from deployment.sandbox.teams.cards import Button
from deployment.sandbox.teams.connector import VIEWS
from deployment.sandbox.teams.conversations import Message
from deployment.sandbox.teams.dialogs import opens_dialog, read_dialog
from deployment.sandbox.teams.directory import Person
from deployment.sandbox.teams.faults import describe
from deployment.sandbox.teams.greeting import tell_added, tell_removed
from deployment.sandbox.teams.presses import Client, Press, press, say
from deployment.sandbox.teams.screen import people, screen
from deployment.sandbox.teams.state import STATE
from deployment.sandbox.teams.wire import DoorError, Json, ShapeError
from deployment.sandbox.teams.wishes import (
    conversation_of,
    locale_of,
    message_of,
    object_of,
    person_of,
    place_of,
    text_of,
    wish_of,
)

REFRESH_WAIT = 3.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes() -> list[web.RouteDef]:
    """The doors of design §2."""
    return [
        web.get("/_sandbox/health", show_health),
        web.get("/_sandbox/screen", show_screen),
        web.get("/_sandbox/people", show_people),
        web.get("/_sandbox/history", show_history),
        web.post("/_sandbox/press", press_button),
        web.post("/_sandbox/say", say_line),
        web.get("/_sandbox/faults", show_faults),
        web.post("/_sandbox/faults", arm_fault),
        web.delete("/_sandbox/faults", clear_faults),
        web.post("/_sandbox/keys", rotate_key),
        web.post("/_sandbox/installations", change_installation),
    ]


async def show_health(request: web.Request) -> web.Response:
    """Whether the bot was found and told where it is installed."""
    state = request.app[STATE]
    untold = [name for name, how in state.installed.items() if how == "wanted"]
    homes = [one for one in state.directory.conversations if state.home_of(one) is one]
    greeted = state.bot_up and not any(one.id in untold for one in homes)
    facts = {"bot": state.options.bot, "bot_up": state.bot_up, "greeted": greeted}
    return web.json_response({"status": "ok", "serviceUrl": state.service_url, **facts})


async def show_screen(request: web.Request) -> web.Response:
    """What a person sees now; looking makes old views refresh (facts §2.2)."""
    state, ref = request.app[STATE], request.query.get("person", "")
    person = person_of(state, ref) if ref else None
    if person:
        wait = 0.0 if request.query.get("wait") == "0" else REFRESH_WAIT
        in_view = request.query.get("conversation")
        locale = request.query.get("locale", "")
        await request.app[VIEWS].seen(person, conversation=in_view, wait=wait, locale=locale)
    shown = screen(state.directory, state.board, person)
    if person:
        chat = state.directory.chat_with(person)
        has_app = chat is not None and state.has_app(chat)
        shown |= {"activity": state.feed.of(person), "app": "installed" if has_app else "missing"}
    return web.json_response(shown)


async def show_people(request: web.Request) -> web.Response:
    """Who can be switched to."""
    return web.json_response(people(request.app[STATE].directory))


async def show_history(request: web.Request) -> web.Response:
    """What happened, after a sequence number."""
    after = request.query.get("after", "0")
    if not after.isdigit():
        raise DoorError(400, "after must be the seq of an event.")
    return web.json_response({"events": request.app[STATE].history.after(int(after))})


async def press_button(request: web.Request) -> web.Response:
    """Press any button a message ever carried, as any person."""
    state, wish = request.app[STATE], await wish_of(request)
    person = person_of(state, text_of(wish, "person"))
    message, inputs = message_of(state, text_of(wish, "message")), object_of(wish, "inputs")
    button = _button(message, person, wish)
    client = Client(locale_of(wish), is_old=wish.get("client") == "old")
    answer = await press(state, Press(person, message, button, inputs, client))
    body: Json = {"status": answer.status, "body": answer.body}
    notice = message.notices.get(person.aad_id)
    body |= {"notice": notice.text} if notice else {}
    dialog = read_dialog(answer) if opens_dialog(button) and not client.is_old else None
    return web.json_response(body | (dialog or {}))


def _button(message: Message, person: Person, wish: Json) -> Button:
    name = text_of(wish, "button")
    button = message.button(name, person.aad_id, wish.get("action"))
    if button is None:
        known = [{"title": one.title, "verb": one.verb} for one in message.carried]
        raise DoorError(404, f"The message never carried “{name}”.", buttons=known)
    return button


async def say_line(request: web.Request) -> web.Response:
    """Type a line, as a person, into a conversation; status null: the bot does not hear it."""
    state, wish = request.app[STATE], await wish_of(request)
    person, text = person_of(state, text_of(wish, "person")), text_of(wish, "text")
    place = place_of(state, wish, person)
    is_group = place.conversation.is_group
    heard = wish.get("mention", is_group) is True and is_group
    locale = locale_of(wish)
    request.app[VIEWS].speaks(person, locale)
    message, answer = await say(state, person, place, text, mention=heard, locale=locale)
    status = answer.status if answer else None
    return web.json_response({"status": status, "message": message.id})


async def show_faults(request: web.Request) -> web.Response:
    """What is armed."""
    return web.json_response({"faults": describe(request.app[STATE].faults.armed)})


async def arm_fault(request: web.Request) -> web.Response:
    """Arm one fault."""
    try:
        request.app[STATE].faults.arm(await wish_of(request))
    except ValueError as error:
        raise DoorError(422, str(error)) from error
    return await show_faults(request)


async def clear_faults(request: web.Request) -> web.Response:
    """Disarm everything."""
    request.app[STATE].faults.clear()
    return await show_faults(request)


async def rotate_key(request: web.Request) -> web.Response:
    """Sign with a new key from now on."""
    return web.json_response({"kid": await asyncio.to_thread(request.app[STATE].key.rotate)})


async def change_installation(request: web.Request) -> web.Response:
    """Add the app to a conversation's team or chat, or take it out; the bot is told."""
    state, wish = request.app[STATE], await wish_of(request)
    person = person_of(state, text_of(wish, "person"))
    place = state.home_of(conversation_of(state, text_of(wish, "conversation"), person))
    tell = tell_removed if wish.get("installed") is False else tell_added
    return web.json_response({"status": await tell(state, place)})


@web.middleware
async def explain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn a refusal of a door into a sentence as JSON."""
    try:
        return await handler(request)
    except DoorError as error:
        return web.json_response({"error": str(error), **error.more}, status=error.status)
    except ShapeError as error:
        return web.json_response({"error": str(error)}, status=422)
