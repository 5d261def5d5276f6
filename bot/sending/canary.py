"""A test message that makes the round through Teams now and then: posted, edited, deleted.

It tells whether cards could arrive before somebody waits for one. It goes through the gate all
requests go through, and only when nothing else is due, so that no approval waits for it; once it
was put off for ten minutes it goes as one message among the others.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.core.settlements import administrators_of
from bot.languages import language_with
from bot.sending.places import CHANNEL, Channel, Reachable, place_of
from bot.sending.teams import Connector, Posted, card_activity
from bot.tracing import about
from cards.canary import alarm_message, clear_message
from cards.language import Language, language_of
from cards.trial import edited_trial_card, trial_card
from storage import audit, outbox
from storage.database import Connection, Database
from storage.records import Done, Json, OutboxItem, Outcome

log = logging.getLogger(__name__)

FAILURES = 2
"""Rounds that fail one after the other before administrators are told; one may be chance."""
PUT_OFF = 30.0
"""Seconds to wait when something else is due."""
PATIENCE = 600.0
"""Seconds after which it goes all the same: when messages pile up, an alarm is wanted most."""
ALARM = "canary alarm"
"""Where the store remembers since when administrators know; it goes on over a restart."""


@dataclass(slots=True)
class Rounds:
    """How the test messages went since the start, for metrics."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """`done`, `failed`, `put off` -> how often."""
    seconds: dict[str, float] = field(default_factory=dict)
    """`post`, `edit`, `delete` -> how long the last one that worked took."""
    failures: int = 0
    """How many failed one after the other until now."""
    trouble: str = ""


class Failed(Exception):
    """A step of the round did not work; says which and why."""


class Canary:
    """Sends the test message, measures each step, alarms, and gives the all-clear."""

    def __init__(
        self,
        store: Database,
        connector: Connector,
        tenants: Mapping[str, Tenant],
        ports: Ports,
        *,
        channel: str,
        every: timedelta,
        reachable: Reachable,
        outbox_bell: Bell,
    ) -> None:
        self._store = store
        self._connector = connector
        self._tenants = tenants
        self._ports = ports
        self._channel = channel
        self._every = every.total_seconds()
        self._reachable = reachable
        self._outbox_bell = outbox_bell
        self._due = self._seconds() + PUT_OFF
        self._overdue = self._due + PATIENCE
        self._left: tuple[str, Posted] | None = None
        """A message that is there still, as it could not be deleted."""
        self.rounds = Rounds()

    async def step(self) -> bool:
        """Make a round if it is time and nothing else waits; always False: none follows at once."""
        if self._seconds() < self._due:
            return False
        if self._seconds() < self._overdue and await self._others_wait():
            self.rounds.outcomes["put off"] += 1
            self._due = self._seconds() + PUT_OFF
            return False
        self._due = self._seconds() + self._every
        self._overdue = self._due + PATIENCE
        with about("canary", self._ports.token()):
            await self._judge(await self._round())
        return False

    async def next_due(self) -> datetime | None:
        """Return when the next round is due."""
        wait = max(self._due - self._seconds(), 0.0)
        return self._ports.clock.now() + timedelta(seconds=wait)

    async def hints(self) -> list[str]:
        """Tell an operator that test messages do not arrive."""
        told = f"the test message to {self._channel} failed {self.rounds.failures} times in a row"
        return [f"{told}: {self.rounds.trouble}"] if self.rounds.failures >= FAILURES else []

    async def _others_wait(self) -> bool:
        async with self._store.reading() as conn:
            return await outbox.anything_due(conn, now=self._ports.clock.now())

    # --- one round ---

    async def _round(self) -> str:
        """Post, edit, delete; return why that failed, empty when it did not."""
        language = language_of(next(iter(self._tenants.values())).company.language)
        try:
            await self._clear_up()
            place = await self._place()
            await self._carry(place, language)
        except Failed as error:
            return str(error)
        return ""

    async def _carry(self, place: Channel, language: Language) -> None:
        url = place.service_url
        card, edited = _activity(trial_card(language)), _activity(edited_trial_card(language))
        posted = await self._timed(
            "post", lambda: self._connector.new_thread(url, place.conversation, card)
        )
        if not isinstance(posted, Posted) or not posted.activity:
            raise Failed("post: Teams did not tell the id of the message")
        self._left = url, posted
        try:
            await self._timed("edit", lambda: self._connector.edit(url, posted, edited))
        finally:
            await self._clear_up()

    async def _clear_up(self) -> None:
        """Delete what is there still, of this round or of a former one."""
        if self._left is not None:
            url, posted = self._left
            await self._timed("delete", lambda: self._connector.delete(url, posted))
            self._left = None

    async def _place(self) -> Channel:
        async with self._store.reading() as conn:
            place = await place_of(conn, f"{CHANNEL}{self._channel}", reachable=self._reachable)
        if not isinstance(place, Channel):
            raise Failed(f"channel {self._channel!r} is not bound to a channel of Teams")
        return place

    async def _timed(
        self, what: str, call: Callable[[], Awaitable[Posted | Outcome]]
    ) -> Posted | Outcome:
        """Do one step and measure it. Raises Failed."""
        began = self._seconds()
        found = await call()
        if not isinstance(found, Posted | Done):
            raise Failed(f"{what}: {found.reason}")
        self.rounds.seconds[what] = self._seconds() - began
        return found

    def _seconds(self) -> float:
        return self._ports.clock.reading().seconds

    # --- who is told ---

    async def _judge(self, trouble: str) -> None:
        rounds = self.rounds
        rounds.trouble = trouble
        rounds.outcomes["failed" if trouble else "done"] += 1
        rounds.failures = rounds.failures + 1 if trouble else 0
        if trouble:
            told = {"channel": self._channel, "reason": trouble, "count": rounds.failures}
            log.warning("test message failed", extra=told)
        if not trouble or rounds.failures >= FAILURES:
            await self._tell(trouble)

    async def _tell(self, trouble: str) -> None:
        """Tell administrators once that it fails, and once that all is well again."""
        async with self._store.transaction() as conn:
            since = await audit.seen_before(conn, ALARM)
            if bool(since) == bool(trouble):
                return
            at = since or self._ports.clock.now().isoformat()
            await audit.remember(conn, ALARM, at if trouble else "")
            for tenant in self._tenants.values():
                await self._tell_those_of(conn, tenant, at, trouble)
        log.log(
            logging.ERROR if trouble else logging.INFO,
            "administrators were told of test messages",
            extra={"channel": self._channel, "state": "alarm" if trouble else "all-clear"},
        )
        self._outbox_bell.ring()

    async def _tell_those_of(self, conn: Connection, tenant: Tenant, at: str, trouble: str) -> None:
        now = self._ports.clock.now()
        people = await tenant.people(conn, now=now)
        for person in administrators_of(tenant.administrators, people):
            own = person.aad_object_id
            language = await language_with(conn, own, tenant.company.language)
            message = (
                alarm_message(self._channel, trouble, language)
                if trouble
                else clear_message(self._channel, language)
            )
            # The same person may be an administrator of several companies: one message is enough.
            key = f"canary|{at}|{'alarm' if trouble else 'clear'}|{own}"
            item = OutboxItem(
                key, "tell", "", f"canary {at}", f"person:{own}", {"activity": message},
                self._ports.token(),
            )  # fmt: skip
            await outbox.add(conn, item, now=now)


def _activity(card: Json) -> Json:
    return card_activity(card, str(card["fallbackText"]))
