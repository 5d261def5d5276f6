"""How much stands in each table, per company and state: what an operator watches."""

from __future__ import annotations

from dataclasses import dataclass

from storage.database import Connection, statements

SQL = statements("counts")


@dataclass(frozen=True, slots=True)
class Count:
    """So many rows of one table are in one state."""

    what: str
    company: str
    state: str
    number: int


async def everything(conn: Connection) -> list[Count]:
    """Count the hints, the pushes not read, the messages and the decisions."""
    return [Count(**row) async for row in SQL.everything(conn)]
