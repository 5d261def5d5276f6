"""Everything that was taken on and is not at its end, in one list; and trying one of it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import Delivery, Replay, Wanted, moment, moment_or_none, packed, stamp

SQL = statements("deliveries")
REPLAYS = statements("replays")


def place_of(delivery: Delivery) -> str:
    """Return where something stands in the list, for the page after it."""
    return f"{stamp(delivery.since)}|{delivery.id}"


async def unfinished(
    conn: Connection, wanted: Wanted, *, limit: int, after: str = ""
) -> list[Delivery]:
    """List what is not at its end, oldest first, after the place of a row."""
    rows = SQL.unfinished(
        conn,
        company=wanted.company,
        document=wanted.document,
        state=wanted.state,
        since=stamp(wanted.since),
        ids=packed(wanted.ids or ()),
        everything=int(wanted.ids is None),
        after=after or "|",
        limit=limit,
    )
    return [_delivery(row) async for row in rows]


async def counts(conn: Connection, company: str = "") -> dict[str, tuple[int, datetime]]:
    """Count what is not at its end by state, with the moment the oldest of each began."""
    rows = SQL.counts(conn, company=company)
    return {row["state"]: (row["items"], moment(row["oldest"])) async for row in rows}


async def knows(conn: Connection, company: str) -> bool:
    """Say whether anything was ever taken on for a company of that name."""
    return bool(await SQL.knows(conn, company=company))


async def counts_of_none(conn: Connection) -> dict[str, tuple[int, datetime]]:
    """Count what belongs to no company and is not at its end: answers in chat, welcomes."""
    rows = SQL.counts_of_none(conn)
    return {row["state"]: (row["items"], moment(row["oldest"])) async for row in rows}


async def again(conn: Connection, item: Delivery, *, now: datetime) -> bool:
    """Try a parked or perhaps delivered thing once more; False when it moved on meanwhile."""
    number = int(item.id[1:])
    match item.id[0]:
        case "m":
            return bool(await SQL.message_again(conn, id=number, now=stamp(now)))
        case "p":
            return bool(await SQL.push_again(conn, id=number))
        case "l":
            return bool(await SQL.look_again(conn, id=number, now=stamp(now)))
        case _:
            return False


# --- what a command leaves to the service ---


async def ask(
    conn: Connection, items: Sequence[str], *, asked_by: str, preview: bool, now: datetime
) -> int:
    """Ask the service to try *items* again, or to tell what it would do; returns a number."""
    return int(
        await REPLAYS.ask(
            conn, items=packed(items), asked_by=asked_by, preview=int(preview), now=stamp(now)
        )
    )


async def next_asked(conn: Connection) -> Replay | None:
    """Return the oldest replay nobody has done."""
    row = await REPLAYS.next_asked(conn)
    if row is None:
        return None
    return Replay(row["id"], tuple(json.loads(row["items"])), row["asked_by"], bool(row["preview"]))


async def finish(conn: Connection, replay: Replay, answer: Any) -> None:
    """Note what came of a replay."""
    await REPLAYS.finish(conn, id=replay.id, answer=packed(answer))


async def answer(conn: Connection, number: int) -> Any:
    """Return what came of a replay; None while nothing did."""
    row = await REPLAYS.get(conn, id=number)
    return json.loads(row["answer"]) if row and row["state"] == "done" else None


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row["id"],
        what=row["what"],
        company=row["company"],
        document=row["document"],
        target=row["target"],
        state=row["state"],
        stage=row["stage"],
        reason=row["reason"],
        attempts=row["attempts"],
        since=moment(row["since"]),
        due_at=moment_or_none(row["due_at"] or None),
    )
