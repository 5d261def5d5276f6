"""The doer and the settler on a real store, with an ERP and clocks that do what a test says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from acumatica_client.client import ErpClient
from acumatica_client.errors import ErpError
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import (
    Around,
    CallClass,
    CallOutcome,
    Document,
    DocumentKey,
    ErpCall,
    Value,
)
from bot.board import Board
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.company_file import Company
from bot.core.rates import Rates
from bot.core.routes import Route, Routes
from bot.deciding.bells import Bells
from bot.deciding.claims import Claims
from bot.deciding.doer import Doer
from bot.deciding.journal import Journal
from bot.deciding.settler import Settler
from bot.signing_in.consents import Consents
from storage import documents, ledger, people
from storage.database import Database
from storage.records import (
    Decision,
    DecisionState,
    Reading,
    Step,
    StoredDocument,
    StoredEmployee,
    TeamsPerson,
)

NAME = "acme"
KEY = DocumentKey("Bill", "Bill", "000123")
START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
ANN = TeamsPerson("aad-ann", "29:ann", "Ann Whitfield", "ann@acme.example")
FIELDS: dict[str, Value] = {
    "Vendor": "V1",
    "CurrencyID": "USD",
    "Amount": Decimal("1250.00"),
    "CurrentDocument.EmployeeID": "E01",
}
DONE = CallOutcome(CallClass.CLAIMS_DONE, "204")
LOST = CallOutcome(CallClass.UNKNOWN, "no answer")


class Clocks:
    """Both clocks: the one people set, and the one nobody can."""

    def __init__(self) -> None:
        self.boot = "boot-1"
        self.seconds = 1000.0
        self.wall = START

    def now(self) -> datetime:
        return self.wall

    def reading(self) -> Reading:
        return Reading(self.boot, self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)

    def set_wall(self, days: float) -> None:
        """Somebody sets the wall clock."""
        self.wall += timedelta(days=days)

    def reboot(self) -> None:
        self.boot, self.seconds = "boot-2", 5.0


def bill(status: str, erp_id: str = "id-123", **fields: Value) -> Document:
    told = {**FIELDS, "Status": status, **fields}
    return Document(KEY, erp_id, status, START, told, (), Around("Acme Paper", "E01"))


@dataclass
class Erp:
    """Shows what it is told to show, and answers writes as told; keeps every write."""

    clocks: Clocks
    shows: Document | None
    by_id: Callable[[Document | None], Document | None] = lambda shown: shown
    fails: list[ErpError] = field(default_factory=list)
    answers: list[CallOutcome] = field(default_factory=list)
    becomes: list[str] = field(default_factory=list)
    """The status after each write, where it changes."""
    writes: list[str] = field(default_factory=list)
    read_takes: float = 0.0
    sign_in_takes: float = 0.0
    sign_in_fails: list[ErpError] = field(default_factory=list)
    read_by_id: list[str] = field(default_factory=list)
    acted_as: list[object] = field(default_factory=list)
    """By whose grant; None is the service's own user."""
    acted_since: list[float] = field(default_factory=list)
    """Since when it was at work, as each write was told: the moment SENT was committed."""

    @asynccontextmanager
    async def acting(self, grant: object) -> AsyncIterator[Erp]:
        self.acted_as.append(grant)
        yield self

    async def sign_in(self) -> None:
        if self.sign_in_fails:
            raise self.sign_in_fails.pop(0)
        self.clocks.advance(self.sign_in_takes)

    async def read(self, key: DocumentKey) -> Document | None:
        if self.fails:
            raise self.fails.pop(0)
        told = None if self.shows is None else replace(self.shows, key=key)
        self.clocks.advance(self.read_takes)
        return told

    async def read_back(
        self, key: DocumentKey, erp_id: str
    ) -> tuple[Document | None, Document | None]:
        told = await self.read(key)
        self.read_by_id.append(erp_id)
        return told, self.by_id(told)

    def server_time(self) -> datetime:
        return START + timedelta(seconds=self.clocks.seconds)

    async def act(self, call: ErpCall, _key: DocumentKey, *, since: float) -> CallOutcome:
        self.acted_since.append(since)
        self.writes.append(call.action)
        if self.becomes and self.shows is not None:
            status = self.becomes.pop(0)
            told = {**self.shows.fields, "Status": status}
            self.shows = replace(
                self.shows, status=status, fields=told, last_modified=self.server_time()
            )
        return self.answers.pop(0) if self.answers else DONE


