"""Where a target's messages go: `channel:NAME` and `person:ID` to conversations in Teams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from storage import conversations, people
from storage.database import Connection
from storage.records import Wait


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


Place = Channel | Chat
Reachable = Callable[[str], str]
"""Turns the connector address remembered for a place into the one to use now."""


async def place_of(conn: Connection, target: str, *, reachable: Reachable) -> Place | Wait:
    """Find the place of *target*, or say what must happen first."""
    kind, _, name = target.partition(":")
    if kind == "channel":
        return await _channel(conn, name, reachable)
    if kind == "person":
        return await _chat(conn, name, reachable)
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
    if known is None:
        return Chat(reachable(""), "", person.teams_id)
    return Chat(reachable(known.service_url), known.conversation, person.teams_id)
