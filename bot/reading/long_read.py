"""Tells how far a long read is: a row in the store, and a line in the log now and then."""

from __future__ import annotations

import logging
from datetime import timedelta
from types import TracebackType

from bot.clock import Ports
from storage import progress
from storage.database import Database

log = logging.getLogger(__name__)

FIRST = "first synchronisation"
RECONCILIATION = "reconciliation"
LINE_EVERY = timedelta(seconds=2)


class LongRead:
    """One long read, from the block's begin to its end."""

    def __init__(
        self,
        store: Database,
        ports: Ports,
        company: str,
        *,
        what: str,
        entity: str,
        total: int | None = None,
    ) -> None:
        self._store = store
        self._ports = ports
        self._thing = (company, what, entity)
        self._total = total
        self._said_at = ports.clock.now()
        self.rows = 0
        self.pages = 0

    async def __aenter__(self) -> LongRead:
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            await progress.begin(conn, *self._thing, now=now, total=self._total)
        self._say("begins")
        return self

    async def page(self, rows: int) -> None:
        """Note that so many rows more were read."""
        self.rows += rows
        self.pages += 1
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            await progress.advance(conn, *self._thing, rows=self.rows, pages=self.pages, now=now)
        if now - self._said_at >= LINE_EVERY:
            self._said_at = now
            self._say(self._so_far())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        note = "" if error is None else f"broke off: {error or type(error).__name__}"
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            await progress.finish(conn, *self._thing, note=note, now=now)
        self._say(note or f"{self.rows} read")

    def _so_far(self) -> str:
        return f"{self.rows} of {self._total}" if self._total else f"{self.rows} so far"

    def _say(self, state: str) -> None:
        company, what, entity = self._thing
        log.info("%s of %s: %s, %s", what, company, entity, state)
