"""Administrators' presses: one records what Acumatica shows, a second one confirms it.

The same door, the same answers kept for repeats, and the same distrust as for every press: a card's
token finds the decision, who presses is who the activity names, and both must be administrators at
that moment. Nothing here ever calls the ERP, but for a look.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.clock import Ports
from bot.core.activity import Received
from bot.core.presses import Press, find_card
from bot.core.settlements import (
    Case,
    Move,
    bench_of,
    judge_verdict,
    may_settle,
    outcome_of,
    target_of,
)
from bot.deciding.claims import Claims
from bot.deciding.questions import Cause, note, update_cards, update_summons
from bot.sending.showing import Showing, card_answer, text_answer
from cards.language import language_of
from cards.refusals import Refusal, refusal_text
from storage import inbox, ledger, posted_cards, settlements
from storage.database import Connection
from storage.records import Json, PostedCard, TeamsPerson, Verdict


class Settlements:
    """Takes what administrators press on their cards."""

    def __init__(self, claims: Claims, showing: Showing, ports: Ports) -> None:
        self._claims = claims
        self._showing = showing
        self._ports = ports

    async def answer(self, conn: Connection, received: Received) -> Json:
        """Judge a press and carry it out; return the card as it is then, or a refusal."""
        press = received.press
        case = await self._case(conn, press.token)
        card = await self._card_of(conn, press, case) if case else Refusal.UNKNOWN_CARD
        if case is None or isinstance(card, Refusal):
            return await self._refuse(conn, received, case, _refusal(card))
        await self._claims.learn_id(conn, press, card)
        case = await self._without_stranger(conn, case)
        judged = judge_verdict(press.verb, press.person, case)
        if isinstance(judged, Refusal):
            return await self._refuse(conn, received, case, judged)
        await self._carry_out(conn, press, case, judged, on="card")
        return await self._shown(conn, card, received)

    async def settle(
        self, conn: Connection, decision: str, verb: str, person: str
    ) -> Move | Refusal:
        """Judge and carry out what somebody presses on the admin page: as on their card.

        Who presses is whom their sign-in names; the place a card stands at plays no part.
        """
        found = await settlements.get(conn, decision)
        case = await self._case(conn, found.token) if found else None
        press = Press("", verb, person, "", "")
        if case is None:
            return await self._refused(conn, press, None, Refusal.UNKNOWN_CARD)
        case = await self._without_stranger(conn, case)
        too_fast = self._claims.is_too_fast(person)
        judged = Refusal.TOO_FAST if too_fast else judge_verdict(verb, person, case)
        if isinstance(judged, Refusal):
            return await self._refused(conn, press, case, judged)
        await self._carry_out(conn, press, case, judged, on="admin page")
        return judged

    # --- what the press is about ---

    async def _case(self, conn: Connection, token: str) -> Case | None:
        settlement = await settlements.by_token(conn, token) if token else None
        decision = await ledger.get(conn, settlement.decision) if settlement else None
        if settlement is None or decision is None or not self._claims.knows(decision.company):
            return None
        tenant, reading = self._claims.tenant(decision.company), self._ports.clock.reading()
        people = await tenant.people(conn, now=self._ports.clock.now())
        await ledger.restart_wait(conn, decision.id, reading)
        steps = await ledger.steps(conn, decision.id)
        sent = [step.sent.seconds for step in steps if step.sent.boot == reading.boot]
        since = reading.seconds - max(sent) if sent else None
        bench = bench_of(tenant.administrators, people, decision)
        connected = await tenant.connected(conn)
        return Case(settlement, decision, bench, since, people, connected)

    async def _card_of(self, conn: Connection, press: Press, case: Case) -> PostedCard | Refusal:
        """Find the presser's own card, pressed where it stands."""
        refusal = may_settle(press.person, case)
        if refusal is not None:
            return refusal
        decision, own = case.decision, target_of(press.person, case.decision.id)
        cards = await posted_cards.summons(conn, decision.company, decision.document, decision.id)
        return find_card([card for card in cards if card.target == own], press)

    async def _without_stranger(self, conn: Connection, case: Case) -> Case:
        """Drop what was recorded by somebody who is no administrator any more."""
        settlement = case.settlement
        if settlement.second or may_settle(settlement.first, case) in (None, Refusal.NOT_A_PERSON):
            return case
        await settlements.object_to(conn, settlement.decision, _NOBODY)
        fresh = await settlements.get(conn, settlement.decision)
        return replace(case, settlement=fresh or settlement)

    # --- what it does ---

    async def _carry_out(
        self, conn: Connection, press: Press, case: Case, move: Move, *, on: str
    ) -> None:
        cause = self._cause(case, move)
        person = next(one for one in case.bench if one.aad_object_id == press.person)
        decision, now = case.decision, cause.now
        match move:
            case Move.LOOK:
                await self._look(conn, cause)
            case Move.OBJECT:
                await settlements.object_to(conn, decision.id, person)
            case Move.RECORD:
                await settlements.record(conn, decision.id, Verdict(press.verb), person, now=now)
            case Move.CONFIRM:
                await self._settle(conn, case, Verdict(press.verb), person, cause)
        await note(
            conn, cause, f"settlement {move}", actor=press.person, decision=decision.id,
            verdict=press.verb, on=on,
        )  # fmt: skip
        await update_summons(conn, decision, cause)

    async def _settle(
        self, conn: Connection, case: Case, verdict: Verdict, second: TeamsPerson, cause: Cause
    ) -> None:
        """Let the decision leave its state; the store insists on two different people."""
        decision = case.decision
        state, reason = outcome_of(verdict, await ledger.steps(conn, decision.id))
        confirmed = await settlements.confirm(conn, decision.id, verdict, second, now=cause.now)
        if not confirmed or not await ledger.settle(
            conn, decision.id, was=decision.state, state=state, reason=reason, now=cause.now
        ):
            # The second lock: it was judged in this very transaction.
            raise ValueError(  # pragma: no cover
                f"decision {decision.id} was settled by somebody else meanwhile"
            )
        if verdict is Verdict.TOOK_EFFECT:
            await ledger.took_effect(conn, decision.id)
        await note(
            conn, cause, f"decision {state}", actor=second.aad_object_id, decision=decision.id,
            reason=reason, recorded_by=case.settlement.first,
        )  # fmt: skip
        cards = await posted_cards.of_document(conn, cause.company, cause.document)
        await update_cards(conn, cards, cause)
        await self._look(conn, cause)

    async def _look(self, conn: Connection, cause: Cause) -> None:
        await inbox.add_hint(
            conn,
            cause.company,
            cause.document,
            reason="administrator",
            correlation=cause.correlation,
            now=cause.now,
        )

    # --- what it is answered ---

    async def _refuse(
        self, conn: Connection, received: Received, case: Case | None, refusal: Refusal
    ) -> Json:
        await self._refused(conn, received.press, case, refusal)
        return text_answer(refusal_text(refusal, language_of(received.locale)))

    async def _refused(
        self, conn: Connection, press: Press, case: Case | None, refusal: Refusal
    ) -> Refusal:
        """Note that nothing was done."""
        cause = self._cause(case, "refused")
        await note(
            conn, cause, "press refused", actor=press.person or "unknown", verb=press.verb[:40],
            reason=str(refusal),
        )  # fmt: skip
        if case is not None and refusal is Refusal.OTHER_VERDICT:
            await update_summons(conn, case.decision, cause)
        return refusal

    async def _shown(self, conn: Connection, card: PostedCard, received: Received) -> Json:
        shown = await self._showing.card(
            conn, card.company, card.document, target=card.target, locale=received.locale
        )
        return (
            card_answer(shown.card)
            if shown
            else text_answer(refusal_text(Refusal.UNKNOWN_CARD, language_of(received.locale)))
        )

    def _cause(self, case: Case | None, what: str) -> Cause:
        now: datetime = self._ports.clock.now()
        occurrence = f"{what}.{self._ports.token()}"
        if case is None:
            return Cause("", "", occurrence, self._ports.token(), now)
        one = case.decision
        return Cause(
            one.company, one.document, f"{one.id}.{occurrence}", one.correlation, now,
            self._claims.tenant(one.company).version,
        )  # fmt: skip


_NOBODY = TeamsPerson("", "", "", "")


def _refusal(card: PostedCard | Refusal) -> Refusal:
    return card if isinstance(card, Refusal) else Refusal.UNKNOWN_CARD
