"""Documents as the ERP last showed them, how far polling has seen, and what stands around them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.driver import PAGE, paged
from storage.records import (
    Seen,
    StoredDocument,
    StoredMatch,
    StoredParty,
    moment,
    moment_or_none,
    packed,
    stamp,
)

SQL = statements("documents")
RECONCILED = "(reconciled)"
"""The watermark that tells when everything open was last compared with the ERP."""


async def get(conn: Connection, company: str, document: str) -> StoredDocument | None:
    """Return a document as last seen."""
    row = await SQL.get(conn, company=company, document=document)
    return read_record(row) if row else None


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
    return [read_record(row) async for row in SQL.of_entity(conn, prefix=f"{entity}/", limit=limit)]


async def newest(
    conn: Connection, company: str, *, limit: int, after: tuple[str, str] = ("~", "")
) -> list[StoredDocument]:
    """List a company's documents, whose status changed last first, after a place in that order."""
    since, document = after
    rows = SQL.newest(conn, company=company, since=since, document=document, limit=limit)
    return [read_record(row) async for row in rows]


async def asked(
    conn: Connection, company: str, *, limit: int, after: tuple[str, str] = ("", "")
) -> list[tuple[StoredDocument, datetime]]:
    """List documents of which a question waits for people, with since when, the longest first."""
    since, document = after
    rows = SQL.asked(conn, company=company, since=since, document=document, limit=limit)
    return [(read_record(row), moment(row["asked_at"])) async for row in rows]


async def numbered(conn: Connection, entity: str, number: str) -> list[StoredDocument]:
    """Find the documents of an entity by number alone, as a person types it."""
    rows = SQL.numbered(conn, prefix=f"{entity}/", number=number)
    return [read_record(row) async for row in rows]


async def seen(conn: Connection, company: str, names: Collection[str]) -> dict[str, Seen]:
    """Return what we know of each of several documents."""
    rows = SQL.seen(conn, company=company, documents=packed(list(names)))
    return {row["document"]: _seen(row) async for row in rows}


async def standing(
    conn: Connection, company: str, entity: str, statuses: Collection[str]
) -> dict[str, Seen]:
    """Return the documents of one entity that stand in one of *statuses*, as last seen."""
    rows = _all_of(SQL.standing, conn, company, entity, statuses)
    return {row["document"]: _seen(row) async for row in rows}


async def open_ones(
    conn: Connection, company: str, entity: str, statuses: Collection[str]
) -> list[Seen]:
    """List the documents somebody is asked about, and those with a card in one of *statuses*."""
    rows = _all_of(SQL.open_ones, conn, company, entity, statuses)
    return [_seen(row) async for row in rows]


def _all_of(
    ask: Any, conn: Connection, company: str, entity: str, statuses: Collection[str]
) -> AsyncIterator[Any]:
    values = {"company": company, "prefix": f"{entity}/", "statuses": packed(list(statuses))}

    def after(last: Any) -> AsyncIterator[Any]:
        rows: AsyncIterator[Any] = ask(
            conn, **values, after=last["document"] if last else "", limit=PAGE
        )
        return rows

    return paged(after)


async def watermark(conn: Connection, company: str, entity: str) -> datetime | None:
    """Return the greatest LastModifiedDateTime that polling has received."""
    return moment_or_none(await SQL.watermark(conn, company=company, entity=entity))


async def begin(conn: Connection, company: str, *, now: datetime) -> None:
    """Remember when a company was first served, the first time this is said."""
    for mark in ("", RECONCILED):  # then there is nothing yet to compare
        await SQL.begin(conn, company=company, mark=mark, now=stamp(now))


async def served_since(conn: Connection, company: str) -> datetime | None:
    """Return when a company was first served: what was done before is no news."""
    return await watermark(conn, company, "")


async def raise_watermark(conn: Connection, company: str, entity: str, seen: datetime) -> None:
    """Move the watermark forward; it never moves back."""
    await SQL.raise_watermark(conn, company=company, entity=entity, seen=stamp(seen))


async def move_watermark(conn: Connection, company: str, entity: str, seen: datetime) -> None:
    """Set the watermark: forward, or back to where the ERP's clock is."""
    await SQL.move_watermark(conn, company=company, entity=entity, seen=stamp(seen))


async def party(conn: Connection, company: str, entity: str, code: str) -> StoredParty | None:
    """Return a vendor as last read."""
    row = await SQL.party(conn, company=company, entity=entity, code=code)
    return read_party(row) if row else None


async def put_party(conn: Connection, company: str, entity: str, party: StoredParty) -> None:
    """Remember a vendor as just read."""
    since = party.instructions_since
    await SQL.put_party(
        conn,
        company=company,
        entity=entity,
        code=party.code,
        name=party.name,
        read_at=stamp(party.read_at),
        status=party.status,
        instructions=party.instructions,
        instructions_since=stamp(since) if since else None,
        instructions_changed=int(party.instructions_changed),
    )


async def match(conn: Connection, company: str, document: str) -> StoredMatch | None:
    """Return what a bill was last compared with."""
    row = await SQL.match(conn, company=company, document=document)
    return row and StoredMatch(row["mark"], json.loads(row["found"]), moment(row["read_at"]))


async def put_match(conn: Connection, company: str, document: str, found: StoredMatch) -> None:
    """Remember what a bill was compared with."""
    await SQL.put_match(
        conn,
        company=company,
        document=document,
        mark=found.mark,
        found=packed(found.found),
        read_at=stamp(found.read_at),
    )


async def put_vendor_ref(
    conn: Connection, company: str, document: str, *, party: str, reference: str
) -> None:
    """Remember which reference of its vendor a bill has."""
    await SQL.put_vendor_ref(
        conn, company=company, document=document, party=party, reference=reference
    )


async def same_vendor_ref(
    conn: Connection, company: str, document: str, *, party: str, reference: str
) -> list[tuple[str, str]]:
    """List other documents with this reference of this vendor, each with its status."""
    rows = SQL.same_vendor_ref(
        conn, company=company, document=document, party=party, reference=reference
    )
    return [(row["document"], row["status"]) async for row in rows]


def read_party(row: Any) -> StoredParty:
    """Read one row of the table of vendors."""
    return StoredParty(
        row["code"],
        row["name"],
        moment(row["read_at"]),
        row["status"],
        row["instructions"],
        moment_or_none(row["instructions_since"]),
        bool(row["instructions_changed"]),
    )


def _seen(row: Any) -> Seen:
    return Seen(
        document=row["document"],
        status=row["status"],
        last_modified=moment(row["last_modified"]),
        fingerprint=row["fingerprint"],
        read_at=moment(row["read_at"]),
        gone=bool(row["gone"]),
    )


def read_record(row: Any) -> StoredDocument:
    """Read one row of the table of documents."""
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
