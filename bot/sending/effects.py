"""One coroutine per kind of message: a message in, what became of it out.

Cards are rendered when they leave, from what is stored then: several edits of one card merge into
the last, and a message that waited for hours never shows what was true hours ago.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.clock import Clock
from bot.core.posting import Gone, StillUnreachable, Unreachable
from bot.core.presses import thread_base
from bot.people.installs import Installs
from bot.sending.backlog import Backlog
from bot.sending.delivery import Delivery, letter_of, plain_letter
from bot.sending.lost_posts import LostPosts
from bot.sending.places import Channel, Chat, Place, Reachable, chat_at, place_of
from bot.sending.reach import Reach
from bot.sending.showing import Showing, Shown, same_card
from bot.sending.teams import Connector, Posted
from bot.signing_in.consents import Consents
from cards.nudge import nudge_message
from storage import posted_cards
from storage.database import Database
from storage.records import (
    Done,
    Json,
    OutboxItem,
    Outcome,
    PostedCard,
    Reject,
    Retry,
    Unknown,
)


@dataclass(frozen=True, slots=True)
class Performed:
    """How one message ended, and the card's new record where there is one to store."""

    outcome: Outcome
    card: PostedCard | None = None
    follow: OutboxItem | None = None
    """A message that must go because of how this one ended."""
    found: bool = False
    """Whether the card is an earlier post's, whose replies nobody knew for its own."""
    idle: bool = False
    """Whether there was nothing to do, so that Teams was not even asked."""


