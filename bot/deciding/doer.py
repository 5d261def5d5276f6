"""The doer: takes a step that waits to be done, has it checked, and sends its call once.

SENT is committed before the first byte leaves. What is not certainly unsent is the settler's from
there on; nothing here ever sends a second time for what may have run.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from acumatica_client.acting import Actor
from acumatica_client.grants import Grant
from acumatica_client.models import CallClass, CallOutcome
from bot.clock import Ports
from bot.companies import Tenant
from bot.core.plans import End
from bot.deciding.bells import Bells
from bot.deciding.checks import CONNECT, TOO_LATE, Checked, Checks, Later, Stop
from bot.deciding.journal import Journal, Work
from bot.deciding.questions import note
from storage import ledger
from storage.database import Database
from storage.ledger import DOABLE
from storage.settle import backoff

MAX_TRIES = 5
"""Calls that were certainly not carried out, before the press lapses."""
UNSENT = frozenset({CallClass.NOT_SENT, CallClass.TURNED_AWAY})
"""Certainly nothing happened: the step may be checked and sent again for the same press."""


class Doer:
    """Does the steps of claimed decisions; several may work side by side where seats allow it."""

    def __init__(self, tenant: Tenant, store: Database, ports: Ports, bells: Bells) -> None:
        self._tenant = tenant
        self._store = store
        self._ports = ports
        self._journal = Journal(tenant, store, ports, bells)
        self._checks = Checks(self._journal)

    async def next_due(self) -> datetime | None:
        """Return when the next step is due."""
        return await self._journal.next_due(DOABLE)

    async def step(self) -> bool:
        """Check and send one step; False when none is due."""
        work = await self._journal.lease(DOABLE)
        if work is None:
            return False
        with self._journal.about("act", work):
            await self._do(work)
        return True

    async def _do(self, work: Work) -> None:
        grants, person = self._tenant.grants, work.decision.person
        if self._checks.too_old(work.decision):
            await self._journal.end(work, End.LAPSED, TOO_LATE)
        elif grants is None:
            await self._act(work, None)
        elif grant := await grants.of(person):
            await self._act(work, grant)
        else:
            await self._journal.end(work, End.REFUSED, CONNECT)

    async def _act(self, work: Work, grant: Grant | None) -> None:
        async with self._tenant.erp.acting(grant) as actor:
            match await self._checks.check(work, actor):
                case Stop(end, reason):
                    await self._journal.end(work, end, reason)
                case Later(reason, after):
                    await self._put_off(work, reason, after)
                case Checked() as checked:
                    await self._send(work, checked, actor)

    async def _send(self, work: Work, checked: Checked, actor: Actor) -> None:
        sent = await self._commit_sent(work, checked)
        if sent is None:
            return
        decision, key = work.decision, work.key
        call = self._tenant.company.call(
            key.entity, work.step.name,
            person=", ".join(decision.pressers.values()), reason=decision.said,
        )  # fmt: skip
        outcome = await actor.act(call, key, since=sent.step.sent.seconds)
        if outcome.outcome in UNSENT:
            await self._put_off(sent, outcome.detail, outcome.after or None)
        else:
            await self._doubt(sent, outcome)

    async def _commit_sent(self, work: Work, checked: Checked) -> Work | None:
        """Commit SENT before the first byte; None when the check is stale or the lease lost.

        Waiting for a seat or signing in may have taken minutes since the press was found young
        enough: one that is too old by now is put off, and lapses when it is taken again.
        """
        cause, decision, step = self._journal.cause(work), work.decision, work.step
        async with self._store.transaction() as conn:
            if self._checks.stale(checked) or self._checks.too_old(decision):
                due = self._journal.due_in(1.0)
                await ledger.put_off(conn, step, due=due, detail="the check grew stale")
                return None
            reading = self._journal.reading()
            sending = replace(
                step,
                sent=reading,
                attempts=step.attempts + 1,
                approved_before=checked.given,
                edited_by=checked.edited_by,
                erp_id=checked.erp_id,
                sent_there=self._tenant.erp.server_time(),
            )
            if not await ledger.send(conn, sending, now=cause.now, reading=reading):
                return None
            call = self._tenant.company.call(work.key.entity, step.name)
            await note(conn, cause, "step checked", step=step.name, shown="doable")
            await note(
                conn, cause, "step sent", step=step.name, call=str(call),
                fingerprint=decision.fingerprint, person=decision.person,
            )  # fmt: skip
        return replace(work, step=sending)

    async def _doubt(self, work: Work, outcome: CallOutcome) -> None:
        """Leave the rest to the settler: also what claims to be done is only believed when read."""
        step, cause = work.step, self._journal.cause(work)
        told = replace(step, outcome=outcome.outcome, detail=outcome.detail)
        async with self._store.transaction() as conn:
            await ledger.doubt(conn, told, due=self._journal.due_in(0.0))
            await note(
                conn, cause, "step answered", step=step.name, outcome=outcome.outcome,
                detail=outcome.detail,
            )  # fmt: skip
        self._journal.bells.settle.ring()

    async def _put_off(self, work: Work, reason: str, after: float | None) -> None:
        """Certainly nothing happened: check again later, a few times, then let it lapse."""
        step, cause = work.step, self._journal.cause(work)
        if step.attempts >= MAX_TRIES:
            await self._journal.end(work, End.LAPSED, TOO_LATE)
            return
        wait = backoff(step.fence, self._ports.chance()) if after is None else after
        async with self._store.transaction() as conn:
            await ledger.put_off(conn, step, due=self._journal.due_in(wait), detail=reason)
            await note(conn, cause, "step put off", step=step.name, reason=reason)
