"""Polls Acumatica for changed documents: window reads, page by page, into hints to look.

The watermark is the greatest LastModifiedDateTime *received*, never our clock, and is stored in one
transaction with the hints it produced. Each window overlaps the last, as late commits carry an
earlier stamp; what is known already makes no hint.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from acumatica_client.entities import ENTITIES, Entity
from acumatica_client.errors import ErpBusy, ErpError
from acumatica_client.models import Glimpse
from bot.clock import Bell, Ports
from bot.companies import Tenant
from storage import documents, inbox
from storage.database import Connection, Database

log = logging.getLogger(__name__)

AHEAD = timedelta(seconds=2)
"""The window ends a little after the ERP's own clock, whose `Date` header is cut to seconds."""


class Poller:
    """Asks one company's Acumatica on a schedule."""

    def __init__(self, tenant: Tenant, store: Database, ports: Ports, *, look_bell: Bell) -> None:
        self._tenant = tenant
        self._store = store
        self._ports = ports
        self._bell = look_bell
        self._due = ports.clock.now()

    async def step(self) -> bool:
        """Poll every entity once when it is time; False when it is not."""
        now = self._ports.clock.now()
        if now < self._due:
            return False
        wait = self._tenant.company.poll
        try:
            for entity in ENTITIES.values():
                await self.poll(entity)
        except ErpError as error:
            after = error.after if isinstance(error, ErpBusy) else 0.0
            wait = max(wait, timedelta(seconds=after))
            log.warning("poll failed", extra={"company": self._tenant.name, "reason": str(error)})
        self._due = self._ports.clock.now() + wait
        return True

    async def next_due(self) -> datetime | None:
        """Return when the next poll is due."""
        return self._due

    async def poll(self, entity: Entity) -> int:
        """Poll one entity; return how many hints that made. Raises ErpError."""
        async with self._store.reading() as conn:
            seen = await documents.watermark(conn, self._tenant.name, entity.name)
        if seen is None:
            return await self._first(entity)
        since = seen - self._tenant.company.look_back
        before = self._tenant.erp.server_time() + AHEAD
        return await self._read(entity, self._tenant.erp.changed(entity, since, before), seen)

    async def _first(self, entity: Entity) -> int:
        """The first time there is no window: look at what waits for people by the routes."""
        erp = self._tenant.erp
        statuses = self._tenant.routes.waiting_statuses(entity.name)
        # Later changes are found from here on; the ERP's clock, told by any answer, counts.
        await erp.check_version()
        start = erp.server_time()
        if not statuses:
            return await self._store_page(entity, [], start)
        return await self._read(entity, erp.standing_in(entity, statuses), start)

    async def _read(
        self, entity: Entity, pages: AsyncIterator[list[Glimpse]], seen: datetime
    ) -> int:
        # The watermark moves only after the last page: a window that broke off is read again.
        found: list[Glimpse] = []
        async for page in pages:
            found += page
        newest = max((glimpse.last_modified for glimpse in found), default=seen)
        return await self._store_page(entity, found, max(newest, seen))

    async def _store_page(self, entity: Entity, found: list[Glimpse], seen: datetime) -> int:
        hints = 0
        correlation = self._ports.token()
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            for glimpse in {glimpse.key: glimpse for glimpse in found}.values():
                if await self._is_known(conn, glimpse):
                    continue
                await inbox.add_hint(
                    conn,
                    self._tenant.name,
                    str(glimpse.key),
                    reason="poll",
                    correlation=correlation,
                    now=now,
                )
                hints += 1
            await documents.raise_watermark(conn, self._tenant.name, entity.name, seen)
        if hints:
            self._bell.ring()
        return hints

    async def _is_known(self, conn: Connection, glimpse: Glimpse) -> bool:
        record = await documents.get(conn, self._tenant.name, str(glimpse.key))
        if record is None or record.gone:
            return False
        return (record.last_modified, record.status) == (glimpse.last_modified, glimpse.status)
