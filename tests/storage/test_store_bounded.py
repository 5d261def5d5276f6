"""However much waits, no more of it is in memory than is worked on."""

from __future__ import annotations

import tracemalloc
from collections.abc import Awaitable, Callable, Sized

from store_values import COMPANY, NOW

from storage import backlog, inbox, ledger, outbox
from storage.database import Connection, Database

WAITING = 100_000
MANY = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {WAITING - 1})"
PEAK = 2 * 1024 * 1024
"""Bytes a question to the store may take; all of what waits would be 50 times that."""
FILL = [
    f"{MANY} INSERT INTO inbox (company, identity, received_at, stamp, body, correlation)"
    " SELECT 'acme', 'p' || i, '2026', i, CAST(printf('%0500d', i) AS BLOB), '' FROM n",
    f"{MANY} INSERT INTO hints (company, document, reason, correlation, due_at, lane)"
    " SELECT 'acme', 'Bill/Bill/' || i, 'push', '', '2026-01-01', i % 2 FROM n",
    f"{MANY} INSERT INTO outbox (key, ordering_key, lane, kind, company, document, target,"
    " payload, due_at, created_at, correlation)"
    """ SELECT 'n' || i, 'o' || i, 1, 'post', 'acme', '', 'person:' || (i % 50),"""
    """ '{"x": "' || printf('%0500d', i) || '"}', '2026', '2026-01-01', '' FROM n""",
    f"{MANY} INSERT INTO decisions (id, company, document, token, state, verbs, approvers,"
    " fingerprint, changes, asked_in, asked_at, correlation)"
    " SELECT 'd' || i, 'acme', 'Bill/Bill/' || i, 't' || i, 'pending', '[]', '[]', '', '[]', '[]',"
    " '2026', '' FROM n",
]
Ask = Callable[[Connection], Awaitable[Sized]]


async def messages(conn: Connection) -> Sized:
    return await outbox.due(conn, now=NOW)


ASKED: dict[str, tuple[Ask, int]] = {
    "pushes": (lambda c: inbox.next_pushes(c, COMPANY, limit=64, most_bytes=65536), 64),
    "looks": (lambda c: inbox.due_hints(c, COMPANY, NOW, limit=4), 4),
    "messages, by their places": (messages, 50),
    "messages not delivered": (lambda c: outbox.unfinished(c, limit=100), 100),
    "open questions": (lambda c: ledger.open_documents(c, COMPANY, after="", limit=500), 500),
    "what was in flight": (outbox.abandoned, 0),
    "cards held back": (lambda c: backlog.held_back(c, "person:1", count=10), 10),
}


async def test_a_hundred_thousand_of_each_waiting_are_never_loaded_at_once(
    store: Database,
) -> None:
    async with store.transaction() as conn:
        for fill in FILL:
            await conn.execute(fill)
    async with store.reading() as conn:
        for name, (ask, most) in ASKED.items():
            tracemalloc.start()
            found = await ask(conn)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

            assert len(found) <= most, name
            assert peak < PEAK, name

        last, seen = "", 0
        while part := await ledger.open_documents(conn, COMPANY, after=last, limit=5000):
            seen, last = seen + len(part), part[-1]
    assert seen == WAITING
