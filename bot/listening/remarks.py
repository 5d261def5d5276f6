"""Keeps what people write under a card, and answers who seems to decide by it: it decides nothing.

Everything here is one transaction of the caller's: the comment, its audit row, the edit of the card
and the answer are stored together, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.clock import Ports
from bot.companies import Tenant
from bot.core.intents import Message, Nudge, PostCard, UpdateCard
from bot.core.messages import Spoken
from bot.core.phrases import reads_like_decision
from bot.core.presses import Asked, may_decide
from bot.deciding.claims import waits_for
from bot.deciding.questions import Cause, carry_out, note, update_cards
from bot.languages import language_with
from bot.sending.places import PERSON, Reachable
from cards.language import Language
from cards.refusals import Refusal
from cards.thread import card_is_in_our_chat, kept_as_remark, others_decide
from cards.view import Mention
from storage import comments, conversations, ledger, outbox, people, posted_cards
from storage.database import Connection
from storage.notices import CardHere
from storage.records import Comment, DecisionState, OutboxItem

CAN_PRESS = frozenset({None, Refusal.NOT_CONNECTED})
"""How somebody is judged whose press leads on: to the decision, or to connecting their user."""


Telling = Callable[[Mention, Language], dict[str, Any]]
"""Makes the answer to somebody, in their language."""


@dataclass(frozen=True, slots=True)
class Thread:
    """The thread under a card."""

    channel: str
    root: str
    card: CardHere

    @property
    def conversation(self) -> str:
        """The id by which a message goes into the thread."""
        return f"{self.channel};messageid={self.root}"

    def source(self, message: str) -> str:
        """Name a message of this channel, by whichever way it was told."""
        return f"{self.channel}|{message}"


class Remarks:
    """Keeps comments of every company."""

    def __init__(
        self, tenants: Mapping[str, Tenant], ports: Ports, *, reachable: Reachable
    ) -> None:
        self._tenants = tenants
        self._ports = ports
        self._reachable = reachable

    async def keep(
        self, conn: Connection, thread: Thread, spoken: Spoken, *, to_us: bool = False
    ) -> bool:
        """Keep what somebody said, once; False when there was nothing new. *to_us*: answer it."""
        tenant = self._tenants.get(thread.card.company)
        if tenant is None:
            return False
        if spoken.deleted:
            return await self._changed(conn, thread, spoken, "deleted")
        if not spoken.text or not await self._add(conn, thread, spoken):
            return spoken.edited and await self._changed(conn, thread, spoken, "edited")
        cause = await self._cause(conn, thread, spoken.id)
        told = {"source": thread.source(spoken.id), "guest": spoken.guest}
        await note(conn, cause, "comment kept", actor=spoken.person, via="reply", **told)
        await self._show(conn, cause)
        answered = await self._answer_decision(conn, thread, spoken, tenant)
        if to_us and not answered:
            await self._say(conn, thread, f"kept|{spoken.id}", spoken, kept_as_remark)
        return True

    async def _add(self, conn: Connection, thread: Thread, spoken: Spoken) -> bool:
        known = await people.person(conn, spoken.person)
        comment = Comment(
            thread.card.company,
            thread.card.document,
            thread.source(spoken.id),
            spoken.person,
            spoken.name or (known.name if known else ""),
            spoken.text,
            "reply",
            guest=spoken.guest or (known is not None and known.guest),
        )
        return await comments.add(conn, comment, now=spoken.at or self._ports.clock.now())

    async def _changed(self, conn: Connection, thread: Thread, spoken: Spoken, change: str) -> bool:
        """Mark a comment: what was said first stays, so that nobody can unsay it."""
        source = thread.source(spoken.id)
        if not await comments.mark(conn, source, change, text=spoken.text):
            return False
        cause = await self._cause(conn, thread, f"{spoken.id}.{change}")
        await note(conn, cause, f"comment {change}", actor=spoken.person, source=source)
        await self._show(conn, cause)
        return True

    async def _show(self, conn: Connection, cause: Cause) -> None:
        cards = await posted_cards.of_document(conn, cause.company, cause.document)
        await update_cards(conn, cards, cause)

    # --- it reads like a decision ---

    async def _answer_decision(
        self, conn: Connection, thread: Thread, spoken: Spoken, tenant: Tenant
    ) -> bool:
        """Show who seems to decide by a reply where to press; once a person and question."""
        if not reads_like_decision(spoken.text):
            return False
        asked = await self._open_question(conn, thread, tenant)
        if asked is None or (spoken.at is not None and spoken.at < asked.decision.asked_at):
            return False
        key = f"reply|{asked.decision.id}|{spoken.person}"
        may = may_decide(spoken.person, asked) in CAN_PRESS

        def told(writer: Mention, language: Language) -> dict[str, Any]:
            if may:
                return card_is_in_our_chat(writer, language)
            return others_decide(writer, waits_for(asked), language)

        if await self._say(conn, thread, key, spoken, told) and may:
            await self._raise(conn, asked, spoken.person)
        return True

    async def _open_question(
        self, conn: Connection, thread: Thread, tenant: Tenant
    ) -> Asked | None:
        decision = await ledger.latest(conn, tenant.name, thread.card.document)
        if decision is None or decision.state is not DecisionState.PENDING:
            return None
        return await tenant.asked(conn, decision, now=self._ports.clock.now())

    async def _raise(self, conn: Connection, asked: Asked, person: str) -> None:
        """Have the card stand in the writer's own chat, in front of them."""
        decision, target = asked.decision, f"{PERSON}{person}"
        stands = any(card.target == target and card.activity for card in asked.cards)
        intents: list[Message] = [PostCard(target, asks=True)]
        if stands:
            intents = [UpdateCard(target, asks=True), Nudge(target)]
        cause = Cause(
            asked.company,
            decision.document,
            f"{decision.id}.reply",
            decision.correlation,
            self._ports.clock.now(),
        )
        await carry_out(conn, intents, cause, decision, self._ports.token)
        await note(conn, cause, "reply reads like a decision", actor=person, decision=decision.id)

    # --- answers in the thread ---

    async def _say(
        self, conn: Connection, thread: Thread, key: str, spoken: Spoken, told: Telling
    ) -> bool:
        """Put an answer into the outbox; False when it was given before."""
        known = await people.person(conn, spoken.person)
        writer = Mention(known.name, known.teams_id) if known else Mention(spoken.name)
        place = await conversations.get(conn, thread.channel)
        decision = await ledger.latest(conn, thread.card.company, thread.card.document)
        item = OutboxItem(
            key=f"{thread.card.company}|{thread.card.document}|{key}",
            kind="say",
            company=thread.card.company,
            document=thread.card.document,
            target=thread.conversation,
            payload={
                "service_url": self._reachable(place.service_url if place else ""),
                "conversation": thread.conversation,
                "activity": told(writer, await self._language(conn, thread, spoken.person)),
            },
            correlation=decision.correlation if decision else self._ports.token(),
        )
        return await outbox.add(conn, item, now=self._ports.clock.now())

    async def _language(self, conn: Connection, thread: Thread, person: str) -> Language:
        own = self._tenants[thread.card.company].company.language
        return await language_with(conn, person, own)

    async def _cause(self, conn: Connection, thread: Thread, message: str) -> Cause:
        """Put what was said down to the question it is about, where there is one."""
        card = thread.card
        decision = await ledger.latest(conn, card.company, card.document)
        correlation = decision.correlation if decision else self._ports.token()
        occurrence = f"said.{thread.channel}.{message}"
        return Cause(card.company, card.document, occurrence, correlation, self._ports.clock.now())
