"""The outbox's worker: take, attempt, settle, record. Messages are delivered at least once.

What is taken next is a matter of turns (`core.turns`) among the conversations Teams has room for
(`pace`): one that is busy, throttled or dead never holds up another.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.attempt import PAUSE, attempt
from bot.clock import Ports, SetBacks
from bot.core.posting import (
    REFUSED_SIGN_IN,
    Indecipherable,
    StillUnreachable,
    Throttled,
    Unheard,
    Unreachable,
)
from bot.core.presses import thread_base
from bot.core.turns import Turn, Turns
from bot.deciding.questions import Cause, note
from bot.sending.backlog import Backlog
from bot.sending.effects import Effects, Performed
from bot.sending.pace import Pace
from bot.sending.reach import Reach
from bot.sending.standing_in import StandingIn
from bot.tracing import about
from storage import conversations, notices, outbox, posted_cards
from storage.database import Connection, Database
from storage.records import Done, Later, OutboxItem, OutboxState, Outcome, Transition
from storage.settle import settle

log = logging.getLogger(__name__)

MOST_TAKEN = 64
"""Messages taken at once, each of another conversation."""
MOST_OF_A_PEER = 48
"""Of these at one connector address: a dead one never takes every place."""
MOST_QUEUED = 8
"""Messages that are ready and wait for room in the tenant's window: more would be old by then."""
LOOK_AGAIN = 0.25
"""Seconds after which something more urgent is looked for, while there is work to do."""
PARKED = frozenset({OutboxState.WAITING, OutboxState.DEAD})
REMEMBERED = timedelta(hours=1)
"""The longest window of Teams."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message somebody is at work on, and whose turn it was."""

    item: OutboxItem
    turn: Turn


