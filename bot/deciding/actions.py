"""The ledger's runner: one step of a plan at a time, checked, sent once, read back, settled.

The doer takes steps that wait to be done: fresh read, same fingerprint, rights read again, SENT
committed, then the call. The settler takes steps whose outcome is not known, also those a dead
process left in SENT, and only reads. Nothing here ever sends a second time for the same press.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from acumatica_client.acting import Actor
from acumatica_client.entities import owner_of
from acumatica_client.errors import ErpBusy, ErpError, ErpUnavailable
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import CallClass, CallOutcome, Document, DocumentKey
from acumatica_client.oauth import GrantLost
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.core.decide import approvers_now
from bot.core.plans import (
    DECISION_AFTER,
    STEPS,
    End,
    Evidence,
    Shown,
    judge,
    next_read_back,
    shown,
)
from bot.core.plans import Step as PlanStep
from bot.core.presses import Asked, last_editor, may_decide
from bot.deciding.questions import Cause, note, update_cards
from cards.language import ENGLISH
from cards.refusals import Refusal, refusal_text
from storage import inbox, ledger, posted_cards
from storage.database import Connection, Database
from storage.ledger import DOABLE, UNSETTLED, Lessee
from storage.records import Decision, DecisionState, Reading, Step, StepState
from storage.settle import backoff

log = logging.getLogger(__name__)

FRESH = 2.0
"""Seconds a check may be old when SENT is committed."""
DECISION_AGE = timedelta(minutes=15)
OWN_EDIT = 120.0
"""Seconds after SENT in which what a read-back shows as the last edit may be the step itself."""
MAX_TRIES = 5
LEASE = 25 * 60.0
"""Longer than the longest call: 11 minutes until it answers, 10 more for a long operation."""
GIVE_UP_READING = timedelta(hours=24)


_TOO_LATE = "Acumatica could not be reached in time, so nothing was done."
_CONNECT = (
    "The Acumatica user of who pressed is no longer connected, so nothing was done. A new press"
    " brings a link to connect it again."
)


@dataclass(frozen=True, slots=True)
class Bells:
    """Who is woken when a step moved."""

    outbox: Bell
    look: Bell
    settle: Bell
    act: Bell


@dataclass(frozen=True, slots=True)
class Checked:
    """A fresh read before the call: what it showed, and when it was asked for."""

    shown: Shown
    at: Reading
    refusal: str = ""
    given: int = 0
    """Approvals of the presser on the document's list."""
    edited_by: str = ""
    """Who last changed the document, other than steps of this plan."""


class _Ledger:
    """What the doer and the settler share: clocks, leases, and how a step's end is stored."""

    states: tuple[str, ...] = ()

    def __init__(self, tenant: Tenant, store: Database, ports: Ports, bells: Bells) -> None:
        self._tenant = tenant
        self._store = store
        self._ports = ports
        self._clock = ports.clock
        self._bells = bells

    async def next_due(self) -> datetime | None:
        """Return when the next step is due."""
        async with self._store.reading() as conn:
            return await ledger.next_due(conn, self._lessee())

    def _lessee(self) -> Lessee:
        clock = self._clock
        return Lessee(self._tenant.name, self.states, clock.now(), clock.reading())

    async def _lease(self) -> tuple[Step, Decision] | None:
        async with self._store.transaction() as conn:
            step = await ledger.lease(conn, self._lessee(), seconds=LEASE)
            return (step, await ledger.get(conn, step.decision)) if step else None

    def _cause(self, decision: Decision, step: Step, what: str) -> Cause:
        occurrence = f"{decision.id}.{step.number}.{step.fence}.{what}"
        return Cause(
            decision.company, decision.document, occurrence, decision.correlation, self._clock.now()
        )

    async def _end(self, step: Step, decision: Decision, end: End, *, reason: str = "") -> None:
        """Store how a step ended; the plan goes on, or the decision is settled."""
        cause = self._cause(decision, step, end)
        went_on = end is End.GO_ON
        async with self._store.transaction() as conn:
            state = StepState.CONFIRMED if went_on else StepState.ENDED
            if not await ledger.finish_step(conn, step, state):
                return
            plan = await ledger.steps(conn, decision.id)
            await note(conn, cause, f"step {end}", step=step.name, detail=step.detail)
            if not went_on or step.number == plan[-1].number:
                await self._settle(conn, decision, end, reason, cause)
            await self._tell(conn, cause)
        self._ring()

    async def _settle(
        self, conn: Connection, decision: Decision, end: End, reason: str, cause: Cause
    ) -> None:
        state = DECISION_AFTER[end]
        await ledger.settle(
            conn, decision.id, was=DecisionState.CLAIMED, state=state, reason=reason, now=cause.now
        )
        await note(conn, cause, f"decision {state}", decision=decision.id, reason=reason)

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

    def _ring(self) -> None:
        for bell in (self._bells.look, self._bells.outbox, self._bells.settle, self._bells.act):
            bell.ring()

    def _see(self, step: Step, decision: Decision, document: Document | None, given: int) -> Shown:
        same = (
            document is not None
            and fingerprint(self._tenant.name, document) == decision.fingerprint
        )
        proved = 0 <= step.approved_before < given
        return shown(_rule(step, decision), document, same=same, proved=proved)

    async def _given(self, decision: Decision, document: Document | None) -> int:
        """Count the presser's approvals on the document's list, where the ERP tells one."""
        if document is None or not document.approvals:
            return 0
        async with self._store.reading() as conn:
            people = await self._tenant.people(conn, now=self._clock.now())
        return people.approvals_of(decision.person, document.approvals)


