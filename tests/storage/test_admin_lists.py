"""Lists of the admin page go on where the page before ended, and leave out and repeat nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import audit, documents, ledger
from storage.database import Database
from storage.records import AuditEntry, Decision, DecisionState, StoredDocument, stamp

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COUNT, PAGE = 23, 5


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    """Documents of two companies; several changed at one moment, each with a question."""
    opened = await Database.open(tmp_path / "store.db")
    async with opened.transaction() as conn:
        for number in range(COUNT):
            at = NOW + timedelta(minutes=number // 4)
            for company in ("acme", "other"):
                key = f"Bill/Bill/{number:06}"
                await documents.put(
                    conn,
                    StoredDocument(company, key, "On Hold", at, "f", at, {}, 1, at),
                )
                await ledger.ask(conn, question(company, key, at))
                await audit.add(
                    conn, AuditEntry(at, "c", "countersign", "document seen", company, key)
                )
    yield opened
    await opened.close()


def question(company: str, key: str, at: datetime) -> Decision:
    name = f"{company} {key}"
    return Decision(
        name, company, key, f"token {name}", DecisionState.PENDING, ("release",), (), "f", at, "c"
    )


async def test_documents_come_newest_first_page_by_page(store: Database) -> None:
    found: list[StoredDocument] = []
    after = ("~", "")
    async with store.reading() as conn:
        while page := await documents.newest(conn, "acme", limit=PAGE, after=after):
            assert len(page) <= PAGE
            found += page
            after = (stamp(page[-1].status_since), page[-1].document)
    assert len({one.document for one in found}) == len(found) == COUNT
    assert found == sorted(found, key=lambda one: (one.status_since, one.document), reverse=True)
    assert {one.company for one in found} == {"acme"}


async def test_what_waits_comes_oldest_first_page_by_page(store: Database) -> None:
    found: list[str] = []
    after = ("", "")
    async with store.reading() as conn:
        while page := await documents.asked(conn, "acme", limit=PAGE, after=after):
            found += [one.document for one, _ in page]
            after = (stamp(page[-1][1]), page[-1][0].document)
        assert await ledger.open_questions(conn, "acme") == (COUNT, NOW)
        assert await ledger.open_questions(conn, "nobody") == (0, None)
    assert found == [f"Bill/Bill/{number:06}" for number in range(COUNT)]


async def test_a_story_and_the_trail_go_back_page_by_page(store: Database) -> None:
    async with store.reading() as conn:
        (row,) = await audit.told_of(conn, "acme", "Bill/Bill/000007", before=1 << 62, limit=PAGE)
        assert (row.company, row.document) == ("acme", "Bill/Bill/000007")
        assert not await audit.told_of(conn, "acme", "Bill/Bill/000007", before=row.seq, limit=PAGE)
        seen: list[int] = []
        before = 1 << 62
        while page := await audit.back(conn, before=before, limit=PAGE):
            seen += [one.seq for one in page]
            before = page[-1].seq
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == len(seen) >= 2 * COUNT
