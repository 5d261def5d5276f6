"""How far long reads are: a row per thing that is read, for terminals and `/metrics`."""

from __future__ import annotations

from datetime import datetime

from storage.database import Connection, statements
from storage.records import Progress, moment, moment_or_none, stamp

SQL = statements("progress")


async def begin(
    conn: Connection, company: str, what: str, entity: str, *, now: datetime, total: int | None
) -> None:
    """Note that a long read begins; a former one of the same thing is forgotten."""
    await SQL.begin(conn, company=company, what=what, entity=entity, total=total, now=stamp(now))


async def advance(
    conn: Connection,
    company: str,
    what: str,
    entity: str,
    *,
    rows: int,
    pages: int,
    now: datetime,
) -> None:
    """Note how much has been read by now."""
    await SQL.advance(
        conn, company=company, what=what, entity=entity, rows=rows, pages=pages, now=stamp(now)
    )


async def finish(
    conn: Connection, company: str, what: str, entity: str, *, note: str, now: datetime
) -> None:
    """Note that a long read ended, and how."""
    await SQL.finish(conn, company=company, what=what, entity=entity, note=note, now=stamp(now))


async def give_up(conn: Connection, *, note: str, now: datetime) -> None:
    """At start: note that whatever was being read broke off with the former process."""
    await SQL.give_up(conn, note=note, now=stamp(now))


async def everything(conn: Connection) -> list[Progress]:
    """List every long read, running or ended."""
    return [
        Progress(
            company=row["company"],
            what=row["what"],
            entity=row["entity"],
            rows=row["rows"],
            pages=row["pages"],
            total=row["total"],
            started_at=moment(row["started_at"]),
            updated_at=moment(row["updated_at"]),
            finished_at=moment_or_none(row["finished_at"]),
            note=row["note"],
        )
        async for row in SQL.all(conn)
    ]