class _PersonGrantLost(Exception):
    """The presser's own grant is over; the service's may be well."""


class Doer(_Ledger):
    """Does the steps of claimed decisions, one at a time per company."""

    states = DOABLE

    async def step(self) -> bool:
        """Check and send one step; False when none is due."""
        taken = await self._lease()
        if taken is None:
            return False
        step, decision = taken
        if self._too_old(decision):
            await self._end(step, decision, End.LAPSED, reason=_TOO_LATE)
            return True
        grants = self._tenant.grants
        grant = await grants.of(decision.person) if grants else None
        if grants and grant is None:
            await self._end(step, decision, End.REFUSED, reason=_CONNECT)
            return True
        async with self._tenant.erp.acting(grant) as actor:
            checked = await self._check(step, decision, actor)
            if checked is not None:
                await self._go(step, decision, checked, actor)
        return True

    def _too_old(self, decision: Decision) -> bool:
        return self._clock.now() - (decision.claimed_at or decision.asked_at) > DECISION_AGE

    async def _check(self, step: Step, decision: Decision, actor: Actor) -> Checked | None:
        """Read the document and the presser's rights again, as late as possible."""
        try:
            await self._sign_in(actor)
            at = self._clock.reading()
            document = await actor.read(DocumentKey.parse(decision.document))
        except _PersonGrantLost:
            await self._lose_grant(step, decision)
            await self._end(step, decision, End.REFUSED, reason=_CONNECT)
            return None
        except ErpError as error:
            after = error.after if isinstance(error, ErpBusy) else None
            await self._put_off(step, decision, f"check: {error}", after)
            return None
        given = await self._given(decision, document)
        seen = self._see(step, decision, document, given)
        if document is None:
            return Checked(seen, at)  # gone: what the read shows ends the plan
        judged = await self._judged(decision, document)
        if judged is None:
            return Checked(seen, at, refusal_text(Refusal.UNKNOWN_CARD, ENGLISH))
        refusal = may_decide(decision.person, judged)
        said = refusal_text(refusal, ENGLISH) if refusal else ""
        return Checked(seen, at, said, given, last_editor(judged))

    async def _sign_in(self, actor: Actor) -> None:
        """Be ready to act; tell a person's lost grant from the service's own."""
        try:
            await actor.sign_in()
        except GrantLost as error:
            kind = _PersonGrantLost if self._tenant.grants else ErpUnavailable
            raise kind(str(error)) from error

    async def _lose_grant(self, step: Step, decision: Decision) -> None:
        """Forget a person's grant the ERP no longer honours: the next press brings a new link."""
        grants = self._tenant.grants
        if grants is None:
            return
        cause = self._cause(decision, step, "grant lost")
        async with self._store.transaction() as conn:
            await grants.forget(conn, decision.person)
            await note(conn, cause, "grant lost", person=decision.person)

    async def _judged(self, decision: Decision, document: Document) -> Asked | None:
        """Return what the presser is judged by now; None when the card leads nowhere any more."""
        async with self._store.reading() as conn:
            asked = await self._tenant.asked(conn, decision, now=self._clock.now())
        if asked is None:
            return None
        around = replace(asked.document.around, owner=owner_of(document))
        fresh = document.with_around(around)
        approvers = approvers_now(fresh, decision, self._tenant.routes, asked.people)
        return replace(asked, document=fresh, decision=replace(decision, approvers=approvers))

    async def _go(self, step: Step, decision: Decision, checked: Checked, actor: Actor) -> None:
        """Send when the check allows it; otherwise the plan ends here without a call."""
        if checked.refusal:
            await self._end(step, decision, End.REFUSED, reason=checked.refusal)
        elif checked.shown is not Shown.DOABLE:
            end, reason = _not_doable(checked.shown)
            await self._end(step, decision, end, reason=reason)
        elif await self._commit_sent(step, decision, checked):
            await self._call(step, decision, actor)

    async def _commit_sent(self, step: Step, decision: Decision, checked: Checked) -> bool:
        """Commit SENT before the first byte; False when the check is stale or the lease lost.

        Waiting for a seat or signing in may have taken minutes since the press was found young
        enough: one that is too old by now is put off, and lapses when it is taken again.
        """
        cause = self._cause(decision, step, "sent")
        async with self._store.transaction() as conn:
            reading = self._clock.reading()
            stale = reading.boot != checked.at.boot or reading.seconds - checked.at.seconds > FRESH
            if stale or self._too_old(decision):
                due = cause.now + timedelta(seconds=1)
                await ledger.put_off(conn, step, due=due, detail="the check grew stale")
                return False
            sending = replace(step, approved_before=checked.given, edited_by=checked.edited_by)
            if not await ledger.send(conn, sending, now=cause.now, reading=reading):
                return False
            call = self._tenant.company.call(DocumentKey.parse(decision.document).entity, step.name)
            await note(conn, cause, "step checked", step=step.name, shown=checked.shown)
            await note(
                conn, cause, "step sent", step=step.name, call=str(call),
                fingerprint=decision.fingerprint, person=decision.person,
            )  # fmt: skip
            return True

    async def _call(self, step: Step, decision: Decision, actor: Actor) -> None:
        key = DocumentKey.parse(decision.document)
        call = self._tenant.company.call(
            key.entity, step.name, person=decision.person_name, reason=decision.said
        )
        sent = self._clock.reading()
        # The sign-in is done and connecting has a short limit of its own: the first byte leaves
        # within seconds of SENT, or never.
        outcome = await actor.act(call, key)
        await self._store_outcome(replace(step, sent=sent), decision, outcome)

    async def _store_outcome(self, step: Step, decision: Decision, outcome: CallOutcome) -> None:
        if outcome.outcome in (CallClass.NOT_SENT, CallClass.TURNED_AWAY):
            await self._put_off(step, decision, outcome.detail, outcome.after or None)
            return
        told = replace(
            step,
            outcome=outcome.outcome,
            detail=outcome.detail,
            reading="",
            reading_since=step.sent.seconds,
        )
        cause = self._cause(decision, step, "answered")
        async with self._store.transaction() as conn:
            await ledger.doubt(conn, told, due=cause.now)
            await note(
                conn, cause, "step answered", step=step.name, outcome=outcome.outcome,
                detail=outcome.detail,
            )  # fmt: skip
        self._bells.settle.ring()

    async def _put_off(
        self, step: Step, decision: Decision, reason: str, after: float | None
    ) -> None:
        """Certainly nothing happened: check again later, a few times, then let it lapse."""
        if step.attempts + 1 >= MAX_TRIES:
            await self._end(step, decision, End.LAPSED, reason=_TOO_LATE)
            return
        cause = self._cause(decision, step, "put off")
        wait = backoff(step.fence, self._ports.chance()) if after is None else after
        async with self._store.transaction() as conn:
            due = cause.now + timedelta(seconds=wait)
            await ledger.put_off(conn, step, due=due, detail=reason)
            await note(conn, cause, "step put off", step=step.name, reason=reason)


