"""What came in and has not been looked at: raw pushes, and hints to look at documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from storage.database import Connection, statements
from storage.records import Hint, RawPush, earlier, moment, packed, stamp

SQL = statements("inbox")
MAX_ORDER = 2**63 - 1
"""The largest number a column holds; .NET ticks stay far below."""


async def add_push(
    conn: Connection,
    *,
    company: str,
    identity: str,
    body: bytes,
    correlation: str,
    now: datetime,
    order: int = 0,
) -> bool:
    """Store a push as it came; False when the same one is here already.

    *order* is the sender's own time stamp: what has not been read yet is read in that order.
    """
    rows = await SQL.add(
        conn,
        company=company,
        identity=identity,
        received_at=stamp(now),
        stamp=sortable(order),
        body=body,
        correlation=correlation,
    )
    return bool(rows)


def sortable(order: int) -> int:
    """Return a sender's time stamp as a column holds it; one that is none comes first."""
    return order if abs(order) <= MAX_ORDER else 0


async def next_push(conn: Connection, company: str) -> RawPush | None:
    """Return the oldest push of a company that nobody has read yet."""
    row = await SQL.next_new(conn, company=company)
    return RawPush(**row) if row else None


async def next_pushes(
    conn: Connection, company: str, *, limit: int, most_bytes: int
) -> list[RawPush]:
    """Return the first pushes in line: never more bytes than that, but for one that has more."""
    rows = SQL.next_new_all(conn, company=company, limit=limit, bytes=most_bytes)
    return [RawPush(**row) async for row in rows]


async def finish_pushes(conn: Connection, pushes: Iterable[RawPush]) -> None:
    """Note that several pushes were read."""
    await SQL.finish_all(conn, ids=packed([push.id for push in pushes]))


async def finish_push(conn: Connection, push: RawPush, *, parked: str = "") -> None:
    """Note that a push was read, or *parked* because it could not be."""
    state = "parked" if parked else "done"
    await SQL.finish(conn, id=push.id, state=state, reason=parked)


async def add_hint(
    conn: Connection, company: str, document: str, *, reason: str, correlation: str, now: datetime
) -> None:
    """Ask for a look at a document."""
    await add_hints(conn, company, [document], reason=reason, correlation=correlation, now=now)


async def add_hints(
    conn: Connection,
    company: str,
    documents: Collection[str],
    *,
    reason: str,
    correlation: str,
    now: datetime,
    waits: bool = True,
) -> None:
    """Ask for a look at each of several documents; those that do not *wait* for anybody go last."""
    await SQL.hint(
        conn,
        company=company,
        documents=packed(list(documents)),
        lane=0 if waits else 1,
        reason=reason,
        correlation=correlation,
        due_at=stamp(now),
    )


async def hint_unknown(
    conn: Connection,
    company: str,
    rows: Iterable[tuple[str, str, datetime]],
    *,
    waiting: Collection[str] = (),
    reason: str,
    correlation: str,
    now: datetime,
) -> list[str]:
    """Ask for a look at what is not known as a list showed it: document, status, last change.

    What stands in a *waiting* status is looked at first. Returns the documents that are to be
    looked at because of these rows.
    """
    told = SQL.hint_unknown(
        conn,
        company=company,
        waiting=packed(list(waiting)),
        rows=packed([(document, status, stamp(changed)) for document, status, changed in rows]),
        reason=reason,
        correlation=correlation,
        due_at=stamp(now),
    )
    return [row["document"] async for row in told]


async def pending_among(
    conn: Connection, company: str, documents: Collection[str]
) -> frozenset[str]:
    """Return which of *documents* will be looked at anyway."""
    rows = SQL.pending_among(conn, company=company, documents=packed(list(documents)))
    return frozenset([row["document"] async for row in rows])


async def forget(
    conn: Connection, *, read_before: datetime, parked_before: datetime
) -> Counter[str]:
    """Drop pushes of long ago; return how many of each company nobody had understood."""
    await SQL.forget(conn, before=stamp(read_before))
    rows = SQL.forget_parked(conn, before=stamp(parked_before))
    return Counter([row["company"] async for row in rows])


async def set_back(conn: Connection, company: str, by: timedelta, *, now: datetime) -> None:
    """Have everything looked at as it would by a clock that was not set back *by* so much."""
    await SQL.set_back(conn, company=company, now=stamp(now), shift=earlier(by))


async def due_hints(conn: Connection, company: str, now: datetime, *, limit: int) -> list[Hint]:
    """Return the hints that are due: what waits for somebody first, of that the oldest first."""
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
