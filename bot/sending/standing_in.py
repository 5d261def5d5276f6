"""Puts a question where it is seen when the place it belongs to cannot be written to.

The approver's chat first; then a channel where the question stands anyway, or the company's
`fallback`, in its order. Notes are never moved. The card that stands in shows what everybody there
may see, and who may decide stays the same. It stands in until Teams takes the card it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.companies import Tenant
from bot.core.fallback import CHANNEL, instead, is_seen
from bot.deciding.questions import Cause, note, update_cards
from bot.sending.reach import Reach
from storage import conversations, ledger, outbox, posted_cards
from storage.database import Connection
from storage.records import Decision, DecisionState, OutboxItem, PostedCard, stamp


class StandingIn:
    """Finds another place for a question, and gives it up once its own place answers."""

    def __init__(self, tenants: Mapping[str, Tenant], reach: Reach) -> None:
        self._tenants = tenants
        self._reach = reach

    @property
    def marked(self) -> frozenset[str]:
        """The targets that cannot be written to."""
        return self._reach.marked

    async def closed(
        self, conn: Connection, targets: Iterable[str], reason: str, now: datetime
    ) -> None:
        """Mark places that are lost, and put elsewhere what is asked there."""
        lost = list(targets)
        for target in lost:  # all of them first: none may stand in for another
            await self._reach.refused(conn, target, reason, now)
        for target in lost:
            for decision in await ledger.asked_at(conn, target):
                await self._move(conn, _question(decision, target), now)

    async def answers(self, conn: Connection, targets: Iterable[str], now: datetime) -> None:
        """Take the marks away, and try the cards at these places that others stand in for."""
        for target in [one for one in targets if one in self._reach.marked]:
            await self._reach.answers(conn, target, now)
            for card in await posted_cards.stood_in_for(conn, target):
                await update_cards(conn, [card], await _answering(conn, card, now))

    async def try_everything(self, conn: Connection, now: datetime) -> None:
        """Try all that waits: the bot was let in somewhere, and it cannot be said for whom."""
        await self.answers(conn, self._reach.marked, now)
        await outbox.wake_all(conn, now=now)

    async def find(self, conn: Connection, item: OutboxItem, now: datetime) -> None:
        """Post elsewhere what *item* asks: an edit asks as much as a post, while it is open."""
        decision = await ledger.latest(conn, item.company, item.document)
        if decision is not None and decision.state is DecisionState.PENDING:
            await self._move(conn, _question(decision, item.target), now)
        elif item.kind == "post":  # what waits for somebody although no press could help it on
            await self._move(conn, item, now)

    async def find_once(self, conn: Connection, item: OutboxItem, now: datetime) -> None:
        """Post elsewhere what *item* asks, unless it stands in at its place already."""
        card = await posted_cards.get(conn, item.company, item.document, item.target)
        if card is not None and not card.stands_in:
            await self.find(conn, item, now)

    async def _move(self, conn: Connection, item: OutboxItem, now: datetime) -> None:
        cards = await posted_cards.of_document(conn, item.company, item.document)
        own = next((card for card in cards if card.target == item.target), None)
        if own is None or own.replaced or is_seen(cards, item.target, self._reach.marked):
            return
        meant = own.stands_in
        if self._is_stood_in(cards, meant or item.target, besides=item.target):
            return
        target = await self._target(conn, item, now)
        card = PostedCard(item.company, item.document, target, stands_in=meant or item.target)
        if target and not await self._post(conn, item, card, now=now):
            return
        cause = _cause(item, "instead", now)
        await note(conn, cause, "fallback", target=item.target, instead=target or "nowhere")

    async def give_up(self, conn: Connection, item: OutboxItem, now: datetime) -> None:
        """Have the cards that stood in for a target show that its own card speaks now."""
        relieved = await posted_cards.relieve(conn, item.company, item.document, item.target)
        await update_cards(conn, relieved, _cause(item, "answers", now))

    def _is_stood_in(self, cards: Sequence[PostedCard], meant: str, *, besides: str) -> bool:
        return any(
            card.stands_in == meant
            and bool(card.activity)
            and card.target != besides
            and card.target not in self._reach.marked
            for card in cards
        )

    async def _target(self, conn: Connection, item: OutboxItem, now: datetime) -> str:
        tenant = self._tenants.get(item.company)
        if tenant is None or not tenant.company.fallback:
            return ""
        people = await tenant.people(conn, now=now)
        wanted = [word for word in tenant.company.fallback if await _leads_somewhere(conn, word)]
        return instead(wanted, people.by_email, item.target, self._reach.marked)

    async def _post(
        self, conn: Connection, item: OutboxItem, card: PostedCard, *, now: datetime
    ) -> bool:
        """Have *card* stand in; False when it does already, or is on its way."""
        known = await posted_cards.get(conn, card.company, card.document, card.target)
        await posted_cards.stand_in(conn, card)
        moved = replace(item, key=f"{item.key}|{card.target}", target=card.target)
        added = await outbox.add(conn, moved, now=now)
        # Where a card stands already, it must say that it speaks for the document again.
        await update_cards(conn, [card], _cause(item, "instead", now))
        return added or known is None or known.stands_in != card.stands_in


async def _leads_somewhere(conn: Connection, word: str) -> bool:
    """Say whether a channel's name is bound; a person is found by who they are."""
    if not word.startswith(CHANNEL):
        return True
    return await conversations.bound(conn, word.removeprefix(CHANNEL)) is not None


def _question(decision: Decision, target: str) -> OutboxItem:
    """Return the message that puts a question at *target*: one and the same, however often."""
    return OutboxItem(
        key=f"{decision.company}|{decision.document}|{decision.id}|{target}|post",
        kind="post",
        company=decision.company,
        document=decision.document,
        target=target,
        payload={},
        correlation=decision.correlation,
        asks=True,
    )


async def _answering(conn: Connection, card: PostedCard, now: datetime) -> Cause:
    decision = await ledger.latest(conn, card.company, card.document)
    correlation = decision.correlation if decision else ""
    return Cause(card.company, card.document, f"answers {stamp(now)}", correlation, now)


def _cause(item: OutboxItem, why: str, now: datetime) -> Cause:
    occurrence = f"{item.key}|{why} {item.attempts} {stamp(now)}"
    return Cause(item.company, item.document, occurrence, item.correlation, now)
