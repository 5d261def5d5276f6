"""A person presses a button or types a line."""

import re

from deployment.sandbox.teams.activities import BOT_MENTION, Place
from deployment.sandbox.teams.answers import BotAnswer, Line, NewCard, read_invoke, read_submit
from deployment.sandbox.teams.bot_calls import send_activity
from deployment.sandbox.teams.cards import Button, pressed_data
from deployment.sandbox.teams.conversations import Message, Notice
from deployment.sandbox.teams.directory import BOT_NAME, Conversation, Person
from deployment.sandbox.teams.posts import Post
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.views import place_of
from deployment.sandbox.teams.wire import DoorError, Json, child

_TYPED_MENTION = re.compile(rf"<at>{BOT_NAME}</at>|@{BOT_NAME}\b", re.IGNORECASE)


async def press(
    state: State, person: Person, message: Message, button: Button, inputs: Json
) -> BotAnswer:
    """Deliver a press and show the presser what came back."""
    state.board.tell(message, person.aad_id, None)
    if button.kind == "Action.Execute":
        answer = await _execute(state, person, message, button, inputs)
        _show(state, message, person, read_invoke(answer))
        return answer
    _check_submit(button)
    answer = await _submit(state, person, message, button, inputs)
    line = read_submit(answer, button.action)
    if line:
        _show(state, message, person, line)
    return answer


async def say(
    state: State, person: Person, place: Place, text: str, *, mention: bool
) -> tuple[Message, BotAnswer | None]:
    """Put what *person* typed on the board; the bot hears it where Teams lets it."""
    bare = " ".join(_TYPED_MENTION.sub(" ", text).split()) if mention else text
    words = f"{BOT_MENTION} {bare}".strip() if mention else bare
    message = _post(state, person, place, words)
    if place.conversation.is_group and not mention:
        return message, None
    place = Place(place.conversation, message.thread if _has_threads(place.conversation) else None)
    spoken = _spoken(bare, mention=mention)
    activity = state.envelopes.message(
        person, place, spoken, id=message.id, now=state.options.now()
    )
    return message, await send_activity(state, activity)


def _spoken(text: str, *, mention: bool) -> str:
    # Behind a mention the service leaves a space and ends the line (facts §1.1).
    return f"{BOT_MENTION} {text}\n" if mention else text


def _post(state: State, person: Person, place: Place, words: str) -> Message:
    bot = {"text": BOT_MENTION, "name": BOT_NAME, "id": state.envelopes.bot_id}
    message = state.board.add(
        place.conversation.id,
        Post(text=words, text_format="plain", mentions=[bot] if BOT_MENTION in words else []),
        root=place.thread,
        sender=person.aad_id,
        at=state.stamp(),
        millis=state.millis(),
    )
    facts = {"conversation": place.conversation.id, "thread": message.thread, "text": words}
    state.history.add("post", by=person.login, message=message.id, **facts)
    return message


def _has_threads(conversation: Conversation) -> bool:
    return conversation.type == "channel"


async def _execute(
    state: State, person: Person, message: Message, button: Button, inputs: Json
) -> BotAnswer:
    if not button.verb:
        text = f"“{button.title}” has no verb; Teams never delivers such an Action.Execute."
        raise DoorError(422, text)
    activity = state.envelopes.execute(
        person,
        place_of(state, message),
        button,
        pressed_data(button, inputs),
        trigger="manual",
        now=state.options.now(),
    )
    return await send_activity(state, activity | {"replyToId": message.id})


async def _submit(
    state: State, person: Person, message: Message, button: Button, inputs: Json
) -> BotAnswer:
    place, data = place_of(state, message), pressed_data(button, inputs)
    state.board.last_id = max(state.millis(), state.board.last_id + 1)
    fresh = str(state.board.last_id)
    activity = state.envelopes.submit(person, place, data, id=fresh, now=state.options.now())
    return await send_activity(state, activity | {"replyToId": message.id})


def _check_submit(button: Button) -> None:
    if button.kind != "Action.Submit":
        text = f"“{button.title}” is an {button.kind}: it stays in the client, the bot never hears."
        raise DoorError(422, text)
    special = child(button.action, "data", "msteams", "type")
    if special:
        raise DoorError(422, f"The stand-in does not play the submit type “{special}”.")


def _show(state: State, message: Message, person: Person, result: NewCard | Line) -> None:
    if isinstance(result, NewCard):
        state.board.show(message, person.aad_id, result.card)
    else:
        state.board.tell(message, person.aad_id, Notice(result.text, result.tone))
