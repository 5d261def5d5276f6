"""Notes where the bot may write, from every activity, and wakes what waited for a place."""

from __future__ import annotations

from bot.clock import Bell, Ports
from bot.directory import Directory
from storage import conversations, outbox
from storage.database import Database
from storage.records import Conversation


class Arrivals:
    """Keeps conversations as the newest activity from them told."""

    def __init__(
        self,
        store: Database,
        directory: Directory,
        ports: Ports,
        *,
        outbox_bell: Bell,
        directory_bell: Bell,
    ) -> None:
        self._store = store
        self._directory = directory
        self._ports = ports
        self._outbox_bell = outbox_bell
        self._directory_bell = directory_bell
        self._known: dict[str, Conversation] = {}

    async def seen(self, place: Conversation) -> None:
        """Remember a conversation, when it told anything new."""
        if not place.conversation or self._known.get(place.conversation) == place:
            return
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            await conversations.put(conn, place, now=now)
            if place.person:
                await outbox.wake(conn, f"person:{place.person}", now=now)
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[place.conversation] = place
        self._outbox_bell.ring()

    async def installed(self, place: Conversation) -> None:
        """Look up people again, and try what waits: the bot or somebody was added to a place."""
        del place
        async with self._store.transaction() as conn:
            await outbox.wake_all(conn, now=self._ports.clock.now())
        self._outbox_bell.ring()
        self._directory.refresh_soon()
        self._directory_bell.ring()
