"""Documents by what people look them up by: words, what waits, a vendor's; always within rights."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from storage.database import Connection, statements
from storage.documents import read_party, read_record
from storage.records import StoredDocument, StoredParty, packed, stamp

SQL = statements("findable")
MOST_PARTS = 8


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose documents somebody may be shown."""

    companies: frozenset[str]
    narrow: frozenset[str] = frozenset()
    """Companies of which they are shown only what they are, or were, asked about."""
    person: str = ""
    """Their aadObjectId."""

    def names(self) -> dict[str, str]:
        """Return this as parameters of a statement."""
        return {
            "companies": packed(sorted(self.companies)),
            "narrow": packed(sorted(self.narrow)),
            "person": self.person,
        }


@dataclass(frozen=True, slots=True)
class Waiting:
    """Which documents count as waiting, and where their cards must stand."""

    entities: tuple[str, ...]
    statuses: frozenset[str]
    targets: frozenset[str] = frozenset()
    """`COMPANY channel:NAME`; none means wherever."""

    def names(self) -> dict[str, str]:
        """Return this as parameters of a statement."""
        return {
            "entities": packed(list(self.entities)),
            "statuses": packed(sorted(self.statuses)),
            "targets": packed(sorted(self.targets)),
        }


async def found(
    conn: Connection,
    reach: Reach,
    entities: Collection[str],
    typed: str,
    *,
    first: int,
    count: int,
) -> list[StoredDocument]:
    """Return documents whose number, vendor, reference or orders hold every word *typed*."""
    parts = [_forms(part) for part in typed.split()[:MOST_PARTS]]
    rows = SQL.found(
        conn,
        **reach.names(),
        entities=packed(list(entities)),
        parts=packed(parts),
        start=parts[0][0] if parts else "",
        first=first,
        count=count,
    )
    return [read_record(row) async for row in rows]


async def waiting(
    conn: Connection, reach: Reach, what: Waiting, *, first: int, count: int
) -> list[StoredDocument]:
    """Return a page of what waits, the longest in its status first."""
    rows = SQL.waiting(conn, **reach.names(), **what.names(), first=first, count=count)
    return [read_record(row) async for row in rows]


async def count_waiting(conn: Connection, reach: Reach, what: Waiting) -> int:
    """Count everything that waits."""
    return int(await SQL.count_waiting(conn, **reach.names(), **what.names()))


async def of_party(
    conn: Connection, company: str, party: str, *, over: Collection[str]
) -> list[StoredDocument]:
    """List a vendor's documents, without those in a status that is *over*."""
    rows = SQL.of_party(conn, company=company, party=party, over=packed(sorted(over)))
    return [read_record(row) async for row in rows]


async def vendors(
    conn: Connection, companies: Collection[str], typed: str
) -> list[tuple[str, StoredParty]]:
    """Find vendors by number or name; each with its company, a few at most."""
    name, other = _forms(typed)
    rows = SQL.vendors(conn, companies=packed(sorted(companies)), name=name, other=other)
    return [(row["company"], read_party(row)) async for row in rows]


async def put_listing(
    conn: Connection, conversation: str, person: str, *, word: str, page: int, now: datetime
) -> None:
    """Remember which list somebody was shown last."""
    await SQL.put_listing(
        conn, conversation=conversation, person=person, word=word, page=page, now=stamp(now)
    )


async def listing(conn: Connection, conversation: str, person: str) -> tuple[str, int] | None:
    """Return the list somebody was shown last there, and its page."""
    row = await SQL.listing(conn, conversation=conversation, person=person)
    return (row["word"], row["page"]) if row else None


def _forms(typed: str) -> tuple[str, str]:
    """Return what was typed as the store may hold it: it lowers the letters A to Z alone."""
    return typed.lower(), "".join(
        char.lower() if char.isascii() else char for char in typed.upper()
    )
