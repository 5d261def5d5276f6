"""Documents, and the whole story of one: as Acumatica showed it, its cards, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from acumatica_client.entities import ENTITIES, entity_of
from acumatica_client.models import Document, DocumentKey
from bot.admin import trail
from bot.admin.drawing import draw
from bot.admin.visit import Visit
from cards.language import ENGLISH
from cards.money import amount
from storage import audit, deliveries, documents, findable, ledger, posted_cards
from storage.records import Decision, StoredDocument, Wanted, stamp

PAGE = 50
ROWS = 200
"""Rows of the audit trail on one page."""
LAST = 1 << 62
WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Line:
    """One document of a list."""

    record: StoredDocument
    title: str
    party: str
    amount: str
    asked: datetime | None = None
    """Since when its question waits, in a list of those."""

    @property
    def place(self) -> str:
        """Where it stands in the list, for the page after it."""
        return f"{stamp(self.asked or self.record.status_since)}|{self.record.document}"


def line_of(record: StoredDocument, asked: datetime | None = None) -> Line:
    """Return a document as a line."""
    document = Document.from_json(record.snapshot)
    entity = entity_of(document)
    sum_, currency = document.money(entity.amount_field), document.text("CurrencyID")
    return Line(
        record,
        title_of(record.document),
        document.around.party_name or document.text(entity.party_field),
        amount(sum_, ENGLISH, currency) if sum_ is not None else "",
        asked,
    )


def title_of(document: str) -> str:
    """Return what a document is called: its type and its number."""
    key = DocumentKey.parse(document)
    entity = "".join(f" {char}" if char.isupper() else char for char in key.entity).strip()
    return " ".join(dict.fromkeys((entity, key.type, key.number)))  # not: Bill Bill 004512


async def show_documents(visit: Visit) -> web.StreamResponse:
    """List a company's documents, those that wait, or those that hold what was typed."""
    company, typed, which = visit.company(), visit.form.one("find"), visit.form.one("show")
    since, _, last = visit.form.one("after").partition("|")
    async with visit.desk.store.reading() as conn:
        if typed:
            reach = findable.Reach(frozenset({company}))
            found = await findable.found(conn, reach, ENTITIES, typed, first=0, count=PAGE + 1)
            lines = [line_of(one) for one in found]
        elif which == WAITING:
            waiting = await documents.asked(conn, company, limit=PAGE + 1, after=(since, last))
            lines = [line_of(*one) for one in waiting]
        else:
            after = (since or "~", last)
            newest = await documents.newest(conn, company, limit=PAGE + 1, after=after)
            lines = [line_of(one) for one in newest]
    return draw(
        visit, "documents", company=company, find=typed, lines=lines[:PAGE],
        more=len(lines) > PAGE, which=which,
    )  # fmt: skip


async def show_document(visit: Visit) -> web.StreamResponse:
    """Tell the whole story of one document."""
    company, key = visit.company(), visit.form.one("key")
    before = visit.form.number("before", LAST)
    async with visit.desk.store.reading() as conn:
        record = await documents.get(conn, company, key)
        rows = await audit.told_of(conn, company, key, before=before, limit=ROWS + 1)
        if record is None and not rows:
            raise web.HTTPNotFound(text="Nothing is known of this document.")
        told = await trail.told(conn, rows[:ROWS])
        asked = await ledger.history(conn, company, key)
        cards = await posted_cards.of_document(conn, company, key)
        waiting = await deliveries.unfinished(conn, Wanted(company, key), limit=ROWS)
        targets = [*(card.target for card in cards), *(one.target for one in waiting)]
        places = await trail.places(conn, targets)
    return draw(
        visit, "document", company=company, key=key,
        line=line_of(record) if record else None,
        fields=_fields(record), question=_open(asked), days=trail.by_day(told),
        cards=cards[:ROWS], waiting=waiting, places=places,
        more=rows[ROWS - 1].seq if len(rows) > ROWS else None,
        title=line_of(record).title if record else key,
    )  # fmt: skip


def _open(asked: list[Decision]) -> Decision | None:
    return asked[-1] if asked else None


def _fields(record: StoredDocument | None) -> list[tuple[str, str]]:
    """List what Acumatica last showed, but for what it left empty."""
    if record is None:
        return []
    document = Document.from_json(record.snapshot)
    return [(name, text) for name in document.fields if (text := document.text(name))]
