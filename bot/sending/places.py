"""Where a target's messages go: `channel:NAME` and `person:ID` to conversations in Teams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from storage import conversations, people
from storage.database import Connection
from storage.records import SUMMONS, Wait

CHANNEL = "channel:"
PERSON = "person:"


@dataclass(frozen=True, slots=True)
class Channel:
    """A bound channel: a card starts a new thread in it."""

    service_url: str
    conversation: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A person's own chat with the bot; `conversation` is empty until it was opened once."""

    service_url: str
    conversation: str
    teams_id: str
    """What the chat is opened by: their `29:` id, or the Entra id where no roster told that."""
    person: str
    """aadObjectId."""


Place = Channel | Chat
Reachable = Callable[[str], str]
"""Turns the connector address remembered for a place into the one to use now."""


async def place_of(conn: Connection, target: str, *, reachable: Reachable) -> Place | Wait:
    """Find the place of *target*, or say what must happen first."""
    if target.startswith(CHANNEL):
        return await _channel(conn, target.removeprefix(CHANNEL), reachable)
    if target.startswith(PERSON):
        return await _chat(conn, target.removeprefix(PERSON), reachable)
    if target.startswith(SUMMONS):
        return await _chat(conn, target.removeprefix(SUMMONS).partition(":")[0], reachable)
    return Wait("nobody was found in Teams who may decide this")


async def _channel(conn: Connection, name: str, reachable: Reachable) -> Place | Wait:
    conversation = await conversations.bound(conn, name)
    if conversation is None:
        return Wait(
            f"channel {name!r} is not bound to a channel of Teams; add a [[channel]] for it"
        )
    known = await conversations.get(conn, conversation)
    return Channel(reachable(known.service_url if known else ""), conversation)


async def _chat(conn: Connection, person_id: str, reachable: Reachable) -> Place | Wait:
    person = await people.person(conn, person_id)
    if person is None:
        return Wait("the person is not known in Teams yet")
    known = await conversations.chat_with(conn, person_id)
    conversation, told = (known.conversation, known.service_url) if known else ("", "")
    return Chat(reachable(told), conversation, person.teams_id or person_id, person_id)


async def chat_at(conn: Connection, url: str, conversation: str) -> Chat | None:
    """Return the personal chat that a conversation is; None for a channel, a thread, a group."""
    known = await conversations.get(conn, conversation)
    if known is None or known.kind != "personal" or not known.person:
        return None
    person = await people.person(conn, known.person)
    teams_id = person.teams_id if person else ""
    return Chat(url, conversation, teams_id or known.person, known.person)
