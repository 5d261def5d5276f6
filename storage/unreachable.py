"""Places Teams refuses to let us write to: since when and why, until they answer again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.database import Connection, statements
from storage.records import moment, stamp

SQL = statements("unreachable")


@dataclass(frozen=True, slots=True)
class Mark:
    """One person or channel that cannot be written to."""

    target: str
    reason: str
    since: datetime
    tried_at: datetime


async def mark(conn: Connection, target: str, *, reason: str, now: datetime) -> None:
    """Note that *target* was refused; it stays refused since the first time."""
    await SQL.mark(conn, target=target, reason=reason, now=stamp(now))


async def tried(conn: Connection, target: str, *, at: datetime) -> None:
    """Note when *target* was tried last, if it is marked."""
    await SQL.tried(conn, target=target, at=stamp(at))


async def clear(conn: Connection, target: str) -> bool:
    """Forget a mark; False when there was none."""
    return bool(await SQL.clear(conn, target=target))


async def everything(conn: Connection) -> list[Mark]:
    """List every place that cannot be written to."""
    return [
        Mark(row["target"], row["reason"], moment(row["since"]), moment(row["tried_at"]))
        async for row in SQL.everything(conn)
    ]
