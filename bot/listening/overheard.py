"""Words typed under our cards, as the connector tells of them: kept like any other reply.

The connector tells what mentions the bot, and where a team lets the app read its channels, all else
that is said there: so comments are kept without Graph, too.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.clock import Bell
from bot.core.activity import Wire, members, read_said, text
from bot.core.messages import LONGEST, LONGEST_NAME, Ours, Spoken, bare, is_foreign
from bot.listening.remarks import Remarks, Thread
from storage import notices
from storage.database import Database


class Overheard:
    """Tells remarks under a card from commands to the bot, and keeps them."""

    def __init__(
        self,
        store: Database,
        remarks: Remarks,
        *,
        ours: Ours,
        is_command: Callable[[str], bool],
        outbox_bell: Bell,
    ) -> None:
        self._store = store
        self._remarks = remarks
        self._ours = ours
        self._is_command = is_command
        self._outbox_bell = outbox_bell

    async def kept(self, wire: Wire) -> bool:
        """Keep what was typed under a card; False when it was not there, or is a command."""
        said, spoken = read_said(wire), self._spoken(wire)
        channel, _, root = said.conversation.partition(";messageid=")
        if spoken is None or not root or (said.addressed and self._is_command(said.text)):
            return False
        async with self._store.transaction() as conn:
            card = await notices.card_at(conn, channel, root)
            if card is None:
                return False
            thread = Thread(channel, root, card)
            await self._remarks.keep(conn, thread, spoken, to_us=said.addressed)
        self._outbox_bell.ring()
        return True

    def _spoken(self, wire: Wire) -> Spoken | None:
        """Read what was typed as a remark; None when the activity names no person."""
        said, sender = read_said(wire), members(wire.get("from"))
        if not said.person or not said.activity:
            return None
        name = bare(text(sender, "name"), LONGEST_NAME)
        words = bare(said.text, LONGEST)
        guest = is_foreign({"tenantId": sender.get("tenantId")}, self._ours)
        return Spoken(said.activity, said.person, name, words, guest=guest)
