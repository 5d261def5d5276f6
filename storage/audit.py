"""The audit trail: what happened, in order, in the transaction of the change it tells of.

Every row is proved by the one before (`chain`). Only the connection that writes the service's
transactions knows the key; on any other nothing can be added.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from storage.chain import OURS, Chain, Row, read_row
from storage.database import Connection, Database, StoreError, statements
from storage.records import AuditEntry, moment, packed, stamp

SQL = statements("audit")
BATCH = 500
"""Rows of one transaction of long work, so that a press never waits long for it."""
PAGE = 1000
EVER, NEVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
BEGUN, PROVED = "chain begun", "names proved"


async def add(conn: Connection, entry: AuditEntry) -> None:
    """Append one entry."""
    if entry.actor not in OURS:
        await SQL.know(conn, person=entry.actor)
    await SQL.add(
        conn,
        at=stamp(entry.at),
        correlation=entry.correlation,
        actor=entry.actor,
        action=entry.action,
        company=entry.company,
        document=entry.document,
        fingerprint=str(entry.detail.get("fingerprint", "")),
        outcome=outcome_of(entry.action, entry.detail),
        detail=packed(entry.detail),
    )


def outcome_of(action: str, detail: Mapping[str, Any]) -> str:
    """Say in a word how something ended: it stays when the detail is erased."""
    if "outcome" in detail:
        return str(detail["outcome"])
    if action.endswith("refused"):
        return str(detail.get("reason", ""))[:40]
    return str(detail.get("status", ""))[:40]


async def of_document(
    conn: Connection, company: str, document: str, *, limit: int = 1000
) -> list[AuditEntry]:
    """Return the story of one document, the newest rows of it when it is long."""
    rows = SQL.of_document(conn, company=company, document=document, limit=limit)
    return [_entry(row) async for row in rows]


async def newest(conn: Connection, *, limit: int = 100) -> list[AuditEntry]:
    """Return the newest entries, newest first."""
    return [_entry(row) async for row in SQL.newest(conn, limit=limit)]


async def told_of(
    conn: Connection, company: str, document: str, *, before: int, limit: int
) -> list[Row]:
    """Return a page of one document's story, newest first: rows before that number."""
    rows = SQL.told_of(conn, company=company, document=document, before=before, limit=limit)
    return [read_row(row) async for row in rows]


async def back(conn: Connection, *, before: int, limit: int) -> list[Row]:
    """Return a page of the trail, newest first: rows before that number."""
    return [read_row(row) async for row in SQL.back(conn, before=before, limit=limit)]


async def head(conn: Connection) -> Row | None:
    """Return the last row of the chain."""
    row = await SQL.head(conn)
    return read_row(row) if row else None


# --- the key, and the beginning ---


async def begin(store: Database, chain: Chain, *, now: datetime) -> None:
    """Begin the chain, or see that the key still is one of it; chain what was there before.

    A stop in the middle loses nothing: the next start goes on. Raises StoreError when the last row
    was signed with a key nobody gave us, or the first key had been replaced before.
    """
    async with store.transaction() as conn:
        last = await head(conn)
        if last is None:
            former = await SQL.former_count(conn)
            told = {"rows before the chain": former, "key": chain.keys[0].name, "outcome": PROVED}
            await add(conn, AuditEntry(now, "", "countersign", BEGUN, detail=told))
        else:
            await _check_key(conn, chain, last)
            await _prove_names(conn, now)
    while await _chain_former(store):
        pass


async def _prove_names(conn: Connection, now: datetime) -> None:
    """Prove once, and say so for good, whose the pseudonyms of an older version are."""
    if await SQL.names_proved(conn):
        return
    await SQL.prove_names(conn)
    detail = {"outcome": PROVED}
    await add(conn, AuditEntry(now, "", "countersign", PROVED, detail=detail))


async def _check_key(conn: Connection, chain: Chain, last: Row) -> None:
    known, first = {key.name for key in chain.keys}, chain.keys[0].name
    if last.key not in known:
        raise StoreError(
            f"the audit trail was signed with the key {last.key}, which is not among AUDIT__KEYS"
            " and ENCRYPTION__KEYS; put it back behind the new one (docs/audit.md)"
        )
    if last.key != first and await SQL.signed_by(conn, key=first):
        raise StoreError(
            f"the audit trail's key {first} had been replaced by {last.key} and must not sign"
            f" again; put {last.key}, or a new one, in front (docs/audit.md)"
        )


