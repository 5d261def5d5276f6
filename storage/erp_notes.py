"""Notes wanted on documents in the ERP: one for each matter that is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import ErpNote, ErpNoteState, moment, moment_or_none, stamp

SQL = statements("erp_notes")


async def want(conn: Connection, note: ErpNote) -> bool:
    """Want a note; False when one for this matter was wanted before."""
    added = await SQL.want(
        conn,
        company=note.company,
        document=note.document,
        matter=note.matter,
        correlation=note.correlation,
        now=stamp(note.wanted_at),
    )
    return bool(added)


async def due(conn: Connection, company: str, *, now: datetime) -> ErpNote | None:
    """Return the note that has been due for longest."""
    row = await SQL.due(conn, company=company, now=stamp(now))
    return _note(row) if row else None


async def next_due(conn: Connection, company: str) -> datetime | None:
    """Return when the next note is due."""
    return moment_or_none(await SQL.next_due(conn, company=company))


async def of_document(conn: Connection, company: str, document: str) -> list[ErpNote]:
    """Return every note that was wanted on a document, oldest first."""
    rows = SQL.of_document(conn, company=company, document=document)
    return [_note(row) async for row in rows]


async def put(conn: Connection, note: ErpNote) -> None:
    """Keep where a note is now; one that came to its end stays there."""
    await SQL.put(
        conn,
        company=note.company,
        document=note.document,
        matter=note.matter,
        state=note.state,
        claimed=int(note.claimed),
        attempts=note.attempts,
        due_at=stamp(note.due_at),
        reason=note.reason,
    )


async def somebody_acts(conn: Connection, company: str) -> bool:
    """Say whether something that was decided is to be done, or is being done, in the ERP."""
    return bool(await SQL.somebody_acts(conn, company=company))


def _note(row: Any) -> ErpNote:
    return ErpNote(
        row["company"],
        row["document"],
        row["matter"],
        row["correlation"],
        moment(row["wanted_at"]),
        moment(row["due_at"]),
        ErpNoteState(row["state"]),
        bool(row["claimed"]),
        row["attempts"],
        row["reason"],
    )
