"""Asks Acumatica for documents: by key, by id, and as lists that miss nothing.

Knows no session: it is given a way to send one read. What a 404 means, it asks the instance.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from acumatica_client import answers, protocol
from acumatica_client.entities import ENTITIES, Entity
from acumatica_client.errors import (
    ErpCannotList,
    ErpContract5,
    ErpError,
    ErpMisconfigured,
    ErpNotFound,
    ErpRejected,
    ErpUnreadable,
)
from acumatica_client.extras import read_document
from acumatica_client.faces import cannot_list, error_text
from acumatica_client.filters import Filter
from acumatica_client.models import Document, DocumentKey, Glimpse, Noted
from acumatica_client.paging import whole
from acumatica_client.protocol import Address
from acumatica_client.transport import Reply, Request
from acumatica_client.versions import (
    Endpoint,
    check_pin,
    explain_404,
    is_contract_5,
    pinned,
    read_versions,
)

PROBE_EVERY = timedelta(minutes=1)
"""How often a 404 makes us ask again which endpoints there are."""

ON_THE_LOOP = 64 * 1024
"""Bytes of an answer that are read at once; a larger one is read in a thread, others go on."""

_T = TypeVar("_T")
Get = Callable[[Request], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class _Probe:
    """Which endpoints the instance had, or why that could not be asked, and when."""

    at: datetime
    offered: frozenset[Endpoint] = frozenset()
    failed: ErpError | None = None


class Reader:
    """Reads one company's documents; *entities* are as that company's endpoint has them."""

    def __init__(
        self,
        address: Address,
        get: Get,
        now: Callable[[], datetime],
        *,
        page: int,
        entities: Mapping[str, Entity] = ENTITIES,
    ) -> None:
        self._address = address
        self._send = get
        self._now = now
        self._page = page
        self._entities = entities
        self._probe: _Probe | None = None
        self._plain: set[str] = set()
        """Entities whose list the ERP cannot export with the status in it."""

    # --- one document ---

    async def read(self, key: DocumentKey) -> Document | None:
        """Read one document as it is now; None when the ERP has none by that key."""
        if protocol.fits_path(key.type, key.number):
            return await self._read(key)
        erp_id = await self._find(key)
        return await self.read_by_id(key, erp_id) if erp_id else None

    async def read_by_id(self, key: DocumentKey, erp_id: str) -> Document | None:
        """Read one document by its id, the second opinion of a read-back."""
        return await self._read(key, erp_id)

    async def noted(self, key: DocumentKey, erp_id: str) -> Noted | None:
        """Read one document with its note by its id; None when the ERP has none by that id."""
        entity = self._entities[key.entity]
        request = protocol.build_noted(self._address, entity, key, erp_id)
        noted = await _read_by(answers.read_noted, entity, await self.get(request))
        if noted is not None and not _same(noted.key, key):
            raise ErpUnreadable(f"{key}: the answer was another document, {noted.key}")
        return noted

    async def _read(self, key: DocumentKey, erp_id: str = "") -> Document | None:
        entity = self._entities[key.entity]
        request = protocol.build_read(self._address, entity, key, erp_id)
        document = await _read_by(read_document, entity, await self.get(request))
        if document is not None and not _same(document.key, key):
            raise ErpUnreadable(f"{key}: the answer was another document, {document.key}")
        return document

    async def _find(self, key: DocumentKey) -> str:
        """Return the id of a document whose key cannot stand in an address; empty: none."""
        entity = self._entities[key.entity]
        request = protocol.build_find(self._address, entity, key)
        found = await _read_by(answers.read_ids, entity, await self.get(request))
        if len(found) > 1 or found == [""]:
            raise ErpUnreadable(f"{key}: a list by its keys gave {len(found)} records, or no id")
        return found[0] if found else ""

    # --- lists ---

    async def changed(
        self, entity: Entity, since: datetime, before: datetime
    ) -> AsyncIterator[list[Glimpse]]:
        """Read every page of the frozen window *since* ≤ last modified < *before*."""
        async for page in self._pages(entity, protocol.modified_between(entity, since, before)):
            yield page

    async def standing_in(
        self, entity: Entity, statuses: tuple[str, ...]
    ) -> AsyncIterator[list[Glimpse]]:
        """Read every page of the documents that stand in one of *statuses*."""
        async for page in self._pages(entity, protocol.in_statuses(entity, statuses)):
            yield page

    async def _pages(self, entity: Entity, where: Filter) -> AsyncIterator[list[Glimpse]]:
        fetch = partial(self._rows, entity, where)
        async for page in whole(fetch, _name, page=self._page, what=entity.name):
            if entity.name in self._plain:
                yield await self._with_status(entity, page)
            else:
                yield page

    async def _rows(self, entity: Entity, where: Filter, skip: int, top: int) -> list[Glimpse]:
        if entity.name not in self._plain:
            reply = await self._list(entity, where, skip, top, plain=False)
            if not cannot_list(reply):
                return await _read_by(answers.read_glimpses, entity, reply)
            self._plain.add(entity.name)  # the next cycle does not fail first
        reply = await self._list(entity, where, skip, top, plain=True)
        if cannot_list(reply):
            raise ErpCannotList(f"{entity.name}: {error_text(reply)}")
        return await _read_by(answers.read_glimpses, entity, reply)

    async def _list(
        self, entity: Entity, where: Filter, skip: int, top: int, *, plain: bool
    ) -> Reply:
        request = protocol.build_list(
            self._address, entity, where=where, top=top, skip=skip, plain=plain
        )
        return await self.get(request)

    async def _with_status(self, entity: Entity, page: list[Glimpse]) -> list[Glimpse]:
        """Read the status of just these documents by key; what is gone meanwhile drops out."""
        seen = [await self._glimpse(entity, row) for row in page if not row.status]
        return [row for row in page if row.status] + [row for row in seen if row]

    async def _glimpse(self, entity: Entity, row: Glimpse) -> Glimpse | None:
        request = protocol.build_glimpse(self._address, entity, row.key, row.erp_id)
        fresh = await _read_by(answers.read_glimpse, entity, await self.get(request))
        # The stamp stays the listed one: a later one could carry the watermark over other rows.
        return fresh and replace(row, status=fresh.status)

    # --- what there is ---

    async def check_version(self) -> None:
        """Raise ErpVersionMissing when the instance lacks the pinned endpoint.

        An endpoint of one's own may speak contract 5 as well: one row of it tells.
        """
        self._probe = probe = await self._ask(self._now())
        if probe.failed:
            raise probe.failed
        check_pin(self._address, probe.offered)
        ours = pinned(self._address)
        if is_contract_5(ours):
            raise ErpContract5(str(ours))
        if ours.name != "Default":
            await self._check_contract()

    async def _check_contract(self) -> None:
        for entity in self._entities.values():
            request = protocol.build_glance(self._address, entity)
            try:
                rows = await _read_by(answers.read_glimpses, entity, await self._send(request))
            except ErpRejected:
                continue  # this entity may be closed to us; its own reads will say so
            if rows:
                return

    async def get(self, request: Request) -> Reply:
        """Send one read; a 404 is turned into what is missing. Raises ErpError."""
        reply = await self._send(request)
        if reply.status == 404:
            raise await self._missing(reply)
        return reply

    async def _missing(self, reply: Reply) -> ErpError:
        probe = await self._probed()
        return probe.failed or explain_404(self._address, probe.offered, error_text(reply))

    async def _probed(self) -> _Probe:
        now = self._now()
        if self._probe is None or not timedelta() <= now - self._probe.at < PROBE_EVERY:
            self._probe = await self._ask(now)
        return self._probe

    async def _ask(self, now: datetime) -> _Probe:
        request = protocol.build_versions(self._address)
        try:
            return _Probe(now, read_versions(await self._send(request)))
        except ErpNotFound as error:
            place = f"{self._address.instance}/entity is not there: correct url in countersign.toml"
            return _Probe(now, failed=ErpMisconfigured(f"{place} ({error})"))
        except ErpRejected as error:
            text = f"which endpoints there are cannot be asked: {error}"
            return _Probe(now, failed=ErpNotFound(text))
        except ErpError as error:
            return _Probe(now, failed=error)


async def _read_by(read: Callable[[Entity, Reply], _T], entity: Entity, reply: Reply) -> _T:
    """Read *reply* without holding up the event loop."""
    if len(reply.body) <= ON_THE_LOOP:
        return read(entity, reply)
    return await asyncio.to_thread(read, entity, reply)


def _same(told: DocumentKey, asked: DocumentKey) -> bool:
    """Compare keys as the ERP does, without case: a wrong record must never pass for the right."""
    return str(told).casefold() == str(asked).casefold()


def _name(row: Glimpse) -> str:
    """Return what makes a row the same although its stamp moved."""
    return row.erp_id or str(row.key)
