"""Reads replies under our cards, as Graph tells of them, and has them kept.

A notice is only a hint: what it encloses is believed when its seal and its tokens hold, and is read
from Graph otherwise. What is not under a card of ours is never read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.attempt import attempt
from bot.clock import Bell, Ports
from bot.core.activity import text
from bot.core.enclosures import NotOpened, open_enclosed
from bot.core.graph import GraphBusy, GraphError, GraphMissing, GraphRefused, segment
from bot.core.messages import Ours, read_message
from bot.core.notices import Enclosed
from bot.listening.remarks import Remarks, Thread
from bot.people.graph import Graph
from storage import notices, subscriptions
from storage.database import Connection, Database
from storage.notices import ToRead
from storage.records import Done, Json, Outcome, Reject, Retry
from storage.settle import backoff

log = logging.getLogger(__name__)

GIVE_UP = 100
"""Tries, about a day of them, before a reply that cannot be read is parked."""

IsCommand = Callable[[str], bool]
"""Says whether what was typed to the bot is a command: then it is no comment."""


class Keys(Protocol):
    """The private keys messages come sealed to."""

    async def key(self, identity: str) -> Any:
        """Return the key of a certificate of ours; None when it is none."""


class Replies:
    """Reads what is to be read, one reply or one thread at a time."""

    def __init__(
        self,
        store: Database,
        graph: Graph,
        remarks: Remarks,
        ports: Ports,
        *,
        ours: Ours,
        keys: Keys | None,
        is_command: IsCommand,
        outbox_bell: Bell,
    ) -> None:
        self._store = store
        self._graph = graph
        self._remarks = remarks
        self._ports = ports
        self._ours = ours
        self._keys = keys
        self._is_command = is_command
        self._outbox_bell = outbox_bell

    async def step(self) -> bool:
        """Read one reply, or one thread; False when nothing is due."""
        now = self._ports.clock.now()
        async with self._store.reading() as conn:
            notice = await notices.due(conn, now=now)
        if notice is None:
            return False
        outcome = await attempt(lambda: self._read(notice), what=f"reply {notice.root}")
        async with self._store.transaction() as conn:
            await self._record(conn, notice, outcome)
        self._outbox_bell.ring()
        return True

    async def next_due(self) -> datetime | None:
        """Return when the next one is due."""
        async with self._store.reading() as conn:
            return await notices.next_due(conn)

    async def _record(self, conn: Connection, notice: ToRead, outcome: Outcome) -> None:
        if isinstance(outcome, Done):
            await notices.done(conn, notice)
            return
        after = outcome.after if isinstance(outcome, Retry) else None
        wait = backoff(notice.attempts + 1, self._ports.chance()) if after is None else after
        due = self._ports.clock.now() + timedelta(seconds=wait)
        if after is not None:
            await notices.put_off(conn, notice.channel, due_at=due)
        park = isinstance(outcome, Reject) or notice.attempts >= GIVE_UP
        reason = getattr(outcome, "reason", "")
        await notices.postpone(conn, notice, due_at=due, note=reason, park=park)
        # Being told when to come again is the ordinary pace of things, no alarm.
        level = logging.INFO if after is not None and not park else logging.WARNING
        log.log(level, "reply not read", extra={"root": notice.root, "reason": reason})

    async def _read(self, notice: ToRead) -> Outcome:
        async with self._store.reading() as conn:
            card = await notices.card_at(conn, notice.channel, notice.root)
            subscribed = await subscriptions.get(conn, notice.channel)
        if card is None or subscribed is None:
            return Done("nothing of ours stands above it")
        thread = Thread(notice.channel, notice.root, card)
        try:
            told = await self._messages(notice, subscribed.team)
        except GraphMissing:
            return Done("deleted before it was read")
        except GraphBusy as error:
            return Retry(str(error), error.after)
        except GraphRefused as error:
            return Retry(str(error), after=900.0)
        except GraphError as error:
            return Retry(str(error))
        for message in told:
            await self._keep(thread, message)
        return Done()

    async def _messages(self, notice: ToRead, team: str) -> Sequence[Json]:
        opened = await self._opened(notice)
        if opened is not None:
            return [opened]
        path = (
            f"/teams/{segment(team)}/channels/{segment(notice.channel)}"
            f"/messages/{segment(notice.root)}/replies"
        )
        if not notice.message:
            # Graph lists the newest first; people read, and answer, the oldest first.
            return list(reversed(await self._graph.pages(f"{path}?$top=50")))
        return [await self._graph.get(f"{path}/{segment(notice.message)}")]

    async def _opened(self, notice: ToRead) -> Json | None:
        """Open what came along; None where nothing did, or it is not what it should be."""
        if self._keys is None or notice.enclosed is None:
            return None
        enclosed = Enclosed(**notice.enclosed)
        key = await self._keys.key(enclosed.certificate)
        try:
            message = open_enclosed(enclosed, key) if key is not None else {}
        except NotOpened as error:
            log.warning("enclosed message not opened", extra={"reason": str(error)})
            return None
        same = (text(message, "id"), text(message, "replyToId")) == (notice.message, notice.root)
        return message if same else None

    async def _keep(self, thread: Thread, message: Json) -> None:
        spoken = read_message(message, self._ours)
        if spoken is None or (spoken.to_us and self._is_command(spoken.text)):
            return
        async with self._store.transaction() as conn:
            await self._remarks.keep(conn, thread, spoken)
