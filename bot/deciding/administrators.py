"""Sees to it that every administrator who can be found has been asked about what must be settled.

Somebody may be named, or become known in Teams, only after a decision came to need them.
"""

from __future__ import annotations

from datetime import datetime

from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.deciding.questions import Cause
from bot.deciding.summoning import summon
from storage import ledger, outbox, posted_cards, settlements
from storage.database import Connection, Database
from storage.records import Settlement


class Administrators:
    """Asks one company's administrators who were not asked yet, now and then."""

    def __init__(self, tenant: Tenant, store: Database, ports: Ports, *, outbox_bell: Bell) -> None:
        self._tenant = tenant
        self._store = store
        self._ports = ports
        self._outbox_bell = outbox_bell

    async def step(self) -> bool:
        """Ask whoever is missing; always False, as there is nothing to do right after."""
        async with self._store.reading() as conn:
            waiting = await settlements.unsettled(conn, self._tenant.name)
        for one in waiting:
            async with self._store.transaction() as conn:
                await self._see_to(conn, one)
        if waiting:
            self._outbox_bell.ring()
        return False

    async def next_due(self) -> datetime | None:
        """Nothing comes due by itself: the loop looks again after its longest nap."""
        return None

    async def _see_to(self, conn: Connection, settlement: Settlement) -> None:
        decision = await ledger.get(conn, settlement.decision)
        now, token = self._ports.clock.now(), self._ports.token()
        cause = Cause(
            decision.company, decision.document, f"{decision.id}.{token}", decision.correlation, now
        )
        await summon(conn, self._tenant, decision, cause)
        cards = await posted_cards.summons(conn, cause.company, cause.document, decision.id)
        for card in cards:
            if not card.activity:  # what waited for a chat: perhaps it is there now
                await outbox.wake(conn, card.target, now=now)
