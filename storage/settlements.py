"""Decisions nobody but two administrators can settle: what one recorded, whom another confirmed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.driver import PAGE, paged
from storage.records import Settlement, TeamsPerson, Verdict, moment, moment_or_none, stamp

SQL = statements("settlements")


async def open_one(conn: Connection, decision: str, token: str, *, now: datetime) -> None:
    """Have a decision settled by administrators."""
    await SQL.open(conn, decision=decision, token=token, now=stamp(now))


async def get(conn: Connection, decision: str) -> Settlement | None:
    """Return what administrators recorded of a decision; None when they were not asked."""
    row = await SQL.get(conn, decision=decision)
    return _settlement(row) if row else None


async def by_token(conn: Connection, token: str) -> Settlement | None:
    """Return the settlement a button's token leads to."""
    row = await SQL.by_token(conn, token=token)
    return _settlement(row) if row else None


async def unsettled(conn: Connection, company: str) -> list[Settlement]:
    """List what waits for administrators of a company, oldest first."""

    def after(last: Any) -> AsyncIterator[Any]:
        opened, decision = (last["opened_at"], last["decision"]) if last else ("", "")
        place = {"opened_at": opened, "decision": decision}
        rows: AsyncIterator[Any] = SQL.unsettled(conn, company=company, **place, limit=PAGE)
        return rows

    return [_settlement(row) async for row in paged(after)]


async def record(
    conn: Connection, decision: str, verdict: Verdict, person: TeamsPerson, *, now: datetime
) -> bool:
    """Keep what the first administrator recorded; False when another was first."""
    rows = await SQL.record(
        conn,
        decision=decision,
        verdict=verdict,
        person=person.aad_object_id,
        name=person.name,
        now=stamp(now),
    )
    return bool(rows)


async def confirm(
    conn: Connection, decision: str, verdict: Verdict, person: TeamsPerson, *, now: datetime
) -> bool:
    """Keep who confirmed it; False unless somebody else recorded just that."""
    rows = await SQL.confirm(
        conn,
        decision=decision,
        verdict=verdict,
        person=person.aad_object_id,
        name=person.name,
        now=stamp(now),
    )
    return bool(rows)


async def object_to(conn: Connection, decision: str, person: TeamsPerson) -> bool:
    """Start anew, as somebody objects; False when there is nothing to object to."""
    return bool(await SQL.object(conn, decision=decision, name=person.name))


def _settlement(row: Any) -> Settlement:
    return Settlement(
        decision=row["decision"],
        token=row["token"],
        opened_at=moment(row["opened_at"]),
        verdict=row["verdict"],
        first=row["first"],
        first_name=row["first_name"],
        first_at=moment_or_none(row["first_at"]),
        second=row["second"],
        second_name=row["second_name"],
        second_at=moment_or_none(row["second_at"]),
        objected_by=row["objected_by"],
    )