class Settler(_Ledger):
    """Settles steps whose outcome is not known by reading the document back."""

    states = UNSETTLED

    async def step(self) -> bool:
        """Read one document back; False when none is due."""
        taken = await self._lease()
        if taken is None:
            return False
        step, decision = taken
        document, seen = await self._read_back(step, decision)
        step = self._evidence(replace(step, left_at=self._left_at(step, document)), seen)
        step = replace(step, reads=step.reads + 1)
        end = judge(self._as_evidence(step, decision, seen))
        if end is None and self._gave_up(step):
            end = End.NEEDS_PERSON
        if end is None:
            await self._wait(step, decision, seen)
        else:
            await self._end(step, decision, end, reason=_REASONS.get(end, ""))
        return True

    async def _read_back(self, step: Step, decision: Decision) -> tuple[Document | None, Shown]:
        key = DocumentKey.parse(decision.document)
        try:
            document = await self._tenant.erp.read_for_press(key)
        except ErpError as error:
            log.warning("read-back failed", extra={"document": str(key), "reason": str(error)})
            return None, Shown.UNREADABLE
        given = await self._given(decision, document)
        return document, self._see(step, decision, document, given)

    def _left_at(self, step: Step, document: Document | None) -> datetime | None:
        """Return the stamp the step left; None when it is read too late to be the step's own."""
        if document is None or step.sent_at is None:
            return None
        now = self._clock.reading()
        soon = step.sent.boot == now.boot and now.seconds - step.sent.seconds <= OWN_EDIT
        # A boot in between started the waiting period anew, but not the time that passed.
        passed = self._clock.now() - step.sent_at <= timedelta(seconds=OWN_EDIT)
        return document.last_modified if soon and passed else None

    def _evidence(self, step: Step, seen: Shown) -> Step:
        """Carry forward since when read-backs have shown this same thing, on this boot's clock."""
        now = self._clock.reading()
        if step.sent.boot != now.boot:
            # Another boot's clock means nothing here: every waiting period starts anew.
            step = replace(step, sent=now, reading="", reading_since=now.seconds)
        if not step.outcome:
            step = replace(step, outcome=CallClass.UNKNOWN, detail="found in SENT at start")
        if step.reading != seen:
            step = replace(step, reading=seen, reading_since=now.seconds)
        return step

    def _as_evidence(self, step: Step, decision: Decision, seen: Shown) -> Evidence:
        now = self._clock.reading().seconds
        rule = _rule(step, decision)
        return Evidence(
            call=CallClass(step.outcome),
            shown=seen,
            since_sent=now - step.sent.seconds,
            steady_for=now - step.reading_since,
            partial=rule.partial,
        )

    def _gave_up(self, step: Step) -> bool:
        sent = step.sent_at
        return sent is not None and self._clock.now() - sent > GIVE_UP_READING

    async def _wait(self, step: Step, decision: Decision, seen: Shown) -> None:
        cause = self._cause(decision, step, "in doubt")
        readable = seen is not Shown.UNREADABLE
        wait = next_read_back(step.reads, readable=readable)
        async with self._store.transaction() as conn:
            await ledger.doubt(conn, step, due=cause.now + timedelta(seconds=wait))
            await note(conn, cause, "step in doubt", step=step.name, shown=seen)
            if step.reads == 1:
                cards = await posted_cards.of_document(conn, cause.company, cause.document)
                await update_cards(conn, cards, cause)
        self._bells.outbox.ring()


def _rule(step: Step, decision: Decision) -> PlanStep:
    return STEPS[DocumentKey.parse(decision.document).entity, step.name]


def _not_doable(seen: Shown) -> tuple[End, str]:
    """Say how a plan ends whose next step cannot be done, before any call."""
    if seen in (Shown.DONE, Shown.ELSEWHERE):
        return End.BY_OTHER, ""
    if seen is Shown.STOPPED:
        return End.STOPPED, "It needs approval in Acumatica first."
    if seen in (Shown.DOABLE_OTHER, Shown.DONE_OTHER):
        return End.SUPERSEDED, "The document changed after the press, so nothing was done."
    if seen is Shown.UNKNOWN:
        return End.REFUSED, "Acumatica shows a status that Countersign does not know."
    return End.SUPERSEDED, "The document no longer allows this, so nothing was done."


_REASONS = {
    End.REFUSED: "Acumatica refused it. The document's screen there shows why.",
    End.STOPPED: "The hold is removed; it needs approval in Acumatica first.",
    End.NOT_APPLIED: "Acumatica gave no answer, and nothing was done there.",
    End.NEEDS_PERSON: "What happened in Acumatica is not clear. An administrator must look.",
    End.MISMATCH: "It was done, but the document is not the one that was approved.",
}
