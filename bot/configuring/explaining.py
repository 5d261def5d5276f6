"""Explains one document: which route and why, who would be asked, what card would be sent, where.

It asks the store, or Acumatica, or reads a file, and writes nothing anywhere: what a look has to
keep is kept in a store of its own that is gone afterwards.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from acumatica_client.entities import ENTITIES
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Document, DocumentKey
from bot.checked import SettingsError
from bot.clock import Ports
from bot.companies import Tenant
from bot.company_file import File
from bot.configuring.version import version_of
from bot.core import vocabulary
from bot.core.decide import Known, Policy
from bot.core.deciders import seconds
from bot.core.foresight import Foreseen, foresee
from bot.files import read_text
from bot.reading.surroundings import Surroundings
from bot.sending.showing import Shown, rendered, viewpoint
from bot.settings import Settings
from bot.signing_in.sign_ins import open_erp
from bot.toml_lines import line_at, lines_of
from cards.language import Language, language_of
from cards.why import Passed
from storage import documents, posted_cards
from storage.database import Connection, Database, visiting
from storage.records import Json, PostedCard, StoredDocument

_OPERATORS = {"equals": "is"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What to explain: a document by its number, or one in a file."""

    entities: tuple[str, ...] = ()
    type: str = ""
    number: str = ""
    company: str = ""
    live: bool = False
    """Ask Acumatica, also where the store knows the document."""
    document: Document | None = None
    """From a file."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say about one document beforehand."""

    company: str
    source: str
    """Where the document was read."""
    foreseen: Foreseen
    cards: tuple[tuple[str, Shown], ...]
    """Where a card would stand, or stands, and what it would say there."""
    line: int
    """Of the route in the file; 0 where no file was read."""
    seconds: tuple[str, ...] = ()
    """Names of who may agree after the first, where two must."""

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as JSON."""
        why, matter = self.foreseen.why, self.foreseen.matter
        document, people = self.foreseen.story.document, self.foreseen.story.people
        return {
            "company": self.company,
            "document": str(document.key),
            "status": document.status,
            "source": self.source,
            "route": why.route,
            "line": self.line,
            "resumed": why.resumed,
            "passed": [_passed(one) for one in why.passed],
            "to": list(why.targets),
            "asks": matter.asks,
            "actions": list(matter.verbs),
            "two": matter.two,
            "seconds": list(self.seconds),
            "approvers": [
                {"id": one, "name": people.by_id[one].name, "mail": people.by_id[one].email}
                for one in matter.approvers
                if one in people.by_id
            ],
            "sources": [{"source": one.word, "names": list(one.names)} for one in why.sources],
            "cards": [
                {
                    "target": target,
                    "summary": shown.summary,
                    "mentions": mentions(shown.card),
                    "card": shown.card,
                }
                for target, shown in self.cards
            ],
        }


def read_wish(
    entity: str, reference: str, kind: str = "", *, company: str = "", live: bool = False
) -> Wish:
    """Read `bill 4512`, `Bill 004512`, `PurchaseOrder PO000119`. Raises SettingsError."""
    known = {name.lower(): (name,) for name in ENTITIES} | vocabulary.ENTITIES
    entities = known.get(entity.lower())
    if entities is None:
        raise SettingsError([f"{entity!r} is no kind of document: write {', '.join(ENTITIES)}"])
    return Wish(entities, kind, reference, company, live)


async def explain(settings: Settings, file: File, ports: Ports, wish: Wish) -> Explanation | None:
    """Explain what *wish* is about; None when nobody knows such a document.

    Raises ErpError, StoreError, SettingsError.
    """
    async with AsyncExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="countersign-"))
        own = Path(folder) / "scratch.db"
        scratch = await opened.enter_async_context(_scratch(own))
        conn = await opened.enter_async_context(visiting(known_store(settings, own)))
        for company in file.companies(wish.company):
            name = company.name
            tenant = await opened.enter_async_context(_tenant(settings, file, ports, name))
            found = await _found(tenant, wish, conn, scratch, ports)
            if found is not None:
                told = await _explained(tenant, found, conn, ports.clock.now())
                return replace(told, line=_line(settings.config, file, name, told))
    return None


async def explain_stored(
    tenant: Tenant, conn: Connection, wish: Wish, *, now: datetime
) -> Explanation | None:
    """Explain what *wish* is about by a running service's own store and routes; asks nobody."""
    record = await _stored(conn, tenant.name, wish)
    return await _explained(tenant, _known(record), conn, now) if record else None


def _line(config: Path, file: File, company: str, told: Explanation) -> int:
    """Return in which line of the file the route stands."""
    rows = [n for n, route in enumerate(file.route) if route.company == company]
    lines = lines_of(read_text(config))
    return line_at(lines, ("route", rows[told.foreseen.why.route - 1]))


# --- what it is asked of --------------------------------------------------------------------


@asynccontextmanager
async def _scratch(path: Path) -> AsyncIterator[Database]:
    """Open a store at *path* that is gone afterwards, for what a look has to keep."""
    store = await Database.open(path)
    try:
        yield store
    finally:
        await store.close()


