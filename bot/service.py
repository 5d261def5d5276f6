"""Composes the service: settings and ports in, an aiohttp application out.

Every resource and every loop lives in a `cleanup_ctx`: what was opened is closed on every way out,
sessions in the ERP included.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from acumatica_client.client import ErpClient
from acumatica_client.transport import Transport
from bot.actions import Bells, Doer, Settler
from bot.activities import Activities
from bot.arrivals import Arrivals
from bot.attempt import Runner, keep_going
from bot.board import Board
from bot.checked import SettingsError
from bot.clock import Bell, Clock, Ports
from bot.companies import Tenant
from bot.company_file import Company, File
from bot.consents import Consents
from bot.directory import Directory
from bot.effects import Effects
from bot.gate import Gate, SigningKeys
from bot.grants import Grants, drop_strays
from bot.incoming import Incoming
from bot.look import Look
from bot.poller import Poller
from bot.pressed import Presses
from bot.push_door import PUSH_LIMIT, PushDoor
from bot.push_door import Company as PushCompany
from bot.questions import Cause, note
from bot.reconcile import Reconciler
from bot.safety import unsafe
from bot.sdk import Sdk
from bot.server import Doors, Handler, hide_version, plain_errors
from bot.settings import CALLBACK, CompanySecrets, Settings, TeamsSettings
from bot.showing import Showing
from bot.sign_ins import issuer_of, open_erp, open_grants, open_vault
from bot.talk import Talk
from bot.teams import Connector
from bot.tokens import BotTokens
from bot.watch import Watch
from bot.worker import Worker
from storage import conversations, documents, ledger, outbox, progress, requests
from storage.database import Connection, Database

log = logging.getLogger(__name__)

ANSWERS_KEPT = timedelta(hours=24)
"""How long a repeated activity gets its stored answer again."""
WORKERS = 4
"""Messages in flight at once; two of one document to one place never are."""

Tenants = Mapping[str, Tenant]


@dataclass(frozen=True, slots=True)
class Loop:
    """One runner, the bell that wakes it, and how many of it work side by side."""

    name: str
    runner: Runner
    bell: Bell
    count: int = 1


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service, as tests and commands reach for them."""

    store: Database
    tenants: Tenants
    directory: Directory
    worker: Worker
    loops: tuple[Loop, ...]
    doors: Doors
    reconcilers: Mapping[str, Reconciler]


SERVICE = web.AppKey("service", Service)


def build(settings: Settings, file: File, ports: Ports) -> web.Application:
    """Return the application of *settings*; raises SettingsError when it would be unsafe."""
    problems = unsafe(settings, file)
    if problems:
        raise SettingsError(problems)
    app = web.Application(client_max_size=PUSH_LIMIT, middlewares=[plain_errors])
    app.on_response_prepare.append(hide_version)
    app.router.add_post("/api/messages", _door(lambda doors: doors.messages))
    app.router.add_post("/api/acumatica/push/{company}", _door(lambda doors: doors.push))
    app.router.add_get(CALLBACK, _door(lambda doors: doors.callback))
    app.router.add_get("/health/live", _door(lambda doors: doors.live))
    app.router.add_get("/health/ready", _door(lambda doors: doors.ready))
    app.router.add_get("/metrics", _door(lambda doors: doors.metrics))

    async def running(app: web.Application) -> AsyncIterator[None]:
        async with open_service(settings, file, ports) as service:
            app[SERVICE] = service
            async with looping(service, ports):
                yield

    app.cleanup_ctx.append(running)
    return app


def _door(choose: Callable[[Doors], Handler]) -> Handler:
    """Reach for a door when a request comes: the router wants it before the store is open."""

    async def door(request: web.Request) -> web.StreamResponse:
        return await choose(request.app[SERVICE].doors)(request)

    return door


@asynccontextmanager
async def open_service(settings: Settings, file: File, ports: Ports) -> AsyncIterator[Service]:
    """Open every resource, in order, and close them in the opposite order."""
    async with AsyncExitStack() as stack:
        store = await Database.open(settings.storage.path)
        stack.push_async_callback(store.close)
        await _settle_in(store, settings, file, ports)
        safe = await open_vault(settings, store)
        tenants = {}
        for company in file.company:
            erp = open_erp(company, settings, ports, store, safe)
            stack.push_async_callback(erp.close)
            grants = open_grants(company, settings, ports, store, safe)
            if grants is not None:
                stack.push_async_callback(grants.close)
            tenants[company.name] = _tenant(company, settings, file, erp, grants)
        teams = ports.open_transport(settings.teams.may_call)
        stack.push_async_callback(teams.close)
        consents = Consents(tenants, store, ports)
        service = _compose(settings, ports, store, tenants, teams, consents=consents)
        rescued = await service.worker.rescue()
        if rescued:
            log.warning("messages were in flight at the last stop", extra={"count": rescued})
        yield service


