"""Where the bot may write: conversations it has heard from, and channel names bound to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import Conversation, stamp

SQL = statements("conversations")


async def put(conn: Connection, place: Conversation, *, now: datetime) -> None:
    """Remember a conversation as the newest activity from it told."""
    await SQL.put(
        conn,
        conversation=place.conversation,
        kind=place.kind,
        service_url=place.service_url,
        person=place.person,
        team=place.team,
        locale=place.locale,
        now=stamp(now),
    )


async def get(conn: Connection, conversation: str) -> Conversation | None:
    """Return what is known of a conversation."""
    row = await SQL.get(conn, conversation=conversation)
    return _place(row) if row else None


async def drop(conn: Connection, conversation: str) -> None:
    """Forget a conversation whose id Teams cannot read: the next activity tells it anew."""
    await SQL.drop(conn, conversation=conversation)


async def names_of(conn: Connection, conversation: str) -> list[str]:
    """List the channel names that are bound to a conversation."""
    return [row["name"] async for row in SQL.names_of(conn, conversation=conversation)]


async def chat_with(conn: Connection, person: str) -> Conversation | None:
    """Return the personal chat with somebody, by aadObjectId."""
    row = await SQL.chat_with(conn, person=person)
    return _place(row) if row else None


async def bind(conn: Connection, name: str, conversation: str, *, by: str, now: datetime) -> None:
    """Bind a channel name of the routes to a conversation."""
    await SQL.bind(conn, name=name, conversation=conversation, bound_by=by, now=stamp(now))


async def bound(conn: Connection, name: str) -> str | None:
    """Return the conversation a channel name is bound to."""
    found = await SQL.bound(conn, name=name)
    return str(found) if found else None


async def channels(conn: Connection) -> dict[str, str]:
    """Return every bound channel name with its conversation."""
    return {row["name"]: row["conversation"] async for row in SQL.channels(conn)}


def _place(row: Any) -> Conversation:
    return Conversation(
        row["conversation"],
        row["kind"],
        row["service_url"],
        row["person"],
        row["team"],
        row["locale"],
    )
