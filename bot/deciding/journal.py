"""The ledger as the doer and the settler keep it: leases, waits, and how a step's end is stored."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Document, DocumentKey
from bot.clock import Ports
from bot.companies import Tenant
from bot.core.plans import DECISION_AFTER, STEPS, End, Shown, shown
from bot.core.plans import Step as Rule
from bot.core.settlements import SETTLED_BY_TWO
from bot.deciding.bells import Bells
from bot.deciding.questions import Cause, note, update_cards
from bot.deciding.summoning import summon
from bot.tracing import about
from cards.changes import changed_facts, told_changes
from cards.language import ENGLISH
from storage import inbox, ledger, posted_cards, settlements
from storage.database import Connection, Database
from storage.ledger import Due, Lessee
from storage.records import Decision, DecisionState, Reading, Step, StepState

log = logging.getLogger(__name__)

LEASE = 25 * 60.0
"""Longer than the longest call: 11 minutes until it answers, 10 more for a long operation."""


@dataclass(frozen=True, slots=True)
class Work:
    """A step somebody has leased, and the decision it belongs to."""

    step: Step
    decision: Decision

    @property
    def key(self) -> DocumentKey:
        """The document it is about."""
        return DocumentKey.parse(self.decision.document)

    @property
    def rule(self) -> Rule:
        """Where the step may start and what it leads to."""
        return STEPS[self.key.entity, self.step.name]


class Journal:
    """Leases steps of one company, and stores what becomes of them."""

    def __init__(self, tenant: Tenant, store: Database, ports: Ports, bells: Bells) -> None:
        self.tenant = tenant
        self.store = store
        self.bells = bells
        self._ports = ports
        self._clock = ports.clock

    # --- clocks ---

    def now(self) -> datetime:
        """Return wall time, for people and the audit."""
        return self._clock.now()

    def reading(self) -> Reading:
        """Return the clock nobody can set; every wait is judged by it."""
        return self._clock.reading()

    def passed(self, since: Reading) -> float | None:
        """Return the seconds since a reading; None when it is of another boot."""
        now = self._clock.reading()
        return now.seconds - since.seconds if now.boot == since.boot else None

    def due_in(self, seconds: float) -> Due:
        """Return when it is so many seconds from now."""
        now = self._clock.reading()
        at = self._clock.now() + timedelta(seconds=seconds)
        return Due(Reading(now.boot, now.seconds + seconds), at)

    # --- whose turn it is ---

    async def lease(self, states: tuple[str, ...]) -> Work | None:
        """Take the next due step in one of *states*; None when none is due."""
        async with self.store.transaction() as conn:
            step = await ledger.lease(conn, self._lessee(states), seconds=LEASE)
            return Work(step, await ledger.get(conn, step.decision)) if step else None

    async def next_due(self, states: tuple[str, ...]) -> datetime | None:
        """Return when the next step in one of *states* is due."""
        async with self.store.reading() as conn:
            seconds = await ledger.next_due(conn, self._lessee(states))
        return None if seconds is None else self._clock.now() + timedelta(seconds=seconds)

    def _lessee(self, states: tuple[str, ...]) -> Lessee:
        return Lessee(self.tenant.name, states, self._clock.reading())

    # --- what a read shows ---

    def see(self, work: Work, document: Document | None, given: int = 0) -> Shown:
        """Sort a read of the document, seen from the step; *given*: approvals of the presser."""
        same = (
            document is not None
            and fingerprint(self.tenant.name, document) == work.decision.fingerprint
        )
        proved = 0 <= work.step.approved_before < given
        return shown(work.rule, document, same=same, proved=proved)

    async def given(self, decision: Decision, document: Document | None) -> int:
        """Count the presser's approvals on the document's list, where the ERP tells one."""
        if document is None or not document.approvals:
            return 0
        async with self.store.reading() as conn:
            people = await self.tenant.people(conn, now=self._clock.now())
        return people.approvals_of(decision.person, document.approvals)

    # --- how it ends ---

    def cause(self, work: Work, what: str = "") -> Cause:
        """Return what a change is put down to; *what* of a step causes each message once."""
        decision, step = work.decision, work.step
        occurrence = f"{decision.id}.{step.number}.{step.fence}.{what}"
        return Cause(
            decision.company, decision.document, occurrence, decision.correlation,
            self._clock.now(), self.tenant.version,
        )  # fmt: skip

    def about(self, what: str, work: Work) -> AbstractContextManager[None]:
        """Put the lines of a block under the correlation id of a decision."""
        one = work.decision
        return about(what, one.correlation, company=one.company, document=one.document)

    async def end(
        self, work: Work, end: End, reason: str = "", found: Document | None = None
    ) -> None:
        """Store how a step ended; the plan goes on, or the decision is settled.

        *found*: the document as it was read back.
        """
        cause, step = self.cause(work, end), work.step
        went_on = end is End.GO_ON
        async with self.store.transaction() as conn:
            state = StepState.CONFIRMED if went_on else StepState.ENDED
            if not await ledger.finish_step(conn, step, state):
                return
            plan = await ledger.steps(conn, work.decision.id)
            await note(conn, cause, f"step {end}", step=step.name, detail=step.detail)
            if end is End.MISMATCH:
                await self._differ(conn, work.decision, found, cause)
            if not went_on or step.number == plan[-1].number:
                await self._settle(conn, work.decision, DECISION_AFTER[end], reason, cause)
            await self._tell(conn, cause)
        self.bells.ring()

    async def _differ(
        self, conn: Connection, decision: Decision, found: Document | None, cause: Cause
    ) -> None:
        """Keep what was approved and what was done instead, for who must look at it."""
        approved = await ledger.approved(conn, decision.id)
        if approved is None or found is None:
            return
        changes = changed_facts(Document.from_json(approved), found)
        await ledger.differ(conn, decision.id, changes)
        told = list(told_changes(changes, ENGLISH))
        await note(conn, cause, "mismatch found", decision=decision.id, differences=told)

    async def _settle(
        self,
        conn: Connection,
        decision: Decision,
        state: DecisionState,
        reason: str,
        cause: Cause,
    ) -> None:
        await ledger.settle(
            conn, decision.id, was=DecisionState.CLAIMED, state=state, reason=reason, now=cause.now
        )
        await note(conn, cause, f"decision {state}", decision=decision.id, reason=reason)
        if state in SETTLED_BY_TWO:
            told = {"document": decision.document, "reason": reason}
            log.error("an administrator must look", extra=told)
            await settlements.open_one(conn, decision.id, self._ports.token(), now=cause.now)
            await summon(conn, self.tenant, decision, cause)

    async def _tell(self, conn: Connection, cause: Cause) -> None:
        """Every card shows the new state, and a look finds out what it leads to."""
        cards = await posted_cards.of_document(conn, cause.company, cause.document)
        await update_cards(conn, cards, cause)
        await inbox.add_hint(
            conn,
            cause.company,
            cause.document,
            reason="action",
            correlation=cause.correlation,
            now=cause.now,
        )
