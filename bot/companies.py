"""One company at run time: its rules, its ERP client, its people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from acumatica_client.client import ErpClient
from acumatica_client.models import Document
from bot.company_file import Company
from bot.core.people import Override, People, match_people
from bot.core.presses import Asked, Rights
from bot.core.routes import Routes
from bot.core.situations import Story
from storage import documents, ledger, people, posted_cards
from storage.database import Connection
from storage.records import Decision, StoredDocument


@dataclass(frozen=True, slots=True)
class Tenant:
    """A company as the service works with it."""

    company: Company
    routes: Routes
    erp: ErpClient
    overrides: Sequence[Override]

    @property
    def name(self) -> str:
        """The company's name in the file, on every row of the store."""
        return self.company.name

    @property
    def rights(self) -> Rights:
        """What the company's file says about who may decide."""
        return Rights(self.company.card_age, self.company.allow_unknown_editor)

    async def people(self, conn: Connection) -> People:
        """Match the company's employees to people of Teams, as known now."""
        return match_people(
            await people.employees(conn, self.name), await people.people(conn), self.overrides
        )

    async def asked(self, conn: Connection, decision: Decision, *, now: datetime) -> Asked | None:
        """Gather what a press on *decision* is judged by."""
        record = await documents.get(conn, self.name, decision.document)
        if record is None or record.gone:
            return None
        cards = await posted_cards.of_document(conn, self.name, decision.document)
        return Asked(
            company=self.name,
            decision=decision,
            document=Document.from_json(record.snapshot),
            cards=tuple(cards),
            people=await self.people(conn),
            rights=self.rights,
            now=now,
        )

    async def story(self, conn: Connection, record: StoredDocument) -> Story:
        """Gather what a card of the document tells."""
        decisions = await ledger.history(conn, self.name, record.document)
        steps = await ledger.steps(conn, decisions[-1].id) if decisions else []
        return Story(
            record, Document.from_json(record.snapshot), decisions, steps, await self.people(conn)
        )
