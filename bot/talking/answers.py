"""Answers what people ask about documents, from the store, within what they may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.clock import Clock
from bot.companies import Tenant
from bot.core.commands import Decide, More, Pending, ShowDocument, ShowVendor, Why
from bot.core.decide import WAITS
from bot.core.reasons import why
from bot.core.routes import CHANNEL
from bot.core.visibility import Asker, Place, may_see, may_tell_here, told_here
from bot.core.vocabulary import ENTITIES
from bot.sending.showing import Showing
from bot.talking.askers import insight, reach_of
from cards.chat import Page, listing_card
from cards.language import Language, language_of
from cards.lists import elsewhere_notes, not_followed, pending_title, vendor_notes
from cards.pressing import only_a_press
from cards.spoken import Spoken, no_vendor, not_found, nothing_to_go_on, several_vendors
from cards.text import plain
from cards.why import why_card
from storage import audit, comments, documents, findable, ledger, posted_cards
from storage.database import Connection
from storage.findable import Waiting
from storage.records import StoredDocument, StoredParty

PAGE = 10
"""Documents on one page of a list."""
UNRELEASED = frozenset({"Balanced", "Printed", "Pending Print", "Pending Processing"})
PAYMENTS = frozenset({"Check", "Payment"})
OVER = frozenset({"Closed", "Voided", "Completed", "Canceled", "Rejected"})
"""Statuses in which a document is no open matter of its vendor any more."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks, where, and in which language they read."""

    asker: Asker
    place: Place
    locale: str = ""

    @property
    def language(self) -> Language:
        """What to answer in."""
        return language_of(self.locale)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say, and whether everybody at the place may read it."""

    words: Spoken
    here: bool = True
    company: str = ""
    """With `document`: the one it is about, for the audit trail."""
    document: str = ""
    listed: Pending | None = None
    """The list it shows, for `more`."""


class Answers:
    """Answers questions about documents and vendors."""

    def __init__(self, tenants: Mapping[str, Tenant], showing: Showing, clock: Clock) -> None:
        self._tenants = tenants
        self._showing = showing
        self._clock = clock

    # --- lists ---

    async def pending(self, conn: Connection, wish: Pending, asked: Question) -> Answer:
        """List what waits: here what stands here, in the asker's own chat everything."""
        reach = reach_of(asked.asker, self._tenants)
        routes = {name: self._tenants[name].routes for name in reach.companies}
        targets = frozenset() if asked.place.alone else told_here(asked.place, routes)
        here = asked.place.alone or bool(targets)
        what = _waiting(wish, targets)
        total = await findable.count_waiting(conn, reach, what)
        first = (wish.page - 1) * PAGE
        found = await findable.waiting(conn, reach, what, first=first, count=PAGE)
        everywhere = await findable.count_waiting(conn, reach, _waiting(wish, frozenset()))
        elsewhere = everywhere - total if targets else 0
        words = self._listing(wish, found, total, elsewhere, asked)
        return Answer(words, here, listed=wish)

    async def more(self, conn: Connection, wish: More, asked: Question) -> Pending | None:
        """Return the next page of the list the asker saw last there; None when there is none."""
        person = asked.asker.person
        shown = person and await findable.listing(
            conn, asked.place.conversation, person.aad_object_id
        )
        last = _pending(*shown) if shown else None
        if wish.of is None:
            return last and (replace(last, page=wish.page) if wish.page else _after(last))
        same = last is not None and last.entities == wish.of.entities
        return _after(last if same and last else wish.of)

    def nothing_more(self, asked: Question) -> Answer:
        """Say that there is no list to go on with."""
        return Answer(nothing_to_go_on(asked.language))

    def _listing(
        self,
        wish: Pending,
        found: list[StoredDocument],
        total: int,
        elsewhere: int,
        asked: Question,
    ) -> Spoken:
        language, alas = asked.language, self._not_followed(wish, asked)
        title = pending_title(wish.entities, total, language, followed=not alas)
        first = (wish.page - 1) * PAGE
        left = max(0, total - first - len(found))
        part = Page(
            min(first, total),
            f"pending {wish.word} page {wish.page + 1}" if left else "",
            notes=[*elsewhere_notes(elsewhere, language), *([alas] if total and alas else [])],
            empty=alas,
        )
        zone = next(iter(self._tenants.values())).company.zone
        rows = [self._showing.row(record) for record in found]
        card = listing_card(
            title, rows, more=left, now=self._clock.now(), zone=zone, language=language, part=part
        )
        return Spoken(card, plain(title))

    def _not_followed(self, wish: Pending, asked: Question) -> str:
        """Return that no route brings what is listed while it waits; nothing when one does."""
        own = (self._tenants[company].routes for company in asked.asker.companies)
        if any(routes.follows(wish.entities) for routes in own):
            return ""
        return not_followed(wish.entities, asked.language)

    # --- one document ---

    async def document(self, conn: Connection, wish: ShowDocument, asked: Question) -> Answer:
        """Show one document as it stands now, or why it does."""
        record = await self.find(conn, wish, asked.asker)
        if record is None:
            entity = wish.entities[0] if wish.word else ""
            return Answer(not_found(entity, wish.number, asked.language))
        words = await self._shown(conn, wish, record, asked)
        here = await self._may_tell_here(conn, record, asked.place)
        return Answer(words, here, record.company, record.document)

    async def find(
        self, conn: Connection, wish: ShowDocument, asker: Asker
    ) -> StoredDocument | None:
        """Return the document meant, what waits first; what may not be seen is not found."""
        found = [
            record
            for number in numbers(wish.number)
            for entity in wish.entities
            for record in await documents.numbered(conn, entity, number)
            if record.company in asker.companies and await self.may_see(conn, record, asker)
        ]
        found.sort(key=lambda record: record.status not in WAITS)
        return found[0] if found else None

    async def may_see(self, conn: Connection, record: StoredDocument, asker: Asker) -> bool:
        """Say whether the asker may be shown a document."""
        told = await ledger.history(conn, record.company, record.document)
        ids = {person for decision in told for person in decision.approvers}
        return may_see(asker, record.company, insight(self._tenants[record.company]), ids)

    async def _shown(
        self, conn: Connection, wish: ShowDocument, record: StoredDocument, asked: Question
    ) -> Spoken:
        if isinstance(wish, Why):
            return await self._why(conn, record, asked.language)
        if isinstance(wish, Decide):
            return await self._undecided(conn, record, asked)
        shown = await self._showing.copy(conn, record, locale=asked.locale)
        return Spoken(shown.card, shown.summary)

    async def _why(self, conn: Connection, record: StoredDocument, language: Language) -> Spoken:
        tenant, now = self._tenants[record.company], self._clock.now()
        story = await tenant.story(conn, record, now=now)
        trail = await audit.of_document(conn, record.company, record.document)
        said = await comments.of_document(conn, record.company, record.document)
        reasons = why(story, tenant.routes, trail, said)
        return why_card(reasons, now=now, zone=tenant.company.zone, language=language)

    async def _undecided(self, conn: Connection, record: StoredDocument, asked: Question) -> Spoken:
        """Say that typing decides nothing, how the document stands, and where its card is."""
        cards = await posted_cards.of_document(conn, record.company, record.document)
        person = asked.asker.person
        own = f"person:{person.aad_object_id}" if person else ""
        targets = [card.target for card in cards if not card.replaced]
        channels = sorted({one.removeprefix(CHANNEL) for one in targets if one.startswith(CHANNEL)})
        row = self._showing.row(record)
        return only_a_press(row, channels, own=own in targets, language=asked.language)

    async def _may_tell_here(self, conn: Connection, record: StoredDocument, place: Place) -> bool:
        cards = await posted_cards.of_document(conn, record.company, record.document)
        standing = [card for card in cards if not card.replaced]
        return may_tell_here(place, self._tenants[record.company].routes, standing)

    # --- vendors ---

    async def vendor(self, conn: Connection, wish: ShowVendor, asked: Question) -> Answer:
        """Show a vendor's standing and open documents, in the asker's own chat."""
        reach = reach_of(asked.asker, self._tenants)
        found = await findable.vendors(conn, reach.companies - reach.narrow, wish.name)
        exact = [one for one in found if one[1].code.lower() == wish.name.lower()]
        chosen = exact or found
        if not chosen:
            return Answer(no_vendor(wish.name, asked.language))
        if len(chosen) > 1:
            names = [f"{party.name} ({party.code})" for _, party in chosen]
            return Answer(several_vendors(wish.name, names, asked.language), here=False)
        return await self._standing(conn, *chosen[0], asked)

    async def _standing(
        self, conn: Connection, company: str, party: StoredParty, asked: Question
    ) -> Answer:
        found = await findable.of_party(conn, company, party.code, over=OVER)
        rows = [self._showing.row(record) for record in found[:PAGE]]
        title = f"{party.name or party.code} ({party.code})"
        card = listing_card(
            title, rows, more=len(found) - len(rows), now=self._clock.now(),
            zone=self._tenants[company].company.zone, language=asked.language,
            part=Page(notes=vendor_notes(party.status, asked.language)),
        )  # fmt: skip
        return Answer(Spoken(card, plain(title)), here=False)


def numbers(typed: str) -> list[str]:
    """Return a number as typed, and with the zeros people leave out."""
    return list(dict.fromkeys((typed, typed.zfill(6))))


def _waiting(wish: Pending, targets: frozenset[str]) -> Waiting:
    unreleased = UNRELEASED if PAYMENTS & set(wish.entities) else frozenset()
    return Waiting(wish.entities, WAITS | unreleased, targets)


def _pending(word: str, page: int) -> Pending | None:
    return Pending(word, ENTITIES[word], page) if word in ENTITIES else None


def _after(last: Pending) -> Pending:
    return Pending(last.word, last.entities, last.page + 1)
