"""The outbox: messages to Teams, which is the queue and the proof at once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.database import Connection, statements
from storage.driver import PAGE, paged
from storage.records import (
    Lane,
    OutboxItem,
    OutboxState,
    Transition,
    earlier,
    moment,
    moment_or_none,
    packed,
    stamp,
)

SQL = statements("outbox")
_LAST = 2**62
"""Greater than the number of any message."""


@dataclass(frozen=True, slots=True)
class Due:
    """What one target has to send of one urgency, and the conversation it leads to."""

    target: str
    lane: int
    conversation: str
    """The target itself, where none is known yet."""
    service_url: str = ""
    messages: int = 1
    """How many are due, those counted too that wait behind another of their document."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt of late: when, and in which conversation."""

    conversation: str
    at: datetime


async def add(conn: Connection, item: OutboxItem, *, now: datetime) -> bool:
    """Put a message into the outbox; False when its key was there already."""
    rows = await SQL.add(
        conn,
        key=item.key,
        ordering_key=item.ordering_key,
        lane=lane_of(item),
        kind=item.kind,
        company=item.company,
        document=item.document,
        target=item.target,
        payload=packed(item.payload),
        now=stamp(now),
        correlation=item.correlation,
    )
    return bool(rows)


def lane_of(item: OutboxItem) -> Lane:
    """Say how urgent a message is."""
    if item.kind in ANSWERS:
        return Lane.ANSWERS
    return Lane.ASKS if item.asks else Lane.INFORMS


ANSWERS = frozenset({"say", "tell", "connect"})
"""Kinds of messages somebody is looking at the screen for."""


async def due(conn: Connection, *, now: datetime) -> list[Due]:
    """List every target with something to send now, once for each urgency."""
    return [Due(**row) async for row in SQL.due(conn, now=stamp(now))]


async def claim(conn: Connection, target: str, *, now: datetime) -> OutboxItem | None:
    """Take the next message that is due at *target*."""
    row = await SQL.claim(conn, target=target, now=stamp(now))
    return _item(row) if row else None


async def record(conn: Connection, item: OutboxItem, transition: Transition) -> bool:
    """Store where an attempted message goes; False when it was rescued meanwhile."""
    rows = await SQL.record(
        conn,
        id=item.id,
        state=transition.state,
        due_at=stamp(transition.due_at),
        reason=transition.reason,
        unknowns=transition.unknowns,
        bounded=transition.bounded,
    )
    return bool(rows)


async def abandoned(conn: Connection) -> list[OutboxItem]:
    """List messages that were in flight when the former process died; only at start."""
    return [_item(row) async for row in SQL.abandoned(conn)]


async def anything_due(conn: Connection, *, now: datetime) -> bool:
    """Say whether any message may go now, or is on its way; one behind a parked one may not."""
    return bool(await SQL.any_in_flight(conn)) or bool(await due(conn, now=now))


async def next_due(conn: Connection, *, now: datetime) -> datetime | None:
    """Return when the next message comes due that is not due yet."""
    return moment_or_none(await SQL.next_due(conn, now=stamp(now)))


async def sent_since(conn: Connection, since: datetime) -> list[Sent]:
    """List what was tried since a moment, oldest first; a thread counts as its conversation."""

    def after(last: Any) -> AsyncIterator[Any]:
        tried, place = (last["tried_at"], last["id"]) if last else (stamp(since), _LAST)
        rows: AsyncIterator[Any] = SQL.sent_since(conn, since=tried, after=place, limit=PAGE)
        return rows

    return [
        Sent(row["conversation"].partition(";")[0], moment(row["tried_at"]))
        async for row in paged(after)
    ]


async def hold(conn: Connection, target: str, *, until: datetime) -> None:
    """Send nothing to *target* before *until*: its conversation was throttled."""
    await SQL.hold(conn, target=target, due_at=stamp(until))


async def set_back(conn: Connection, by: timedelta, *, now: datetime) -> None:
    """Have everything that waits go as it would by a clock that was not set back *by* so much."""
    await SQL.set_back(conn, now=stamp(now), shift=earlier(by))


async def wake(conn: Connection, target: str, *, now: datetime) -> int:
    """Send what waited for *target* to become known; return how many messages that are."""
    return int(await SQL.wake(conn, target=target, now=stamp(now)))


async def wake_all(conn: Connection, *, now: datetime) -> int:
    """Try everything that waits: the bot was installed somewhere, or people are known anew."""
    return int(await SQL.wake_all(conn, now=stamp(now)))


async def wake_refused(conn: Connection, reason: str, *, now: datetime) -> int:
    """Try again what is parked for a *reason*, as far as that is how its own begins."""
    return int(await SQL.wake_refused(conn, reason=reason, now=stamp(now)))


async def arrived(conn: Connection, company: str, document: str, target: str) -> None:
    """Note that a post without an answer did arrive."""
    await SQL.arrived(conn, company=company, document=document, target=target)


async def unsent(conn: Connection, kind: str, company: str, target: str) -> bool:
    """Say whether a message of *kind* is still on its way to *target*."""
    return await SQL.unsent(conn, kind=kind, company=company, target=target) is not None


async def counts(conn: Connection) -> dict[str, int]:
    """Count the messages in each state."""
    return {row["state"]: row["items"] async for row in SQL.counts(conn)}


async def unfinished(conn: Connection, *, limit: int = 100) -> list[OutboxItem]:
    """List the newest messages that have not been delivered."""
    return [_item(row) async for row in SQL.unfinished(conn, limit=limit)]


def _item(row: Any) -> OutboxItem:
    return OutboxItem(
        key=row["key"],
        kind=row["kind"],
        company=row["company"],
        document=row["document"],
        target=row["target"],
        payload=json.loads(row["payload"]),
        correlation=row["correlation"],
        asks=row["lane"] == Lane.ASKS,
        id=row["id"],
        attempts=row["attempts"],
        unknowns=row["unknowns"],
        bounded=row["bounded"],
        created_at=moment(row["created_at"]),
        replayed_at=moment_or_none(row["replayed_at"]),
        state=OutboxState(row["state"]),
        reason=row["reason"],
    )
