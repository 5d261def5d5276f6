"""Dialogs: a button opens one, its own button submits it (facts §1.5)."""

from dataclasses import dataclass, replace

from deployment.sandbox.teams.answers import UNREACHABLE, BotAnswer
from deployment.sandbox.teams.bot_calls import send_query
from deployment.sandbox.teams.cards import ADAPTIVE, Button
from deployment.sandbox.teams.conversations import Message
from deployment.sandbox.teams.directory import Person
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.views import place_of
from deployment.sandbox.teams.wire import Json, child

FETCH, SUBMIT = "task/fetch", "task/submit"
SIZES = {"small", "medium", "large"}
CONTEXT = {"theme": "default"}


def opens_dialog(button: Button) -> bool:
    """Whether this Action.Submit asks for a dialog."""
    kind = child(button.action, "data", "msteams", "type")
    return button.kind == "Action.Submit" and kind == FETCH


async def fetch(
    state: State, person: Person, message: Message, data: object, *, locale: str
) -> BotAnswer:
    """Ask the bot for the dialog behind a button."""
    value = {"data": data, "context": CONTEXT}
    return await _ask(state, _Asking(person, message, FETCH, value, locale))


async def submit(
    state: State, person: Person, message: Message, data: Json, *, locale: str
) -> BotAnswer:
    """Send what was filled in."""
    value = {"data": data, "context": CONTEXT}
    return await _ask(state, _Asking(person, message, SUBMIT, value, locale))


def read_dialog(answer: BotAnswer) -> Json:
    """What the client shows now: a dialog, a text, nothing more, or that the app is away."""
    if answer.status != 200:
        return {"notice": UNREACHABLE}
    if not answer.raw:
        return {"closed": True}
    kind, value = child(_object(answer), "task", "type"), child(_object(answer), "task", "value")
    if kind == "message" and isinstance(value, str) and value.strip():
        return {"text": value, "closed": True}
    dialog = _dialog(value) if kind == "continue" and isinstance(value, dict) else None
    return {"dialog": dialog} if dialog else {"notice": UNREACHABLE}


@dataclass(frozen=True, slots=True)
class _Asking:
    person: Person
    message: Message
    name: str
    value: Json
    locale: str


async def _ask(state: State, one: _Asking) -> BotAnswer:
    envelopes, now = replace(state.envelopes, locale=one.locale), state.options.now()
    place = place_of(state, one.message)
    activity = envelopes.invoke(one.person, place, one.name, one.value, now=now)
    activity["channelData"]["source"] = {"name": "message"}
    return await send_query(state, activity | {"replyToId": one.message.id})


def _object(answer: BotAnswer) -> Json:
    body = answer.body
    return body if isinstance(body, dict) else {}


def _dialog(value: Json) -> Json | None:
    content = child(value, "card", "content")
    is_card = child(value, "card", "contentType") == ADAPTIVE and isinstance(content, dict)
    if not is_card or content.get("type") != "AdaptiveCard" or not _has_size(value):
        return None
    shown = {"title": value.get("title"), "card": content}
    return shown | {name: value[name] for name in ("width", "height") if name in value}


def _has_size(value: Json) -> bool:
    """Pixels or a word, where there is one at all."""
    sizes = [value[name] for name in ("width", "height") if name in value]
    return all(isinstance(one, int) or one in SIZES for one in sizes)
