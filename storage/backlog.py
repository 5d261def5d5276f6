"""New cards that are held back so that one person's chat stays readable."""

from __future__ import annotations

from datetime import datetime

from storage.database import Connection, statements
from storage.records import moment, stamp

SQL = statements("backlog")

HELD_BACK = "held back: this chat was given many new cards within an hour"


async def posted_lately(conn: Connection, target: str, since: datetime) -> list[datetime]:
    """List when *target* was given a new card, oldest first; what came before it asked for more
    does not count."""
    return [
        moment(row["tried_at"])
        async for row in SQL.posted_lately(conn, target=target, since=stamp(since))
    ]


async def hold_back(conn: Connection, target: str, *, until: datetime) -> None:
    """Hold back every new card for *target*; edits and answers go on."""
    await SQL.hold_back(conn, target=target, reason=HELD_BACK, until=stamp(until))


async def held_back(conn: Connection, target: str, *, count: int) -> list[tuple[str, str]]:
    """List what is held back for *target*, as company and document, oldest first."""
    rows = SQL.held_back(conn, target=target, reason=HELD_BACK, count=count)
    return [(row["company"], row["document"]) async for row in rows]


async def count_held_back(conn: Connection, target: str) -> int:
    """Count what is held back for *target*."""
    return int(await SQL.count_held_back(conn, target=target, reason=HELD_BACK))


async def was_told(conn: Connection, target: str, *, since: datetime) -> bool:
    """Say whether *target* has been told since then that something is held back."""
    return await SQL.digest_since(conn, target=target, since=stamp(since)) is not None


async def let_follow(conn: Connection, target: str, *, now: datetime) -> int:
    """Send *target* the next cards; return how many were held back."""
    await SQL.ask_for_more(conn, target=target, now=stamp(now))
    return int(await SQL.follow(conn, target=target, reason=HELD_BACK, now=stamp(now)))
