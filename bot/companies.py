"""One company at run time: its rules, its ERP client, its people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from acumatica_client.client import ErpClient
from acumatica_client.models import Document
from bot.company_file import Company
from bot.core.people import Delegation, Override, People, match_people
from bot.core.presses import Asked, Rights
from bot.core.routes import Routes
from bot.core.situations import Story
from bot.grants import Grants
from storage import consents, documents, ledger, people, posted_cards
from storage.database import Connection
from storage.records import Decision, StoredDocument


@dataclass(frozen=True, slots=True)
class Tenant:
    """A company as the service works with it."""

    company: Company
    routes: Routes
    erp: ErpClient
    overrides: Sequence[Override]
    service_user: str = ""
    """The login Countersign itself works with; its edits are nobody's."""
    grants: Grants | None = None
    """People's own Acumatica users, where the company acts as the person who decides."""

    @property
    def name(self) -> str:
        """The company's name in the file, on every row of the store."""
        return self.company.name

    @property
    def rights(self) -> Rights:
        """What the company's file says about who may decide."""
        machines = filter(None, (self.service_user, *self.company.machine_users))
        return Rights(
            self.company.card_age,
            self.company.allow_unknown_editor,
            frozenset(login.lower() for login in machines),
        )

    async def people(self, conn: Connection, *, now: datetime) -> People:
        """Match the company's employees to people of Teams, with who acts for whom today."""
        today = now.astimezone(self.company.zone).date()
        return match_people(
            await people.employees(conn, self.name),
            await people.people(conn),
            self.overrides,
            contacts=await people.contacts(conn, self.name),
            delegation=Delegation(today, self.company.delegation),
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
            people=await self.people(conn, now=now),
            rights=self.rights,
            now=now,
            connected=await self._connected(conn),
            own_edit=await self._goes_on(conn, decision),
        )

    async def _connected(self, conn: Connection) -> frozenset[str] | None:
        """Name who let us act as them; None where the service's own user acts."""
        if self.grants is None:
            return None
        return frozenset(one.person for one in await consents.grants(conn, self.name))

    async def _goes_on(self, conn: Connection, decision: Decision) -> bool:
        """Say whether the last edit is a step of ours: the plan goes on where it had stopped."""
        if not decision.resumes:
            return False
        earlier = [
            one
            for one in await ledger.history(conn, self.name, decision.document)
            if one.person and one.id != decision.id
        ]
        return bool(earlier) and earlier[-1].fingerprint == decision.fingerprint

    async def story(self, conn: Connection, record: StoredDocument, *, now: datetime) -> Story:
        """Gather what a card of the document tells."""
        decisions = await ledger.history(conn, self.name, record.document)
        steps = await ledger.steps(conn, decisions[-1].id) if decisions else []
        return Story(
            record,
            Document.from_json(record.snapshot),
            decisions,
            steps,
            await self.people(conn, now=now),
        )
