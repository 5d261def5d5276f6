"""Tries deliveries again that an operator asked for, or tells what that would do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Bell, Ports
from bot.core.replays import promise, refusal
from bot.deciding.questions import Cause, note
from bot.sending.reach import Reach
from bot.sending.showing import Showing
from storage import deliveries
from storage.database import Connection, Database
from storage.records import Delivery, Json, Replay, Wanted

LOOK_EVERY = timedelta(seconds=2)
MOST = 1000
"""Deliveries of one replay; more are asked for in another."""
UNKNOWN = "is delivered, or does not exist"


class Replayer:
    """Does what the command `replay` left in the store, one request at a time."""

    def __init__(
        self,
        store: Database,
        showing: Showing,
        reach: Reach,
        ports: Ports,
        *,
        bells: Collection[Bell],
    ) -> None:
        self._store = store
        self._reach = reach
        self._showing = showing
        self._ports = ports
        self._bells = bells

    async def step(self) -> bool:
        """Do the oldest request; False when there is none."""
        async with self._store.reading() as conn:
            asked = await deliveries.next_asked(conn)
        if asked is None:
            return False
        await self.do(asked)
        return True

    async def next_due(self) -> datetime | None:
        """A command cannot ring, so we look every few seconds."""
        return self._ports.clock.now() + LOOK_EVERY

    async def do(self, asked: Replay) -> None:
        """Carry out one request: what is tried again, the answer and the audit are one piece."""
        async with self._store.transaction() as conn:
            await self._carry_out(conn, asked, f"operator {asked.asked_by}")
        self._ring()

    async def preview(self, items: Sequence[str]) -> list[Json]:
        """Tell what trying *items* again would do; does nothing."""
        asked = Replay(0, tuple(items), "", preview=True)
        async with self._store.reading() as conn:
            return await self._each(conn, asked, "")

    async def at_once(self, items: Sequence[str], *, name: str, actor: str) -> list[Json]:
        """Try *items* again for somebody of that name, who is *actor* in the audit trail."""
        async with self._store.transaction() as conn:
            now = self._ports.clock.now()
            number = await deliveries.ask(conn, items, asked_by=name, preview=False, now=now)
            asked = Replay(number, tuple(items), name, preview=False)
            told = await self._carry_out(conn, asked, actor)
        self._ring()
        return told

    def _ring(self) -> None:
        for bell in self._bells:
            bell.ring()

    async def _carry_out(self, conn: Connection, asked: Replay, actor: str) -> list[Json]:
        told = await self._each(conn, asked, actor)
        await deliveries.finish(conn, asked, told)
        return told

    async def _each(self, conn: Connection, asked: Replay, actor: str) -> list[Json]:
        """Return what became of each item, or would; those nobody knows come last."""
        found = await deliveries.unfinished(conn, Wanted(ids=asked.items), limit=MOST)
        told = [await self._one(conn, item, asked, actor) for item in found]
        known = {item.id for item in found}
        return told + [_told({"id": one}, UNKNOWN) for one in asked.items if one not in known]

    async def _one(self, conn: Connection, item: Delivery, asked: Replay, actor: str) -> Json:
        told = {"id": item.id, "company": item.company, "document": item.document}
        if why := refusal(item):
            return _told(told, why)
        shown = await self._shown(conn, item)
        if item.id.startswith("m") and item.document and shown is None and item.what != "tell":
            return _told(told, "is about a document nobody knows any more")
        if not asked.preview:
            await self._again(conn, item, asked, actor)
        done = not asked.preview
        return {**told, "able": True, "done": done, "told": promise(item), "shows": shown or ""}

    async def _shown(self, conn: Connection, item: Delivery) -> str | None:
        """Return what the card of a message would say now, in a line."""
        if item.what not in ("post", "update", "nudge"):
            return None
        shown = await self._showing.card(conn, item.company, item.document, target=item.target)
        return None if shown is None else shown.summary

    async def _again(self, conn: Connection, item: Delivery, asked: Replay, actor: str) -> None:
        now = self._ports.clock.now()
        await deliveries.again(conn, item, now=now)
        await self._reach.try_anew(conn, item.target, now)
        occurrence = f"replay.{asked.id}.{item.id}"
        cause = Cause(item.company, item.document, occurrence, self._ports.token(), now)
        await note(
            conn, cause, "replay", actor=actor, item=item.id,
            what=item.what, target=item.target, was=item.stage, reason=item.reason,
        )  # fmt: skip


def _told(item: Json, why: str) -> Json:
    """Return the answer about what is not tried again."""
    return {**item, "able": False, "done": False, "told": why}


def told_lines(answer: list[Any]) -> list[str]:
    """Return what a person reads of a replay, a line for each delivery."""
    return [_line(row) for row in answer]


def _line(row: Json) -> str:
    about = " ".join(filter(None, (row["id"], row.get("document", ""))))
    shows = f": {row['shows']}" if row.get("shows") else ""
    return f"{'✓' if row['able'] else '✗'} {about} {row['told']}{shows}"
