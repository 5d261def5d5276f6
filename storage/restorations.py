"""Starting from a backup: what was open in it may have been carried out since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.database import Connection, statements
from storage.records import Reading, stamp

SQL = statements("restorations")
MARK = "INSERT INTO restorations (backed_up_at) VALUES (?)"
"""How a copy says of itself that it is one."""
QUIET = 15 * 60.0
"""Seconds in which a call made before the restoration may still run in the ERP."""
REMEMBERED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A question that was open in the backup."""

    company: str
    document: str
    decision: str
    correlation: str


async def unnoticed(conn: Connection) -> list[str]:
    """Return when the backups were made that this store was just started from."""
    return [row["backed_up_at"] async for row in SQL.unnoticed(conn)]


async def notice(conn: Connection, *, now: datetime, reading: Reading) -> None:
    """Remember that it was seen to be a backup, and since when the quiet time runs."""
    await SQL.notice(conn, now=stamp(now), boot=reading.boot, seconds=reading.seconds)


async def restart_wait(conn: Connection, *, now: datetime, reading: Reading) -> None:
    """At start: on another boot the quiet time of a late restoration begins anew."""
    since = stamp(now - REMEMBERED)
    await SQL.restart_wait(conn, boot=reading.boot, seconds=reading.seconds, since=since)


async def waits(conn: Connection, reading: Reading) -> bool:
    """Say whether the quiet time after a restoration runs: nobody decides meanwhile."""
    return await SQL.waits(conn, boot=reading.boot, until=reading.seconds - QUIET) is not None


async def withdraw(conn: Connection, reason: str, *, now: datetime) -> list[Withdrawn]:
    """Take back every open question; each is asked anew once its document was looked at."""
    rows = SQL.withdraw(conn, reason=reason, now=stamp(now))
    return [_withdrawn(row) async for row in rows]


async def doubt(conn: Connection, detail: str, *, now: datetime, reading: Reading) -> list[str]:
    """Count the next step of every plan at work as sent; returns the decisions."""
    rows = SQL.doubt(
        conn, now=stamp(now), boot=reading.boot, seconds=reading.seconds, detail=detail
    )
    return [row["decision"] async for row in rows]


def _withdrawn(row: Any) -> Withdrawn:
    return Withdrawn(row["company"], row["document"], row["id"], row["correlation"])
