"""Answers presses: judged and claimed in one transaction, answered at once, carried out later.

An answer never claims an outcome. A press that cannot be judged is refused; nothing in it but the
card token is believed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.actions import Bells
from bot.clock import Ports
from bot.companies import Tenant
from bot.consents import Consents
from bot.core.activity import Received
from bot.core.presses import Asked, Claim, Press, decide_press, find_card
from bot.questions import Cause, note, update_cards
from bot.showing import Showing, card_answer, text_answer
from cards.refusals import Refusal, refusal_text
from storage import ledger, outbox, posted_cards
from storage.database import Connection, Database
from storage.records import Decision, DecisionState, Json, PostedCard

log = logging.getLogger(__name__)

VIEWS = frozenset({"refresh", "review"})
"""Verbs that only show; they decide nothing, whoever sends them."""


class Presses:
    """Turns presses into claimed decisions and answers them."""

    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        store: Database,
        showing: Showing,
        consents: Consents,
        *,
        ports: Ports,
        bells: Mapping[str, Bells],
    ) -> None:
        self._tenants = tenants
        self._store = store
        self._showing = showing
        self._consents = consents
        self._ports = ports
        self._bells = bells

    async def answer(self, received: Received) -> Json:
        """Return the invoke answer to a press or a refresh; never empty."""
        press = received.press
        if received.automatic or press.verb in VIEWS:
            return await self._view(press)
        async with self._store.transaction() as conn:
            kept = await ledger.answer(conn, received.activity) if received.activity else None
            if kept is not None:
                return kept
            asked = await self._asked(conn, press)
            answer = await self._judge(conn, press, asked)
            if received.activity:
                now = self._ports.clock.now()
                await ledger.keep_answer(conn, received.activity, answer, now=now)
        self._ring(asked)
        return answer

    async def _asked(self, conn: Connection, press: Press) -> Asked | None:
        decision = await ledger.by_token(conn, press.token) if press.token else None
        tenant = self._tenants.get(decision.company) if decision else None
        if decision is None or tenant is None:
            return None
        return await tenant.asked(conn, decision, now=self._ports.clock.now())

    async def _judge(self, conn: Connection, press: Press, asked: Asked | None) -> dict[str, Any]:
        judged = decide_press(press, asked)
        if isinstance(judged, Refusal) or asked is None:
            refusal = judged if isinstance(judged, Refusal) else Refusal.UNKNOWN_CARD
            return await self._refuse(conn, press, asked, refusal)
        await self._learn_id(conn, press, judged.card)
        return await self._claim(conn, press, asked, judged)

    async def _claim(
        self, conn: Connection, press: Press, asked: Asked, claim: Claim
    ) -> dict[str, Any]:
        decision, now = asked.decision, asked.now
        name = asked.people.by_id[press.person].name
        claimant = ledger.Claimant(press.verb, press.person, name)
        if not await ledger.claim(conn, decision.id, claimant, plan=claim.plan, now=now):
            return await self._refuse(conn, press, asked, Refusal.ALREADY_DECIDED)
        cause = self._cause(asked, f"{decision.id}.claimed")
        await note(
            conn, cause, "decision claimed", actor=press.person, decision=decision.id,
            verb=press.verb, plan=list(claim.plan), fingerprint=decision.fingerprint,
            unknown_editor_allowed=asked.rights.allow_unknown_editor,
        )  # fmt: skip
        await update_cards(conn, asked.cards, cause)
        return await self._card(conn, decision, claim.card, press.person)

    async def _refuse(
        self, conn: Connection, press: Press, asked: Asked | None, refusal: Refusal
    ) -> dict[str, Any]:
        cause = self._cause(asked, "refused")
        await note(
            conn, cause, "press refused", actor=press.person or "unknown",
            verb=press.verb[:40], reason=str(refusal),
        )  # fmt: skip
        if asked is not None and refusal is Refusal.NOT_CONNECTED:
            await self._consents.offer(conn, press.person, asked.company)
        if asked is not None and refusal is Refusal.ALREADY_DECIDED:
            # The second press is answered with who decided and when: the card as it is now.
            card = find_card(asked.cards, press)
            if isinstance(card, PostedCard):
                return await self._card(conn, asked.decision, card, press.person)
        return text_answer(refusal_text(refusal, _waits_for(asked)))

    async def _view(self, press: Press) -> dict[str, Any]:
        """Show the card as the presser may see it, from what is stored; decides nothing."""
        async with self._store.reading() as conn:
            asked = await self._asked(conn, press)
            card = find_card(asked.cards, press) if asked else Refusal.UNKNOWN_CARD
            if asked is None or not isinstance(card, PostedCard):
                refusal = card if isinstance(card, Refusal) else Refusal.UNKNOWN_CARD
                return text_answer(refusal_text(refusal))
            pending = asked.decision.state is DecisionState.PENDING
            others = pending and press.person not in asked.decision.approvers
            if press.verb == "review" and others:
                # Their view is the card they see already; say so, rather than seem dead.
                return text_answer(refusal_text(Refusal.NOT_YOURS, _waits_for(asked)))
            answer = await self._card(conn, asked.decision, card, press.person)
        if not card.activity:
            async with self._store.transaction() as conn:
                await self._learn_id(conn, press, card)
        return answer

    async def _learn_id(self, conn: Connection, press: Press, card: PostedCard) -> None:
        """A post that got no answer tells its id by its first press or refresh."""
        known = await posted_cards.get(conn, card.company, card.document, card.target)
        if known is None or known.activity or not press.reply_to:
            return
        told = replace(known, activity=press.reply_to, conversation=press.conversation)
        await posted_cards.posted(conn, told, now=self._ports.clock.now())
        await outbox.arrived(conn, card.company, card.document, card.target)

    async def _card(
        self, conn: Connection, decision: Decision, card: PostedCard, viewer: str
    ) -> dict[str, Any]:
        shown = await self._showing.card(
            conn, decision.company, decision.document, target=card.target, viewer=viewer
        )
        return card_answer(shown.card) if shown else text_answer("")

    def _cause(self, asked: Asked | None, occurrence: str) -> Cause:
        now = self._ports.clock.now()
        if asked is None:
            return Cause("", "", occurrence, self._ports.token(), now)
        decision = asked.decision
        return Cause(decision.company, decision.document, occurrence, decision.correlation, now)

    def _ring(self, asked: Asked | None) -> None:
        if asked is not None:
            bells = self._bells[asked.company]
            bells.act.ring()
            bells.outbox.ring()


def _waits_for(asked: Asked | None) -> str:
    """Name who may decide, for somebody who may not."""
    if asked is None:
        return ""
    found = (asked.people.by_id.get(person) for person in asked.decision.approvers)
    return ", ".join(person.name for person in found if person)
