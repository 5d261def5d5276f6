"""Signs of life in the store of a service, read from outside; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.database import MIGRATIONS, Connection, statements
from storage.driver import rows
from storage.records import moment, moment_or_none

SQL = statements("vitals")


@dataclass(frozen=True, slots=True)
class LastPush:
    """The newest push of one inquiry."""

    query: str
    id: int
    at: datetime
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Signs:
    """When anything last happened in one company."""

    push: datetime | None
    look: datetime | None
    post: datetime | None


async def signs(conn: Connection, company: str) -> Signs:
    """Return when the last push came, a document was read, a card was posted."""
    row = await SQL.signs(conn, company=company)
    return Signs(*(moment_or_none(row[name]) for name in ("push", "look", "post")))


async def last_pushes(conn: Connection, company: str) -> list[LastPush]:
    """Return the newest push of each inquiry, of those that came last."""
    return [
        LastPush(row["query"], row["id"], moment(row["received_at"]), row["state"], row["reason"])
        async for row in SQL.last_pushes(conn, company=company)
    ]


async def newest_push(conn: Connection, company: str) -> int:
    """Return the number of the push that came last; 0 where none ever came."""
    return int(await SQL.newest_push(conn, company=company) or 0)


async def heard(conn: Connection) -> datetime | None:
    """Return when Teams last told us anything."""
    return moment_or_none(await SQL.heard(conn))


async def last_card(conn: Connection, target: str) -> datetime | None:
    """Return when a card was last posted for *target*."""
    return moment_or_none(await SQL.last_card(conn, target=target))


async def version(conn: Connection) -> int:
    """Return the number of the last migration the store has seen."""
    found = await rows(conn, "PRAGMA user_version")
    return int(found[0][0])


def newest_version() -> int:
    """Return the number of the last migration there is."""
    return max(int(file.name[:4]) for file in MIGRATIONS.glob("*.sql"))


async def damage(conn: Connection) -> str:
    """Say what is damaged in the store; empty when nothing is."""
    found = await rows(conn, "PRAGMA quick_check(1)")
    told = str(found[0][0])
    return "" if told == "ok" else told