@asynccontextmanager
async def looping(service: Service, ports: Ports) -> AsyncIterator[None]:
    """Run every loop until the block ends."""
    tasks = [
        asyncio.create_task(_loop(service, loop, ports), name=loop.name)
        for loop in service.loops
        for _ in range(loop.count)
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _loop(service: Service, loop: Loop, ports: Ports) -> None:
    if isinstance(loop.runner, Look):
        await service.directory.tried.wait()
    await keep_going(loop.runner, loop.bell, ports.clock, name=loop.name)


async def _settle_in(store: Database, settings: Settings, file: File, ports: Ports) -> None:
    """Take over the store: nobody holds a lease, and the file's channels are bound."""
    now = ports.clock.now()
    async with store.transaction() as conn:
        await ledger.free_leases(conn)
        await ledger.drop_answers(conn, before=now - ANSWERS_KEPT)
        await progress.give_up(conn, note="broke off: the service was stopped", now=now)
        await requests.put_back(conn)
        for company in file.company:
            await documents.begin(conn, company.name, now=now)
            await _drop_strays(conn, company, settings, ports)
        for channel in file.channel:
            await conversations.bind(conn, channel.name, channel.conversation, by="file", now=now)
            await outbox.wake(conn, f"channel:{channel.name}", now=now)


async def _drop_strays(
    conn: Connection, company: Company, settings: Settings, ports: Ports
) -> None:
    """Forget whom the company acted as under other settings: they must connect anew."""
    for person in await drop_strays(conn, company.name, issuer_of(company, settings)):
        token = ports.token()
        cause = Cause(company.name, "", f"grant.{token}", token, ports.clock.now())
        await note(conn, cause, "grant dropped: settings changed", person=person)


def _tenant(
    company: Company, settings: Settings, file: File, erp: ErpClient, grants: Grants | None
) -> Tenant:
    user = settings.acumatica.get(company.name, CompanySecrets()).user
    return Tenant(company, file.routes(company.name), erp, file.overrides(), user, grants)


def _compose(
    settings: Settings,
    ports: Ports,
    store: Database,
    tenants: Tenants,
    teams: Transport,
    *,
    consents: Consents,
) -> Service:
    clock, reachable = ports.clock, settings.teams.reachable
    keys = SigningKeys(teams, clock, settings.teams.openid_metadata_url)
    connector = _connector(settings.teams, teams, clock)
    outbox, directory_bell = Bell(clock), Bell(clock)
    bells = {name: Bells(outbox, Bell(clock), Bell(clock), Bell(clock)) for name in tenants}
    look_bells = {name: own.look for name, own in bells.items()}
    showing = Showing(tenants, clock)
    directory = Directory(
        tenants, store, connector, ports,
        reachable=reachable, look_bells=look_bells,
    )  # fmt: skip
    worker = Worker(store, Effects(store, showing, connector, consents, reachable=reachable), ports)
    arrivals = Arrivals(store, directory, ports, outbox_bell=outbox, directory_bell=directory_bell)
    talk = Talk(tenants, store, showing, consents, ports, outbox_bell=outbox, look_bells=look_bells)
    presses = Presses(tenants, store, showing, consents, ports=ports, bells=bells)
    sdk = Sdk(settings.teams, keys, Activities(Incoming(presses, talk, arrivals)))
    boards = {name: Board(clock) for name in tenants}
    reconcilers = {
        name: Reconciler(tenant, store, ports, look_bell=look_bells[name], board=boards[name])
        for name, tenant in tenants.items()
    }
    loops = [
        Loop("directory", directory, directory_bell),
        Loop("worker", worker, outbox, WORKERS),
        Loop("consents", consents, Bell(clock)),
        *(Loop(f"reconcile {name}", one, Bell(clock)) for name, one in reconcilers.items()),
        *(
            loop
            for name, tenant in tenants.items()
            for loop in _company_loops(tenant, store, ports, bells[name], boards[name])
        ),
    ]
    doors = Doors(
        Gate(settings.teams, keys, clock),
        sdk,
        PushDoor(store, ports, _push_companies(settings, tenants, bells, boards)),
        _watch(settings, store, clock, tenants, boards),
        consents,
    )
    return Service(store, tenants, directory, worker, tuple(loops), doors, reconcilers)


def _connector(teams: TeamsSettings, transport: Transport, clock: Clock) -> Connector:
    tokens = BotTokens(teams, clock.now)
    return Connector(transport, tokens, bot_id=f"28:{teams.app_id}", tenant_id=teams.tenant_id)


def _watch(
    settings: Settings,
    store: Database,
    clock: Clock,
    tenants: Tenants,
    boards: Mapping[str, Board],
) -> Watch:
    usage = {name: tenant.erp.usage for name, tenant in tenants.items()}
    token = settings.server.metrics_token.get_secret_value()
    return Watch(store, clock, boards, usage, token=token)


def _company_loops(
    tenant: Tenant, store: Database, ports: Ports, bells: Bells, board: Board
) -> list[Loop]:
    name = tenant.name
    look = Look(tenant, store, ports, outbox_bell=bells.outbox, board=board)
    poller = Poller(tenant, store, ports, look_bell=bells.look, board=board)
    return [
        Loop(f"look {name}", look, bells.look, 3),
        Loop(f"poll {name}", poller, board.poll_bell),
        Loop(f"act {name}", Doer(tenant, store, ports, bells), bells.act),
        Loop(f"settle {name}", Settler(tenant, store, ports, bells), bells.settle, 2),
    ]


def _push_companies(
    settings: Settings,
    tenants: Tenants,
    bells: Mapping[str, Bells],
    boards: Mapping[str, Board],
) -> dict[str, PushCompany]:
    found = {}
    for name, tenant in tenants.items():
        secrets = settings.acumatica.get(name, CompanySecrets()).push_secrets()
        found[name] = PushCompany(secrets, tenant.company.tenant, bells[name].look, boards[name])
    return found
