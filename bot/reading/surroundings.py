"""Reads what stands around a document, and keeps it, so that a look seldom has to ask.

Around a bill that is its vendor, the orders and receipts its lines name, and other bills with its
vendor reference. A vendor is read again after half a day, and so is what a bill is compared with,
unless the bill itself changes; the common look is one read, of the document alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from acumatica_client.entities import entity_of, owner_of
from acumatica_client.matching import differences, is_matched, match_mark, wanted
from acumatica_client.models import Around, Difference, Differs, Document, DocumentKey, Vendor
from acumatica_client.orders import DROPPED, Papers, Source, orders_behind
from bot.clock import Ports
from bot.companies import Tenant
from bot.core.parties import changed_at, seen_again
from storage import documents
from storage.database import Connection, Database
from storage.records import Json, StoredMatch, StoredParty

FRESH = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing a bill with the records it names has shown."""

    buyer: str = ""
    differences: tuple[Difference, ...] = ()
    same_reference: tuple[str, ...] = ()

    def to_json(self) -> Json:
        """Return this as JSON."""
        found = [one.to_json() for one in self.differences]
        return {"buyer": self.buyer, "differences": found, "same": list(self.same_reference)}

    @classmethod
    def from_json(cls, data: Json) -> Compared:
        """Read back what `to_json` wrote."""
        found = tuple(map(Difference.from_json, data["differences"]))
        return cls(data["buyer"], found, tuple(data["same"]))


class Surroundings:
    """What stands around one company's documents."""

    def __init__(self, tenant: Tenant, store: Database, ports: Ports) -> None:
        self._tenant = tenant
        self._store = store
        self._ports = ports

    async def of(self, document: Document) -> Around:
        """Return what belongs on the document's card from other records. Raises ErpError."""
        entity = entity_of(document)
        party = await self._party(entity.party_entity, document.text(entity.party_field))
        compared = await self._compared(document)
        return Around(
            party_name=party.name if party else "",
            owner=owner_of(document),
            buyer=compared.buyer,
            party_status=party.status if party else "",
            instructions_changed=changed_at(party) if party else None,
            differences=compared.differences,
            same_reference=compared.same_reference,
        )

    # --- vendors ---

    async def _party(self, entity: str, code: str) -> StoredParty | None:
        if not entity or not code:
            return None
        name, now = self._tenant.name, self._ports.clock.now()
        async with self._store.reading() as conn:
            known = await documents.party(conn, name, entity, code)
        if known is not None and now - known.read_at < FRESH:
            return known
        vendor = await self._tenant.erp.around.vendor(code) or Vendor(code, "")
        party = replace(seen_again(vendor, known, now=now), code=code)
        async with self._store.transaction() as conn:
            await documents.put_party(conn, name, entity, party)
        return party

    # --- orders, receipts, references ---

    async def _compared(self, bill: Document) -> Compared:
        sources, asks = self._sources(bill), self._asks_reference(bill)
        if not sources and not asks:
            return Compared()
        name, now, mark = self._tenant.name, self._ports.clock.now(), self._mark(bill)
        async with self._store.reading() as conn:
            known = await documents.match(conn, name, str(bill.key))
        if known is not None and known.mark == mark and now - known.read_at < FRESH:
            return Compared.from_json(known.found)
        fresh = await self._compare(bill, sources, asks=asks)
        async with self._store.transaction() as conn:
            found = StoredMatch(mark, fresh.to_json(), now)
            await documents.put_match(conn, name, str(bill.key), found)
        return fresh

    def _sources(self, bill: Document) -> Sequence[Source]:
        """List what to read: all that is compared, or the first order alone, for its buyer."""
        matched = self._tenant.company.match and is_matched(bill)
        return wanted(bill) if matched else orders_behind(bill)[:1]

    def _asks_reference(self, bill: Document) -> bool:
        wants = self._tenant.company.ask_reference and is_matched(bill)
        return wants and bool(bill.text("VendorRef").strip())

    def _mark(self, bill: Document) -> str:
        company = self._tenant.company
        rules = (company.match, company.match_tolerance, company.ask_reference)
        return f"{match_mark(bill)} {rules}"

    async def _compare(self, bill: Document, sources: Sequence[Source], *, asks: bool) -> Compared:
        records, company = self._tenant.erp.around, self._tenant.company
        found: dict[Source, Papers | Differs] = {
            source: await records.papers(source) for source in sources
        }
        papers = [one for one in found.values() if isinstance(one, Papers)]
        matched = company.match and is_matched(bill)
        return Compared(
            buyer=papers[0].owner if papers else "",
            differences=differences(bill, found, company.match_tolerance) if matched else (),
            same_reference=tuple(await records.same_reference(bill)) if asks else (),
        )


async def with_same_reference(conn: Connection, company: str, bill: Document) -> Document:
    """Note the bill's vendor reference, and add the other bills we know that have it."""
    if not is_matched(bill):
        return bill
    party, reference, name = bill.text("Vendor"), bill.text("VendorRef").strip(), str(bill.key)
    await documents.put_vendor_ref(conn, company, name, party=party, reference=reference)
    if not reference:
        return bill
    rows = await documents.same_vendor_ref(conn, company, name, party=party, reference=reference)
    others = [DocumentKey.parse(other) for other, status in rows if status not in DROPPED]
    known = [key.number for key in others if key.type == bill.key.type]
    both = sorted({*bill.around.same_reference, *known})
    return bill.with_around(replace(bill.around, same_reference=tuple(both)))