def known_store(settings: Settings, otherwise: Path) -> Path:
    """Return the service's store; where there is none yet, one that knows nothing."""
    path = settings.storage.path
    return path if path.exists() else otherwise


@asynccontextmanager
async def _tenant(settings: Settings, file: File, ports: Ports, name: str) -> AsyncIterator[Tenant]:
    company = next(one for one in file.company if one.name == name)
    erp = open_erp(company, settings, ports, None, None)
    try:
        yield Tenant(
            company, file.routes(name), erp, file.overrides(name),
            administrators=file.administrators, version=version_of(file),
        )  # fmt: skip
    finally:
        await erp.close()


@dataclass(frozen=True, slots=True)
class _Found:
    document: Document
    source: str
    record: StoredDocument | None = None
    """As the store has it."""


async def _found(
    tenant: Tenant, wish: Wish, conn: Connection, scratch: Database, ports: Ports
) -> _Found | None:
    if wish.document is not None:
        return _Found(wish.document, "the file")
    record = await _stored(conn, tenant.name, wish)
    if record is not None and not wish.live:
        return _known(record)
    for key in _keys(wish, record):
        if read := await tenant.erp.read(key):
            around = await Surroundings(tenant, scratch, ports).of(read)
            return _Found(read.with_around(around), "Acumatica, just now", record)
    return None


def _known(record: StoredDocument) -> _Found:
    document = Document.from_json(record.snapshot)
    return _Found(document, f"the store, read {record.read_at:%Y-%m-%d %H:%M} UTC", record)


async def _stored(conn: Connection, company: str, wish: Wish) -> StoredDocument | None:
    for entity in wish.entities:
        for number in numbers(wish.number):
            for record in await documents.numbered(conn, entity, number):
                kind = DocumentKey.parse(record.document).type
                if record.company == company and wish.type in ("", kind) and not record.gone:
                    return record
    return None


def _keys(wish: Wish, record: StoredDocument | None) -> Iterable[DocumentKey]:
    """Return the keys a number most likely means."""
    if record is not None:
        return [DocumentKey.parse(record.document)]
    return [
        ENTITIES[name].key(wish.type or next(iter(ENTITIES[name].type_codes)), number)
        for name in wish.entities
        for number in numbers(wish.number)
    ]


def numbers(typed: str) -> tuple[str, ...]:
    """Return a number as typed, and with the zeros people leave out."""
    return tuple(dict.fromkeys((typed, typed.zfill(6))))


# --- what comes of it -----------------------------------------------------------------------


async def _explained(tenant: Tenant, found: _Found, conn: Connection, now: datetime) -> Explanation:
    document, name = found.document, tenant.name
    record = _record(name, document, found.record, now)
    story = replace(await tenant.story(conn, record, now=now), document=document)
    cards = await posted_cards.of_document(conn, name, record.document)
    newest = story.decisions[-1] if story.decisions else None
    previous = Document.from_json(found.record.snapshot) if found.record else None
    known = Known(previous, newest, tuple(cards), story.people)
    # Whatever is asked about is news to who asks.
    foreseen = foresee(story, known, tenant.routes, Policy(name, document.last_modified))
    route = tenant.routes.listed[foreseen.why.route - 1]
    others = seconds(document, route, story.people) if foreseen.matter.two else []
    return Explanation(
        name, found.source, foreseen, drawn_cards(tenant, foreseen, cards, now), 0,
        tuple(one.name for one in others),
    )  # fmt: skip


def _record(
    company: str, document: Document, old: StoredDocument | None, now: datetime
) -> StoredDocument:
    same = old is not None and old.status == document.status
    return StoredDocument(
        company, str(document.key), document.status,
        old.status_since if old and same else now, fingerprint(company, document),
        document.last_modified, document.to_json(), old.revision if old else 1, now,
    )  # fmt: skip


def drawn_cards(
    tenant: Tenant, foreseen: Foreseen, cards: Sequence[PostedCard], now: datetime
) -> tuple[tuple[str, Shown], ...]:
    """Return the card of each place as everybody there would read it."""
    story, company = foreseen.story, tenant.company
    standing = {card.target: card for card in cards}
    language: Language = language_of(company.language)
    found = []
    for target in foreseen.matter.targets:
        card = standing.get(target) or PostedCard(tenant.name, story.record.document, target)
        view = viewpoint(company, language, tenant.routes.privacy(target), now=now)
        found.append((target, rendered(story, card, view, company.branches)))
    return tuple(found)


def mentions(card: Json) -> list[str]:
    """Return the names of whom a card notifies."""
    entities = card.get("msteams", {}).get("entities", ())
    return [one["mentioned"]["name"] for one in entities]


def _passed(one: Passed) -> dict[str, Any]:
    return {
        "route": one.number,
        "field": one.field or "Status",
        "operator": _OPERATORS.get(one.rule, one.rule) if one.field else "when",
        "value": one.wanted,
        "found": one.shown,
    }
