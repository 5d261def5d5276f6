"""A person presses a button or types a line."""

import re
from dataclasses import dataclass, replace

from deployment.sandbox.teams.activities import BOT_MENTION, LOCALE, Place
from deployment.sandbox.teams.answers import (
    UNREACHABLE,
    BotAnswer,
    Line,
    NewCard,
    read_invoke,
    read_submit,
)
from deployment.sandbox.teams.bot_calls import send_activity
from deployment.sandbox.teams.cards import Button, pressed_data
from deployment.sandbox.teams.conversations import Message, Notice
from deployment.sandbox.teams.dialogs import fetch, opens_dialog
from deployment.sandbox.teams.directory import BOT_NAME, Conversation, Person
from deployment.sandbox.teams.graph.notices import announce
from deployment.sandbox.teams.posts import Post
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.views import place_of
from deployment.sandbox.teams.wire import DoorError, Json, child

_TYPED_MENTION = re.compile(rf"<at>{BOT_NAME}</at>|@{BOT_NAME}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Client:
    """What the presser holds in their hands."""

    locale: str = LOCALE
    is_old: bool = False
    """An old client knows neither Action.Execute nor dialogs (facts §2.2)."""


@dataclass(frozen=True, slots=True)
class Press:
    """Who presses which button of which message, what they filled in, and on what."""

    person: Person
    message: Message
    button: Button
    inputs: Json
    client: Client = Client()


async def press(state: State, one: Press) -> BotAnswer:
    """Deliver a press and show the presser what came back."""
    state.board.tell(one.message, one.person.aad_id, None)
    if one.client.is_old:
        one = replace(one, button=_fallback(one.button))
    if one.button.kind == "Action.Execute":
        version = one.message.version
        answer = await _execute(state, one)
        result = read_invoke(answer)
        # A card that was edited meanwhile is newer than the answer to a press on the former one.
        if not (isinstance(result, NewCard) and one.message.version != version):
            _show(state, one, result)
        return answer
    _check_submit(one.button)
    if opens_dialog(one.button) and not one.client.is_old:
        return await _open_dialog(state, one)
    answer = await _submit(state, one)
    line = read_submit(answer, one.button.action)
    if line:
        _show(state, one, line)
    return answer


async def say(
    state: State,
    person: Person,
    place: Place,
    text: str,
    *,
    mention: bool,
    locale: str = LOCALE,
) -> tuple[Message, BotAnswer | None]:
    """Put what *person* typed on the board; the bot hears it where Teams lets it."""
    bare = without_bot(text) if mention else text
    message = post_as(state, person, place, typed(state, bare, mention=mention))
    if place.conversation.is_group and not mention:
        return message, None
    place = Place(place.conversation, message.thread if _has_threads(place.conversation) else None)
    spoken = _spoken(bare, mention=mention)
    activity = replace(state.envelopes, locale=locale).message(
        person, place, spoken, id=message.id, now=state.options.now()
    )
    return message, await send_activity(state, activity)


def _spoken(text: str, *, mention: bool) -> str:
    # Behind a mention the service leaves a space and ends the line (facts §1.1).
    return f"{BOT_MENTION} {text}\n" if mention else text


def typed(state: State, bare: str, *, mention: bool) -> Post:
    """What a person typed, behind the bot's mention where they named it."""
    if not mention:
        return Post(text=bare, text_format="plain")
    bot = {"text": BOT_MENTION, "name": BOT_NAME, "id": state.envelopes.bot_id}
    return Post(text=f"{BOT_MENTION} {bare}".strip(), text_format="plain", mentions=[bot])


def names_bot(text: str) -> bool:
    """Whether somebody typed the bot's name as a mention."""
    return bool(_TYPED_MENTION.search(text))


def without_bot(text: str) -> str:
    """The text without the bot's mention."""
    return " ".join(_TYPED_MENTION.sub(" ", text).split())


def post_as(state: State, person: Person, place: Place, post: Post) -> Message:
    """Put a person's message on the board; Graph tells who subscribed."""
    message = state.board.add(
        place.conversation.id,
        post,
        root=place.thread,
        sender=person.aad_id,
        at=state.stamp(),
        millis=state.millis(),
    )
    facts = {"conversation": place.conversation.id, "thread": message.thread, "text": post.text}
    state.history.add("post", by=person.login, message=message.id, **facts)
    announce(state, message, "created")
    return message


def _has_threads(conversation: Conversation) -> bool:
    return conversation.type == "channel"


def _fallback(button: Button) -> Button:
    """What an old client draws instead of an Action.Execute."""
    if button.kind != "Action.Execute":
        return button
    action = button.action.get("fallback")
    if not isinstance(action, dict):
        raise DoorError(422, f"An old client does not draw “{button.title}”: it has no fallback.")
    title, verb = str(action.get("title", button.title)), str(action.get("verb", ""))
    return Button(title, verb, action, button.defaults)


async def _execute(state: State, one: Press) -> BotAnswer:
    button = one.button
    if not button.verb:
        text = f"“{button.title}” has no verb; Teams never delivers such an Action.Execute."
        raise DoorError(422, text)
    activity = replace(state.envelopes, locale=one.client.locale).execute(
        one.person,
        place_of(state, one.message),
        button,
        pressed_data(button, one.inputs),
        trigger="manual",
        now=state.options.now(),
    )
    return await send_activity(state, activity | {"replyToId": one.message.id})


async def _open_dialog(state: State, one: Press) -> BotAnswer:
    data, locale = pressed_data(one.button, one.inputs), one.client.locale
    answer = await fetch(state, one.person, one.message, data, locale=locale)
    if not answer.accepted:
        _show(state, one, Line(UNREACHABLE, "error"))
    return answer


async def _submit(state: State, one: Press) -> BotAnswer:
    place, data = place_of(state, one.message), pressed_data(one.button, one.inputs)
    envelopes, now = replace(state.envelopes, locale=one.client.locale), state.options.now()
    activity = envelopes.submit(one.person, place, data, id=state.new_message_id(), now=now)
    return await send_activity(state, activity | {"replyToId": one.message.id})


def _check_submit(button: Button) -> None:
    if button.kind != "Action.Submit":
        text = f"“{button.title}” is an {button.kind}: it stays in the client, the bot never hears."
        raise DoorError(422, text)
    special = child(button.action, "data", "msteams", "type")
    if special and not opens_dialog(button):
        raise DoorError(422, f"The stand-in does not play the submit type “{special}”.")


def _show(state: State, one: Press, result: NewCard | Line) -> None:
    if isinstance(result, NewCard):
        state.board.show(one.message, one.person.aad_id, result.card)
    else:
        state.board.tell(one.message, one.person.aad_id, Notice(result.text, result.tone))
