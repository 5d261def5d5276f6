"""The stand-in's own doors under `/_sandbox`: look, press, type, break."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from deployment.sandbox.teams.activities import Place
from deployment.sandbox.teams.connector import VIEWS
from deployment.sandbox.teams.conversations import Message
from deployment.sandbox.teams.directory import Conversation, Person
from deployment.sandbox.teams.faults import describe
from deployment.sandbox.teams.greeting import tell_added, tell_removed
from deployment.sandbox.teams.presses import press, say
from deployment.sandbox.teams.screen import people, screen
from deployment.sandbox.teams.state import STATE, State
from deployment.sandbox.teams.wire import DoorError, Json, read_object

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
    person = _person(state, ref) if ref else None
    if person:
        wait = 0.0 if request.query.get("wait") == "0" else REFRESH_WAIT
        in_view = request.query.get("conversation")
        await request.app[VIEWS].seen(person, conversation=in_view, wait=wait)
    return web.json_response(screen(state.directory, state.board, person))


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
    state, wish = request.app[STATE], await _wish(request)
    person = _person(state, _text(wish, "person"))
    message = _message(state, _text(wish, "message"))
    name, inputs = _text(wish, "button"), wish.get("inputs") or {}
    if not isinstance(inputs, dict):
        raise DoorError(400, "inputs must be an object: input id to value.")
    button = message.button(name, person.aad_id, wish.get("action"))
    if button is None:
        known = [{"title": one.title, "verb": one.verb} for one in message.carried]
        raise DoorError(404, f"The message never carried “{name}”.", buttons=known)
    answer = await press(state, person, message, button, inputs)
    body: Json = {"status": answer.status, "body": answer.body}
    notice = message.notices.get(person.aad_id)
    return web.json_response(body | ({"notice": notice.text} if notice else {}))


async def say_line(request: web.Request) -> web.Response:
    """Type a line, as a person, into a conversation; status null: the bot does not hear it."""
    state, wish = request.app[STATE], await _wish(request)
    person, text = _person(state, _text(wish, "person")), _text(wish, "text")
    conversation = _conversation(state, _text(wish, "conversation"), person)
    mention = wish.get("mention", conversation.is_group)
    place = Place(conversation, _thread(state, conversation, wish.get("thread")))
    heard = mention is True and conversation.is_group
    message, answer = await say(state, person, place, text, mention=heard)
    status = answer.status if answer else None
    return web.json_response({"status": status, "message": message.id})


async def show_faults(request: web.Request) -> web.Response:
    """What is armed."""
    return web.json_response({"faults": describe(request.app[STATE].faults.armed)})


async def arm_fault(request: web.Request) -> web.Response:
    """Arm one fault."""
    try:
        request.app[STATE].faults.arm(await _wish(request))
    except ValueError as error:
        raise DoorError(422, str(error)) from error
    return await show_faults(request)


async def clear_faults(request: web.Request) -> web.Response:
    """Disarm everything."""
    request.app[STATE].faults.clear()
    return await show_faults(request)


async def rotate_key(request: web.Request) -> web.Response:
    """Sign with a new key from now on."""
    return web.json_response({"kid": request.app[STATE].key.rotate()})


async def change_installation(request: web.Request) -> web.Response:
    """Add the app to a conversation's team or chat, or take it out; the bot is told."""
    state, wish = request.app[STATE], await _wish(request)
    person = _person(state, _text(wish, "person"))
    place = state.home_of(_conversation(state, _text(wish, "conversation"), person))
    tell = tell_removed if wish.get("installed") is False else tell_added
    return web.json_response({"status": await tell(state, place)})


@web.middleware
async def explain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn a refusal of a door into a sentence as JSON."""
    try:
        return await handler(request)
    except DoorError as error:
        return web.json_response({"error": str(error), **error.more}, status=error.status)


async def _wish(request: web.Request) -> Json:
    try:
        return read_object(await request.read())
    except ValueError as error:
        raise DoorError(400, str(error)) from error


def _text(wish: Json, name: str) -> str:
    value = wish.get(name)
    if not isinstance(value, str) or not value.strip():
        raise DoorError(400, f"“{name}” is missing: give a text.")
    return value.strip()


def _person(state: State, ref: str) -> Person:
    person = state.directory.person(ref)
    if person is None:
        names = ", ".join(one.email for one in state.directory.people)
        raise DoorError(404, f"Nobody is called “{ref}”. Known: {names}.")
    return person


def _conversation(state: State, ref: str, person: Person) -> Conversation:
    conversation = state.directory.named(ref, person)
    if conversation is None:
        names = ", ".join(one.name for one in state.directory.seen_by(person))
        raise DoorError(404, f"No conversation is called “{ref}”. {person.name} sees: {names}.")
    if person not in conversation.members:
        raise DoorError(422, f"{person.name} is not in “{conversation.name}”.")
    return conversation


def _message(state: State, message_id: str) -> Message:
    message = state.board.messages.get(message_id)
    if message is None:
        raise DoorError(404, f"There is no message “{message_id}”. See /_sandbox/screen.")
    return message


def _thread(state: State, conversation: Conversation, ref: object) -> str | None:
    if ref is None:
        return None
    message = state.board.messages.get(str(ref))
    if conversation.type != "channel" or not message or message.conversation != conversation.id:
        raise DoorError(422, f"“{conversation.name}” has no thread “{ref}”.")
    return message.thread
