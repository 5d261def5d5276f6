"""What presses, looks and sending ask for all the time does not get slower as rows pile up."""

from __future__ import annotations

import re
from types import ModuleType

import pytest
from store_values import COMPANY, NOW, message

from storage import inbox, ledger, outbox, posted_cards
from storage.database import Database
from storage.driver import rows

HOT = [
    (inbox, "next_new"), (inbox, "next_new_all"), (inbox, "due_hints"), (inbox, "next_hints"),
    (inbox, "answer_hint"), (inbox, "forget"),
    (outbox, "claim"), (outbox, "next_due"), (outbox, "arrived"), (outbox, "unsent"),
    (outbox, "record"), (outbox, "hold"), (outbox, "wake"),
    (ledger, "claim"), (posted_cards, "of_document"),
]  # fmt: skip
MANY = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"


@pytest.mark.parametrize(("table", "name"), HOT, ids=lambda one: getattr(one, "__name__", one))
async def test_a_hot_statement_walks_over_no_table(
    store: Database, table: ModuleType, name: str
) -> None:
    sql = getattr(table.SQL, name).sql
    named = re.findall(r"(?<![\w:]):([a-z_]+)", sql)

    async with store.reading() as conn:
        plan = await rows(conn, f"EXPLAIN QUERY PLAN {sql}", dict.fromkeys(named, "[]"))

    steps = [row["detail"] for row in plan]
    tables = r"SCAN (inbox|hints|outbox|candidate|earlier|decisions|cards)\b"
    assert [step for step in steps if re.match(tables, step)] == []
    assert [step for step in steps if "earlier" in step and "outbox_order" not in step] == []


async def steps_of(store: Database, sql: str, values: dict[str, object]) -> int:
    """Count what SQLite does for a statement, in thousands of its own instructions."""
    done = 0

    def count() -> int:
        nonlocal done
        done += 1
        return 0

    async with store.transaction() as conn:
        await conn.set_progress_handler(count, 1000)
        await rows(conn, sql, values)
        await conn.set_progress_handler(lambda: 0, 0)
    return done


async def test_with_many_hints_the_next_one_is_as_near_as_with_few(store: Database) -> None:
    async with store.transaction() as conn:
        await conn.execute(
            f"{MANY} INSERT INTO hints (company, document, reason, correlation, due_at, lane)"
            " SELECT 'acme', 'd' || i, '', '', '2026-01-01', i % 2 FROM n"
        )

    for name in ("due_hints", "next_hints"):
        sql = getattr(inbox.SQL, name).sql
        assert await steps_of(store, sql, {"company": COMPANY, "now": "2027", "limit": 4}) < 3


async def test_who_may_send_is_found_in_one_walk_however_much_waits(store: Database) -> None:
    """Rows that wait behind others of their document once made it a walk for each of them."""
    async with store.transaction() as conn:
        await outbox.add(conn, message(), now=NOW)
        await conn.execute(
            f"{MANY} INSERT INTO outbox (key, ordering_key, lane, kind, company, document, target,"
            " payload, due_at, created_at, correlation)"
            " SELECT 'n' || i, 'o' || i, 1, 'post', '', '', 't' || (i % 50), '{}', '2026', '', ''"
            " FROM n"
        )

    assert await steps_of(store, outbox.SQL.due.sql, {"now": "2027"}) < 600
