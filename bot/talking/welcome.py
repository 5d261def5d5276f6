"""Says who we are, once in every place we are added to."""

from __future__ import annotations

from collections.abc import Mapping

from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.core.activity import Wire
from bot.core.arrivals import Arrival, Came, read_arrival
from bot.sending.teams import card_activity
from cards.language import language_of
from cards.spoken import Spoken
from cards.welcome import welcome
from storage import conversations, outbox, people
from storage.database import Connection, Database
from storage.records import OutboxItem


class Welcome:
    """Greets places. The outbox remembers which: a second installation of one place is silent."""

    def __init__(
        self, tenants: Mapping[str, Tenant], store: Database, ports: Ports, *, outbox_bell: Bell
    ) -> None:
        self._tenants = tenants
        self._store = store
        self._ports = ports
        self._outbox_bell = outbox_bell

    async def arrived(self, wire: Wire) -> None:
        """Greet the place an installation is about, unless it was greeted before."""
        arrival = read_arrival(wire)
        if arrival.came is not Came.ADDED or not arrival.conversation:
            return
        async with self._store.transaction() as conn:
            words = await self._words(conn, arrival)
            fresh = await self._say(conn, arrival, words)
        if fresh:
            self._outbox_bell.ring()

    async def _words(self, conn: Connection, arrival: Arrival) -> Spoken:
        who = await people.person(conn, arrival.by) if arrival.by else None
        name = who.name if who else arrival.by_name
        by = "" if arrival.kind == "personal" else name
        bound = await conversations.channels(conn)
        wanted = {name for one in self._tenants.values() for name in one.routes.channels()}
        unbound = sorted(wanted - set(bound))
        return welcome(arrival.kind, by, unbound, language_of(arrival.locale))

    async def _say(self, conn: Connection, arrival: Arrival, words: Spoken) -> bool:
        item = OutboxItem(
            key=f"welcome|{arrival.whole}",
            kind="say",
            company="",
            document=f"welcome {arrival.whole}",
            target=arrival.conversation,
            payload={
                "service_url": arrival.service_url,
                "conversation": arrival.conversation,
                "activity": card_activity(words.card, words.summary),
            },
            correlation=self._ports.token(),
        )
        return await outbox.add(conn, item, now=self._ports.clock.now())
