"""Answers the message extension: searches, and links to Acumatica that somebody pastes.

All of it comes from the store, so that the answer is there within a second. What is chosen lands
in a conversation that others read, and it stays there: unless that is the asker's own chat with the
bot it shows a range instead of the amount and no lines, and less where a route that matches the
document, a channel its cards stand in or the channel it is written in may know less. A link's card
never shows more than that, as Teams remembers it for other places. Nothing sent this way can be
pressed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from acumatica_client.models import Document
from bot.clock import Ports
from bot.companies import Tenant
from bot.core.activity import Wire, members, text
from bot.core.routes import CHANNEL
from bot.core.searches import Query, Site, read_link, read_query
from bot.core.visibility import Asker, Place
from bot.incoming import InvokeHandler
from bot.sending.showing import Showing, extension_answer
from bot.sending.teams import CARD_TYPE
from bot.talking.answers import Answers
from bot.talking.askers import Askers, reach_of
from cards import found as words
from cards.language import Language, language_of
from cards.lists import not_followed
from cards.privacy import Discretion, Privacy, strictest
from storage import audit, documents, findable, posted_cards
from storage.database import Connection, Database
from storage.records import AuditEntry, Json, StoredDocument

THUMBNAIL = "application/vnd.microsoft.card.thumbnail"


@dataclass(frozen=True, slots=True)
class Searcher:
    """Who searches, and where they are writing."""

    asker: Asker
    place: Place
    locale: str

    @property
    def language(self) -> Language:
        """What they read."""
        return language_of(self.locale)


class Search:
    """Finds documents for messages people write."""

    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        store: Database,
        showing: Showing,
        *,
        askers: Askers,
        answers: Answers,
        ports: Ports,
    ) -> None:
        self._tenants = tenants
        self._store = store
        self._showing = showing
        self._askers = askers
        self._answers = answers
        self._ports = ports
        self._sites = {
            name: Site(name, one.company.url, one.company.tenant) for name, one in tenants.items()
        }

    def handlers(self) -> dict[str, InvokeHandler]:
        """Return who answers which invoke."""
        return {
            "composeExtension/query": self.query,
            "composeExtension/queryLink": self.link,
            "composeExtension/anonymousQueryLink": self.anonymous,
        }

    async def query(self, wire: Wire) -> Json:
        """Answer a search with the documents the asker may see."""
        asked, language = read_query(wire), language_of(text(wire, "locale"))
        if asked is None:
            return extension_answer(words.unreadable(language))
        async with self._store.reading() as conn:
            searcher = await self._searcher(conn, wire)
            refusal = _refusal(searcher)
            answer = (
                extension_answer(refusal) if refusal else await self._results(conn, asked, searcher)
            )
        await self._note(wire, "searched", words=asked.words)
        return answer

    async def link(self, wire: Wire) -> Json:
        """Answer a pasted link with the document it leads to, if the asker may see it."""
        async with self._store.reading() as conn:
            searcher = await self._searcher(conn, wire)
            if refusal := _refusal(searcher):
                return extension_answer(refusal)
            record = await self._linked(conn, wire, searcher.asker)
            if record is None:
                return extension_answer(words.not_a_document(searcher.language))
            # Teams keeps the answer for half an hour and shows it wherever the link is pasted next.
            others = replace(searcher, place=replace(searcher.place, alone=False))
            answer = _results([_unfurled(await self._attachment(conn, record, others))])
        await self._note(wire, "link shown", record.company, record.document)
        return answer

    async def anonymous(self, wire: Wire) -> Json:
        """Answer a link pasted where Teams does not tell who asks: with nothing of the ERP."""
        return extension_answer(words.for_nobody(language_of(text(wire, "locale"))))

    async def _searcher(self, conn: Connection, wire: Wire) -> Searcher:
        person = text(members(wire.get("from")), "aadObjectId")
        conversation = text(members(wire.get("conversation")), "id")
        asker = await self._askers.known(conn, person)
        alone = await self._askers.is_own_chat(conn, person, conversation)
        place = await self._askers.place(conn, conversation, alone=alone)
        return Searcher(asker, place, text(wire, "locale"))

    async def _results(self, conn: Connection, asked: Query, searcher: Searcher) -> Json:
        reach = reach_of(searcher.asker, self._tenants)
        records = await findable.found(
            conn, reach, asked.entities, asked.words, first=asked.skip, count=asked.count
        )
        if not records:
            return extension_answer(self._nothing(asked, searcher))
        return _results([await self._attachment(conn, one, searcher) for one in records])

    def _nothing(self, asked: Query, searcher: Searcher) -> str:
        language = searcher.language
        if asked.skip:
            return words.no_more(language)
        own = (self._tenants[company].routes for company in searcher.asker.companies)
        followed = any(routes.follows(asked.entities) for routes in own)
        note = "" if followed else not_followed(asked.entities, language)
        return words.nothing_found(asked.words, note, language)

    async def _linked(self, conn: Connection, wire: Wire, asker: Asker) -> StoredDocument | None:
        for company, key in read_link(wire, self._sites):
            record = await documents.get(conn, company, str(key))
            if record is not None and not record.gone and company in asker.companies:
                return record if await self._answers.may_see(conn, record, asker) else None
        return None

    async def _attachment(
        self, conn: Connection, record: StoredDocument, searcher: Searcher
    ) -> dict[str, Any]:
        document = Document.from_json(record.snapshot)
        privacy = await self._privacy(conn, record, document, searcher.place)
        shown = await self._showing.copy(conn, record, locale=searcher.locale, privacy=privacy)
        bands = self._tenants[record.company].company.amount_bands
        discretion = Discretion(privacy, bands)
        preview = words.preview(document, record.status, searcher.language, discretion)
        return {
            "contentType": CARD_TYPE,
            "content": shown.card,
            "preview": {"contentType": THUMBNAIL, "content": preview},
        }

    async def _privacy(
        self, conn: Connection, record: StoredDocument, document: Document, place: Place
    ) -> Privacy:
        """Return how much may be told where others read; in the asker's own chat it is all."""
        if place.alone:
            return Privacy.FULL
        routes = self._tenants[record.company].routes
        cards = await posted_cards.of_document(conn, record.company, record.document)
        return strictest(
            [
                Privacy.BAND,
                routes.privacy_of(document),
                *(routes.privacy(card.target) for card in cards),
                *self._told_at(place, record.company),
            ]
        )

    def _told_at(self, place: Place, company: str) -> Iterator[Privacy]:
        """Yield what a bound channel may know: of *company*, and of all that send there."""
        for channel in place.channels:
            for name, tenant in self._tenants.items():
                if name == company or channel in tenant.routes.channels():
                    yield tenant.routes.privacy(f"{CHANNEL}{channel}")

    async def _note(
        self, wire: Wire, action: str, company: str = "", document: str = "", **told: str
    ) -> None:
        actor = text(members(wire.get("from")), "aadObjectId") or "unknown"
        detail = {"in": text(members(wire.get("conversation")), "id"), **told}
        now, token = self._ports.clock.now(), self._ports.token()
        async with self._store.transaction() as conn:
            await audit.add(conn, AuditEntry(now, token, actor, action, company, document, detail))


def _refusal(searcher: Searcher) -> str:
    """Return what somebody is told who may see nothing; empty when they may."""
    asker = searcher.asker
    if asker.person is None:
        return words.say_hello_first(searcher.language)
    return "" if asker.companies else words.not_yours(searcher.language)


def _unfurled(attachment: Json) -> Json:
    """Return the card as links are documented to take it: of version 1.3 at most."""
    return {**attachment, "content": {**attachment["content"], "version": "1.3"}}


def _results(attachments: Sequence[Json]) -> dict[str, Any]:
    return {
        "composeExtension": {
            "type": "result",
            "attachmentLayout": "list",
            "attachments": list(attachments),
        }
    }
