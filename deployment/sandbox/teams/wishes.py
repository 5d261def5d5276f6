"""Reading what a lever was asked: the body, and whom and what its names mean."""

from aiohttp import web

from deployment.sandbox.teams.activities import Place
from deployment.sandbox.teams.conversations import Message
from deployment.sandbox.teams.directory import Conversation, Person
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.wire import DoorError, Json, ShapeError, read_object, text_in

LOCALE = "en-US"


async def wish_of(request: web.Request) -> Json:
    """The JSON object of the body."""
    try:
        return read_object(await request.read())
    except ValueError as error:
        raise DoorError(400, str(error)) from error


def text_of(wish: Json, name: str) -> str:
    """A text that must be there."""
    try:
        return text_in(wish.get(name), name)
    except ShapeError as error:
        raise DoorError(400, str(error)) from error


def object_of(wish: Json, name: str) -> Json:
    """An object; none is an empty one."""
    value = wish.get(name) or {}
    if not isinstance(value, dict):
        raise DoorError(400, f"{name} must be an object.")
    return value


def locale_of(wish: Json) -> str:
    """The language of the person's client."""
    return text_of(wish, "locale") if wish.get("locale") else LOCALE


def person_of(state: State, ref: str) -> Person:
    """Whom *ref* means."""
    person = state.directory.person(ref)
    if person is None:
        names = ", ".join(one.email for one in state.directory.people)
        raise DoorError(404, f"Nobody is called “{ref}”. Known: {names}.")
    return person


def conversation_of(state: State, ref: str, person: Person) -> Conversation:
    """Which conversation *person* means by *ref*."""
    conversation = state.directory.named(ref, person)
    if conversation is None:
        names = ", ".join(one.name for one in state.directory.seen_by(person))
        raise DoorError(404, f"No conversation is called “{ref}”. {person.name} sees: {names}.")
    if person not in conversation.members:
        raise DoorError(422, f"{person.name} is not in “{conversation.name}”.")
    return conversation


def message_of(state: State, message_id: str) -> Message:
    """The message of that id."""
    message = state.board.messages.get(message_id)
    if message is None:
        raise DoorError(404, f"There is no message “{message_id}”. See /_sandbox/screen.")
    return message


def thread_of(state: State, conversation: Conversation, ref: object) -> str | None:
    """The thread that holds the message *ref* names."""
    if ref is None:
        return None
    message = state.board.messages.get(str(ref))
    if conversation.type != "channel" or not message or message.conversation != conversation.id:
        raise DoorError(422, f"“{conversation.name}” has no thread “{ref}”.")
    return message.thread


def place_of(state: State, wish: Json, person: Person) -> Place:
    """Where a wish happens: its conversation, and in a channel the thread it may name."""
    conversation = conversation_of(state, text_of(wish, "conversation"), person)
    return Place(conversation, thread_of(state, conversation, wish.get("thread")))
