"""Composes the service: settings and ports in, an aiohttp application out.

Every resource and every loop lives in a `cleanup_ctx`: what was opened is closed on every way out,
sessions in the ERP included.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from aiohttp import web

from acumatica_client.client import ErpClient
from acumatica_client.transport import Transport, same_host
from bot.admin.doors import add_doors
from bot.admin.room import furnish
from bot.admin.visit import Desk
from bot.attempt import Runner, keep_going
from bot.auditing.changes import note_changes
from bot.auditing.keys import open_chain
from bot.auditing.upkeep import Upkeep
from bot.board import Board
from bot.checked import SettingsError
from bot.clock import Bell, Clock, Ports
from bot.companies import Tenant
from bot.company_file import Company, File, Paces
from bot.configuring.anew import look_anew
from bot.configuring.version import short, version_of
from bot.core.messages import Ours
from bot.core.rates import Rates
from bot.deciding.administrators import Administrators
from bot.deciding.bells import Bells
from bot.deciding.claims import Claims
from bot.deciding.dialogs import Dialogs
from bot.deciding.doer import Doer
from bot.deciding.pressed import Presses
from bot.deciding.questions import Cause, note
from bot.deciding.settlements import Settlements
from bot.deciding.settler import Settler
from bot.gate import open_gate
from bot.health import Health
from bot.incoming import Incoming
from bot.languages import Listener
from bot.listening.ear import Listening, listen, silence
from bot.listening.graph_door import LIFECYCLE, NOTIFICATIONS
from bot.metrics import Licence
from bot.noting.noter import Noter
from bot.operating.replayer import Replayer
from bot.operating.restored import begin_carefully
from bot.people.directory import Directory, EmployeeList
from bot.people.organisation import organisation
from bot.pulse import Pulse
from bot.reading.look import Look
from bot.reading.poller import Poller
from bot.reading.push_door import PUSH_LIMIT, PushDoor
from bot.reading.push_door import Company as PushCompany
from bot.reading.reconcile import Reconciler
from bot.safety import unsafe
from bot.sdk import BotbuilderSeam
from bot.seam import OpenSeam
from bot.secrets.countdown import Countdown
from bot.secrets.renewing import InUse, Renewing, Reread
from bot.sending.backlog import Backlog
from bot.sending.canary import Canary
from bot.sending.dispatcher import Dispatcher
from bot.sending.effects import Effects
from bot.sending.lost_posts import LostPosts
from bot.sending.pace import Pace
from bot.sending.reach import Reach
from bot.sending.showing import Showing
from bot.sending.standing_in import StandingIn
from bot.sending.teams import Connector
from bot.sending.worker import Worker
from bot.server import Doors, Handler, hide_version, plain_errors
from bot.settings import CALLBACK, CompanySecrets, Settings, TeamsSettings
from bot.signing_in.consents import Consents
from bot.signing_in.grants import Grants, drop_strays
from bot.signing_in.sign_ins import issuer_of, open_erp, open_grants, open_vault
from bot.signing_keys import SigningKeys
from bot.talking.answers import Answers
from bot.talking.arrivals import Arrivals
from bot.talking.askers import Askers
from bot.talking.binding import Authority, Binding, authority_of
from bot.talking.profiles import Profiles
from bot.talking.search import Search
from bot.talking.talk import Sources, Talk
from bot.talking.welcome import Welcome
from bot.tokens import Tokens
from bot.tracing import traced
from bot.watch import Hints, Watch
from storage import audit, conversations, documents, ledger, outbox, progress, requests
from storage.database import Connection, Database
from storage.vault import Vault

log = logging.getLogger(__name__)

ANSWERS_KEPT = timedelta(hours=24)
"""How long a repeated activity gets its stored answer again."""

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
    dispatcher: Dispatcher
    loops: tuple[Loop, ...]
    doors: Doors
    reconcilers: Mapping[str, Reconciler]
    binding: Binding
    listening: Listening
    replayer: Replayer
    boards: Mapping[str, Board]
    pulse: Pulse
    desk: Desk
    """What the admin page is made from."""


SERVICE = web.AppKey("service", Service)


def build(
    settings: Settings,
    file: File,
    ports: Ports,
    open_seam: OpenSeam = BotbuilderSeam,
    reread: Reread | None = None,
) -> web.Application:
    """Return the application of *settings*; raises SettingsError when it would be unsafe.

    *reread* reads the settings anew, to take secrets that changed; without it none are.
    """
    problems = unsafe(settings, file)
    if problems:
        raise SettingsError(problems)
    app = web.Application(client_max_size=PUSH_LIMIT, middlewares=[plain_errors])
    app.on_response_prepare.append(hide_version)
    app.router.add_post("/api/messages", _door(lambda doors: doors.messages))
    app.router.add_post("/api/acumatica/push/{company}", _door(lambda doors: doors.push))
    app.router.add_post(NOTIFICATIONS, _graph_door)
    app.router.add_post(LIFECYCLE, _graph_door)
    app.router.add_get(CALLBACK, _door(lambda doors: doors.callback))
    app.router.add_get("/health/live", _door(lambda doors: doors.live))
    app.router.add_get("/health/ready", _door(lambda doors: doors.ready))
    app.router.add_get("/metrics", _door(lambda doors: doors.metrics))
    if settings.admin.enabled:
        add_doors(app, lambda request: request.app[SERVICE].desk)

    async def running(app: web.Application) -> AsyncIterator[None]:
        async with open_service(settings, file, ports, open_seam, reread) as service:
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


async def _graph_door(request: web.Request) -> web.Response:
    return await request.app[SERVICE].listening.door.take(request)


@asynccontextmanager
async def open_service(
    settings: Settings,
    file: File,
    ports: Ports,
    open_seam: OpenSeam = BotbuilderSeam,
    reread: Reread | None = None,
) -> AsyncIterator[Service]:
    """Open every resource, in order, and close them in the opposite order."""
    async with AsyncExitStack() as stack:
        chain = open_chain(settings, ports.token)
        store = await Database.open(settings.storage.path, ports.connect, chain)
        stack.push_async_callback(store.close)
        await audit.begin(store, chain, now=ports.clock.now())
        await _settle_in(store, settings, file, ports)
        safe = await open_vault(settings, store)
        in_use = InUse(settings)
        ports = replace(ports, open_transport=traced(ports.open_transport, ports.clock))
        tenants = {}
        for company in file.company:
            erp = open_erp(company, settings, ports, store, safe, in_use=in_use)
            stack.push_async_callback(erp.close)
            grants = open_grants(company, settings, ports, store, safe)
            if grants is not None:
                stack.push_async_callback(grants.close)
            tenants[company.name] = _tenant(company, settings, file, erp, grants)
        teams = ports.open_transport(settings.teams.may_call)
        stack.push_async_callback(teams.close)
        graph = ports.open_transport(same_host(settings.teams.graph_url))
        stack.push_async_callback(graph.close)
        login = ports.open_transport(same_host(settings.teams.login_url))
        stack.push_async_callback(login.close)
        tokens = ports.open_tokens(settings.teams, ports.clock.now)
        stack.push_async_callback(tokens.close)
        consents = Consents(tenants, store, ports)
        service = _compose(
            in_use,
            ports,
            store,
            tenants,
            teams,
            file=file,
            consents=consents,
            paces=file.limits,
            authority=authority_of(file),
            open_seam=open_seam,
            tokens=tokens,
            graph=graph,
            login=login,
            vault=safe,
            upkeep=Upkeep(settings, file, store, ports, chain),
            reread=reread,
        )
        stack.push_async_callback(service.dispatcher.close)
        stack.push_async_callback(service.desk.evidence.close)
        await service.binding.look_around()
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
        await service.directory.tried[loop.runner.company].wait()
    await keep_going(loop.runner, loop.bell, ports.clock, name=loop.name, pulse=service.pulse)


async def _settle_in(store: Database, settings: Settings, file: File, ports: Ports) -> None:
    """Take over the store: nobody holds a lease, and the file's channels are bound."""
    now = ports.clock.now()
    async with store.transaction() as conn:
        await note_changes(conn, settings, file, ports)
        await look_anew(conn, file, ports)
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
    await begin_carefully(store, ports)


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
    told = file.overrides(company.name)
    routes, names = file.routes(company.name), file.administrators
    return Tenant(company, routes, erp, told, user, grants, names, short(version_of(file)))


