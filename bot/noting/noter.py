"""Writes the notes of one company, one at a time, when nobody waits for its ERP."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from acumatica_client.errors import ErpError
from acumatica_client.models import CallOutcome, Document, Noted
from bot.attempt import attempt
from bot.clock import Ports
from bot.companies import Tenant
from bot.core.erp_notes import (
    GONE,
    Drop,
    End,
    Later,
    Verdict,
    Write,
    end_of_read,
    end_of_write,
    judge,
    settle,
)
from bot.deciding.questions import Cause, note
from bot.noting.wanted import lines_about
from bot.tracing import about
from cards.language import language_of
from storage import documents, erp_notes, ledger
from storage.database import Connection, Database
from storage.records import Done, ErpNote, ErpNoteState, Retry

log = logging.getLogger(__name__)

_AUDITED = {
    ErpNoteState.WANTED: "erp note put off",
    ErpNoteState.DONE: "erp note written",
    ErpNoteState.DROPPED: "erp note dropped",
    ErpNoteState.PARKED: "erp note parked",
}


class Noter:
    """Carries out the notes that are wanted; no decision is kept waiting for one."""

    def __init__(self, tenant: Tenant, store: Database, ports: Ports) -> None:
        self._tenant = tenant
        self._store = store
        self._ports = ports
        self._language = language_of(tenant.company.language)

    async def step(self) -> bool:
        """Carry one note a bit further; False when none is due."""
        async with self._store.reading() as conn:
            wanted = await erp_notes.due(conn, self._tenant.name, now=self._ports.clock.now())
        if wanted is None:
            return False
        with about("note", wanted.correlation, company=wanted.company, document=wanted.document):
            await self._attempt(wanted)
        return True

    async def _attempt(self, wanted: ErpNote) -> None:
        outcome = await attempt(lambda: self._carry(wanted), what=f"note {wanted.document}")
        if isinstance(outcome, Retry):  # a mistake of ours, which counts as a try
            await self._end(_tried(wanted), outcome, outcome.reason)

    async def next_due(self) -> datetime | None:
        """Return when the next note is due."""
        async with self._store.reading() as conn:
            return await erp_notes.next_due(conn, self._tenant.name)

    async def _carry(self, wanted: ErpNote) -> Done:
        """Read the document, and write what its note lacks if that may be written."""
        end, detail = await self._not_now(wanted), ""
        if end is None:
            try:
                end = await self._read_and_write(wanted)
            except ErpError as error:
                end, detail = end_of_read(error), str(error)
        if end is not None:
            await self._end(wanted, end, detail)
        return Done()

    async def _not_now(self, wanted: ErpNote) -> End | None:
        if not self._tenant.company.notes:
            return Drop("notes are switched off")
        async with self._store.reading() as conn:
            acts = await erp_notes.somebody_acts(conn, wanted.company)
        return Later("a decision is being carried out") if acts else None

    async def _read_and_write(self, wanted: ErpNote) -> End | None:
        """Return how it ended; None when it was written, which is kept already."""
        seen = await self._seen(wanted)
        if seen is None:
            return GONE
        noted = await self._tenant.erp.read_noted(seen.key, seen.erp_id)
        if noted is None:
            return GONE
        verdict = await self._judge_and_mark(wanted, seen, noted)
        if not isinstance(verdict, Write):
            return verdict
        # Nothing is lost when this is cut off: the next try finds what stands.
        outcome = await self._tenant.erp.write_note(noted, verdict.text)
        await self._answered(_tried(wanted), outcome)
        return None

    async def _seen(self, wanted: ErpNote) -> Document | None:
        """Return the document as the last look found it."""
        async with self._store.reading() as conn:
            record = await documents.get(conn, wanted.company, wanted.document)
        return None if record is None or record.gone else Document.from_json(record.snapshot)

    async def _judge_and_mark(self, wanted: ErpNote, seen: Document, noted: Noted) -> Verdict:
        """Judge by what is stored now; a write is counted and audited before it leaves."""
        async with self._store.transaction() as conn:
            decisions = await ledger.history(conn, wanted.company, wanted.document)
            lines = await lines_about(conn, wanted, decisions, self._language)
            verdict = judge(wanted, noted, seen, decisions, lines)
            if isinstance(verdict, Write):
                if await erp_notes.somebody_acts(conn, wanted.company):
                    return Later("a decision is being carried out")
                await erp_notes.put(conn, _tried(wanted))
                await self._note(conn, _tried(wanted), "erp note sent")
            return verdict

    async def _answered(self, wanted: ErpNote, outcome: CallOutcome) -> None:
        end = end_of_write(outcome)
        if end is not None:
            await self._end(wanted, end, outcome.detail)
            return
        async with self._store.transaction() as conn:
            now = self._ports.clock.now()
            await erp_notes.put(conn, replace(wanted, claimed=True, due_at=now))
            await self._note(conn, wanted, "erp note answered", outcome.detail)

    async def _end(self, wanted: ErpNote, end: End, detail: str = "") -> None:
        """Keep how a try ended; what merely waits on is audited once for each reason."""
        moved = settle(wanted, end, self._ports.clock.now(), self._ports.chance())
        async with self._store.transaction() as conn:
            await erp_notes.put(conn, moved)
            if not isinstance(end, Later) or moved.reason != wanted.reason:
                await self._note(conn, moved, _AUDITED[moved.state], detail)
        if moved.state is ErpNoteState.PARKED:
            told = {"document": wanted.document, "reason": moved.reason}
            log.warning("a note could not be written", extra=told)

    async def _note(self, conn: Connection, wanted: ErpNote, action: str, detail: str = "") -> None:
        cause = Cause(
            wanted.company, wanted.document, wanted.matter, wanted.correlation,
            self._ports.clock.now(),
        )  # fmt: skip
        await note(
            conn, cause, action,
            decision=wanted.matter, attempt=wanted.attempts, reason=wanted.reason, detail=detail,
        )  # fmt: skip


def _tried(wanted: ErpNote) -> ErpNote:
    return replace(wanted, attempts=wanted.attempts + 1)