class Effects:
    """Carries messages to Teams."""

    def __init__(
        self,
        store: Database,
        showing: Showing,
        connector: Connector,
        consents: Consents,
        clock: Clock,
        *,
        reachable: Reachable,
        reach: Reach,
        backlog: Backlog,
        installs: Installs | None = None,
        lost_posts: LostPosts | None = None,
    ) -> None:
        self._store = store
        self._showing = showing
        self._consents = consents
        self._connector = connector
        self._delivery = Delivery(store, connector, clock)
        self._clock = clock
        self._reachable = reachable
        self._reach = reach
        self._backlog = backlog
        self._installs = installs
        self._lost_posts = lost_posts

    async def perform(self, item: OutboxItem) -> Performed:
        """Do what *item* says, once."""
        match item.kind:
            case "post":
                return await self._post(item)
            case "update":
                return await self._update(item)
            case "nudge":
                return await self._nudge(item)
            case "digest":
                return await self._digest(item)
            case "say":
                return await self._say(item)
            case "tell":
                return await self._tell(item)
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
        card, shown = await self._rendered(item)
        if card is None or shown is None:
            return Performed(Reject("there is no such document"))
        if card.activity:
            return Performed(Done("stands there already"), idle=True)
        if (found := await self._found(item, card)) is not None:
            return found
        if await self._backlog.is_over(item):
            return Performed(Done("nobody is asked any more"), idle=True)
        if (later := await self._backlog.holds(item)) is not None:
            return Performed(later)
        return await self._put(item, card, shown)

    async def _found(self, item: OutboxItem, card: PostedCard) -> Performed | None:
        """Take the card for posted that an earlier try without an answer did post after all."""
        where = await self._lost_posts.find(item, card) if self._lost_posts is not None else ""
        if not where:
            return None
        conversation = f"{thread_base(card.conversation)};messageid={where}"
        stands = replace(card, conversation=conversation, activity=where, shown="")
        edit = replace(item, key=f"{item.key}|found", kind="update")  # it may show what was true
        return Performed(Done(where), stands, edit, found=True)

    async def _update(self, item: OutboxItem) -> Performed:
        refusal = self._reach.refusal(item.target, self._clock.now())
        if refusal:
            return Performed(StillUnreachable(refusal))
        card, shown = await self._rendered(item)
        if card is None or shown is None or not card.activity:
            # Nothing stands there yet; what is going to be posted will show the newest state.
            return Performed(Done("nothing posted to edit"), idle=True)
        # While another stands in for it, only an edit proves that it is seen again.
        if same_card(shown, card) and not await self._is_stood_in(item):
            return Performed(Done("shows this already"), idle=True)
        posted = Posted(card.conversation, card.activity)
        url = self._reachable(card.service_url)
        edited = await self._delivery.edit(url, posted, letter_of(shown))
        if isinstance(edited, Posted):
            return Performed(Done(card.activity), replace(card, shown=shown.mark))
        if isinstance(edited, Gone):
            # Somebody deleted it, or Teams lost it: the card moves to a message of its own.
            anew = replace(item, key=f"{item.key}|anew", kind="post")
            return Performed(Done(f"posted anew: {edited.reason}"), _lost(card), anew)
        return Performed(edited)

    async def _is_stood_in(self, item: OutboxItem) -> bool:
        async with self._store.reading() as conn:
            cards = await posted_cards.of_document(conn, item.company, item.document)
        return any(card.stands_in == item.target for card in cards)

    async def _rendered(self, item: OutboxItem) -> tuple[PostedCard | None, Shown | None]:
        async with self._store.reading() as conn:
            card = await posted_cards.get(conn, item.company, item.document, item.target)
            shown = await self._showing.card(conn, item.company, item.document, target=item.target)
        return card, shown

    async def _put(self, item: OutboxItem, card: PostedCard, shown: Shown) -> Performed:
        """Post a card as a new message."""
        opened = await self._opened(item)
        if not isinstance(opened, Channel | Chat):
            return Performed(opened)
        return await self._at(opened, lambda place: self._post_at(place, card, shown))

    async def _at(self, place: Place, post: Callable[[Place], Awaitable[Performed]]) -> Performed:
        """Post at a place; in a chat that is gone, once more in a new one."""
        performed = await post(place)
        if not isinstance(performed.outcome, Gone):
            return performed
        anew = await self._delivery.anew(place, performed.outcome)
        if not isinstance(anew, Channel | Chat):
            return Performed(anew)
        again = await post(anew)
        if isinstance(again.outcome, Gone):
            return Performed(Unreachable(again.outcome.reason))
        return again

    async def _post_at(self, place: Place, card: PostedCard, shown: Shown) -> Performed:
        aimed = replace(card, conversation=place.conversation, service_url=place.service_url)
        async with self._store.transaction() as conn:
            # Its first refresh may come before the answer to its post, and must find it.
            await posted_cards.aim(conn, aimed)
        posted = await self._delivery.post(place, letter_of(shown))
        if not isinstance(posted, Posted):
            return Performed(posted)
        told = replace(
            aimed, shown=shown.mark, conversation=posted.conversation, activity=posted.activity
        )
        return Performed(Done(posted.activity or "posted, id not told"), told)

    async def _opened(self, item: OutboxItem) -> Place | Outcome:
        """Find the place of a message, unless it refused us lately, and open it."""
        refusal = self._reach.refusal(item.target, self._clock.now())
        if refusal:
            return StillUnreachable(refusal)
        async with self._store.reading() as conn:
            place = await place_of(conn, item.target, reachable=self._reachable)
        if isinstance(place, Chat) and not place.conversation and self._installs is not None:
            wait = await self._installs.before(place.person)
            if wait is not None:
                return wait
        return await self._delivery.open(place) if isinstance(place, Channel | Chat) else place

    async def _nudge(self, item: OutboxItem) -> Performed:
        async with self._store.reading() as conn:
            card = await posted_cards.get(conn, item.company, item.document, item.target)
            shown = await self._showing.card(conn, item.company, item.document, target=item.target)
        if card is None or shown is None or not card.activity:
            return Performed(Done("nothing posted to reply to"), idle=True)
        message = nudge_message(shown.summary, shown.approvers, shown.language)
        url = self._reachable(card.service_url)
        return await self._speak_in(url, card.conversation, message)

    async def _digest(self, item: OutboxItem) -> Performed:
        message = await self._backlog.digest(item)
        if message is None:
            return Performed(Done("nothing is held back any more"), idle=True)
        chat = await self._own_chat(item)
        return await self._whisper(chat, message) if isinstance(chat, Chat) else Performed(chat)

    # --- answers in chat ---

    async def _say(self, item: OutboxItem) -> Performed:
        said = item.payload
        return await self._speak_in(said["service_url"], said["conversation"], said["activity"])

    async def _speak_in(self, url: str, conversation: str, activity: Json) -> Performed:
        """Say something in a known place; where it is somebody's own chat, that can be reopened."""
        async with self._store.reading() as conn:
            chat = await chat_at(conn, url, conversation)
        if chat is not None:
            return await self._whisper(chat, activity)
        return await self._speak(url, conversation, activity)

    async def _speak(self, url: str, conversation: str, activity: Json) -> Performed:
        sent = await self._delivery.say(url, conversation, plain_letter(activity))
        return Performed(Done(sent.activity) if isinstance(sent, Posted) else sent)

    # --- what is for one person alone ---

    async def _own_chat(self, item: OutboxItem) -> Chat | Outcome:
        opened = await self._opened(item)
        if isinstance(opened, Channel):
            return Reject("what is for one person alone never goes into a channel")
        return opened

    async def _tell(self, item: OutboxItem) -> Performed:
        chat = await self._own_chat(item)
        if not isinstance(chat, Chat):
            return Performed(chat)
        return await self._whisper(chat, item.payload["activity"])

    async def _connect(self, item: OutboxItem) -> Performed:
        opened = await self._own_chat(item)
        if not isinstance(opened, Chat):
            return Performed(opened)
        person = item.target.removeprefix("person:")
        message = await self._consents.link(item.company, person)
        if not isinstance(message, dict):
            return Performed(message)
        return await self._whisper(opened, message)

    async def _whisper(self, chat: Chat, activity: Json) -> Performed:
        """Say something in somebody's own chat."""
        return await self._at(
            chat, lambda place: self._speak(place.service_url, place.conversation, activity)
        )


def _lost(card: PostedCard) -> PostedCard:
    return replace(card, activity="", shown="")
