"""One coroutine per kind of message: a message in, what became of it out.

Cards are rendered when they leave, from what is stored then: several edits of one card merge into
the last, and a message that waited for hours never shows what was true hours ago.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.consents import Consents
from bot.places import Channel, Chat, Place, Reachable, place_of
from bot.showing import Showing, Shown, same_card
from bot.teams import Connector, Posted, card_activity
from cards.nudge import nudge_message
from storage import posted_cards
from storage.database import Database
from storage.records import Done, OutboxItem, Outcome, PostedCard, Reject, Retry, Unknown, Wait


@dataclass(frozen=True, slots=True)
class Performed:
    """How one message ended, and the card's new record where there is one to store."""

    outcome: Outcome
    card: PostedCard | None = None


class Effects:
    """Carries messages to Teams."""

    def __init__(
        self,
        store: Database,
        showing: Showing,
        connector: Connector,
        consents: Consents,
        *,
        reachable: Reachable,
    ) -> None:
        self._store = store
        self._showing = showing
        self._consents = consents
        self._connector = connector
        self._reachable = reachable

    async def perform(self, item: OutboxItem) -> Performed:
        """Do what *item* says, once."""
        match item.kind:
            case "post":
                return await self._post(item)
            case "update":
                return await self._update(item)
            case "nudge":
                return await self._nudge(item)
            case "say":
                return await self._say(item)
            case "connect":
                return await self._connect(item)
            case _:
                return Performed(Reject(f"unknown kind of message {item.kind!r}"))

    async def abandoned(self, item: OutboxItem) -> Performed:
        """Judge a message whose process died while it was in flight."""
        if item.kind in ("update", "connect"):  # an edit, or a link that replaces the one before
            return Performed(Retry("the service stopped while sending", after=0.0))
        async with self._store.reading() as conn:
            card = await posted_cards.get(conn, item.company, item.document, item.target)
        if item.kind == "post" and card is not None and card.activity:
            return Performed(Done("had been posted before the restart"))
        return Performed(Unknown("the service stopped while sending"))

    # --- cards ---

    async def _post(self, item: OutboxItem) -> Performed:
        async with self._store.reading() as conn:
            card = await posted_cards.get(conn, item.company, item.document, item.target)
            place = await place_of(conn, item.target, reachable=self._reachable)
            shown = await self._showing.card(conn, item.company, item.document, target=item.target)
        if card is None or shown is None:
            return Performed(Reject("there is no such document"))
        if card.activity:
            return Performed(Done("stands there already"))
        opened = await self._open(place) if not isinstance(place, Wait) else place
        if not isinstance(opened, Channel | Chat):
            return Performed(opened)
        aimed = replace(card, conversation=opened.conversation, service_url=opened.service_url)
        async with self._store.transaction() as conn:
            # Its first refresh may come before the answer to its post, and must find it.
            await posted_cards.aim(conn, aimed)
        posted = await self._to_place(opened, shown)
        if isinstance(posted, Posted):
            told = replace(
                aimed,
                shown=shown.mark,
                conversation=posted.conversation,
                activity=posted.activity,
            )
            return Performed(Done(posted.activity or "posted, id not told"), told)
        return Performed(posted)

    async def _open(self, place: Place) -> Place | Outcome:
        """Open the chat with a person who was never written to."""
        if isinstance(place, Channel) or place.conversation:
            return place
        chat = await self._connector.open_chat(place.service_url, place.teams_id)
        return replace(place, conversation=chat) if isinstance(chat, str) else chat

    async def _to_place(self, place: Place, shown: Shown) -> Posted | Outcome:
        activity = card_activity(shown.card, shown.summary)
        send = self._connector.new_thread if isinstance(place, Channel) else self._connector.send
        return await send(place.service_url, place.conversation, activity)

    async def _update(self, item: OutboxItem) -> Performed:
        async with self._store.reading() as conn:
            card = await posted_cards.get(conn, item.company, item.document, item.target)
            shown = await self._showing.card(conn, item.company, item.document, target=item.target)
        if card is None or shown is None or not card.activity:
            # Nothing stands there yet; what is going to be posted will show the newest state.
            return Performed(Done("nothing posted to edit"))
        if same_card(shown, card):
            return Performed(Done("shows this already"))
        posted = Posted(card.conversation, card.activity)
        activity = card_activity(shown.card, shown.summary)
        url = self._reachable(card.service_url)
        edited = await self._connector.edit(url, posted, activity)
        if isinstance(edited, Posted):
            return Performed(Done(card.activity), replace(card, shown=shown.mark))
        return Performed(edited)

    async def _nudge(self, item: OutboxItem) -> Performed:
        async with self._store.reading() as conn:
            card = await posted_cards.get(conn, item.company, item.document, item.target)
            shown = await self._showing.card(conn, item.company, item.document, target=item.target)
        if card is None or shown is None or not card.activity:
            return Performed(Done("nothing posted to reply to"))
        message = nudge_message(shown.summary, shown.approvers)
        url = self._reachable(card.service_url)
        sent = await self._connector.send(url, card.conversation, message)
        return Performed(Done(sent.activity) if isinstance(sent, Posted) else sent)

    # --- answers in chat ---

    async def _say(self, item: OutboxItem) -> Performed:
        said = item.payload
        sent = await self._connector.send(
            said["service_url"], said["conversation"], said["activity"]
        )
        return Performed(Done(sent.activity) if isinstance(sent, Posted) else sent)

    # --- links for one person alone ---

    async def _connect(self, item: OutboxItem) -> Performed:
        async with self._store.reading() as conn:
            place = await place_of(conn, item.target, reachable=self._reachable)
        opened = await self._open(place) if isinstance(place, Chat) else place
        if isinstance(opened, Channel):
            return Performed(Reject("what is for one person alone never goes into a channel"))
        if not isinstance(opened, Chat):
            return Performed(opened)
        person = item.target.removeprefix("person:")
        message = await self._consents.link(item.company, person)
        if not isinstance(message, dict):
            return Performed(message)
        sent = await self._connector.send(opened.service_url, opened.conversation, message)
        return Performed(Done(sent.activity) if isinstance(sent, Posted) else sent)
