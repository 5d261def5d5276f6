"""Gets one message to one place: opens the chat, sends a smaller card when Teams wants that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.clock import Clock
from bot.core.posting import Gone, TooMuch, Unreachable
from bot.sending.places import Channel, Place
from bot.sending.showing import Shown
from bot.sending.teams import Connector, Posted, card_activity
from cards.short import short_card
from storage import conversations
from storage.database import Database
from storage.records import Conversation, Json, Outcome


@dataclass(frozen=True, slots=True)
class Letter:
    """A message, and the smaller one that goes instead when Teams does not take the whole."""

    whole: Json
    smaller: Json


def letter_of(shown: Shown) -> Letter:
    """Return the message that carries a rendered card."""
    smaller: dict[str, Any] = short_card(shown.card, shown.summary)
    return Letter(card_activity(shown.card, shown.summary), card_activity(smaller, shown.summary))


class Delivery:
    """Brings letters to places."""

    def __init__(self, store: Database, connector: Connector, clock: Clock) -> None:
        self._store = store
        self._connector = connector
        self._clock = clock

    async def open(self, place: Place) -> Place | Outcome:
        """Open the chat with a person who was never written to, and remember it."""
        if isinstance(place, Channel) or place.conversation:
            return place
        chat = await self._connector.open_chat(place.service_url, place.teams_id)
        if isinstance(chat, Gone):
            return Unreachable(chat.reason)
        if not isinstance(chat, str):
            return chat
        known = Conversation(chat, "personal", place.service_url, place.person)
        async with self._store.transaction() as conn:
            await conversations.put(conn, known, now=self._clock.now())
        return replace(place, conversation=chat)

    async def anew(self, place: Place, gone: Gone) -> Place | Outcome:
        """Open a chat anew that is no longer there; a channel nobody can bring back."""
        if isinstance(place, Channel):
            return Unreachable(gone.reason)
        return await self.open(replace(place, conversation=""))

    async def post(self, place: Place, letter: Letter) -> Posted | Outcome:
        """Post a letter, in its smaller form when the whole one is refused as it is."""
        sent = await self._send(place, letter.whole)
        return await self._send(place, letter.smaller) if isinstance(sent, TooMuch) else sent

    async def edit(self, url: str, posted: Posted, letter: Letter) -> Posted | Outcome:
        """Put a letter in the place of a message of ours, in its smaller form if need be."""
        edited = await self._connector.edit(url, posted, letter.whole)
        if isinstance(edited, TooMuch):
            return await self._connector.edit(url, posted, letter.smaller)
        return edited

    async def _send(self, place: Place, activity: Json) -> Posted | Outcome:
        send = self._connector.new_thread if isinstance(place, Channel) else self._connector.send
        return await send(place.service_url, place.conversation, activity)
