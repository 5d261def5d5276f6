"""The settler: finds out what became of a call by reading the document back, and only by that.

It takes steps whose outcome is not known, also those a dead process left in SENT. What it reads
comes from another session than the one that wrote, by the document's keys and by its id.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from acumatica_client.errors import ErpError, ErpUnreadable
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import CallClass, Document
from bot.board import Board
from bot.clock import Ports
from bot.companies import Tenant
from bot.core.plans import QUIET_WINDOW, End, Evidence, Shown, judge, next_read_back
from bot.deciding.bells import Bells
from bot.deciding.journal import Journal, Work
from bot.deciding.questions import note, update_cards
from storage import ledger, posted_cards
from storage.database import Database
from storage.ledger import UNSETTLED
from storage.records import Step

log = logging.getLogger(__name__)

GIVE_UP_READING = 24 * 3600.0
"""Seconds after SENT when what cannot be read back becomes an administrator's."""
ALARM = 15 * 60.0
"""Seconds of failing read-backs after which an operator is told."""

REASONS = {
    End.REFUSED: "Acumatica refused it. The document's screen there shows why.",
    End.STOPPED: "The hold is removed; it needs approval in Acumatica first.",
    End.NOT_APPLIED: "Acumatica gave no answer, and nothing was done there.",
    End.NEEDS_PERSON: "What happened in Acumatica is not clear. An administrator must look.",
    End.MISMATCH: "It was done, but the document is not the one that was approved.",
}


@dataclass(frozen=True, slots=True)
class Read:
    """What reading a document back brought."""

    shown: Shown
    document: Document | None = None


class Settler:
    """Settles steps whose outcome is not known by reading the document back."""

    def __init__(
        self,
        tenant: Tenant,
        store: Database,
        ports: Ports,
        bells: Bells,
        board: Board | None = None,
    ) -> None:
        self._tenant = tenant
        self._store = store
        self._journal = Journal(tenant, store, ports, bells)
        self._board = board or Board(ports.clock)

    async def next_due(self) -> datetime | None:
        """Return when the next read-back is due."""
        return await self._journal.next_due(UNSETTLED)

    async def step(self) -> bool:
        """Read one document back; False when none is due."""
        work = await self._journal.lease(UNSETTLED)
        if work is None:
            return False
        with self._journal.about("settle", work):
            await self._settle(work)
        return True

    async def _settle(self, work: Work) -> None:
        read = await self._read_back(work)
        work = self._with_evidence(work, read)
        evidence = self._evidence(work, read.shown)
        end = judge(evidence)
        if end is None and evidence.since_sent > GIVE_UP_READING:
            end = End.NEEDS_PERSON
        self._alarm(work, evidence)
        if end is None:
            await self._wait(work, read.shown)
        else:
            await self._journal.end(work, end, REASONS.get(end, ""), read.document)

    # --- reading ---

    async def _read_back(self, work: Work) -> Read:
        try:
            by_keys, by_id = await self._tenant.erp.read_back(work.key, work.step.erp_id)
        except ErpUnreadable as error:
            return self._failed(work, Shown.UNREADABLE, error)
        except ErpError as error:
            return self._failed(work, Shown.FAILED, error)
        shown = await self._shown(work, by_keys)
        alike = self._marks(by_keys) == self._marks(by_id)
        if not alike or shown is not await self._shown(work, by_id):
            return Read(Shown.DIFFERS)
        return Read(shown, by_keys)

    def _failed(self, work: Work, shown: Shown, error: ErpError) -> Read:
        told = {"document": work.decision.document, "reason": str(error)}
        log.warning("read-back failed", extra=told)
        return Read(shown)

    async def _shown(self, work: Work, document: Document | None) -> Shown:
        given = await self._journal.given(work.decision, document)
        return self._journal.see(work, document, given)

    def _marks(self, document: Document | None) -> tuple[str, ...] | None:
        """Return what two reads of one document must agree on."""
        if document is None:
            return None
        told = fingerprint(self._tenant.name, document)
        return document.erp_id, str(document.key).casefold(), document.status, told

    # --- evidence ---

    def _with_evidence(self, work: Work, read: Read) -> Work:
        """Carry forward since when read-backs have shown this same thing, on this boot's clock."""
        now, step = self._journal.reading(), work.step
        if step.sent.boot != now.boot:
            # Another boot's clock means nothing here: every waiting period starts anew.
            step = replace(step, sent=now, reading="")
        if not step.outcome:
            step = replace(step, outcome=CallClass.UNKNOWN, detail="found in SENT at start")
        if step.reading != read.shown:
            step = replace(step, reading=read.shown, reading_since=now.seconds)
        left_at = _left_at(step, read.document)
        return replace(work, step=replace(step, reads=step.reads + 1, left_at=left_at))

    def _evidence(self, work: Work, shown: Shown) -> Evidence:
        now, step = self._journal.reading().seconds, work.step
        return Evidence(
            call=CallClass(step.outcome),
            shown=shown,
            since_sent=now - step.sent.seconds,
            steady_for=now - step.reading_since,
            partial=work.rule.partial,
        )

    # --- what comes of it ---

    def _alarm(self, work: Work, evidence: Evidence) -> None:
        """Tell an operator that nobody can say for long what became of a call."""
        where = f"outcome of {work.decision.document}"
        if evidence.shown is not Shown.FAILED:
            self._board.fine(where)
        elif evidence.steady_for >= ALARM:
            reason = "Acumatica has not let us read back for 15 minutes what became of a call"
            if self._board.trouble(where, reason):
                log.error("read-backs keep failing", extra={"document": work.decision.document})

    async def _wait(self, work: Work, shown: Shown) -> None:
        step, cause = work.step, self._journal.cause(work, "in doubt")
        wait = next_read_back(step.reads, readable=shown is not Shown.FAILED)
        async with self._store.transaction() as conn:
            await ledger.doubt(conn, step, due=self._journal.due_in(wait))
            await note(conn, cause, "step in doubt", step=step.name, shown=shown)
            if step.reads == 1:
                cards = await posted_cards.of_document(conn, cause.company, cause.document)
                await update_cards(conn, cards, cause)
        self._journal.bells.outbox.ring()


def _left_at(step: Step, document: Document | None) -> datetime | None:
    """Return the stamp the step left on the document; a later one is somebody's own edit.

    Judged by the ERP's clock alone, so that it does not matter how late it is read.
    """
    if document is None or step.sent_there is None:
        return None
    latest = step.sent_there + timedelta(seconds=QUIET_WINDOW)
    return document.last_modified if document.last_modified <= latest else None
