"""What people said about a document: kept beside its history; it decides nothing."""

from __future__ import annotations

from datetime import datetime

from storage.database import Connection, statements
from storage.records import Comment, moment, stamp

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
    )
    return bool(added)


async def of_document(conn: Connection, company: str, document: str) -> list[Comment]:
    """Return what was said about a document, oldest first."""
    return [
        Comment(
            row["company"],
            row["document"],
            row["source"],
            row["person"],
            row["name"],
            row["text"],
            row["via"],
            moment(row["said_at"]),
        )
        async for row in SQL.of_document(conn, company=company, document=document)
    ]
