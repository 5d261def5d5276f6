"""Answers presses: judged and claimed in one transaction, answered at once, carried out later.

An answer never claims an outcome. A press that cannot be judged is refused; nothing in it but the
card token is believed.
"""

from __future__ import annotations

import logging
from typing import Any

from bot.clock import Ports
from bot.core.activity import Received
from bot.core.presses import Asked, decide_press, find_card
from bot.core.settlements import SETTLING
from bot.deciding.claims import Claims, waits_for
from bot.deciding.dialogs import Dialogs
from bot.deciding.settlements import Settlements
from bot.sending.showing import Showing, card_answer, text_answer
from bot.tracing import about
from cards.language import language_of
from cards.refusals import Refusal, refusal_text
from storage import ledger
from storage.database import Connection, Database
from storage.records import Decision, DecisionState, Json, PostedCard

log = logging.getLogger(__name__)

VIEWS = frozenset({"refresh", "review"})
"""Verbs that only show; they decide nothing, whoever sends them."""


class Presses:
    """Turns presses into claimed decisions and answers them."""

    def __init__(
        self, store: Database, showing: Showing, claims: Claims, dialogs: Dialogs, ports: Ports
    ) -> None:
        self._store = store
        self._showing = showing
        self._claims = claims
        self._dialogs = dialogs
        self._settlements = Settlements(claims, showing, ports)
        self._ports = ports

    async def answer(self, received: Received) -> Json:
        """Return the invoke answer to a press or a refresh; never empty."""
        if received.automatic or received.press.verb in VIEWS:
            return await self._view(received)
        async with self._store.transaction() as conn:
            kept = await ledger.answer(conn, received.activity) if received.activity else None
            if kept is not None:
                return kept
            answer = await self._judge(conn, received)
            if received.activity:
                now = self._ports.clock.now()
                await ledger.keep_answer(conn, received.activity, answer, now=now)
        self._claims.ring()
        return answer

    async def _judge(self, conn: Connection, received: Received) -> dict[str, Any]:
        asked = await self._claims.asked(conn, received.press)
        one = asked.decision if asked else None
        with about(
            "press", one.correlation if one else "",
            company=one.company if one else "", document=one.document if one else "",
        ):  # fmt: skip
            return await self._judged(conn, received, asked)

    async def _judged(
        self, conn: Connection, received: Received, asked: Asked | None
    ) -> dict[str, Any]:
        press = received.press
        fast = self._claims.is_too_fast(press.person)
        if press.verb in SETTLING and not fast:
            return dict(await self._settlements.answer(conn, received))
        judged = Refusal.TOO_FAST if fast else decide_press(press, asked)
        if isinstance(judged, Refusal) or asked is None:
            refusal = judged if isinstance(judged, Refusal) else Refusal.UNKNOWN_CARD
            return await self._refuse(conn, received, asked, refusal)
        await self._claims.learn_id(conn, press, judged.card)
        await self._claims.take(conn, press, asked, judged)
        return await self._card(conn, asked.decision, judged.card, received)

    async def _refuse(
        self, conn: Connection, received: Received, asked: Asked | None, refusal: Refusal
    ) -> dict[str, Any]:
        press = received.press
        await self._claims.refused(conn, press, asked, refusal)
        if refusal is Refusal.NEEDS_REASON:
            return text_answer((await self._dialogs.send_form(conn, received)).text)
        if (
            asked is not None
            and refusal is Refusal.ALREADY_DECIDED
            and isinstance(card := find_card(asked.cards, press), PostedCard)
        ):
            # The second press is answered with who decided and when: the card as it is now.
            return await self._card(conn, asked.decision, card, received)
        language = language_of(received.locale)
        return text_answer(refusal_text(refusal, language, waits_for(asked)))

    async def _view(self, received: Received) -> dict[str, Any]:
        """Show the card as the presser may see it, from what is stored; decides nothing."""
        press, language = received.press, language_of(received.locale)
        async with self._store.reading() as conn:
            asked = await self._claims.asked(conn, press)
            card = find_card(asked.cards, press) if asked else Refusal.UNKNOWN_CARD
            if asked is None or not isinstance(card, PostedCard):
                refusal = card if isinstance(card, Refusal) else Refusal.UNKNOWN_CARD
                return text_answer(refusal_text(refusal, language))
            if press.verb == "review" and _sees_nothing_new(asked, press.person):
                # Their view is the card they see already; say so, rather than seem dead.
                return text_answer(refusal_text(Refusal.NOT_YOURS, language, waits_for(asked)))
            answer = await self._card(conn, asked.decision, card, received)
        if not card.activity:
            async with self._store.transaction() as conn:
                await self._claims.learn_id(conn, press, card)
        return answer

    async def _card(
        self, conn: Connection, decision: Decision, card: PostedCard, received: Received
    ) -> dict[str, Any]:
        shown = await self._showing.card(
            conn,
            decision.company,
            decision.document,
            target=card.target,
            viewer=received.press.person,
            locale=received.locale,
        )
        return (
            card_answer(shown.card)
            if shown
            else text_answer(refusal_text(Refusal.UNKNOWN_CARD, language_of(received.locale)))
        )


def _sees_nothing_new(asked: Asked, person_id: str) -> bool:
    """Say whether somebody's own view of an open question offers them nothing: a stranger's."""
    if asked.decision.state is not DecisionState.PENDING:
        return False
    person = asked.people.by_id.get(person_id)
    known = person is not None and not person.guest
    return not known and person_id not in asked.decision.approvers
