"""The audit trail: what happened, in order, in the transaction of the change it tells of."""

from __future__ import annotations

import json
from typing import Any

from storage.database import Connection, statements
from storage.records import AuditEntry, moment, packed, stamp

SQL = statements("audit")


async def add(conn: Connection, entry: AuditEntry) -> None:
    """Append one entry."""
    await SQL.add(
        conn,
        at=stamp(entry.at),
        correlation=entry.correlation,
        actor=entry.actor,
        action=entry.action,
        company=entry.company,
        document=entry.document,
        detail=packed(entry.detail),
    )


async def of_document(conn: Connection, company: str, document: str) -> list[AuditEntry]:
    """Return the whole story of one document."""
    rows = SQL.of_document(conn, company=company, document=document)
    return [_entry(row) async for row in rows]


async def newest(conn: Connection, *, limit: int = 100) -> list[AuditEntry]:
    """Return the newest entries, newest first."""
    return [_entry(row) async for row in SQL.newest(conn, limit=limit)]


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(
        at=moment(row["at"]),
        correlation=row["correlation"],
        actor=row["actor"],
        action=row["action"],
        company=row["company"],
        document=row["document"],
        detail=json.loads(row["detail"]),
    )
