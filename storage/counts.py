"""How much stands in each table, per company and state: what an operator watches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.database import Connection, statements
from storage.records import moment

SQL = statements("counts")


@dataclass(frozen=True, slots=True)
class Count:
    """So many rows of one table are in one state."""

    what: str
    company: str
    state: str
    number: int


@dataclass(frozen=True, slots=True)
class Oldest:
    """Since when the oldest of one company's work is in a state."""

    company: str
    state: str
    since: datetime


async def everything(conn: Connection) -> list[Count]:
    """Count the hints, the pushes not read, the messages and the decisions."""
    return [Count(**row) async for row in SQL.everything(conn)]


async def ages(conn: Connection) -> list[Oldest]:
    """Tell since when the oldest is waiting, parked, perhaps delivered, a person's."""
    return [
        Oldest(row["company"], row["state"], moment(row["oldest"])) async for row in SQL.ages(conn)
    ]