def _compose(
    in_use: InUse,
    ports: Ports,
    store: Database,
    tenants: Tenants,
    teams: Transport,
    *,
    file: File,
    consents: Consents,
    paces: Paces,
    authority: Authority,
    open_seam: OpenSeam,
    tokens: Tokens,
    graph: Transport,
    login: Transport,
    vault: Vault | None,
    upkeep: Upkeep,
    reread: Reread | None,
) -> Service:
    settings = in_use.settings
    clock, reachable = ports.clock, settings.teams.reachable
    keys = SigningKeys(teams, clock, settings.teams.openid_metadata_url)
    outbox, directory_bell = Bell(clock), Bell(clock)
    boards, pulse = {name: Board(clock) for name in tenants}, Pulse(clock)
    reach = Reach(store, boards.values())
    pace = Pace(paces.quotas(), clock, freed=outbox)
    connector = _connector(settings.teams, teams, tokens, pace, reach)
    org = organisation(
        settings.teams, graph, tokens, store, ports, boards=boards, outbox_bell=outbox,
        languages={name: one.company.language for name, one in tenants.items()},
        hears=not silence(settings),
    )  # fmt: skip
    bells = {name: Bells(outbox, Bell(clock), Bell(clock), Bell(clock)) for name in tenants}
    look_bells = {name: own.look for name, own in bells.items()}
    showing = Showing(tenants, clock)
    directory = Directory(
        tenants, store, connector, ports,
        reachable=reachable, look_bells=look_bells, users=org.users,
        bell=directory_bell,
    )  # fmt: skip
    backlog = Backlog(tenants, store, showing, clock, most=paces.new_cards_an_hour)
    ours = Ours(settings.teams.app_id, settings.teams.tenants)
    effects = Effects(
        store, showing, connector, consents, clock,
        reachable=reachable, reach=reach, backlog=backlog, installs=org.installs,
        lost_posts=LostPosts(store, org.graph, ours) if org.graph is not None else None,
    )  # fmt: skip
    standing_in = StandingIn(tenants, reach)
    worker = Worker(
        store, effects, ports, pace=pace, reach=reach, standing_in=standing_in, backlog=backlog
    )
    dispatcher = Dispatcher(worker, outbox)
    arrivals = Arrivals(
        store, directory, standing_in, ports, outbox_bell=outbox, directory_bell=directory_bell
    )
    askers = Askers(tenants, store, connector, ports, reachable=reachable)
    binding = Binding(
        tenants, store, askers, directory, ports,
        authority=authority, boards=boards, bells=(outbox, directory_bell),
    )  # fmt: skip
    answers = Answers(tenants, showing, clock)
    sources = Sources(askers, answers, Profiles(tenants, clock), binding, consents, backlog)
    talk = Talk(
        store, sources, ports,
        outbox_bell=outbox, look_bells=look_bells, rates=Rates(paces.commands_a_minute),
    )  # fmt: skip
    welcome = Welcome(tenants, store, ports, outbox_bell=outbox)
    rates = Rates(paces.presses_a_minute)
    claims = Claims(tenants, consents, ports=ports, bells=bells, rates=rates)
    dialogs = Dialogs(store, claims, ports)
    presses = Presses(store, showing, claims, dialogs, ports)
    search = Search(tenants, store, showing, askers=askers, answers=answers, ports=ports)
    listening = listen(
        settings, store, ports, tenants,
        graph=org.graph, teams=connector, login=login, vault=vault, outbox_bell=outbox,
    )  # fmt: skip
    incoming = Incoming(
        presses, talk, arrivals, search.handlers(),
        dialogs=dialogs, welcome=welcome, listening=listening,
        listener=Listener(store, tenants.values()),
    )  # fmt: skip
    seam = open_seam(settings.teams, keys, incoming)
    reconcilers = {
        name: Reconciler(tenant, store, ports, look_bell=look_bells[name], board=boards[name])
        for name, tenant in tenants.items()
    }
    renewing = Renewing(in_use, reread, tokens, clock)
    countdown = Countdown(
        in_use, file, store, tenants, ports, graph=org.graph, tokens=tokens, outbox_bell=outbox
    )
    canary = Canary(
        store, connector, tenants, ports,
        channel=file.canary.channel, every=file.canary.every,
        reachable=reachable, outbox_bell=outbox,
    )  # fmt: skip
    looks = tuple(look_bells.values())
    replayer = Replayer(store, showing, reach, ports, bells=(outbox, *looks))
    loops = [
        *([] if settings.teams.playground else [Loop("signing keys", keys, Bell(clock))]),
        Loop("replays", replayer, Bell(clock)),
        Loop("directory", directory, directory_bell),
        *(
            Loop(f"employees {name}", EmployeeList(name, directory, clock), Bell(clock))
            for name in tenants
        ),
        Loop("outbox", dispatcher, outbox),
        Loop("consents", consents, Bell(clock)),
        Loop("secrets", renewing, Bell(clock)),
        Loop("countdown", countdown, Bell(clock)),
        *([Loop("canary", canary, Bell(clock))] if file.canary.channel else []),
        *(Loop(*one) for one in (*org.runners(), *listening.runners(), *upkeep.runners(outbox))),
        *(Loop(f"reconcile {name}", one, Bell(clock)) for name, one in reconcilers.items()),
        *(
            loop
            for name, tenant in tenants.items()
            for loop in _company_loops(tenant, store, ports, bells[name], boards[name])
        ),
    ]
    health = Health(store, settings.storage.path, clock, boards, pulse)
    doors = Doors(
        open_gate(settings.teams, keys, clock, seam.verify),
        seam,
        PushDoor(store, ports, _push_companies(in_use, tenants, bells, boards)),
        _watch(
            in_use,
            store,
            clock,
            tenants,
            boards,
            health=health,
            countdown=countdown,
            canary=canary,
            hints=_hints(
                org.hints,
                listening.hints,
                upkeep.hints,
                renewing.hints,
                countdown.hints,
                canary.hints,
            ),
        ),
        consents,
    )
    desk = furnish(
        in_use, file, store, ports, login,
        tenants=tenants, boards=boards, health=health, expiries=countdown.known,
        replayer=replayer, claims=claims, settlements=Settlements(claims, showing, ports),
        directory=directory,
    )  # fmt: skip
    return Service(
        store, tenants, directory, worker, dispatcher, tuple(loops), doors, reconcilers, binding,
        listening, replayer, boards, pulse, desk,
    )  # fmt: skip


