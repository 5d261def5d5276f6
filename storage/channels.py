"""Names of the routes, and the channels of Teams that people bound them to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import stamp

SQL = statements("channels")
BY_FILE = "file"


@dataclass(frozen=True, slots=True)
class BoundChannel:
    """One name and where it leads."""

    name: str
    conversation: str
    shown_as: str = ""
    """Team and channel as people know them; empty when nobody told."""
    by: str = ""
    """aadObjectId of who bound it, or `file`."""


async def bind(conn: Connection, channel: BoundChannel, *, now: datetime) -> None:
    """Have a name lead to a channel from now on."""
    await SQL.bind(
        conn,
        name=channel.name,
        conversation=channel.conversation,
        shown_as=channel.shown_as,
        bound_by=channel.by,
        now=stamp(now),
    )


async def unbind(conn: Connection, name: str) -> None:
    """Have a name lead nowhere."""
    await SQL.unbind(conn, name=name)


async def get(conn: Connection, name: str) -> BoundChannel | None:
    """Return where a name leads."""
    row = await SQL.get(conn, name=name)
    return _bound(row) if row else None


async def at(conn: Connection, conversation: str) -> list[BoundChannel]:
    """List the names that lead to a channel."""
    return [_bound(row) async for row in SQL.at(conn, conversation=conversation)]


async def of_team(conn: Connection, team: str) -> list[str]:
    """List the names that lead to channels of a team, as far as we heard from them."""
    return [row["name"] async for row in SQL.of_team(conn, team=team)]


def _bound(row: Any) -> BoundChannel:
    return BoundChannel(row["name"], row["conversation"], row["shown_as"], row["bound_by"])
