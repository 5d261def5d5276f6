"""Reads pushes that the door stored: what they name becomes hints, what they hide is polled.

A push that cannot be read, or of which a row cannot, is parked with the reason where an operator
sees it; as nobody knows what it would have told, the company is polled at once.
"""

from __future__ import annotations

import asyncio
import logging

from acumatica_client.entities import ENTITIES
from acumatica_client.models import DocumentKey
from acumatica_client.notifications import Push, PushMalformed, read_push
from bot.attempt import attempt
from bot.board import Board
from bot.clock import Ports
from bot.companies import Tenant
from storage import inbox
from storage.database import Database
from storage.records import Done, Outcome, RawPush, Reject

log = logging.getLogger(__name__)

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
        """Read one push; False when there is none."""
        async with self._store.reading() as conn:
            push = await inbox.next_push(conn, self._company)
        if push is None:
            return False
        outcome = await attempt(lambda: self._take_in(push), what=f"push {push.id}")
        if not isinstance(outcome, Done):
            await self._park(push, getattr(outcome, "reason", ""))
        return True

    async def _take_in(self, push: RawPush) -> Outcome:
        try:
            found = await self._read(push.body)
        except PushMalformed as error:
            return Reject(str(error))
        # The status a row shows is believed for nothing but the order of looking.
        waiting = {key for key in found.documents if self._may_wait(key, found.statuses.get(key))}
        await self._store_hints(push, [str(key) for key in waiting], waits=True)
        others = [str(key) for key in found.documents if key not in waiting]
        await self._store_hints(push, others, waits=False)
        if found.complaint:
            return Reject(found.complaint)
        # Last, so that a push whose reading is cut off is read again: hints for one document merge.
        async with self._store.transaction() as conn:
            await inbox.finish_push(conn, push)
        return Done()

    async def _read(self, body: bytes) -> Push:
        if len(body) < LARGE:
            return read_push(body, self._queries)
        return await asyncio.to_thread(read_push, body, self._queries)

    def _may_wait(self, key: DocumentKey, status: str | None) -> bool:
        return not status or status in self._waiting[key.entity]

    async def _store_hints(self, push: RawPush, names: list[str], *, waits: bool) -> None:
        now = self._ports.clock.now()
        for start in range(0, len(names), CHUNK):
            async with self._store.transaction() as conn:
                await inbox.add_hints(
                    conn,
                    push.company,
                    names[start : start + CHUNK],
                    reason="push",
                    correlation=push.correlation,
                    now=now,
                    waits=waits,
                )

    async def _park(self, push: RawPush, reason: str) -> None:
        async with self._store.transaction() as conn:
            await inbox.finish_push(conn, push, parked=reason or "for no known reason")
        log.warning("push parked", extra={"company": push.company, "reason": reason})
        self._board.poll_now()
