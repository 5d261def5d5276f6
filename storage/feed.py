"""What people's activity feed told them, or could not: one line per question and approver."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import FeedEntry, moment_or_none, stamp

SQL = statements("feed")


async def gather(conn: Connection, *, since: datetime, now: datetime) -> None:
    """Note who is to be told: everybody asked after *since* whom the feed has not told yet."""
    await SQL.gather(conn, since=stamp(since), now=stamp(now))
    await SQL.drop_over(conn)


async def due(conn: Connection, *, now: datetime) -> FeedEntry | None:
    """Return the line that has waited longest."""
    row = await SQL.due(conn, now=stamp(now))
    return _entry(row) if row else None


async def next_due(conn: Connection) -> datetime | None:
    """Return when the next line is due."""
    return moment_or_none(await SQL.next_due(conn))


async def told(conn: Connection, entry: FeedEntry) -> None:
    """Note that Teams took a line."""
    await SQL.told(conn, decision=entry.decision, person=entry.person)


async def later(conn: Connection, entry: FeedEntry, *, due_at: datetime, note: str) -> None:
    """Note that a line could not be told now."""
    await SQL.later(
        conn, decision=entry.decision, person=entry.person, due_at=stamp(due_at), note=note
    )


async def park(conn: Connection, entry: FeedEntry, *, note: str) -> None:
    """Note that a line is given up."""
    await SQL.park(conn, decision=entry.decision, person=entry.person, note=note)


def _entry(row: Any) -> FeedEntry:
    return FeedEntry(
        row["decision"], row["company"], row["document"], row["person"], row["attempts"]
    )
