"""Gets one message to one place: opens the chat, sends a smaller card when Teams wants that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from bot.clock import Clock
from bot.core.posting import Gone, TooMuch, Unreachable
from bot.sending.places import Channel, Place
from bot.sending.showing import Shown
from bot.sending.teams import Connector, Posted, card_activity
from cards.short import bare_message, short_card
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


def plain_letter(activity: Json) -> Letter:
    """Return the letter that carries a message; its smaller form is one card's, or bare text."""
    cards = [one["content"] for one in activity.get("attachments", ()) if "content" in one]
    if cards:
        told = str(activity.get("summary", ""))
        return Letter(activity, card_activity(short_card(cards[0], told), told))
    return Letter(activity, bare_message(str(activity.get("text", ""))))


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
        return await self._fitting(letter, lambda activity: self._send(place, activity))

    async def say(self, url: str, conversation: str, letter: Letter) -> Posted | Outcome:
        """Say something in a chat or thread that is known."""
        send = self._connector.send
        return await self._fitting(letter, lambda activity: send(url, conversation, activity))

    async def edit(self, url: str, posted: Posted, letter: Letter) -> Posted | Outcome:
        """Put a letter in the place of a message of ours, in its smaller form if need be."""
        edit = self._connector.edit
        return await self._fitting(letter, lambda activity: edit(url, posted, activity))

    async def _fitting(
        self, letter: Letter, send: Callable[[Json], Awaitable[Posted | Outcome]]
    ) -> Posted | Outcome:
        """Send the whole, and what is smaller once; never again what was refused."""
        sent = await send(letter.whole)
        if isinstance(sent, TooMuch) and letter.smaller != letter.whole:
            return await send(letter.smaller)
        return sent

    async def _send(self, place: Place, activity: Json) -> Posted | Outcome:
        send = self._connector.new_thread if isinstance(place, Channel) else self._connector.send
        return await send(place.service_url, place.conversation, activity)