async def _chain_former(store: Database) -> bool:
    """Chain a few rows that were written before there was a chain; False when none is left."""
    async with store.transaction() as conn:
        rows = [row async for row in SQL.former(conn, limit=BATCH)]
        for row in rows:
            await add(conn, _entry(row))
        if rows:
            await SQL.drop_former(conn, seq=rows[-1]["seq"])
    return bool(rows)


# --- people, and what is personal ---


async def people(conn: Connection) -> dict[str, str]:
    """Return whose each pseudonym is."""
    return {row["alias"]: row["person"] async for row in SQL.aliases(conn)}


async def people_among(conn: Connection, aliases: Iterable[str]) -> dict[str, str]:
    """Return whose each of these pseudonyms is."""
    rows = SQL.aliases_among(conn, aliases=packed(sorted(aliases)))
    return {row["alias"]: row["person"] async for row in rows}


async def alias_of(conn: Connection, person: str) -> str:
    """Return somebody's pseudonym; empty for whom the trail knows nothing of."""
    return str(await SQL.alias_of(conn, person=person) or "")


async def employee_names(conn: Connection, addresses: Iterable[str]) -> set[str]:
    """Return what the ERP calls whoever has one of these mail addresses."""
    rows = SQL.employees_of(conn, addresses=packed(sorted(addresses)))
    return {str(value) async for row in rows for value in row}


async def forget(conn: Connection, person: str) -> None:
    """Forget whose a pseudonym was: nobody can tell any more who did what stands under it."""
    await SQL.forget(conn, person=person)


async def forget_unused(conn: Connection, *, before: datetime) -> int:
    """Forget everybody who did nothing since, and of whose deeds no detail is left."""
    rows: int = await SQL.forget_unused(conn, before=stamp(before))
    return rows


async def whole(conn: Connection, *, after: int = 0, limit: int = BATCH) -> list[Row]:
    """Return rows of whose detail nothing was erased yet, in order."""
    return [read_row(row) async for row in SQL.whole(conn, seq=after, limit=limit)]


async def some(conn: Connection, *, after: int, limit: int = BATCH) -> list[Row]:
    """Return the next rows, erased ones too."""
    return [read_row(row) async for row in SQL.after(conn, seq=after, limit=limit)]


async def erase(conn: Connection, chain: Chain, row: Row, left: object) -> bool:
    """Leave only *left* of a row's detail; False when it is no longer what was read."""
    detail = packed(left)
    proof = chain.erase(row.seq, row.commitment, detail)
    rows: int = await SQL.erase(conn, seq=row.seq, was=row.detail, detail=detail, erased=proof)
    return rows > 0


# --- what leaves the store as evidence ---


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: those of a document, or of a time."""

    company: str = ""
    document: str = ""
    since: datetime = EVER
    until: datetime = NEVER


async def pages(conn: Connection, wanted: Wanted) -> AsyncIterator[list[Row]]:
    """Yield the wanted rows in order, a page at a time."""
    seq = 0
    while found := await _page(conn, wanted, seq):
        yield found
        seq = found[-1].seq


async def _page(conn: Connection, wanted: Wanted, seq: int) -> list[Row]:
    values: dict[str, Any] = {"company": wanted.company, "seq": seq, "limit": PAGE}
    if wanted.document:
        rows = SQL.rows_of_document(conn, document=wanted.document, **values)
    else:
        since, until = stamp(wanted.since), stamp(wanted.until)
        rows = SQL.rows_between(conn, since=since, until=until, **values)
    return [read_row(row) async for row in rows]


async def companies_of(conn: Connection, document: str) -> list[str]:
    """List the companies whose trail names a document."""
    return [row["company"] async for row in SQL.companies_of(conn, document=document)]


# --- what the service last started with ---


async def seen_before(conn: Connection, name: str) -> Any:
    """Return what was remembered under *name*, None when nothing was."""
    found = await SQL.seen(conn, name=name)
    return None if found is None else json.loads(found)


async def remember(conn: Connection, name: str, value: Any) -> None:
    """Remember *value* under *name*."""
    await SQL.see(conn, name=name, value=packed(value))


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
