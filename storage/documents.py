"""Documents as the ERP last showed them, how far polling has seen, and names of parties."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import StoredDocument, moment, moment_or_none, packed, stamp

SQL = statements("documents")


async def get(conn: Connection, company: str, document: str) -> StoredDocument | None:
    """Return a document as last seen."""
    row = await SQL.get(conn, company=company, document=document)
    return _record(row) if row else None


async def put(conn: Connection, record: StoredDocument) -> None:
    """Remember a document as just read."""
    await SQL.put(
        conn,
        company=record.company,
        document=record.document,
        status=record.status,
        status_since=stamp(record.status_since),
        fingerprint=record.fingerprint,
        last_modified=stamp(record.last_modified),
        snapshot=packed(record.snapshot),
        revision=record.revision,
        read_at=stamp(record.read_at),
    )


async def mark_gone(conn: Connection, company: str, document: str, *, now: datetime) -> bool:
    """Note that the ERP no longer has a document; False when that was known."""
    rows = await SQL.mark_gone(conn, company=company, document=document, read_at=stamp(now))
    return bool(rows)


async def of_entity(conn: Connection, entity: str, *, limit: int = 500) -> list[StoredDocument]:
    """List the documents of one entity, the longest in their status first."""
    return [_record(row) async for row in SQL.of_entity(conn, prefix=f"{entity}/", limit=limit)]


async def numbered(conn: Connection, entity: str, number: str) -> list[StoredDocument]:
    """Find the documents of an entity by number alone, as a person types it."""
    rows = SQL.numbered(conn, prefix=f"{entity}/", number=number)
    return [_record(row) async for row in rows]


async def watermark(conn: Connection, company: str, entity: str) -> datetime | None:
    """Return the greatest LastModifiedDateTime that polling has received."""
    return moment_or_none(await SQL.watermark(conn, company=company, entity=entity))


async def begin(conn: Connection, company: str, *, now: datetime) -> None:
    """Remember when a company was first served, the first time this is said."""
    await SQL.begin(conn, company=company, now=stamp(now))


async def served_since(conn: Connection, company: str) -> datetime | None:
    """Return when a company was first served: what was done before is no news."""
    return await watermark(conn, company, "")


async def raise_watermark(conn: Connection, company: str, entity: str, seen: datetime) -> None:
    """Move the watermark forward; it never moves back."""
    await SQL.raise_watermark(conn, company=company, entity=entity, seen=stamp(seen))


async def party(
    conn: Connection, company: str, entity: str, code: str
) -> tuple[str, datetime] | None:
    """Return a party's name and when it was read."""
    row = await SQL.party(conn, company=company, entity=entity, code=code)
    return (row["name"], moment(row["read_at"])) if row else None


async def put_party(
    conn: Connection, company: str, entity: str, code: str, *, name: str, now: datetime
) -> None:
    """Remember a party's name."""
    await SQL.put_party(
        conn, company=company, entity=entity, code=code, name=name, read_at=stamp(now)
    )


def _record(row: Any) -> StoredDocument:
    return StoredDocument(
        company=row["company"],
        document=row["document"],
        status=row["status"],
        status_since=moment(row["status_since"]),
        fingerprint=row["fingerprint"],
        last_modified=moment(row["last_modified"]),
        snapshot=json.loads(row["snapshot"]),
        revision=row["revision"],
        read_at=moment(row["read_at"]),
        gone=bool(row["gone"]),
    )
