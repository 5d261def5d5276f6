"""Keeps who is who: employees from Acumatica, people from rosters of bound channels and Graph.

Matching is pure (`core.people`); here the lists are fetched and stored. When they change, every
open question is looked at again, because now perhaps somebody can be asked. Each company's list is
fetched by a loop of its own: an Acumatica that hangs keeps no other company's looks waiting.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from acumatica_client.errors import ErpError
from acumatica_client.models import Employee
from bot.auditing.changes import note_employees
from bot.clock import Bell, Clock, Ports
from bot.companies import Tenant
from bot.core.graph import GraphBusy, GraphError, GraphRefused
from bot.core.nights import latest_night
from bot.core.people import People
from bot.people.entra import EntraUsers
from bot.sending.places import Reachable
from bot.sending.teams import Connector, ConnectorRefused
from storage import conversations, entra, inbox, ledger, people
from storage.database import Database
from storage.records import StoredContact, StoredDelegate, StoredEmployee

log = logging.getLogger(__name__)

REFRESH = timedelta(minutes=30)
SWARM = timedelta(seconds=2)
RETRY = timedelta(seconds=30)
CHUNK = 500
"""Questions that are looked at again with one transaction: a press waits for no more than these."""


class Directory:
    """Fetches and stores people, now and then and when asked."""

    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        store: Database,
        connector: Connector,
        ports: Ports,
        *,
        reachable: Reachable,
        look_bells: Mapping[str, Bell],
        users: EntraUsers | None = None,
        bell: Bell | None = None,
    ) -> None:
        self._tenants = tenants
        self._store = store
        self._connector = connector
        self._ports = ports
        self._reachable = reachable
        self._look_bells = look_bells
        self._users = users
        self._more = False
        """Whether Graph has not been asked about everybody yet."""
        self._bell = bell or Bell(ports.clock)
        self._due = self._rosters_due = ports.clock.now()
        self._news = False
        """Whether something came up since the last refresh began."""
        self._listed: set[str] = set()
        """Companies whose employees were asked for at least once."""
        self._known: list[People] | None = None
        """Who was who after the last refresh."""
        self.tried = {name: asyncio.Event() for name in tenants}
        """Set once a company's people were looked for; its looks wait for that, so that the first
        cards name somebody."""

    async def step(self) -> bool:
        """Refresh when it is time; False when it is not."""
        now = self._ports.clock.now()
        if now < self._due:
            return False
        listed = frozenset(self._listed)
        if self._known is None:
            self._known = await self._everybody()
        self._news = False
        again = await self._refresh()
        if not self._news:  # what came meanwhile is due at once
            self._due = self._ports.clock.now() + again
        # Also a day that begins can change who may approve, when somebody's absence begins with it.
        known = await self._everybody()
        if known != self._known:
            await self._look_again()
        self._known = known
        for name in listed:
            self.tried[name].set()
        return True

    async def next_due(self) -> datetime | None:
        """Return when the next refresh is due."""
        return self._due

    def refresh_soon(self) -> None:
        """Refresh in a moment: the bot was installed somewhere, and such news come in swarms."""
        self._due = self._rosters_due = min(self._due, self._ports.clock.now() + SWARM)
        self._news = True

    def look_soon(self) -> None:
        """Compare who is who with before, now: an operator said who somebody is."""
        self._due, self._news = self._ports.clock.now(), True
        self._bell.ring()

    async def list_employees(self, company: str) -> timedelta:
        """Read one company's employees; return when to come again."""
        trouble = ""
        try:
            await self._employees(self._tenants[company])
        except ErpError as error:
            trouble = str(error)
            log.warning("employees not read", extra={"company": company, "reason": trouble})
        await self._tell({f"employees of {company}": trouble})
        self._listed.add(company)
        self.look_soon()
        return RETRY if trouble else REFRESH

    async def _refresh(self) -> timedelta:
        """Read what is due; return when to come again."""
        if self._rosters_due <= self._ports.clock.now():
            trouble = await self._rosters()
            await self._tell({"rosters": trouble})
            self._rosters_due = self._ports.clock.now() + (RETRY if trouble else REFRESH)
        again = await self._graph()
        return min(again, self._rosters_due - self._ports.clock.now())

    async def _graph(self) -> timedelta:
        """Ask Graph who is behind the addresses of those lists and of the file."""
        if self._users is None:
            await self._without_graph()
            return REFRESH
        again, trouble = REFRESH, ""
        try:
            await self._users.check_roles()
            whole = await self._users.refresh(await self._addresses(), night=self._night())
            self._more, again = not whole, REFRESH if whole else timedelta()
        except GraphError as error:
            trouble, again = str(error), _again(error)
            self._more = False
            log.warning("people not asked of Graph", extra={"reason": trouble})
        await self._tell({"graph": trouble})
        return again

    async def _without_graph(self) -> None:
        """Forget what Graph once said: nobody would ever correct it."""
        async with self._store.transaction() as conn:
            await entra.keep_only(conn, ())

    async def _addresses(self) -> set[str]:
        """Return every address that names somebody: of employees, and in the file."""
        found: set[str] = set()
        async with self._store.reading() as conn:
            for tenant in self._tenants.values():
                found |= {one.email for one in await people.employees(conn, tenant.name)}
                found |= tenant.named_addresses
        return found

    def _night(self) -> datetime:
        """Return since when what Graph said is fresh enough: the first company's last night."""
        for tenant in self._tenants.values():
            at, zone = tenant.company.nightly, tenant.company.zone
            return latest_night(self._ports.clock.now(), at, zone)
        return datetime.min.replace(tzinfo=UTC)

    async def _tell(self, told: Mapping[str, str]) -> None:
        async with self._store.transaction() as conn:
            for name, trouble in told.items():
                await entra.tell(conn, name, trouble, now=self._ports.clock.now())

    async def _rosters(self) -> str:
        """Read every roster, one that is refused apart; return why the last of those was."""
        trouble = ""
        async with self._store.reading() as conn:
            places = sorted(set((await conversations.channels(conn)).values()))
            known = {place: await conversations.get(conn, place) for place in places}
        for place, told in known.items():
            url = self._reachable(told.service_url if told else "")
            try:
                found = await self._connector.roster(url, place)
            except ConnectorRefused as error:
                trouble = str(error)
                log.warning("roster not read", extra={"place": place, "reason": trouble})
                continue
            async with self._store.transaction() as conn:
                for person in found:
                    if person.aad_object_id:
                        await people.put_person(conn, person, now=self._ports.clock.now())
        return trouble

    async def _employees(self, tenant: Tenant) -> None:
        found = await tenant.erp.around.employees()
        cards = await tenant.erp.around.contacts() if tenant.company.contacts else []
        async with self._store.transaction() as conn:
            before = await people.employees(conn, tenant.name)
            for one in found:
                await people.put_employee(conn, tenant.name, _stored(one))
            for card in cards:
                contact = StoredContact(card.id, card.name, card.email, card.active)
                await people.put_contact(conn, tenant.name, contact)
            # An empty list is what missing rights look like: it says nothing of anybody.
            codes = [one.code for one in found]
            left = await people.retire_others(conn, tenant.name, codes) if codes else 0
            after = await people.employees(conn, tenant.name)
            await note_employees(conn, tenant.name, before, after, ports=self._ports)
        if left or not codes:
            log.warning(
                "employees are missing from Acumatica's list",
                extra={"company": tenant.name, "count": left, "listed": len(codes)},
            )

    async def _everybody(self) -> list[People]:
        """Return who is who in every company, with who acts for whom today."""
        now = self._ports.clock.now()
        async with self._store.reading() as conn:
            return [await tenant.people(conn, now=now) for tenant in self._tenants.values()]

    async def _look_again(self) -> None:
        for name in self._tenants:
            last = ""
            while found := await self._hint_open(name, after=last):
                last = found[-1]
        for bell in self._look_bells.values():
            bell.ring()

    async def _hint_open(self, company: str, *, after: str) -> list[str]:
        """Have the next open questions looked at; return their documents."""
        async with self._store.transaction() as conn:
            found = await ledger.open_documents(conn, company, after=after, limit=CHUNK)
            await inbox.add_hints(
                conn,
                company,
                found,
                reason="people changed",
                correlation=self._ports.token(),
                now=self._ports.clock.now(),
            )
        return found


class EmployeeList:
    """Has one company's employees read, now and then."""

    def __init__(self, company: str, directory: Directory, clock: Clock) -> None:
        self._company = company
        self._directory = directory
        self._clock = clock
        self._due = clock.now()

    async def step(self) -> bool:
        """Read them when it is time; False when it is not."""
        if self._clock.now() < self._due:
            return False
        again = await self._directory.list_employees(self._company)
        self._due = self._clock.now() + again
        return True

    async def next_due(self) -> datetime | None:
        """Return when they are read next."""
        return self._due


def _again(error: GraphError) -> timedelta:
    """Say when to ask Graph again: a refusal stays one until somebody grants what is missing."""
    if isinstance(error, GraphRefused):
        return REFRESH
    after = error.after if isinstance(error, GraphBusy) else None
    return RETRY if after is None else max(RETRY, timedelta(seconds=after))


def _stored(employee: Employee) -> StoredEmployee:
    return StoredEmployee(
        employee.code,
        employee.name,
        employee.email,
        employee.active,
        employee.login,
        employee.department,
        employee.reports_to,
        tuple(
            StoredDelegate(one.employee, one.of, one.starts, one.ends, one.active)
            for one in employee.delegates
        ),
    )
