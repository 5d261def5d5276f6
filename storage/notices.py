"""Replies Graph told of, until they are read; many notices about one reply are one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import Json, moment_or_none, packed, stamp

SQL = statements("notices")


@dataclass(frozen=True, slots=True)
class ToRead:
    """A reply to read, or, with an empty `message`, all replies of a thread."""

    channel: str
    root: str
    message: str
    enclosed: Json | None = None
    """The reply itself, sealed, where it came along and was proved."""
    generation: int = 1
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class CardHere:
    """Whose card a thread stands under."""

    company: str
    document: str
    target: str


async def add(conn: Connection, notice: ToRead, *, now: datetime) -> None:
    """Keep a reply to be read."""
    await SQL.add(
        conn,
        channel=notice.channel,
        root=notice.root,
        message=notice.message,
        enclosed=packed(notice.enclosed) if notice.enclosed else "",
        now=stamp(now),
    )


async def add_live_threads(
    conn: Connection, channel: str, *, since: datetime, now: datetime
) -> int:
    """Have all replies read under the channel's cards that were posted after *since*."""
    rows = await SQL.add_live_threads(conn, channel=channel, since=stamp(since), now=stamp(now))
    return int(rows)


async def add_thread(conn: Connection, channel: str, root: str, *, now: datetime) -> None:
    """Have all replies under a message read: nobody knew it for ours when they were told of."""
    await SQL.add_thread(conn, channel=channel, root=root, now=stamp(now))


async def due(conn: Connection, *, now: datetime) -> ToRead | None:
    """Return what to read next."""
    row = await SQL.due(conn, now=stamp(now))
    return _to_read(row) if row else None


async def next_due(conn: Connection) -> datetime | None:
    """Return when the next one is due."""
    return moment_or_none(await SQL.next_due(conn))


async def done(conn: Connection, notice: ToRead) -> None:
    """Forget what was read, unless a newer notice came meanwhile."""
    await SQL.done(
        conn,
        channel=notice.channel,
        root=notice.root,
        message=notice.message,
        generation=notice.generation,
    )


async def postpone(
    conn: Connection, notice: ToRead, *, due_at: datetime, note: str, park: bool
) -> None:
    """Read it later; parked, it waits for somebody to look."""
    await SQL.postpone(
        conn,
        channel=notice.channel,
        root=notice.root,
        message=notice.message,
        generation=notice.generation,
        due_at=stamp(due_at),
        note=note,
        state="parked" if park else "pending",
    )


async def put_off(conn: Connection, channel: str, *, due_at: datetime) -> None:
    """Read nothing of a channel before *due_at*."""
    await SQL.put_off(conn, channel=channel, due_at=stamp(due_at))


async def forget(conn: Connection, channel: str) -> None:
    """Forget everything of a channel."""
    await SQL.forget(conn, channel=channel)


async def counts(conn: Connection) -> dict[str, int]:
    """Count what waits and what is parked."""
    return {row["state"]: row["number"] async for row in SQL.counts(conn)}


async def card_at(conn: Connection, channel: str, root: str) -> CardHere | None:
    """Return whose card is the first message of a thread."""
    row = await SQL.card_at(conn, channel=channel, root=root)
    return CardHere(**row) if row else None


def _to_read(row: Any) -> ToRead:
    return ToRead(
        channel=row["channel"],
        root=row["root"],
        message=row["message"],
        enclosed=json.loads(row["enclosed"]) if row["enclosed"] else None,
        generation=row["generation"],
        attempts=row["attempts"],
    )
