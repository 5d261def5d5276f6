"""After an outage, or on a busy day: so many new cards, and one message that lists the rest.

A person's own chat is given so many new cards in an hour. What comes beyond is held back, told of
in one message, and follows by itself as the hour goes by, or at once when the person asks for it.
Every card is drawn when it leaves; what nobody is asked about any longer is not posted at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.clock import Clock
from bot.companies import Tenant
from bot.core.decide import BLOCKED, WAITS
from bot.languages import language_with
from bot.sending.showing import Showing
from bot.sending.teams import card_activity
from cards.backlog import backlog_card, followed, nothing_held_back
from cards.language import Language
from cards.spoken import Spoken
from storage import backlog, documents, ledger, outbox
from storage.database import Connection, Database
from storage.records import DecisionState, Json, Later, OutboxItem

HOUR = timedelta(hours=1)
TOLD_AGAIN = timedelta(hours=12)
"""Time after which a chat is told anew that more waits: once for one rush."""
PERSON = "person:"
LISTED = 10
UNSETTLED = BLOCKED | {DecisionState.PENDING}


class Backlog:
    """Knows how much one person's chat was given, and what is held back there."""

    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        store: Database,
        showing: Showing,
        clock: Clock,
        *,
        most: int,
    ) -> None:
        self._tenants = tenants
        self._store = store
        self._showing = showing
        self._clock = clock
        self._most = most

    async def holds(self, item: OutboxItem) -> Later | None:
        """Return until when a new card is held back; None when it may be posted now."""
        if not item.target.startswith(PERSON):
            return None
        now = self._clock.now()
        async with self._store.reading() as conn:
            given = await backlog.posted_lately(conn, item.target, now - HOUR)
        if len(given) < self._most:
            return None
        return Later(backlog.HELD_BACK, (given[-self._most] + HOUR - now).total_seconds())

    async def is_over(self, item: OutboxItem) -> bool:
        """Say whether what a held-back card would ask has been settled without it."""
        if item.reason != backlog.HELD_BACK or not item.asks:
            return False
        async with self._store.reading() as conn:
            record = await documents.get(conn, item.company, item.document)
            decision = await ledger.latest(conn, item.company, item.document)
        waits = record is not None and not record.gone and record.status in WAITS
        return not waits and (decision is None or decision.state not in UNSETTLED)

    async def hold(self, conn: Connection, item: OutboxItem, later: Later) -> None:
        """Hold back whatever else is new for the same chat, and tell the person once."""
        now = self._clock.now()
        await backlog.hold_back(conn, item.target, until=now + timedelta(seconds=later.after))
        if not await backlog.was_told(conn, item.target, since=now - TOLD_AGAIN):
            digest = OutboxItem(
                f"digest|{item.target}|{now.isoformat()}", "digest", item.company, "", item.target,
                {}, item.correlation, asks=True,
            )  # fmt: skip
            await outbox.add(conn, digest, now=now)

    async def digest(self, item: OutboxItem) -> Json | None:
        """Return the message that lists what is held back now; None when nothing is any more."""
        person, company = item.target.removeprefix(PERSON), self._tenants[item.company].company
        async with self._store.reading() as conn:
            held = await backlog.count_held_back(conn, item.target)
            language = await language_with(conn, person, company.language)
            rows = [
                self._showing.row(record)
                for name, document in await backlog.held_back(conn, item.target, count=LISTED)
                if (record := await documents.get(conn, name, document))
            ]
        if not held:
            return None
        made = backlog_card(
            rows, held, at_once=self._most, now=self._clock.now(),
            zone=company.zone, language=language,
        )  # fmt: skip
        return card_activity(made.card, made.summary)

    async def next_cards(self, person: str, language: Language) -> Spoken:
        """Have the next cards of a person sent now; return what to answer."""
        async with self._store.transaction() as conn:
            held = await backlog.let_follow(conn, PERSON + person, now=self._clock.now())
        if not held:
            return nothing_held_back(language)
        return followed(min(held, self._most), max(0, held - self._most), language)
