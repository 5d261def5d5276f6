"""What came in and has not been looked at: raw pushes, and hints to look at documents."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from storage.database import Connection, statements
from storage.records import Hint, RawPush, moment, stamp

SQL = statements("inbox")


async def add_push(
    conn: Connection, *, company: str, identity: str, body: bytes, correlation: str, now: datetime
) -> bool:
    """Store a push as it came; False when the same one is here already."""
    rows = await SQL.add(
        conn,
        company=company,
        identity=identity,
        received_at=stamp(now),
        body=body,
        correlation=correlation,
    )
    return bool(rows)


async def next_push(conn: Connection, company: str) -> RawPush | None:
    """Return the oldest push of a company that nobody has read yet."""
    row = await SQL.next_new(conn, company=company)
    return RawPush(**row) if row else None


async def finish_push(conn: Connection, push: RawPush, *, parked: str = "") -> None:
    """Note that a push was read, or *parked* because it could not be."""
    state = "parked" if parked else "done"
    await SQL.finish(conn, id=push.id, state=state, reason=parked)


async def add_hint(
    conn: Connection, company: str, document: str, *, reason: str, correlation: str, now: datetime
) -> None:
    """Ask for a look at a document."""
    await SQL.hint(
        conn,
        company=company,
        document=document,
        reason=reason,
        correlation=correlation,
        due_at=stamp(now),
    )


async def due_hints(conn: Connection, company: str, now: datetime, *, limit: int) -> list[Hint]:
    """Return the hints of a company that are due, the longest waiting first."""
    rows = SQL.due_hints(conn, company=company, now=stamp(now), limit=limit)
    return [
        Hint(
            row["company"], row["document"], row["reason"], row["correlation"],
            row["generation"], row["attempts"],
        )
        async for row in rows
    ]  # fmt: skip


async def next_hint_due(
    conn: Connection, company: str, *, besides: Collection[str] = ()
) -> datetime | None:
    """Return when the next hint of a company is due, *besides* documents being looked at."""
    async for row in SQL.next_hints(conn, company=company, limit=len(besides) + 1):
        if row["document"] not in besides:
            return moment(row["due_at"])
    return None


async def answer_hint(conn: Connection, hint: Hint) -> None:
    """Note that a hint was looked at, unless another came meanwhile."""
    await SQL.answer_hint(
        conn, company=hint.company, document=hint.document, generation=hint.generation
    )


async def postpone_hint(
    conn: Connection, hint: Hint, *, due: datetime, note: str, park: bool = False
) -> None:
    """Put a look off until *due*, or park it where an operator sees why."""
    await SQL.postpone_hint(
        conn,
        company=hint.company,
        document=hint.document,
        generation=hint.generation,
        state="parked" if park else "pending",
        due_at=stamp(due),
        note=note,
    )


async def parked(conn: Connection) -> list[tuple[str, str, str]]:
    """List what could not be understood: (company, what, why)."""
    pushes = [(r["company"], f"push {r['id']}", r["reason"]) async for r in SQL.parked(conn)]
    hints = [(r["company"], r["document"], r["note"]) async for r in SQL.parked_hints(conn)]
    return pushes + hints
