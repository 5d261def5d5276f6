"""Who is signed in to the admin page, and the links that sign in once. Only hashes of their ids."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import moment, stamp

SQL = statements("admin")


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in."""

    mark: str
    person: str
    """aadObjectId; empty for who came by a link."""
    name: str
    role: str
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime

    @property
    def actor(self) -> str:
        """Who it is in the audit trail."""
        return self.person or f"operator {self.name}"


def mark_of(word: str) -> str:
    """Return what the store keeps of an id that opens something."""
    return hashlib.sha256(word.encode("utf-8", "surrogateescape")).hexdigest()


async def make_link(
    conn: Connection, token: str, *, name: str, role: str, ends_at: datetime
) -> None:
    """Keep a link that signs in once."""
    await SQL.make_link(conn, mark=mark_of(token), name=name, role=role, ends_at=stamp(ends_at))


async def use_link(conn: Connection, token: str, *, now: datetime) -> tuple[str, str] | None:
    """Use a link up; return who made it and the role it gives, None when it gives none any more."""
    row = await SQL.use_link(conn, mark=mark_of(token), now=stamp(now))
    return (row["name"], row["role"]) if row else None


async def begin(conn: Connection, session: Session) -> None:
    """Keep a session; its `mark` is that of the id in the cookie."""
    await SQL.begin(
        conn,
        mark=session.mark,
        person=session.person,
        name=session.name,
        role=session.role,
        now=stamp(session.begun_at),
        ends_at=stamp(session.ends_at),
    )


async def session(conn: Connection, mark: str, *, now: datetime, idle: datetime) -> Session | None:
    """Return a session that is not over, and in which something was done since *idle*."""
    row = await SQL.session(conn, mark=mark, now=stamp(now), idle=stamp(idle))
    return _session(row) if row else None


async def seen(conn: Connection, mark: str, *, now: datetime) -> None:
    """Note that somebody did something."""
    await SQL.seen(conn, mark=mark, now=stamp(now))


async def end(conn: Connection, mark: str) -> None:
    """End a session."""
    await SQL.end(conn, mark=mark)


async def drop_over(conn: Connection, *, now: datetime, idle: datetime) -> None:
    """Forget what is over."""
    await SQL.drop_sessions(conn, now=stamp(now), idle=stamp(idle))
    await SQL.drop_links(conn, now=stamp(now))


def _session(row: Any) -> Session:
    return Session(
        row["mark"],
        row["person"],
        row["name"],
        row["role"],
        moment(row["begun_at"]),
        moment(row["seen_at"]),
        moment(row["ends_at"]),
    )
