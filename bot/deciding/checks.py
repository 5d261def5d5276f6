"""What is judged right before a call: the document, the presser's rights, the age of the press.

Everything is read anew and as late as possible. What does not hold ends the step without a call.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from acumatica_client.acting import Actor
from acumatica_client.entities import owner_of
from acumatica_client.errors import ErpBusy, ErpError, ErpUnavailable
from acumatica_client.models import Document
from acumatica_client.oauth import GrantLost
from bot.core.decide import approvers_now, two_now
from bot.core.plans import End, Shown
from bot.core.presses import Asked, last_editor, may_decide, second_refusal
from bot.deciding.journal import Journal, Work
from bot.deciding.questions import note
from bot.signing_in.grants import Grants
from cards.language import ENGLISH
from cards.refusals import Refusal, refusal_text
from storage.records import Decision, Reading

FRESH = 2.0
"""Seconds a check may be old when SENT is committed."""
DECISION_AGE = 15 * 60.0
"""Seconds after its press in which a decision may be carried out."""

TOO_LATE = "Acumatica could not be reached in time, so nothing was done."
CONNECT = (
    "The Acumatica user of who pressed is no longer connected, so nothing was done. A new press"
    " brings a link to connect it again."
)


@dataclass(frozen=True, slots=True)
class Checked:
    """All holds: what is remembered of the read, and when it was asked for."""

    at: Reading
    given: int
    """Approvals of the presser on the document's list."""
    edited_by: str
    """Who last changed the document, other than steps of this plan."""
    erp_id: str
    """The document's id, by which it is read back as well."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The plan ends here, without a call."""

    end: End
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """It could not be checked now; perhaps in so many seconds."""

    reason: str
    after: float | None = None


class Checks:
    """Judges steps right before their call."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._tenant = journal.tenant

    def too_old(self, decision: Decision) -> bool:
        """Say whether a press is too old to act on; one of another boot may be any age."""
        passed = self._journal.passed(decision.claimed)
        return passed is None or passed > DECISION_AGE

    def stale(self, checked: Checked) -> bool:
        """Say whether the document may have changed since it was read."""
        passed = self._journal.passed(checked.at)
        return passed is None or passed > FRESH

    async def check(self, work: Work, actor: Actor) -> Checked | Stop | Later:
        """Read the document and the presser's rights again, as late as possible."""
        try:
            await self._sign_in(actor)
            at = self._journal.reading()
            document = await actor.read(work.key)
        except _PersonGrantLost as lost:
            await self._lose_grant(work, lost.grants)
            return Stop(End.REFUSED, CONNECT)
        except ErpError as error:
            after = error.after if isinstance(error, ErpBusy) else None
            return Later(f"check: {error}", after)
        return await self._judge(work, document, at)

    async def _judge(self, work: Work, document: Document | None, at: Reading) -> Checked | Stop:
        given = await self._journal.given(work.decision, document)
        if document is None:
            return not_doable(Shown.GONE)
        asked = await self._asked(work.decision, document)
        refusal = _refusal(work.decision, asked)
        if refusal is not None or asked is None:
            return Stop(End.REFUSED, refusal_text(refusal or Refusal.UNKNOWN_CARD, ENGLISH))
        seen = self._journal.see(work, document, given)
        if seen is not Shown.DOABLE:
            return not_doable(seen)
        return Checked(at, given, last_editor(asked), document.erp_id)

    async def _asked(self, decision: Decision, document: Document) -> Asked | None:
        """Return what the presser is judged by now; None when the card leads nowhere any more."""
        async with self._journal.store.reading() as conn:
            asked = await self._tenant.asked(conn, decision, now=self._journal.now())
        if asked is None:
            return None
        around = replace(asked.document.around, owner=owner_of(document))
        fresh = document.with_around(around)
        routes, people = self._tenant.routes, asked.people
        approvers = approvers_now(fresh, decision, routes, people)
        return replace(
            asked,
            document=fresh,
            decision=replace(decision, approvers=approvers),
            two=two_now(fresh, decision, routes, people),
        )

    async def _sign_in(self, actor: Actor) -> None:
        """Be ready to act; tell a person's lost grant from the service's own."""
        try:
            await actor.sign_in()
        except GrantLost as error:
            if self._tenant.grants is None:
                raise ErpUnavailable(str(error)) from error
            raise _PersonGrantLost(self._tenant.grants) from error

    async def _lose_grant(self, work: Work, grants: Grants) -> None:
        """Forget a person's grant the ERP no longer honours: the next press brings a new link."""
        person = work.decision.person
        async with self._journal.store.transaction() as conn:
            await grants.forget(conn, person)
            await note(conn, self._journal.cause(work), "grant lost", person=person)


def _refusal(decision: Decision, asked: Asked | None) -> Refusal | None:
    """Say why whoever pressed may not decide any more, the first of two included."""
    if asked is None:
        return Refusal.UNKNOWN_CARD
    person = decision.person
    return may_decide(person, asked) or second_refusal(person, decision.verb, asked)


class _PersonGrantLost(Exception):
    """The presser's own grant is over; the service's may be well."""

    def __init__(self, grants: Grants) -> None:
        super().__init__()
        self.grants = grants


def not_doable(seen: Shown) -> Stop:
    """Say how a plan ends whose next step cannot be done, before any call."""
    if seen in (Shown.DONE, Shown.ELSEWHERE):
        return Stop(End.BY_OTHER)
    if seen is Shown.STOPPED:
        return Stop(End.STOPPED, "It needs approval in Acumatica first.")
    if seen in (Shown.DOABLE_OTHER, Shown.DONE_OTHER):
        return Stop(End.SUPERSEDED, "The document changed after the press, so nothing was done.")
    if seen is Shown.UNKNOWN:
        return Stop(End.REFUSED, "Acumatica shows a status that Countersign does not know.")
    return Stop(End.SUPERSEDED, "The document no longer allows this, so nothing was done.")