class Worker:
    """Carries messages out of the outbox."""

    def __init__(
        self,
        store: Database,
        effects: Effects,
        ports: Ports,
        *,
        pace: Pace,
        reach: Reach,
        standing_in: StandingIn,
        backlog: Backlog,
    ) -> None:
        self._store = store
        self._effects = effects
        self._ports = ports
        self._pace = pace
        self._reach = reach
        self._standing_in = standing_in
        self._backlog = backlog
        self._turns = Turns()
        self._looked = float("-inf")
        self._set_backs = SetBacks(ports.clock)
        self._busy: dict[str, str] = {}
        """Conversation -> connector address, of what is at work."""

    async def rescue(self) -> int:
        """At start: settle what was in flight when the former process died, and count on."""
        now = self._ports.clock.now()
        await self._reach.load()
        async with self._store.reading() as conn:
            items = await outbox.abandoned(conn)
            self._pace.recall(await outbox.sent_since(conn, now - REMEMBERED), now=now)
        for item in items:
            await self._record(item, await self._effects.abandoned(item))
        return len(items)

    async def step(self) -> bool:
        """Carry one message; False when none may go now."""
        taken = await self.take()
        if taken is not None:
            await self.carry(taken)
        return taken is not None

    async def take(self) -> Taken | None:
        """Take the message whose turn it is; None when none may go now."""
        if self._is_full():
            return None
        if self._ports.clock.reading().seconds - self._looked >= LOOK_AGAIN:
            await self._look()
        return await self._next() or (await self._next() if await self._look() else None)

    async def carry(self, taken: Taken) -> None:
        """Attempt a message and store where it goes."""
        item = taken.item
        try:
            with about("send", item.correlation, company=item.company, document=item.document):
                await self._carry(item)
        finally:
            self._busy.pop(taken.turn.conversation, None)

    async def _carry(self, item: OutboxItem) -> None:
        performed = await self._attempt(item)
        while not (await self._is_recorded(item, performed) or await self._is_given_up(item)):
            # In flight it would stay till the next start, and hold up all that comes after.
            await self._ports.clock.sleep(PAUSE)

    async def _is_recorded(self, item: OutboxItem, performed: Performed) -> bool:
        """Store how a message ended; False when a mistake of ours prevented that."""

        async def effect() -> Outcome:
            await self._record(item, performed)
            return Done()

        return isinstance(await attempt(effect, what=f"record {item.kind}"), Done)

    async def _is_given_up(self, item: OutboxItem) -> bool:
        """Store that nobody knows how a message ended; False when the store cannot be written."""

        async def effect() -> Outcome:
            await self._record(item, await self._effects.abandoned(item))
            return Done()

        return isinstance(await attempt(effect, what=f"give up {item.kind}"), Done)

    async def next_due(self) -> datetime | None:
        """Return when there may be something to carry; a bell tells of what comes in between."""
        now = self._ports.clock.now()
        async with self._store.reading() as conn:
            due = await outbox.next_due(conn, now=now)
        if self._is_full():
            return due
        waits = [
            now + timedelta(seconds=self._pace.room(turn.conversation) or LOOK_AGAIN)
            for turn in self._turns.waiting()
            if turn.conversation not in self._busy
        ]
        return min([*waits, *([due] if due else [])], default=None)

    # --- whose turn it is ---

    def _is_full(self) -> bool:
        return len(self._busy) >= MOST_TAKEN or self._pace.queued >= MOST_QUEUED

    async def _look(self) -> bool:
        """Look who waits; False when nobody does."""
        now = self._ports.clock.now()
        await self._wake(now)
        async with self._store.reading() as conn:
            found = await outbox.due(conn, now=now)
        self._looked = self._ports.clock.reading().seconds
        turns = [
            Turn(one.target, one.lane, one.conversation, one.service_url, one.messages)
            for one in found
        ]
        self._turns.replace(turns)
        return bool(turns)

    async def _wake(self, now: datetime) -> None:
        """Try again what was parked for a reason that may be gone without a word."""
        let_in_again, overdue = self._reach.take_let_in_again(), self._reach.take_overdue(now)
        set_back = self._set_backs.since_last()
        if not let_in_again and not overdue and not set_back:
            return
        async with self._store.transaction() as conn:
            if set_back:
                await outbox.set_back(conn, set_back, now=now)
            if let_in_again:
                await outbox.wake_refused(conn, REFUSED_SIGN_IN, now=now)
            for target in overdue:
                await outbox.wake(conn, target, now=now)

    async def _next(self) -> Taken | None:
        while (turn := self._turns.next(self._may_go)) is not None:
            self._busy[turn.conversation] = turn.peer
            item = None
            try:
                async with self._store.transaction() as conn:
                    item = await outbox.claim(conn, turn.target, now=self._ports.clock.now())
            finally:
                if item is None:
                    self._busy.pop(turn.conversation, None)
            if item is not None:
                return Taken(item, turn)
            self._turns.empty(turn)
        return None

    def _may_go(self, turn: Turn) -> bool:
        if turn.conversation in self._busy or self._pace.room(turn.conversation) > 0:
            return False
        return sum(peer == turn.peer for peer in self._busy.values()) < MOST_OF_A_PEER

    # --- one message ---

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
            if performed.card is not None:
                await posted_cards.posted(conn, performed.card, now=now)
            if performed.card is not None and performed.found:
                channel = thread_base(performed.card.conversation)
                await notices.add_thread(conn, channel, performed.card.activity, now=now)
            if performed.follow is not None:
                await outbox.add(conn, performed.follow, now=now)
            await self._follow(conn, item, performed, transition, now=now)
            await note(
                conn,
                cause,
                f"{item.kind} {transition.state}",
                target=item.target,
                reason=transition.reason,
                attempt=item.attempts,
                shown=performed.card.shown if performed.card else "",
            )
        if not isinstance(performed.outcome, Done | Later):
            _log(item, transition.state, transition.reason)

    async def _follow(
        self,
        conn: Connection,
        item: OutboxItem,
        performed: Performed,
        transition: Transition,
        *,
        now: datetime,
    ) -> None:
        """Do what an outcome means beyond its message: for its place, and for its question."""
        match performed.outcome:
            case Done():
                await self._arrived(conn, item, performed, now)
            case Later() as later:
                await self._backlog.hold(conn, item, later)
            case Throttled(after=after, conversation=conversation):
                await outbox.hold(conn, item.target, until=transition.due_at)
                if after is None:  # nobody told how long: as long as this message waits
                    self._pace.hold(conversation, (transition.due_at - now).total_seconds())
            case Unreachable(reason) if not isinstance(performed.outcome, StillUnreachable):
                await self._standing_in.closed(conn, [item.target], reason, now)
            case Indecipherable(reason) if transition.state is OutboxState.DEAD:
                await self._drop_reference(conn, item)
                await self._standing_in.closed(conn, [item.target], reason, now)
        await self._elsewhere(conn, item, performed.outcome, transition, now=now)

    async def _arrived(
        self, conn: Connection, item: OutboxItem, performed: Performed, now: datetime
    ) -> None:
        """Note that a place answers, and relieve what stood in for a card Teams took."""
        if not performed.idle:
            await self._standing_in.answers(conn, [item.target], now)
        edited = performed.card is not None and bool(performed.card.activity)
        if item.kind == "post" or edited:
            await self._standing_in.give_up(conn, item, now)

    async def _elsewhere(
        self,
        conn: Connection,
        item: OutboxItem,
        outcome: Outcome,
        transition: Transition,
        *,
        now: datetime,
    ) -> None:
        """Ask elsewhere what will not be seen here."""
        if not item.asks or item.kind not in ("post", "update"):
            return
        if isinstance(outcome, Unreachable | Indecipherable) and transition.state in PARKED:
            await self._standing_in.find(conn, item, now)
        elif isinstance(outcome, Unheard) or transition.state is OutboxState.DEAD:
            # The message may be to blame, not the place: one other place, not one after the other.
            await self._standing_in.find_once(conn, item, now)

    async def _drop_reference(self, conn: Connection, item: OutboxItem) -> None:
        person = item.target.removeprefix("person:")
        known = await conversations.chat_with(conn, person) if person != item.target else None
        if known is not None:
            await conversations.drop(conn, known.conversation)


def _log(item: OutboxItem, state: OutboxState, reason: str) -> None:
    told = {"document": item.document, "target": item.target, "state": state, "reason": reason}
    log.warning("message not delivered", extra=told)
