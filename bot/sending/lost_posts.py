"""Looks for cards whose post got no answer, in channels that Graph lets us read (invariants §3).

A card carries the token of its question, which nobody can guess: a message of ours that holds it is
the card. What cannot be read is not found; the card is then posted once more.
"""

from __future__ import annotations

import logging

from bot.core.graph import GraphError, rows_of, segment
from bot.core.messages import Ours, holds_card
from bot.core.presses import thread_base
from bot.people.graph import Graph
from storage import ledger, posted_cards, subscriptions
from storage.database import Database
from storage.records import OutboxItem, PostedCard

log = logging.getLogger(__name__)

LATEST = 50
"""Messages of a channel that are looked through: it is half a minute since the post."""


class LostPosts:
    """Finds where a card stands that was posted without an answer."""

    def __init__(self, store: Database, graph: Graph, ours: Ours) -> None:
        self._store = store
        self._graph = graph
        self._ours = ours

    async def find(self, item: OutboxItem, card: PostedCard) -> str:
        """Return the id of the message that is the card; empty when none is seen."""
        channel = thread_base(card.conversation)
        if not item.unknowns or not channel:
            return ""
        async with self._store.reading() as conn:
            subscribed = await subscriptions.get(conn, channel)
            tokens = await ledger.tokens(conn, item.company, item.document)
            cards = await posted_cards.of_document(conn, item.company, item.document)
        if subscribed is None or not subscribed.team:
            return ""
        path = f"/teams/{segment(subscribed.team)}/channels/{segment(channel)}/messages"
        try:
            page = await self._graph.get(f"{path}?$top={LATEST}")
        except GraphError as error:
            log.warning("lost post not looked for", extra={"reason": str(error)})
            return ""
        taken = {one.activity for one in cards}  # two targets may be bound to one channel
        found = (holds_card(message, self._ours, tokens) for message in rows_of(page))
        return next((one for one in found if one and one not in taken), "")
