"""What Graph tells us of: one subscription for each bound channel, and the teams they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import moment, moment_or_none, stamp

SQL = statements("subscriptions")


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is subscribed in one channel. `id` is empty where there is none, or none known."""

    channel: str
    due_at: datetime
    """When to look after it next."""
    team: str = ""
    """The channel's team as Graph knows it (`aadGroupId`)."""
    id: str = ""
    secret: str = ""
    """Hash of what Graph shows us with every notice."""
    certificate: str = ""
    """The certificate messages come sealed to; empty where they do not come along."""
    expires_at: datetime | None = None
    attempts: int = 0
    """Failures in a row."""
    noticed_at: datetime | None = None
    error: str = ""


async def add(conn: Connection, channel: str, *, now: datetime) -> None:
    """Note that a channel shall be subscribed."""
    await SQL.add(conn, channel=channel, now=stamp(now))


async def everything(conn: Connection) -> list[Subscription]:
    """List all of them."""
    return [_subscription(row) async for row in SQL.everything(conn)]


async def get(conn: Connection, channel: str) -> Subscription | None:
    """Return what is subscribed in a channel."""
    row = await SQL.get(conn, channel=channel)
    return _subscription(row) if row else None


async def next_due(conn: Connection) -> datetime | None:
    """Return when the next one wants to be looked after."""
    return moment_or_none(await SQL.next_due(conn))


async def plan(
    conn: Connection, channel: str, *, team: str, secret: str, certificate: str = ""
) -> None:
    """Note what is about to be created: its first notice may come before Graph's answer."""
    await SQL.plan(conn, channel=channel, team=team, secret=secret, certificate=certificate)


async def alive(
    conn: Connection, channel: str, identity: str, *, expires_at: datetime, due_at: datetime
) -> None:
    """Note that it was created or renewed."""
    await SQL.alive(
        conn, channel=channel, id=identity, expires_at=stamp(expires_at), due_at=stamp(due_at)
    )


async def lost(conn: Connection, channel: str, identity: str, *, now: datetime) -> bool:
    """Note that Graph no longer has it; False when another is there by now."""
    return bool(await SQL.lost(conn, channel=channel, id=identity, now=stamp(now)))


async def failed(conn: Connection, channel: str, error: str, *, due_at: datetime) -> None:
    """Note why it could not be looked after, and when to try again."""
    await SQL.failed(conn, channel=channel, error=error, due_at=stamp(due_at))


async def hasten(conn: Connection, channel: str, *, now: datetime) -> None:
    """Have it looked after at once."""
    await SQL.hasten(conn, channel=channel, now=stamp(now))


async def noticed(conn: Connection, channel: str, identity: str, *, now: datetime) -> None:
    """Note that Graph told something, and by which id."""
    await SQL.noticed(conn, channel=channel, id=identity, now=stamp(now))


async def drop(conn: Connection, channel: str) -> None:
    """Forget it."""
    await SQL.drop(conn, channel=channel)


async def learn_team(conn: Connection, team: str, group: str) -> None:
    """Note the id Graph knows a team by."""
    await SQL.learn(conn, team=team, group_id=group)


async def teams(conn: Connection) -> dict[str, str]:
    """Return the id Graph knows each team by."""
    return {row["team"]: row["group_id"] async for row in SQL.teams(conn)}


def _subscription(row: Any) -> Subscription:
    return Subscription(
        channel=row["channel"],
        due_at=moment(row["due_at"]),
        team=row["team"],
        id=row["id"],
        secret=row["secret"],
        certificate=row["certificate"],
        expires_at=moment_or_none(row["expires_at"]),
        attempts=row["attempts"],
        noticed_at=moment_or_none(row["noticed_at"]),
        error=row["error"],
    )
