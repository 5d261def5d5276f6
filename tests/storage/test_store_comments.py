"""What people say about a document is kept once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from storage import comments
from storage.database import Database
from storage.records import Comment

NOW = datetime(2026, 11, 22, 14, 20, tzinfo=UTC)
REPLY = Comment("acme", "Bill/Bill/000154", "19:ap|17", "aad-ann", "Ann", "Is this ours?", "reply")


async def test_the_same_message_told_twice_is_one_comment(store: Database) -> None:
    async with store.transaction() as conn:
        first = await comments.add(conn, REPLY, now=NOW)
        again = await comments.add(conn, replace(REPLY, text="edited"), now=NOW)
        kept = await comments.of_document(conn, "acme", "Bill/Bill/000154")

    assert (first, again) == (True, False)
    assert kept == [replace(REPLY, said_at=NOW)]
