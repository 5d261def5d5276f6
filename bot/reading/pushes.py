"""Reads pushes that the door stored: what they name becomes hints, what they hide is polled.

A push that cannot be read, or of which a row cannot, is parked with the reason where an operator
sees it; as nobody knows what it would have told, the company is polled at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from acumatica_client.entities import ENTITIES
from acumatica_client.models import DocumentKey
from acumatica_client.notifications import Push, PushMalformed, read_push
from bot.attempt import attempt
from bot.board import Board
from bot.clock import Ports
from bot.companies import Tenant
from bot.deciding.questions import Cause, note
from bot.tracing import about
from storage import inbox
from storage.database import Connection, Database
from storage.records import Done, Outcome, RawPush, Reject

log = logging.getLogger(__name__)

MOST_AT_ONCE = 64
"""Pushes that are taken in with one transaction, while they are small."""
CHUNK = 500
"""Hints of one transaction."""
LARGE = 64 * 1024
"""Bytes from which a body is read on a thread, so that nobody waits for it."""


class Pushes:
    """Reads one company's pushes, in the order of their time stamps."""

    def __init__(self, tenant: Tenant, store: Database, ports: Ports, board: Board) -> None:
        self._company = tenant.name
        waiting = tenant.routes.waiting_statuses
        self._waiting = {name: frozenset(waiting(name)) for name in ENTITIES}
        self._queries = tenant.company.queries()
        self._store = store
        self._ports = ports
        self._board = board

    async def read_next(self) -> bool:
        """Read what comes first in line; False when there is nothing."""
        async with self._store.reading() as conn:
            found = await inbox.next_pushes(
                conn, self._company, limit=MOST_AT_ONCE, most_bytes=LARGE
            )
        if len(found) < 2 or not await self._take_in_together(found):
            for push in found:
                await self._take_in_alone(push)
        return bool(found)

    async def _take_in_together(self, pushes: Sequence[RawPush]) -> bool:
        """Take in several with one transaction; False when one of them needs more care."""
        try:
            found = [await self._read(push.body) for push in pushes]
        except PushMalformed:
            return False
        if any(one.complaint for one in found) or sum(len(one.documents) for one in found) > CHUNK:
            return False

        async def effect() -> Outcome:
            async with self._store.transaction() as conn:
                for push, one in zip(pushes, found, strict=True):
                    for waits, names in self._by_urgency(one):
                        await self._add_hints(conn, push, names, waits=waits)
                await inbox.finish_pushes(conn, pushes)
                await self._note(conn, "pushes read", pushes)
            return Done()

        return isinstance(await attempt(effect, what=f"{len(pushes)} pushes"), Done)

    async def _take_in_alone(self, push: RawPush) -> None:
        with about("read push", push.correlation, company=push.company):
            outcome = await attempt(lambda: self._take_in(push), what=f"push {push.id}")
            if not isinstance(outcome, Done):
                await self._park(push, getattr(outcome, "reason", ""))

    async def _take_in(self, push: RawPush) -> Outcome:
        try:
            found = await self._read(push.body)
        except PushMalformed as error:
            return Reject(str(error))
        for waits, names in self._by_urgency(found):
            await self._store_hints(push, names, waits=waits)
        if found.complaint:
            return Reject(found.complaint)
        # Last, so that a push whose reading is cut off is read again: hints for one document merge.
        async with self._store.transaction() as conn:
            await inbox.finish_push(conn, push)
            await self._note(conn, "pushes read", [push])
        return Done()

    async def _read(self, body: bytes) -> Push:
        if len(body) < LARGE:
            return read_push(body, self._queries)
        return await asyncio.to_thread(read_push, body, self._queries)

    def _by_urgency(self, found: Push) -> list[tuple[bool, list[str]]]:
        """Divide what a push names into what may wait for somebody, and the others.

        The status a row shows is believed for nothing but the order of looking.
        """
        asked: list[str] = []
        others: list[str] = []
        for key in found.documents:
            waits = self._may_wait(key, found.statuses.get(key))
            (asked if waits else others).append(str(key))
        return [(waits, names) for waits, names in ((True, asked), (False, others)) if names]

    def _may_wait(self, key: DocumentKey, status: str | None) -> bool:
        return not status or status in self._waiting[key.entity]

    async def _store_hints(self, push: RawPush, names: list[str], *, waits: bool) -> None:
        for start in range(0, len(names), CHUNK):
            async with self._store.transaction() as conn:
                await self._add_hints(conn, push, names[start : start + CHUNK], waits=waits)

    async def _add_hints(
        self, conn: Connection, push: RawPush, names: list[str], *, waits: bool
    ) -> None:
        await inbox.add_hints(
            conn,
            push.company,
            names,
            reason="push",
            correlation=push.correlation,
            now=self._ports.clock.now(),
            waits=waits,
        )

    async def _note(
        self, conn: Connection, action: str, pushes: Sequence[RawPush], **detail: str
    ) -> None:
        """Tell the audit which pushes came in; what they led to has their correlation id."""
        own = [push.correlation for push in pushes]
        cause = Cause(self._company, "", "", own[0], self._ports.clock.now())
        await note(conn, cause, action, pushes=own, **detail)

    async def _park(self, push: RawPush, reason: str) -> None:
        async with self._store.transaction() as conn:
            await inbox.finish_push(conn, push, parked=reason or "for no known reason")
            await self._note(conn, "push parked", [push], reason=reason)
        log.warning("push parked", extra={"company": push.company, "reason": reason})
        self._board.poll_now()
