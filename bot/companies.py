"""One company at run time: its rules, its ERP client, its people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from acumatica_client.client import ErpClient
from acumatica_client.models import Document
from bot.company_file import Company
from bot.core.decide import two_now
from bot.core.people import Delegation, Override, People, match_people
from bot.core.presses import Asked, OwnEdit, Rights
from bot.core.routes import Routes
from bot.core.situations import MOST_REMARKS, Story
from bot.signing_in.grants import Grants
from storage import comments, documents, entra, ledger, people, posted_cards
from storage.database import Connection
from storage.records import Decision, StepState, StoredDocument

TALK = ("question", "answer", "reply")
"""Ways of saying something that a card shows beside the document."""
PERSON = "person:"
"""Stands before an address where a route names somebody."""


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
    administrators: Sequence[str] = ()
    """Mails of who settles what nobody else can."""
    version: str = ""
    """Which configuration this is: stamped onto what is decided by it."""

    @property
    def name(self) -> str:
        """The company's name in the file, on every row of the store."""
        return self.company.name

    @property
    def named_addresses(self) -> frozenset[str]:
        """The addresses by which the file names people of this company."""
        words = (
            word
            for route in self.routes.listed
            for word in (*route.approver, *route.second, *route.to)
        )
        named = {word.removeprefix(PERSON) for word in words if word.startswith(PERSON)}
        told = (one.email for one in self.overrides)
        return frozenset({*named, *told, *self.administrators})

    @property
    def leads(self) -> tuple[str, ...]:
        """Mails of who stands in where nobody else can be reached; they can be asked, too."""
        words = self.company.fallback
        return tuple(word.removeprefix(PERSON) for word in words if word.startswith(PERSON))

    @property
    def rights(self) -> Rights:
        """What the company's file says about who may decide."""
        machines = filter(None, (self.service_user, *self.company.machine_users))
        return Rights(
            self.company.card_age,
            self.company.allow_unknown_editor,
            self.company.allow_unknown_login,
            frozenset(login.lower() for login in machines),
            frozenset({"reject"}) if self.company.reject_needs_reason else frozenset(),
        )

    async def people(self, conn: Connection, *, now: datetime) -> People:
        """Match the company's employees to people of Teams, with who acts for whom today."""
        return await people_of(conn, self.company, self.overrides, now=now)

    async def asked(self, conn: Connection, decision: Decision, *, now: datetime) -> Asked | None:
        """Gather what a press on *decision* is judged by."""
        record = await documents.get(conn, self.name, decision.document)
        if record is None or record.gone:
            return None
        cards = await posted_cards.of_document(conn, self.name, decision.document)
        document, everybody = Document.from_json(record.snapshot), await self.people(conn, now=now)
        connected = await self.connected(conn)
        return Asked(
            company=self.name,
            decision=decision,
            document=document,
            cards=tuple(cards),
            people=everybody,
            rights=self.rights,
            now=now,
            connected=connected,
            two=two_now(document, decision, self.routes, everybody),
            own_edit=await self._own_edit(conn, decision, connected),
        )

    async def connected(self, conn: Connection) -> Mapping[str, str] | None:
        """Name who let us act as which login; None where the service's own user acts."""
        return await self.grants.logins(conn) if self.grants else None

    async def _own_edit(
        self, conn: Connection, decision: Decision, connected: Mapping[str, str] | None
    ) -> OwnEdit | None:
        """Find the newest step done for *decision*, or for those whose plan it resumes."""
        for one in await self._goes_on(conn, decision):
            steps = await ledger.steps(conn, one.id)
            done = [step for step in steps if step.state is StepState.CONFIRMED]
            if done:
                login = "" if connected is None else connected.get(one.person)
                # As whom it ran is not known any more: then it explains no edit.
                until = None if login is None else done[-1].left_at
                return OwnEdit(done[-1].edited_by, login or "", until)
        return None

    async def _goes_on(self, conn: Connection, decision: Decision) -> list[Decision]:
        """Return *decision* and the earlier ones about the same that it resumes, newest first."""
        if not decision.resumes:
            return [decision]
        told = await ledger.history(conn, self.name, decision.document)
        earlier = [one for one in reversed(told) if one.person and one.id != decision.id]
        same = takewhile(lambda one: one.fingerprint == decision.fingerprint, earlier)
        return [decision, *same]

    async def story(self, conn: Connection, record: StoredDocument, *, now: datetime) -> Story:
        """Gather what a card of the document tells."""
        return await story_of(conn, record, await self.people(conn, now=now), self.leads)


async def people_of(
    conn: Connection, company: Company, overrides: Sequence[Override], *, now: datetime
) -> People:
    """Match the employees of *company* to people of Teams, by what a file says of them."""
    return match_people(
        await people.employees(conn, company.name),
        await people.people(conn),
        overrides,
        contacts=await people.contacts(conn, company.name),
        delegation=Delegation(now.astimezone(company.zone).date(), company.delegation),
        lookups=await entra.lookups(conn),
        settled=await people.settled(conn, company.name),
    )


async def story_of(
    conn: Connection, record: StoredDocument, everybody: People, leads: Sequence[str] = ()
) -> Story:
    """Gather what is stored about a document."""
    decisions = await ledger.history(conn, record.company, record.document)
    return Story(
        record,
        Document.from_json(record.snapshot),
        decisions,
        await ledger.steps(conn, decisions[-1].id) if decisions else [],
        everybody,
        await comments.newest(conn, record.company, record.document, via=TALK, most=MOST_REMARKS),
        leads,
    )
