"""Puts a question where it is seen when the place it belongs to cannot be written to.

The approver's chat first; then a channel where the question stands anyway, or the company's
`fallback`, in its order. Notes are never moved. The card that stands in shows what everybody there
may see, and who may decide stays the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.companies import Tenant
from bot.core.fallback import CHANNEL, instead, is_seen
from bot.deciding.questions import Cause, note, update_cards
from bot.sending.reach import Reach
from storage import conversations, outbox, posted_cards
from storage.database import Connection
from storage.records import OutboxItem, PostedCard


class StandingIn:
    """Finds another place for a question, and gives it up once its own place answers."""

    def __init__(self, tenants: Mapping[str, Tenant], reach: Reach) -> None:
        self._tenants = tenants
        self._reach = reach

    async def find(self, conn: Connection, item: OutboxItem, now: datetime) -> None:
        """Post the question of *item* elsewhere, or note that there is nowhere else."""
        cards = await posted_cards.of_document(conn, item.company, item.document)
        if is_seen(cards, item.target, self._reach.marked):
            return
        meant = next((card.stands_in for card in cards if card.target == item.target), "")
        target = await self._target(conn, item, now)
        cause = _cause(item, "instead", now)
        await note(conn, cause, "fallback", target=item.target, instead=target or "nowhere")
        if target:
            await self._post(conn, item, PostedCard(
                item.company, item.document, target, stands_in=meant or item.target
            ), now=now)  # fmt: skip

    async def give_up(self, conn: Connection, item: OutboxItem, now: datetime) -> None:
        """Have the cards that stood in for a target show that its own card speaks now."""
        relieved = await posted_cards.relieve(conn, item.company, item.document, item.target)
        await update_cards(conn, relieved, _cause(item, "answers", now))

    async def _target(self, conn: Connection, item: OutboxItem, now: datetime) -> str:
        tenant = self._tenants.get(item.company)
        if tenant is None or not tenant.company.fallback:
            return ""
        people = await tenant.people(conn, now=now)
        wanted = [word for word in tenant.company.fallback if await _leads_somewhere(conn, word)]
        return instead(wanted, people.by_email, item.target, self._reach.marked)

    async def _post(
        self, conn: Connection, item: OutboxItem, card: PostedCard, *, now: datetime
    ) -> None:
        await posted_cards.stand_in(conn, card)
        moved = replace(item, key=f"{item.key}|{card.target}", target=card.target)
        await outbox.add(conn, moved, now=now)
        # Where a card stands already, it must say that it speaks for the document again.
        await update_cards(conn, [card], _cause(item, "instead", now))


async def _leads_somewhere(conn: Connection, word: str) -> bool:
    """Say whether a channel's name is bound; a person is found by who they are."""
    if not word.startswith(CHANNEL):
        return True
    return await conversations.bound(conn, word.removeprefix(CHANNEL)) is not None


def _cause(item: OutboxItem, why: str, now: datetime) -> Cause:
    occurrence = f"{item.key}|{why} {item.attempts}"
    return Cause(item.company, item.document, occurrence, item.correlation, now)
