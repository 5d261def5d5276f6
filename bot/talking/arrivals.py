"""Notes where the bot may write, from every activity, and wakes what waited for a place."""

from __future__ import annotations

from bot.clock import Bell, Ports
from bot.core.place_events import PlaceEvent
from bot.people.directory import Directory
from bot.sending.standing_in import StandingIn
from storage import channels, conversations, outbox
from storage.database import Connection, Database
from storage.records import Conversation

REMOVED = "Countersign was removed there; somebody must add it again"


class Arrivals:
    """Keeps conversations as the newest activity from them told."""

    def __init__(
        self,
        store: Database,
        directory: Directory,
        standing_in: StandingIn,
        ports: Ports,
        *,
        outbox_bell: Bell,
        directory_bell: Bell,
    ) -> None:
        self._store = store
        self._directory = directory
        self._standing_in = standing_in
        self._ports = ports
        self._outbox_bell = outbox_bell
        self._directory_bell = directory_bell
        self._known: dict[str, Conversation] = {}

    async def seen(self, place: Conversation) -> None:
        """Remember a conversation, when it told anything new."""
        told = self._known.get(place.conversation) == place
        marked = f"person:{place.person}" in self._standing_in.marked
        if not place.conversation or (told and not marked):
            return
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            await conversations.put(conn, place, now=now)
            if place.person:  # who writes to us can be written to
                await self._standing_in.answers(conn, [f"person:{place.person}"], now)
                await outbox.wake(conn, f"person:{place.person}", now=now)
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[place.conversation] = place
        self._outbox_bell.ring()

    async def installed(self, place: Conversation) -> None:
        """Look up people again, and try what waits: the bot or somebody was added to a place."""
        del place
        async with self._store.transaction() as conn:
            await self._standing_in.try_everything(conn, self._ports.clock.now())
        self._outbox_bell.ring()
        self._directory.refresh_soon()
        self._directory_bell.ring()

    async def removed(self, place: Conversation) -> None:
        """Write elsewhere what is asked at a place: the app was taken out of it."""
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            names = await conversations.names_of(conn, place.conversation)
            names += await channels.of_team(conn, place.team) if place.team else []
            person = [f"person:{place.person}"] if place.person else []
            lost = (*person, *(f"channel:{name}" for name in dict.fromkeys(names)))
            await self._standing_in.closed(conn, lost, REMOVED, now)
        self._outbox_bell.ring()

    async def place_changed(self, event: PlaceEvent) -> None:
        """Stop writing to a channel or team that is closed, and write again to one that is back."""
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            if not event.lost and not event.channel:
                # We may not know all its channels.
                await self._standing_in.try_everything(conn, now)
            targets = [f"channel:{name}" for name in await self._names(conn, event)]
            if event.lost:
                await self._standing_in.closed(conn, targets, event.lost, now)
            else:
                await self._standing_in.answers(conn, targets, now)
        self._outbox_bell.ring()

    async def _names(self, conn: Connection, event: PlaceEvent) -> list[str]:
        if event.channel:
            return await conversations.names_of(conn, event.channel)
        general = await conversations.names_of(conn, event.team)
        return list(dict.fromkeys([*general, *await channels.of_team(conn, event.team)]))
