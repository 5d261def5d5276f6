"""Looks at documents: a hint in, the document read and decided on, what it causes stored."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from acumatica_client.errors import ErpBusy, ErpError, ErpFailed, ErpRejected
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Document, DocumentKey
from bot.attempt import attempt
from bot.board import Board
from bot.clock import Bell, Ports, SetBacks
from bot.companies import Tenant
from bot.core.decide import Known, Policy, decide, decide_gone, is_change
from bot.core.evidence import facts, rule
from bot.deciding.questions import Cause, carry_out, note
from bot.noting.wanted import want_note
from bot.reading.pushes import Pushes
from bot.reading.surroundings import Surroundings, with_same_reference
from bot.tracing import about
from storage import documents, inbox, ledger, posted_cards
from storage.database import Connection, Database
from storage.records import Done, Hint, Outcome, Reject, Retry, StoredDocument
from storage.settle import backoff

log = logging.getLogger(__name__)

GIVE_UP = 300
"""Looks that failed in a row, about a day of them, before the hint is parked."""
FAILURE_WAITS = (20.0, 40.0, 80.0, 160.0, 300.0)
"""Seconds between looks that ended in an exception of the ERP's: most locks are gone by then."""


class Look:
    """Reads hints of one company and turns them into what should happen."""

    def __init__(
        self,
        tenant: Tenant,
        store: Database,
        ports: Ports,
        *,
        outbox_bell: Bell,
        board: Board | None = None,
    ) -> None:
        self.company = tenant.name
        self._tenant = tenant
        self._store = store
        self._ports = ports
        self._outbox_bell = outbox_bell
        self._board = board or Board(ports.clock)
        self._pushes = Pushes(tenant, store, ports, self._board)
        self._surroundings = Surroundings(tenant, store, ports)
        self._set_backs = SetBacks(ports.clock)
        self._reading = asyncio.Lock()
        self._busy: set[str] = set()
        """Documents being looked at: several looks run side by side, never two at one document."""
        self._failed: Counter[str] = Counter()
        """How often looks at a document ended in an exception of the ERP's; other failures, which
        may go on for a day, use up none of its tries."""

    async def step(self) -> bool:
        """Read one push, or look at one document; False when there is nothing to do."""
        async with self._reading:
            read = await self._pushes.read_next()
        return read or await self._look()

    async def next_due(self) -> datetime | None:
        """Return when the next look is due."""
        async with self._store.reading() as conn:
            return await inbox.next_hint_due(conn, self._tenant.name, besides=self._busy)

    # --- looks ---

    async def _look(self) -> bool:
        hint = await self._next_hint()
        if hint is None:
            return False
        try:
            with about("look", hint.correlation, company=hint.company, document=hint.document):
                await self._attempt(hint)
        finally:
            self._busy.discard(hint.document)
        self._outbox_bell.ring()
        return True

    async def _attempt(self, hint: Hint) -> None:
        outcome = await attempt(lambda: self._look_at(hint), what=f"look {hint.document}")
        self._board.count("looks", type(outcome).__name__.lower())
        if isinstance(outcome, Done):
            self._failed.pop(hint.document, None)
        else:
            await self._postpone(hint, outcome)

    async def _go_back(self, by: timedelta, now: datetime) -> None:
        """Look at what was due by the former wall clock when it is by this one."""
        async with self._store.transaction() as conn:
            await inbox.set_back(conn, self._tenant.name, by, now=now)

    async def _next_hint(self) -> Hint | None:
        now, set_back = self._ports.clock.now(), self._set_backs.since_last()
        if set_back is not None:
            await self._go_back(set_back, now)
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
        except ErpFailed as error:
            return self._after_failure(hint, str(error))
        except ErpRejected as error:
            return Reject(str(error))
        except ErpError as error:
            return Retry(str(error))
        async with self._store.transaction() as conn:
            if document is None:
                await self._gone(conn, hint)
            elif str(document.key) != hint.document:
                await self._hint(conn, hint, document.key, reason=hint.reason)
            else:
                await self._decide(conn, hint, document)
            await inbox.answer_hint(conn, hint)
        return Done()

    def _after_failure(self, hint: Hint, reason: str) -> Outcome:
        """Try again some times with growing waits, then park."""
        failures = self._failed[hint.document] if hint.attempts else 0
        if failures >= len(FAILURE_WAITS):
            del self._failed[hint.document]
            return Reject(reason)
        self._failed[hint.document] = failures + 1
        return Retry(reason, FAILURE_WAITS[failures] * (1 + self._ports.chance() / 2))

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
        document = await with_same_reference(conn, tenant.name, document)
        if record is None:
            await self._hint_same_reference(conn, hint, document)
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
                hint=hint.reason, fingerprint=fresh.fingerprint, facts=facts(document),
                rule=rule(tenant.routes.first_match(document)),
            )  # fmt: skip
        await carry_out(conn, intents, cause, known.decision, self._ports.token)
        await want_note(conn, tenant.company, document, previous, cause)

    async def _hint_same_reference(self, conn: Connection, hint: Hint, document: Document) -> None:
        """Have the bills looked at again whose vendor reference has just come a second time."""
        for number in document.around.same_reference:
            key = replace(document.key, number=number)
            await self._hint(conn, hint, key, reason="same vendor reference")

    async def _hint(self, conn: Connection, hint: Hint, key: DocumentKey, *, reason: str) -> None:
        """Have *key* looked at, because of *hint*.

        A number typed in another case is the same document to the ERP: only the key it tells itself
        is one document, with one card and one decision, here.
        """
        await inbox.add_hint(
            conn,
            hint.company,
            str(key),
            reason=reason,
            correlation=hint.correlation,
            now=self._ports.clock.now(),
        )

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
            await self._tenant.people(conn, now=self._ports.clock.now()),
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
        return Cause(
            hint.company, hint.document, occurrence, hint.correlation, now, self._tenant.version
        )

    # --- reading ---

    async def _read(self, key: DocumentKey) -> Document | None:
        document = await self._tenant.erp.read(key)
        return document and document.with_around(await self._surroundings.of(document))
