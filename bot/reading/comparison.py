"""Compares what the ERP says waits with what we think waits, and has each difference looked at.

Nothing is mended here: a difference is written down and becomes a hint, and the ordinary look does
the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from acumatica_client.entities import ENTITIES, Entity
from acumatica_client.models import DocumentKey, Glimpse
from bot.board import Board
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.core.differences import Difference, Report, difference, differences
from bot.deciding.questions import Cause, note
from bot.reading.long_read import RECONCILIATION, LongRead
from bot.reading.poller import OF_ONE_LIST
from storage import documents, inbox
from storage.database import Database
from storage.records import Seen

SHARE = 2
"""Reading card by card uses at most one part in so many of the requests a minute."""
CHUNK = 100
"""Differences of one transaction: thousands in one would keep other writers waiting."""


class Comparison:
    """Compares one company with its Acumatica. Everything here raises ErpError."""

    def __init__(
        self, tenant: Tenant, store: Database, ports: Ports, *, look_bell: Bell, board: Board
    ) -> None:
        self._tenant = tenant
        self._store = store
        self._ports = ports
        self._bell = look_bell
        self._board = board
        self._told: frozenset[Difference] = frozenset()
        """What the former sweep found: what no look could mend is not news every ten minutes."""

    async def sweep(self, report: Report) -> None:
        """Compare the lists of what waits; what stood there the last time is told no more."""
        found = [one for entity in ENTITIES.values() for one in await self._list(entity, report)]
        news = [one for one in found if one not in self._told]
        told = self._told.union(await self._write_down(news, report))
        self._told = told.intersection(found)

    async def everything(self, report: Report) -> None:
        """Compare the lists, then every open card by its key."""
        for entity in ENTITIES.values():
            await self._write_down(await self._list(entity, report, aloud=True), report)
        for entity in ENTITIES.values():
            await self._cards(entity, report)

    # --- lists ---

    async def _list(
        self, entity: Entity, report: Report, *, aloud: bool = False
    ) -> list[Difference]:
        """Compare one entity's waiting documents; a list that is refused is a problem to tell."""
        statuses = self._tenant.routes.waiting_statuses(entity.name)
        if not statuses or not await self._was_read(entity, report):
            return []
        started = self._ports.clock.now()
        try:
            there = await self._waiting_there(entity, statuses, aloud=aloud)
        except OF_ONE_LIST as error:
            report.problems.append(f"{entity.name}: {error}")
            return []
        report.compared += len(there)
        here = await self._known_here(entity, statuses, [str(one.key) for one in there])
        return differences(there, here, statuses, started)

    async def _was_read(self, entity: Entity, report: Report) -> bool:
        """Say whether the entity was ever read: before that, everything would be a difference."""
        async with self._store.reading() as conn:
            known = await documents.watermark(conn, self._tenant.name, entity.name) is not None
        if not known:
            report.problems.append(f"{entity.name}: not read for the first time yet")
        return known

    async def _waiting_there(
        self, entity: Entity, statuses: tuple[str, ...], *, aloud: bool
    ) -> list[Glimpse]:
        if not aloud:
            pages = self._tenant.erp.standing_in(entity, statuses)
            return [glimpse async for page in pages for glimpse in page]
        found: list[Glimpse] = []
        async with self._long_read(entity.name) as read:
            async for page in self._tenant.erp.standing_in(entity, statuses):
                found += page
                await read.page(len(page))
        return found

    async def _known_here(
        self, entity: Entity, statuses: Sequence[str], listed: Sequence[str]
    ) -> dict[str, Seen]:
        async with self._store.reading() as conn:
            standing = await documents.standing(conn, self._tenant.name, entity.name, statuses)
            seen = await documents.seen(conn, self._tenant.name, listed)
        # Where lists are narrowed to some types, a document of another type is in none of them.
        comparable = {
            name: one
            for name, one in standing.items()
            if not entity.types or DocumentKey.parse(name).type in entity.types
        }
        return comparable | seen

    # --- cards ---

    async def _cards(self, entity: Entity, report: Report) -> None:
        """Read every document somebody is asked about by its key, with time for other requests."""
        statuses = self._tenant.routes.waiting_statuses(entity.name)
        async with self._store.reading() as conn:
            cards = await documents.open_ones(conn, self._tenant.name, entity.name, statuses)
        if not cards:
            return
        async with self._long_read(f"{entity.name} cards", total=len(cards)) as read:
            for card in cards:
                await self._write_down(await self._card(card.document, report), report)
                await read.page(1)
                await self._leave_room()

    async def _card(self, name: str, report: Report) -> list[Difference]:
        started = self._ports.clock.now()
        try:
            document = await self._tenant.erp.read(DocumentKey.parse(name))
        except OF_ONE_LIST as error:
            report.problems.append(f"{name}: {error}")
            return []
        report.compared += 1
        async with self._store.reading() as conn:
            seen = (await documents.seen(conn, self._tenant.name, [name])).get(name)
        if seen is None or seen.read_at >= started:
            return []
        found = difference(document, seen, self._tenant.name)
        return [found] if found else []

    async def _leave_room(self) -> None:
        budget = self._tenant.company.requests_per_minute
        if budget:
            await self._ports.clock.sleep(60 * SHARE / budget)

    # --- writing down ---

    async def _write_down(
        self, found: Sequence[Difference], report: Report
    ) -> Sequence[Difference]:
        """Store a hint and an audit row for each difference that no look is on its way to."""
        news = await self._without_hint(found)
        report.add(news)
        correlation, now = self._ports.token(), self._ports.clock.now()
        for start in range(0, len(news), CHUNK):
            await self._store_chunk(news[start : start + CHUNK], correlation, now)
        for one in news:
            self._board.count("differences", one.kind)
        if news:
            self._bell.ring()
        return news

    async def _without_hint(self, found: Sequence[Difference]) -> list[Difference]:
        if not found:
            return []
        async with self._store.reading() as conn:
            names = [one.document for one in found]
            hinted = await inbox.pending_among(conn, self._tenant.name, names)
        return [one for one in found if one.document not in hinted]

    async def _store_chunk(
        self, chunk: Sequence[Difference], correlation: str, now: datetime
    ) -> None:
        company = self._tenant.name
        async with self._store.transaction() as conn:
            for one in chunk:
                cause = Cause(company, one.document, "", correlation, now)
                told = {"kind": one.kind, "there": one.there, "here": one.here}
                await note(conn, cause, "difference found", **told)
            await inbox.add_hints(
                conn,
                company,
                [one.document for one in chunk],
                reason="reconcile",
                correlation=correlation,
                now=now,
            )

    def _long_read(self, entity: str, total: int | None = None) -> LongRead:
        return LongRead(
            self._store,
            self._ports,
            self._tenant.name,
            what=RECONCILIATION,
            entity=entity,
            total=total,
        )
