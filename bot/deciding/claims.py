"""What presses and forms share: the question they answer, the claim, the refusal and their audit.

Everything runs inside the caller's transaction, so that a claim and what is told of it are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.clock import Ports
from bot.companies import Tenant
from bot.core.decide import hand_on
from bot.core.presses import Agree, Asked, Claim, Press, thread_base
from bot.core.rates import Rates
from bot.deciding.bells import Bells
from bot.deciding.questions import Cause, carry_out, note, update_cards
from bot.signing_in.consents import Consents
from cards.refusals import Refusal
from cards.text import bare
from storage import comments, inbox, ledger, notices, outbox, posted_cards, restorations
from storage.database import Connection
from storage.records import Comment, PostedCard


class Claims:
    """Finds what a press is about, and gives a decision to it."""

    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        consents: Consents,
        *,
        ports: Ports,
        bells: Mapping[str, Bells],
        rates: Rates,
    ) -> None:
        self._tenants = tenants
        self._consents = consents
        self._ports = ports
        self._bells = bells
        self._rates = rates

    def is_too_fast(self, person: str) -> bool:
        """Count one more press of somebody; True when it is beyond what one person may."""
        return not self._rates.lets(person, self._ports.clock.reading().seconds)

    def knows(self, company: str) -> bool:
        """Say whether there is such a company; one taken out of the file is none any more."""
        return company in self._tenants

    def tenant(self, company: str) -> Tenant:
        """Return a company by its name."""
        return self._tenants[company]

    async def asked(self, conn: Connection, press: Press) -> Asked | None:
        """Return what *press* is judged by; None when its token leads nowhere."""
        decision = await ledger.by_token(conn, press.token) if press.token else None
        tenant = self._tenants.get(decision.company) if decision else None
        if decision is None or tenant is None:
            return None
        asked = await tenant.asked(conn, decision, now=self._ports.clock.now())
        resting = await restorations.waits(conn, self._ports.clock.reading())
        return replace(asked, resting=resting) if asked else None

    async def take(
        self, conn: Connection, press: Press, asked: Asked, judged: Claim | Agree
    ) -> None:
        """Have *press* decide, or be the first of two.

        It was judged in this same transaction, so that no other press can have been before it; that
        the ledger's compare-and-set insists is the second lock. Raises ValueError then.
        """
        if isinstance(judged, Agree):
            taken = await self._agree(conn, press, asked, judged)
        else:
            taken = await self._claim(conn, press, asked, judged)
        if not taken:
            raise ValueError(f"decision {asked.decision.id} was pressed by somebody else meanwhile")

    async def _agree(self, conn: Connection, press: Press, asked: Asked, agree: Agree) -> bool:
        """Keep *press* as the first of two, and hand the question on."""
        decision = asked.decision
        claimant = _claimant(press, asked)
        if not await ledger.agree(
            conn, decision.id, claimant, approvers=agree.others, now=asked.now
        ):
            return False
        cause = self.cause(asked, f"{decision.id}.agreed")
        await note(
            conn, cause, "decision agreed", actor=press.person, decision=decision.id,
            verb=press.verb, seconds=list(agree.others), fingerprint=decision.fingerprint,
        )  # fmt: skip
        told = hand_on(
            asked.document, decision, self._tenants[asked.company].routes, asked.people,
            to=agree.others, cards=asked.cards,
        )  # fmt: skip
        await carry_out(conn, told, cause, None, self._ports.token)
        return True

    async def _claim(self, conn: Connection, press: Press, asked: Asked, claim: Claim) -> bool:
        """Give the decision to *press*, with its plan."""
        decision, now = asked.decision, asked.now
        claimant = _claimant(press, asked)
        first = decision.agreed.person if decision.agreed else ""
        reading = self._ports.clock.reading()
        if not await ledger.claim(
            conn, decision.id, claimant, plan=claim.plan, now=now, reading=reading, agreed=first,
            approved=asked.document.to_json(),
        ):  # fmt: skip
            return False
        cause = self.cause(asked, f"{decision.id}.claimed")
        await note(
            conn, cause, "decision claimed", actor=press.person, decision=decision.id,
            verb=press.verb, plan=list(claim.plan), fingerprint=decision.fingerprint,
            unknown_editor_allowed=asked.rights.allow_unknown_editor,
            **({"agreed": first} if first else {}),
            **({"reason": press.reason} if press.reason else {}),
        )  # fmt: skip
        if press.reason:
            await self._keep_reason(conn, asked, claimant)
        await update_cards(conn, asked.cards, cause)
        return True

    async def _keep_reason(self, conn: Connection, asked: Asked, claimant: ledger.Claimant) -> None:
        decision = asked.decision
        said = Comment(
            decision.company, decision.document, f"reason|{decision.id}", claimant.person,
            claimant.person_name, claimant.said, "reason",
        )  # fmt: skip
        await comments.add(conn, said, now=asked.now)

    async def refused(
        self, conn: Connection, press: Press, asked: Asked | None, refusal: Refusal
    ) -> None:
        """Note that nothing was done, and send who is not connected yet a link to connect."""
        cause = self.cause(asked)
        await note(
            conn, cause, "press refused", actor=press.person or "unknown",
            verb=press.verb[:40], reason=str(refusal),
        )  # fmt: skip
        if asked is not None and refusal is Refusal.NOT_CONNECTED:
            await self._consents.offer(conn, press.person, asked.company)
        if asked is not None and refusal is Refusal.FIRST_GONE:
            await inbox.add_hint(  # a look asks anew
                conn, cause.company, cause.document, reason="action",
                correlation=cause.correlation, now=cause.now,
            )  # fmt: skip

    async def learn_id(self, conn: Connection, press: Press, card: PostedCard) -> None:
        """A post that got no answer tells its id by its first press or refresh."""
        known = await posted_cards.get(conn, card.company, card.document, card.target)
        if known is None or known.activity or not press.reply_to:
            return
        told = replace(known, activity=press.reply_to, conversation=press.conversation)
        now = self._ports.clock.now()
        await posted_cards.posted(conn, told, now=now)
        await outbox.arrived(conn, card.company, card.document, card.target)
        await notices.add_thread(conn, thread_base(told.conversation), told.activity, now=now)

    def cause(self, asked: Asked | None, occurrence: str = "") -> Cause:
        """Return what a change made by a press is put down to."""
        now = self._ports.clock.now()
        if asked is None:
            return Cause("", "", occurrence, self._ports.token(), now)
        decision = asked.decision
        return Cause(
            decision.company, decision.document, occurrence, decision.correlation, now,
            self._tenants[decision.company].version,
        )  # fmt: skip

    def ring(self) -> None:
        """Wake who carries out what was claimed, and who tells of it."""
        for bells in self._bells.values():
            bells.ring()


def _claimant(press: Press, asked: Asked) -> ledger.Claimant:
    name = asked.people.by_id[press.person].name
    return ledger.Claimant(press.verb, press.person, name, press.reason)


def waits_for(asked: Asked | None) -> str:
    """Name who may decide, for somebody who may not."""
    if asked is None:
        return ""
    found = (asked.people.by_id.get(person) for person in asked.decision.approvers)
    return ", ".join(bare(person.name) for person in found if person)
