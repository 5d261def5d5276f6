"""What can grow with use comes in pages: all of it, once, and others have their turn in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sized

import pytest
from store_values import BILL, COMPANY, NOW, later

from storage import audit, documents, ledger, outbox, settlements
from storage.database import Connection, Database
from storage.driver import PAGE

STATUS = "On Hold"
MANY = 10_000
NUMBERS = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY - 1})"
FILL = [
    f"{NUMBERS} INSERT INTO documents (company, document, status, status_since, fingerprint,"
    " last_modified, snapshot, revision, read_at)"
    f" SELECT 'acme', 'Bill/Bill/' || i, '{STATUS}', '2026-01-01T00:00:00.000000+00:00', '',"
    " '2026-01-01T00:00:00.000000+00:00', '{}', 1, '2026-01-01T00:00:00.000000+00:00' FROM n",
    f"{NUMBERS} INSERT INTO decisions (id, company, document, token, state, verbs, approvers,"
    " fingerprint, changes, asked_in, asked_at, correlation)"
    " SELECT 'd' || i, 'acme', 'Bill/Bill/' || i, 't' || i, 'pending', '[]', '[]', '', '[]', '[]',"
    " '2026-01-01T00:00:00.000000+00:00', '' FROM n",
    f"{NUMBERS} INSERT INTO settlements (decision, token, opened_at)"
    " SELECT 'd' || i, 's' || i, '2026-01-01T00:00:00.000000+00:00' FROM n",
    f"{NUMBERS} INSERT INTO cards (company, document, target)"
    " SELECT 'acme', 'Bill/Bill/' || i, 'channel:ap' FROM n",
    f"{NUMBERS} INSERT INTO outbox (key, ordering_key, lane, kind, company, document, target,"
    " payload, state, due_at, created_at, tried_at, correlation)"
    " SELECT 'k' || i, '', 1, 'say', 'acme', '', '19:x', '{}', 'delivered', '2026', '2026',"
    # Many at the very same moment: a page may end among them.
    f" '2026-11-22T14:2' || ((i / {PAGE + 1}) % 10) || ':00.000000+00:00', '' FROM n",
    f"{NUMBERS} INSERT INTO audit_rows (seq, at, correlation, actor, action, company, document,"
    " fingerprint, outcome, detail, salt, commitment, previous, key, mac)"
    f" SELECT i + 1, '2026-01-01T00:00:00.000000+00:00', '', 'us', 'looked', 'acme', '{BILL}', '',"
    " '', '{}', '', '', '', '', '' FROM n",
]
Ask = Callable[[Connection], Awaitable[Sized]]
WHOLE: dict[str, Ask] = {
    "documents that stand": lambda c: documents.standing(c, COMPANY, "Bill", [STATUS]),
    "documents asked about": lambda c: documents.open_ones(c, COMPANY, "Bill", [STATUS]),
    "questions at a place": lambda c: ledger.asked_at(c, "channel:ap"),
    "decisions of administrators": lambda c: settlements.unsettled(c, COMPANY),
    "messages sent lately": lambda c: outbox.sent_since(c, later(-3600 * 24)),
}


@pytest.fixture
async def full(store: Database) -> Database:
    """A store with ten thousand of each."""
    async with store.transaction() as conn:
        for fill in FILL:
            await conn.execute(fill)
    return store


@pytest.mark.parametrize("name", WHOLE)
async def test_ten_thousand_come_whole_in_pages(full: Database, name: str) -> None:
    asked: list[str] = []
    async with full.reading() as conn:
        await conn.set_trace_callback(asked.append)
        found = await WHOLE[name](conn)
        await conn.set_trace_callback(lambda _: None)

    assert len(found) == MANY
    assert len(asked) > MANY / PAGE


async def test_each_comes_once_and_in_order(full: Database) -> None:
    async with full.reading() as conn:
        asked = [one.id for one in await ledger.asked_at(conn, "channel:ap")]
        waiting = [one.decision for one in await settlements.unsettled(conn, COMPANY)]
        open_ones = [one.document for one in await documents.open_ones(conn, COMPANY, "Bill", [])]
        sent = [one.at for one in await outbox.sent_since(conn, later(-3600 * 24))]

    assert asked == [f"d{number}" for number in range(MANY)]
    assert waiting == sorted(asked)
    assert open_ones == sorted(f"Bill/Bill/{number}" for number in range(MANY))
    assert sent == sorted(sent)


async def test_of_a_long_story_the_newest_rows_are_told_in_order(full: Database) -> None:
    async with full.transaction() as conn:
        await conn.execute(
            "INSERT INTO audit_rows SELECT seq + 1, at, correlation, actor, 'settled', company,"
            " document, fingerprint, outcome, detail, salt, erased, commitment, previous, key, mac"
            f" FROM audit_rows WHERE seq = {MANY}"
        )
        told = await audit.of_document(conn, COMPANY, BILL, limit=3)
        plenty = await audit.of_document(conn, COMPANY, BILL)

    assert [one.action for one in told] == ["looked", "looked", "settled"]
    assert len(plenty) == 1000


async def test_a_number_leads_to_the_documents_that_have_it_and_to_no_others(
    full: Database,
) -> None:
    async with full.reading() as conn:
        found = await documents.numbered(conn, "Bill", "77")

    assert [one.document for one in found] == ["Bill/Bill/77"]
    assert found[0].read_at < NOW
