"""Answers what people type to the bot: `help`, `pending bills`, `bill 004512`."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from acumatica_client.entities import ENTITIES
from acumatica_client.models import Document, DocumentKey
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.consents import NOTHING_TO_CONNECT, Consents
from bot.core.activity import Said
from bot.core.commands import (
    CONNECT_HELP,
    HELP,
    Command,
    Connect,
    Disconnect,
    Greeting,
    Help,
    Pending,
    ShowDocument,
    Unknown,
    read_command,
)
from bot.core.decide import WAITS
from bot.core.situations import deep_link
from bot.showing import Showing
from bot.teams import card_activity
from cards import ListingRow, help_card, listing_card, text_card
from cards.text import plain
from storage import documents, inbox, ledger, outbox
from storage.database import Connection, Database
from storage.records import OutboxItem, StoredDocument

log = logging.getLogger(__name__)

LONGEST_LIST = 10
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,19}")
"""What is looked up in the ERP; nothing else a person types becomes part of an address."""
LOOK_UP_WAITS = (0.1, 0.2, 0.4, 0.8, 1.0, 1.0)
"""Seconds between looks whether a document asked for has arrived; Teams waits 15 in all."""
ONLY_PEOPLE = "Only a signed-in person can connect an Acumatica user."
LINK_COMES = "I am sending you a link in our own chat. Sign in there, then come back."
NOT_HERE = "Please type that in our own chat, where nobody else reads it."
WHO_I_AM = "I bring what waits in Acumatica to the people who decide. Type “help” for more."
UNRELEASED = frozenset({"Balanced", "Printed", "Pending Print", "Pending Processing"})


class Talk:
    """Answers commands."""

    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        store: Database,
        showing: Showing,
        consents: Consents,
        ports: Ports,
        *,
        outbox_bell: Bell,
        look_bells: Mapping[str, Bell],
    ) -> None:
        self._tenants = tenants
        self._store = store
        self._showing = showing
        self._consents = consents
        self._ports = ports
        self._outbox_bell = outbox_bell
        self._look_bells = look_bells

    async def answer(self, said: Said) -> None:
        """Put the answer to *said* into the outbox; the same activity is answered once."""
        command = read_command(said.text)
        if isinstance(command, ShowDocument):
            await self._look_up(command)
        if isinstance(command, Connect | Disconnect):
            if await self._is_first(said):
                await self.notice(said, await self._connect(said, command))
            return
        async with self._store.transaction() as conn:
            card, summary = await self._card(conn, command)
            await self.say(conn, said, card_activity(card, summary))
        self._outbox_bell.ring()

    async def _is_first(self, said: Said) -> bool:
        """Say whether this message came for the first time: Teams may send it again."""
        now, identity = self._ports.clock.now(), f"{said.conversation}|{said.activity}"
        async with self._store.transaction() as conn:
            return await ledger.keep_answer(conn, identity, {}, now=now)

    async def _connect(self, said: Said, command: Connect | Disconnect) -> str:
        """Do what was typed about the sender's own Acumatica user; return what to tell them."""
        if not said.person:
            return ONLY_PEOPLE
        if isinstance(command, Disconnect):
            return await self._consents.disconnect(said.person)
        if not command.number:
            async with self._store.transaction() as conn:
                offered = await self._consents.offer(conn, said.person, anew=True)
            return LINK_COMES if offered else NOTHING_TO_CONNECT
        if not said.alone:
            return NOT_HERE
        return await self._consents.confirm(said.person, command.number)

    async def _look_up(self, command: ShowDocument) -> None:
        """Have a document looked at that was never seen; wait a little for it to be here."""
        for wait in LOOK_UP_WAITS:
            async with self._store.reading() as conn:
                if await self._found(conn, command):
                    return
            if not _NUMBER.fullmatch(command.number):
                return
            if wait == LOOK_UP_WAITS[0]:
                await self._ask_for_looks(command)
            await self._ports.clock.sleep(wait)

    async def _ask_for_looks(self, command: ShowDocument) -> None:
        async with self._store.transaction() as conn:
            for company in self._tenants:
                for key in _likely_keys(command):
                    await inbox.add_hint(
                        conn,
                        company,
                        str(key),
                        reason="asked in chat",
                        correlation=self._ports.token(),
                        now=self._ports.clock.now(),
                    )
        for bell in self._look_bells.values():
            bell.ring()

    async def notice(self, said: Said, text: str) -> None:
        """Put a short text into the outbox as the answer to *said*."""
        async with self._store.transaction() as conn:
            await self.say(conn, said, {"type": "message", "text": text})
        self._outbox_bell.ring()

    async def say(self, conn: Connection, said: Said, activity: dict[str, Any]) -> None:
        """Store one answer."""
        item = OutboxItem(
            key=f"say|{said.conversation}|{said.activity}",
            kind="say",
            company="",
            document=said.activity,
            target=said.conversation,
            payload={
                "service_url": said.service_url,
                "conversation": said.conversation,
                "activity": activity,
            },
            correlation=self._ports.token(),
        )
        await outbox.add(conn, item, now=self._ports.clock.now())

    async def _card(self, conn: Connection, command: Command) -> tuple[dict[str, Any], str]:
        match command:
            case Greeting(answer):
                return _text(answer, WHO_I_AM)
            case Help() | Connect() | Disconnect():
                connecting = CONNECT_HELP if self._consents.offered else ()
                return help_card((*HELP, *connecting)), "What you can type"
            case Pending():
                return await self._pending(conn, command)
            case ShowDocument():
                return await self._document(conn, command)
            case Unknown():
                return _unknown(command)

    async def _pending(self, conn: Connection, command: Pending) -> tuple[dict[str, Any], str]:
        waiting = WAITS | (UNRELEASED if "payment" in command.word else frozenset())
        found = [
            record
            for entity in command.entities
            for record in await documents.of_entity(conn, entity)
            if record.status in waiting and record.company in self._tenants
        ]
        rows = [self._row(record) for record in found[:LONGEST_LIST]]
        name = "POs" if command.word == "pos" else command.word
        title = f"Pending {name}: {len(found)}" if found else f"No pending {name}"
        zone = next(iter(self._tenants.values())).company.zone
        now = self._ports.clock.now()
        card = listing_card(title, rows, more=len(found) - len(rows), now=now, zone=zone)
        return card, title

    def _row(self, record: StoredDocument) -> ListingRow:
        company = self._tenants[record.company].company
        document = Document.from_json(record.snapshot)
        link = deep_link(document.key, company.url, company.tenant)
        return ListingRow(document=document, status=record.status, link=link)

    async def _found(self, conn: Connection, command: ShowDocument) -> list[StoredDocument]:
        return [
            record
            for number in _numbers(command)
            for entity in command.entities
            for record in await documents.numbered(conn, entity, number)
            if record.company in self._tenants
        ]

    async def _document(
        self, conn: Connection, command: ShowDocument
    ) -> tuple[dict[str, Any], str]:
        found = await self._found(conn, command)
        if not found:
            return _not_found(command)
        shown = await self._showing.copy(conn, found[0])
        return shown.card, shown.summary


def _likely_keys(command: ShowDocument) -> list[DocumentKey]:
    """Return the keys a typed number most likely means: the entity's commonest type."""
    return [
        ENTITIES[name].key(next(iter(ENTITIES[name].type_codes)), number)
        for name in command.entities
        for number in _numbers(command)
    ]


def _numbers(command: ShowDocument) -> list[str]:
    """Return the number as typed, and with the zeros people leave out."""
    return list(dict.fromkeys((command.number, command.number.zfill(6))))


def _unknown(command: Unknown) -> tuple[dict[str, Any], str]:
    guess = f"Did you mean “{command.guess}”? " if command.guess else ""
    return _text("I did not understand that", f"{guess}Type “help” for what I can do.")


def _not_found(command: ShowDocument) -> tuple[dict[str, Any], str]:
    name = ENTITIES[command.entities[0]].name
    kind = {"PurchaseOrder": "purchase order"}.get(name, command.word)
    return _text(
        f"No {kind} {command.number}",
        f"Countersign finds no {kind} with that number in Acumatica.",
    )


def _text(title: str, text: str) -> tuple[dict[str, Any], str]:
    return text_card(title, [text]), plain(title)