def _connector(
    teams: TeamsSettings, transport: Transport, tokens: Tokens, pace: Pace, reach: Reach
) -> Connector:
    return Connector(
        transport,
        tokens,
        bot_id=f"28:{teams.app_id}",
        tenant_id=teams.tenant_id,
        pace=pace,
        signed_in=reach.signed_in,
    )


def _hints(*parts: Hints) -> Hints:
    """Tell everything that any part hints at."""

    async def told() -> list[str]:
        return [hint for part in parts for hint in await part()]

    return told


def _watch(
    in_use: InUse,
    store: Database,
    clock: Clock,
    tenants: Tenants,
    boards: Mapping[str, Board],
    *,
    health: Health,
    hints: Hints,
    countdown: Countdown,
    canary: Canary,
) -> Watch:
    usage = {name: tenant.erp.usage for name, tenant in tenants.items()}
    licences = {
        name: Licence(one.company.seats, one.company.requests_per_minute)
        for name, one in tenants.items()
    }
    return Watch(
        store, clock, boards, usage,
        health=health, token=in_use.metrics_token, hints=hints,
        licences=licences, expiries=countdown.known, rounds=canary.rounds,
    )  # fmt: skip


def _company_loops(
    tenant: Tenant, store: Database, ports: Ports, bells: Bells, board: Board
) -> list[Loop]:
    name = tenant.name
    look = Look(tenant, store, ports, outbox_bell=bells.outbox, board=board)
    poller = Poller(tenant, store, ports, look_bell=bells.look, board=board)
    administrators = Administrators(tenant, store, ports, outbox_bell=bells.outbox)
    doers = tenant.company.limits.actions
    return [
        Loop(f"look {name}", look, bells.look, 3),
        Loop(f"poll {name}", poller, board.poll_bell),
        Loop(f"act {name}", Doer(tenant, store, ports, bells), bells.act, doers),
        Loop(f"note {name}", Noter(tenant, store, ports), Bell(ports.clock)),
        Loop(f"settle {name}", Settler(tenant, store, ports, bells, board), bells.settle, 2),
        Loop(f"administrators {name}", administrators, Bell(ports.clock)),
    ]


def _push_companies(
    in_use: InUse,
    tenants: Tenants,
    bells: Mapping[str, Bells],
    boards: Mapping[str, Board],
) -> dict[str, PushCompany]:
    found = {}
    for name, tenant in tenants.items():
        secrets = in_use.push_secrets_of(name)
        found[name] = PushCompany(secrets, tenant.company.tenant, bells[name].look, boards[name])
    return found
