"""Reconciliations an operator asked for: left here by a command, done by the service."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import packed, stamp

SQL = statements("requests")


async def ask(conn: Connection, company: str, *, now: datetime) -> int:
    """Ask for a reconciliation of *company*; returns the request's number."""
    return int(await SQL.ask(conn, company=company, now=stamp(now)))


async def waits(conn: Connection, company: str) -> bool:
    """Say whether somebody asked and nobody has begun."""
    return await SQL.waits(conn, company=company) is not None


async def take(conn: Connection, company: str) -> int | None:
    """Take the oldest request of *company* that nobody has begun."""
    row = await SQL.take(conn, company=company)
    return int(row["id"]) if row else None


async def finish(conn: Connection, request: int, answer: Any, *, now: datetime) -> None:
    """Note what came of a request."""
    await SQL.finish(conn, id=request, answer=packed(answer), now=stamp(now))


async def put_back(conn: Connection) -> None:
    """At start: what the former process did not finish is asked for still."""
    await SQL.put_back(conn)


async def state(conn: Connection, request: int) -> tuple[str, Any]:
    """Return where a request stands (`new`, `taken`, `done`) and its answer."""
    row = await SQL.get(conn, id=request)
    return (row["state"], json.loads(row["answer"])) if row else ("done", {})
