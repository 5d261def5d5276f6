"""What people said about a document: kept beside its history; it decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import Comment, Question, moment, packed, stamp

SQL = statements("comments")


async def add(conn: Connection, comment: Comment, *, now: datetime) -> bool:
    """Keep *comment*; False when the same message was kept before."""
    added = await SQL.add(
        conn,
        company=comment.company,
        document=comment.document,
        source=comment.source,
        person=comment.person,
        name=comment.name,
        text=comment.text,
        via=comment.via,
        now=stamp(now),
        guest=int(comment.guest),
    )
    return bool(added)


async def mark(conn: Connection, source: str, changed: str, *, text: str = "") -> bool:
    """Note that a message was deleted in Teams, or edited, and now says *text*.

    False when it is not kept, or that is known already.
    """
    return bool(await SQL.mark(conn, source=source, changed=changed, text=text))


async def of_document(conn: Connection, company: str, document: str) -> list[Comment]:
    """Return what was said about a document, oldest first."""
    rows = SQL.of_document(conn, company=company, document=document)
    return [_comment(row) async for row in rows]


async def newest(
    conn: Connection, company: str, document: str, *, via: Sequence[str], most: int
) -> list[Comment]:
    """Return the *most* last comments that came by one of these ways, oldest first."""
    rows = SQL.newest(conn, company=company, document=document, via=packed(via), most=most)
    return [_comment(row) async for row in rows]


async def count_since(conn: Connection, like: Comment, *, since: datetime) -> int:
    """Count what *like*'s person said about its document in the same way since a moment."""
    found = await SQL.count_since(
        conn,
        company=like.company,
        document=like.document,
        person=like.person,
        via=like.via,
        since=stamp(since),
    )
    return int(found)


async def ask(conn: Connection, question: Question, *, now: datetime) -> None:
    """Keep a question somebody is asked in their own chat."""
    await SQL.ask(conn, **asdict(question), now=stamp(now))


async def question(conn: Connection, token: str) -> Question | None:
    """Return the question a button to answer leads to."""
    row = await SQL.question(conn, token=token)
    return Question(**{name: row[name] for name in Question.__slots__}) if row else None


def _comment(row: Any) -> Comment:
    return Comment(
        row["company"],
        row["document"],
        row["source"],
        row["person"],
        row["name"],
        row["text"],
        row["via"],
        moment(row["said_at"]),
        bool(row["guest"]),
        row["changed"],
    )
