"""The outbox's worker: claim, attempt, settle, record. Messages are delivered at least once."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.attempt import attempt
from bot.clock import Ports
from bot.effects import Effects, Performed
from bot.questions import Cause, note
from storage import outbox, posted_cards
from storage.database import Database
from storage.records import Done, OutboxItem, OutboxState, Outcome, Retry
from storage.settle import settle

log = logging.getLogger(__name__)


class Worker:
    """Carries messages out of the outbox, one at a time."""

    def __init__(self, store: Database, effects: Effects, ports: Ports) -> None:
        self._store = store
        self._effects = effects
        self._ports = ports

    async def rescue(self) -> int:
        """At start: settle what was in flight when the former process died."""
        async with self._store.reading() as conn:
            items = await outbox.abandoned(conn)
        for item in items:
            await self._record(item, await self._effects.abandoned(item))
        return len(items)

    async def step(self) -> bool:
        """Carry one message; False when none is due."""
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            item = await outbox.claim(conn, now=now)
        if item is None:
            return False
        await self._record(item, await self._attempt(item))
        return True

    async def next_due(self) -> datetime | None:
        """Return when the next message is due."""
        async with self._store.reading() as conn:
            return await outbox.next_due(conn)

    async def _attempt(self, item: OutboxItem) -> Performed:
        performed: Performed | None = None

        async def effect() -> Outcome:
            nonlocal performed
            performed = await self._effects.perform(item)
            return performed.outcome

        outcome = await attempt(effect, what=f"{item.kind} {item.document}")
        return performed or Performed(outcome)

    async def _record(self, item: OutboxItem, performed: Performed) -> None:
        now = self._ports.clock.now()
        transition = settle(item, performed.outcome, now, self._ports.chance())
        cause = Cause(item.company, item.document, "", item.correlation, now)
        async with self._store.transaction() as conn:
            if not await outbox.record(conn, item, transition):
                return
            if isinstance(performed.outcome, Retry) and performed.outcome.after:
                await outbox.hold(conn, item.target, until=transition.due_at)
            if performed.card is not None:
                await posted_cards.posted(conn, performed.card, now=now)
            await note(
                conn,
                cause,
                f"{item.kind} {transition.state}",
                target=item.target,
                reason=transition.reason,
                attempt=item.attempts,
            )
        if not isinstance(performed.outcome, Done):
            _log(item, transition.state, transition.reason)


def _log(item: OutboxItem, state: OutboxState, reason: str) -> None:
    told = {"document": item.document, "target": item.target, "state": state, "reason": reason}
    log.warning("message not delivered", extra=told)
