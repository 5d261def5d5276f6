"""Tells approvers in their activity feed that something waits, where the operator wants that.

It comes besides the card and never before it matters: what fails here holds nothing up, is tried a
few times and then parked, counted on the company's board. Follows the vendor's page
"userTeamwork: sendActivityNotification".
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from acumatica_client.models import Document
from bot.board import Board
from bot.clock import Clock
from bot.core.apps import chain_of, feed_body, feed_path
from bot.core.graph import GraphBusy, GraphError, GraphRefused
from bot.languages import language_with
from bot.people.graph import Graph
from bot.people.installs import App
from cards.feed import feed_preview, feed_title
from storage import documents, feed
from storage.database import Database
from storage.records import FeedEntry

log = logging.getLogger(__name__)

APART = timedelta(seconds=0.25)
"""Between two lines: Teams takes five a second from one app in one tenant."""
LOOK_EVERY = timedelta(seconds=5)
NEWS = timedelta(hours=24)
"""What waited longer than this is no news, also when the feed is switched on for the first time."""
MAX_ATTEMPTS = 6


class Feed:
    """Carries lines to activity feeds, one at a time."""

    def __init__(
        self,
        graph: Graph,
        store: Database,
        clock: Clock,
        boards: Mapping[str, Board],
        *,
        app: App,
        own: Mapping[str, str],
    ) -> None:
        self._graph = graph
        self._store = store
        self._clock = clock
        self._boards = boards
        self._app = app
        self._own = own
        """Each company's own language."""
        self._next = clock.now()

    async def step(self) -> bool:
        """Tell one line; False when none is due."""
        now = self._clock.now()
        if now < self._next:
            return False
        async with self._store.transaction() as conn:
            await feed.gather(conn, since=now - NEWS, now=now)
            entry = await feed.due(conn, now=now)
        if entry is None:
            self._next = now + LOOK_EVERY
            return False
        await self._tell(entry)
        self._next = self._clock.now() + APART
        return True

    async def next_due(self) -> datetime | None:
        """Return when to look again."""
        return self._next

    async def _tell(self, entry: FeedEntry) -> None:
        if entry.company not in self._boards:
            async with self._store.transaction() as conn:
                await feed.park(conn, entry, note="the file has no such company any more")
            return
        body = await self._line(entry)
        try:
            if body is not None:
                await self._graph.post(feed_path(entry.person), body)
        except GraphError as error:
            await self._failed(entry, error)
            return
        self._boards[entry.company].count("feed", "told")
        async with self._store.transaction() as conn:
            await feed.told(conn, entry)

    async def _line(self, entry: FeedEntry) -> Mapping[str, object] | None:
        async with self._store.reading() as conn:
            record = await documents.get(conn, entry.company, entry.document)
            language = await language_with(conn, entry.person, self._own[entry.company])
        if record is None:
            return None
        document = Document.from_json(record.snapshot)
        return feed_body(
            feed_title(document, language),
            feed_preview(document, language),
            app_id=self._app.manifest_id,
            chain=chain_of(entry.company, entry.document),
            catalog_id=self._app.catalog_id,
        )

    async def _failed(self, entry: FeedEntry, error: GraphError) -> None:
        attempts, note = entry.attempts + 1, str(error)
        told = error.after if isinstance(error, GraphBusy) else None
        wait = timedelta(seconds=2.0**attempts if told is None else told)
        over = isinstance(error, GraphRefused) or attempts >= MAX_ATTEMPTS
        self._boards[entry.company].count("feed", "parked" if over else "put off")
        async with self._store.transaction() as conn:
            if over:
                await feed.park(conn, entry, note=note)
            else:
                await feed.later(conn, entry, due_at=self._clock.now() + wait, note=note)
        if over:
            told_of = {"company": entry.company, "document": entry.document, "reason": note}
            log.warning("the activity feed was not told", extra=told_of)
