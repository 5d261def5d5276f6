"""Shows documents: gathers what is stored and renders the card as one viewer may see it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from acumatica_client.models import Document
from bot.clock import Clock
from bot.companies import Tenant
from bot.company_file import Company
from bot.core.settlements import summoned
from bot.core.situations import Story, Viewpoint, deep_link, situation_of
from bot.sending.summonses import summons
from cards import document_card, summary
from cards.language import Language, language_of
from cards.privacy import Discretion, Privacy
from cards.render import HISTORY_ID
from cards.view import ListingRow, Mention
from storage import documents, posted_cards
from storage.database import Connection
from storage.records import Json, PostedCard, StoredDocument, packed


@dataclass(frozen=True, slots=True)
class Shown:
    """A rendered card, its one-line summary, and what tells two renderings apart."""

    card: dict[str, Any]
    summary: str
    approvers: tuple[Mention, ...]
    language: Language

    @property
    def mark(self) -> str:
        """A hash of what the card says; when it was last read is no reason to edit it."""
        body = [part for part in self.card["body"] if part.get("id") != HISTORY_ID]
        return hashlib.sha256(packed({**self.card, "body": body}).encode()).hexdigest()


class Showing:
    """Renders the cards of every company from the store; asks nobody."""

    def __init__(self, tenants: Mapping[str, Tenant], clock: Clock) -> None:
        self._tenants = tenants
        self._clock = clock

    async def card(
        self,
        conn: Connection,
        company: str,
        document: str,
        *,
        target: str,
        viewer: str = "",
        locale: str = "",
    ) -> Shown | None:
        """Render the card at *target* as *viewer* may see it (empty: as everybody may).

        A viewer reads it in the language of their client, told by *locale*; everybody's card keeps
        the language it was made in. None when we know no such document.
        """
        record = await documents.get(conn, company, document)
        if record is None:
            return None
        if whom := summoned(target):
            return await self._summons(conn, record, whom, locale)
        card = await posted_cards.get(conn, company, document, target)
        own = locale if viewer else ""
        language = self.language(company, own or (card.locale if card else ""))
        privacy = self._tenants[company].routes.privacy(
            target, stands_in=card is not None and card.stood_in
        )
        view = self._viewpoint(company, language, privacy, viewer=viewer)
        return self._render(await self._story(conn, record), card, view)

    async def copy(
        self,
        conn: Connection,
        record: StoredDocument,
        *,
        locale: str = "",
        privacy: Privacy = Privacy.FULL,
    ) -> Shown:
        """Render a document for somebody who asked and may see all of it.

        The copy cannot be pressed. With full *privacy* it belongs into their own chat or where
        everything may be told.
        """
        language = self.language(record.company, locale)
        view = replace(self._viewpoint(record.company, language, privacy), copy=True)
        return self._render(await self._story(conn, record), None, view)

    async def _summons(
        self, conn: Connection, record: StoredDocument, whom: tuple[str, str], locale: str
    ) -> Shown | None:
        """Render what an administrator is asked about a decision."""
        tenant, now = self._tenants[record.company], self._clock.now()
        made = await summons(conn, tenant, record, whom, now=now, locale=locale)
        return Shown(made.card, made.summary, (), made.language) if made else None

    def row(self, record: StoredDocument) -> ListingRow:
        """Return a document's line in a list."""
        own = self._tenants[record.company].company
        document = Document.from_json(record.snapshot)
        link = deep_link(document.key, own.url, own.tenant)
        return ListingRow(document=document, status=record.status, link=link)

    def language(self, company: str, locale: str) -> Language:
        """Return the language of a client's locale, the company's own where none was told."""
        return language_of(locale or self._tenants[company].company.language)

    async def _story(self, conn: Connection, record: StoredDocument) -> Story:
        return await self._tenants[record.company].story(conn, record, now=self._clock.now())

    def _viewpoint(
        self, company: str, language: Language, privacy: Privacy, *, viewer: str = ""
    ) -> Viewpoint:
        own, now = self._tenants[company].company, self._clock.now()
        return viewpoint(own, language, privacy, now=now, viewer=viewer)

    def _render(self, story: Story, card: PostedCard | None, view: Viewpoint) -> Shown:
        branches = self._tenants[story.record.company].company.branches
        return rendered(story, card, view, branches)


def viewpoint(
    company: Company, language: Language, privacy: Privacy, *, now: datetime, viewer: str = ""
) -> Viewpoint:
    """Return from where a document of *company* is looked at."""
    return Viewpoint(
        now,
        company.zone,
        company.url,
        company.tenant,
        language,
        viewer,
        instructions_alert=company.instructions_alert,
        discretion=Discretion(privacy, company.amount_bands),
    )


def rendered(
    story: Story, card: PostedCard | None, view: Viewpoint, branches: Mapping[str, str]
) -> Shown:
    """Render a document's story as it is seen from *view*."""
    situation = situation_of(story, card, view)
    return Shown(
        document_card(story.document, situation, branches=branches),
        summary(story.document, situation),
        situation.approvers,
        situation.language,
    )


def same_card(shown: Shown, card: PostedCard) -> bool:
    """Say whether a posted card shows this already."""
    return card.shown == shown.mark


def card_answer(card: Json) -> dict[str, Any]:
    """Return the invoke answer that replaces the card in the presser's client."""
    return {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": card}


def text_answer(text: str) -> dict[str, Any]:
    """Return the invoke answer that shows a short notice: a sentence, as none may be empty."""
    kind = "application/vnd.microsoft.activity.message"
    return {"statusCode": 200, "type": kind, "value": text}


def extension_answer(text: str) -> dict[str, Any]:
    """Return the answer to a message extension that is one sentence instead of results."""
    return {"composeExtension": {"type": "message", "text": text}}