@dataclass
class Carrying:
    """A claimed decision, whoever carries it out, and everything around."""

    store: Database
    clocks: Clocks
    erp: Erp
    doer: Doer
    settler: Settler
    journal: Journal
    claims: Claims
    tenant: Tenant
    tenants: dict[str, Tenant]
    """Whom presses are taken for."""
    ports: Ports
    board: Board

    async def decision(self, name: str = "d1") -> Decision:
        async with self.store.reading() as conn:
            return await ledger.get(conn, name)

    async def press_another(self, number: str) -> None:
        """Have Ann release another bill as well, as decision d2."""
        key = DocumentKey("Bill", "Bill", number)
        another = replace(bill("Balanced"), key=key)
        await _press(self.store, self.clocks, another, ("release",), "d2")

    async def steps(self) -> list[Step]:
        async with self.store.reading() as conn:
            return await ledger.steps(conn, "d1")

    async def until_settled(self, *, within: float = 100_000.0) -> DecisionState:
        """Do and settle whatever is due, jumping to what comes next, until the decision ends."""
        ends = self.clocks.seconds + within
        while (await self.decision()).state is DecisionState.CLAIMED:
            if await self.doer.step() or await self.settler.step():
                continue
            due = [one for one in await self._due() if one is not None]
            assert due, "nothing will ever come"
            wait = max(0.01, (min(due) - self.clocks.now()).total_seconds())
            self.clocks.advance(wait)
            assert self.clocks.seconds < ends, "never settled"
        return (await self.decision()).state

    async def _due(self) -> list[datetime | None]:
        return [await self.doer.next_due(), await self.settler.next_due()]


@asynccontextmanager
async def carrying(
    path: Path,
    *,
    status: str = "Balanced",
    plan: tuple[str, ...] = ("release",),
    verb: str = "release",
    grants: Any = None,
    administrators: Sequence[TeamsPerson] = (),
    rates: Rates | None = None,
    **told: Any,
) -> AsyncIterator[Carrying]:
    """A bill whose release, or another *verb*, Ann has just pressed."""
    clocks = Clocks()
    document = bill(status)
    own = {name: list(one) if isinstance(one, list) else one for name, one in told.items()}
    erp = Erp(clocks, document, **own)  # it uses them up; a table of cases keeps its own
    store = await Database.open(path / "store.db")
    numbers = iter(range(100_000))
    ports = Ports(clocks, lambda: 0.5, lambda: f"token-{next(numbers)}", _no_transport)
    route = {
        "company": NAME, "entity": "Bill", "when": ["on hold", "balanced", "pending approval"],
        "to": ["channel:ap"], "approver": ["owner"], "actions": [verb],
    }  # fmt: skip
    company = Company(
        name=NAME, url="https://erp.example", tenant="Company", allow_unknown_editor=True
    )
    routes = Routes(
        [Route.model_validate(route), Route.model_validate({"company": NAME, "to": []})]
    )
    tenant = Tenant(company, routes, cast("ErpClient", erp), (), grants=grants, version="version-1",
                    administrators=[one.email for one in administrators])  # fmt: skip
    tenants = {NAME: tenant}
    board, bells = Board(clocks), Bells(*(Bell(clocks) for _ in range(4)))
    try:
        async with store.transaction() as conn:
            for person in administrators:
                await people.put_person(conn, person, now=clocks.now())
        await _press(store, clocks, document, plan, verb=verb)
        yield Carrying(
            store, clocks, erp,
            Doer(tenant, store, ports, bells), Settler(tenant, store, ports, bells, board),
            Journal(tenant, store, ports, bells),
            Claims(
                tenants, Consents(tenants, store, ports), ports=ports,
                bells={NAME: bells}, rates=rates or Rates(10),
            ),
            tenant, tenants, ports, board,
        )  # fmt: skip
    finally:
        await store.close()


async def _press(
    store: Database,
    clocks: Clocks,
    document: Document,
    plan: tuple[str, ...],
    name: str = "d1",
    verb: str = "release",
) -> None:
    now, key = clocks.now(), str(document.key)
    print_of = fingerprint(NAME, document)
    record = StoredDocument(
        NAME, key, document.status, now, print_of, START, document.to_json(), 1, now
    )
    asked = Decision(
        id=name, company=NAME, document=key, token=f"t-{name}", state=DecisionState.PENDING,
        verbs=(verb,), approvers=(ANN.aad_object_id,), fingerprint=print_of, asked_at=now,
        correlation="c", asked_in="On Hold",
    )  # fmt: skip
    employee = StoredEmployee("E01", ANN.name, ANN.email, active=True)
    claimant = ledger.Claimant(verb, ANN.aad_object_id, ANN.name)
    async with store.transaction() as conn:
        await documents.put(conn, record)
        await people.put_person(conn, ANN, now=now)
        await people.put_employee(conn, NAME, employee)
        await ledger.ask(conn, asked)
        await ledger.claim(
            conn, name, claimant, plan=plan, now=now, reading=clocks.reading(),
            approved=document.to_json(),
        )  # fmt: skip


def _no_transport(_allowed: object) -> Any:
    raise AssertionError("nobody calls anybody here")
