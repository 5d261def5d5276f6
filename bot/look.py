"""Looks at documents: a hint in, the document read and decided on, what it causes stored."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from acumatica_client.entities import ENTITIES, entity_of, owner_of
from acumatica_client.errors import ErpBusy, ErpError, ErpRejected
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Around, Document, DocumentKey
from acumatica_client.notifications import PushMalformed, default_queries, read_push
from bot.attempt import attempt
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.core.decide import Known, Policy, decide, decide_gone, is_change
from bot.questions import Cause, carry_out, note
from storage import documents, inbox, ledger, posted_cards
from storage.database import Connection, Database
from storage.records import Done, Hint, Outcome, RawPush, Reject, Retry, StoredDocument
from storage.settle import backoff

log = logging.getLogger(__name__)

PARTY_FRESH = timedelta(hours=12)
GIVE_UP = 300
"""Looks that failed in a row, about a day of them, before the hint is parked."""


class Look:
    """Reads hints of one company and turns them into what should happen."""

    def __init__(self, tenant: Tenant, store: Database, ports: Ports, *, outbox_bell: Bell) -> None:
        self._tenant = tenant
        self._store = store
        self._ports = ports
        self._outbox_bell = outbox_bell
        self._queries = default_queries()
        self._reading = asyncio.Lock()
        self._busy: set[str] = set()
        """Documents being looked at: several looks run side by side, never two at one document."""

    async def step(self) -> bool:
        """Read one push, or look at one document; False when there is nothing to do."""
        async with self._reading:
            read = await self._read_push()
        return read or await self._look()

    async def next_due(self) -> datetime | None:
        """Return when the next look is due."""
        async with self._store.reading() as conn:
            return await inbox.next_hint_due(conn, self._tenant.name, besides=self._busy)

    # --- pushes ---

    async def _read_push(self) -> bool:
        async with self._store.reading() as conn:
            push = await inbox.next_push(conn, self._tenant.name)
        if push is None:
            return False
        try:
            found = read_push(push.body, self._queries)
        except PushMalformed as error:
            await self._store_push(push, (), parked=str(error))
            return True
        lost = f"{found.unreadable_rows} rows name no document" if found.unreadable_rows else ""
        await self._store_push(push, found.documents, parked=lost)
        return True

    async def _store_push(
        self, push: RawPush, keys: tuple[DocumentKey, ...], *, parked: str
    ) -> None:
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            for key in keys:
                await inbox.add_hint(
                    conn,
                    push.company,
                    str(key),
                    reason="push",
                    correlation=push.correlation,
                    now=now,
                )
            await inbox.finish_push(conn, push, parked=parked)
        if parked:
            log.warning("push parked", extra={"company": push.company, "reason": parked})

    # --- looks ---

    async def _look(self) -> bool:
        hint = await self._next_hint()
        if hint is None:
            return False
        try:
            outcome = await attempt(lambda: self._look_at(hint), what=f"look {hint.document}")
            if not isinstance(outcome, Done):
                await self._postpone(hint, outcome)
        finally:
            self._busy.discard(hint.document)
        self._outbox_bell.ring()
        return True

    async def _next_hint(self) -> Hint | None:
        now = self._ports.clock.now()
        async with self._store.reading() as conn:
            name, limit = self._tenant.name, len(self._busy) + 1
            hints = await inbox.due_hints(conn, name, now, limit=limit)
        for hint in hints:
            if hint.document not in self._busy:
                self._busy.add(hint.document)
                return hint
        return None

    async def _look_at(self, hint: Hint) -> Outcome:
        try:
            document = await self._read(DocumentKey.parse(hint.document))
        except ErpBusy as error:
            return Retry(str(error), error.after)
        except ErpRejected as error:
            return Reject(str(error))
        except ErpError as error:
            return Retry(str(error))
        async with self._store.transaction() as conn:
            if document is None:
                await self._gone(conn, hint)
            else:
                await self._decide(conn, hint, document)
            await inbox.answer_hint(conn, hint)
        return Done()

    async def _postpone(self, hint: Hint, outcome: Outcome) -> None:
        now = self._ports.clock.now()
        after = outcome.after if isinstance(outcome, Retry) else None
        wait = backoff(hint.attempts, self._ports.chance()) if after is None else after
        park = isinstance(outcome, Reject) or hint.attempts >= GIVE_UP
        reason = getattr(outcome, "reason", "")
        async with self._store.transaction() as conn:
            await inbox.postpone_hint(
                conn, hint, due=now + timedelta(seconds=wait), note=reason, park=park
            )
        log.warning("look postponed", extra={"document": hint.document, "reason": reason})

    async def _decide(self, conn: Connection, hint: Hint, document: Document) -> None:
        tenant, now = self._tenant, self._ports.clock.now()
        record = await documents.get(conn, tenant.name, hint.document)
        # What had been gone and is back is seen as for the first time.
        seen = record is not None and not record.gone
        previous = Document.from_json(record.snapshot) if record and seen else None
        known = await self._known(conn, hint.document, previous)
        since = await documents.served_since(conn, tenant.name)
        policy = Policy(tenant.name, since or now)
        intents = decide(document, known, tenant.routes, policy)
        changed = bool(intents) or is_change(document, previous)
        fresh = self._record(document, record, now=now, changed=changed)
        await documents.put(conn, fresh)
        cause = self._cause(hint, f"r{fresh.revision}", now)
        if changed:
            await note(
                conn, cause, "document seen", status=document.status, revision=fresh.revision,
                hint=hint.reason,
            )  # fmt: skip
        await carry_out(conn, intents, cause, known.decision, self._ports.token)

    async def _gone(self, conn: Connection, hint: Hint) -> None:
        now = self._ports.clock.now()
        if not await documents.mark_gone(conn, hint.company, hint.document, now=now):
            return
        known = await self._known(conn, hint.document, None)
        record = await documents.get(conn, hint.company, hint.document)
        revision = record.revision if record else 0
        cause = self._cause(hint, f"r{revision}", now)
        await note(conn, cause, "document gone")
        await carry_out(conn, decide_gone(known), cause, known.decision, self._ports.token)

    async def _known(self, conn: Connection, document: str, previous: Document | None) -> Known:
        name = self._tenant.name
        return Known(
            previous,
            await ledger.latest(conn, name, document),
            tuple(await posted_cards.of_document(conn, name, document)),
            await self._tenant.people(conn),
        )

    def _record(
        self, document: Document, old: StoredDocument | None, *, now: datetime, changed: bool
    ) -> StoredDocument:
        same_status = old is not None and old.status == document.status
        return StoredDocument(
            company=self._tenant.name,
            document=str(document.key),
            status=document.status,
            status_since=old.status_since if old and same_status else now,
            fingerprint=fingerprint(self._tenant.name, document),
            last_modified=document.last_modified,
            snapshot=document.to_json(),
            revision=(old.revision if old else 0) + changed,
            read_at=now,
        )

    def _cause(self, hint: Hint, occurrence: str, now: datetime) -> Cause:
        return Cause(hint.company, hint.document, occurrence, hint.correlation, now)

    # --- reading ---

    async def _read(self, key: DocumentKey) -> Document | None:
        document = await self._tenant.erp.read(key)
        return document and document.with_around(await self._around(document))

    async def _around(self, document: Document) -> Around:
        """Read the names that stand beside the document: its vendor's, and its buyer's code."""
        entity = entity_of(document)
        party = ""
        if entity.party_entity:
            party = await self._party(entity.party_entity, document.text(entity.party_field))
        return Around(party, owner_of(document), await self._buyer(document) or "")

    async def _party(self, entity: str, code: str) -> str:
        if not code:
            return ""
        name, now = self._tenant.name, self._ports.clock.now()
        async with self._store.reading() as conn:
            known = await documents.party(conn, name, entity, code)
        if known is not None and now - known[1] < PARTY_FRESH:
            return known[0]
        told = await self._tenant.erp.party_name(entity, code)
        async with self._store.transaction() as conn:
            await documents.put_party(conn, name, entity, code, name=told, now=now)
        return told

    async def _buyer(self, document: Document) -> str | None:
        """Return the owner of the first purchase order behind a bill's lines."""
        for line in document.lines:
            number = line.get("POOrderNbr")
            if number:
                kind = str(line.get("POOrderType") or "Normal")
                key = ENTITIES["PurchaseOrder"].key(kind, str(number))
                order = await self._tenant.erp.read(key)
                return order.text("Owner") if order else None
        return None
