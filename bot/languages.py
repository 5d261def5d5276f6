"""What to write to somebody in: their client's language, else that of their chat, else our own."""

from __future__ import annotations

from collections.abc import Iterable

from bot.companies import Tenant
from bot.core.activity import Wire, members, text
from cards.language import Language, language_of
from storage import conversations
from storage.database import Connection, Database


async def language_with(conn: Connection, person: str, own: str) -> Language:
    """Return what *person* reads in their own chat; *own* is their company's language."""
    return language_of(await _told(conn, person) or own)


class Listener:
    """Knows the language of who speaks to us, where their client does not tell it."""

    def __init__(self, store: Database, tenants: Iterable[Tenant]) -> None:
        own = {tenant.company.language for tenant in tenants}
        self._store = store
        # Which company an activity is about is not known yet: several may speak differently.
        self._own = own.pop() if len(own) == 1 else ""

    async def with_locale(self, wire: Wire) -> Wire:
        """Return an activity that tells a locale, its sender's as far as it is known."""
        if text(wire, "locale"):
            return wire
        async with self._store.reading() as conn:
            told = await _told(conn, text(members(wire.get("from")), "aadObjectId"))
        return {**wire, "locale": told or self._own}


async def _told(conn: Connection, person: str) -> str:
    chat = await conversations.chat_with(conn, person) if person else None
    return chat.locale if chat else ""
