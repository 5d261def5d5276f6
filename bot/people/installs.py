"""Brings the app to approvers who lack it, before their first card: without it Teams refuses cards.

A card for somebody whose chat is unknown waits here for a moment: Graph is asked whether they have
the app, and to install it if not. What Graph refuses, or cannot do in time, holds no card up: it
tries its luck, and falls back like any other. Nobody is given the app twice: whoever removed it
does not want it. Follows the vendor's page "Proactive installation of apps using Graph API".
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import Bell, Ports
from bot.core.apps import (
    apps_path,
    catalog_path,
    install_body,
    installed_path,
    read_catalog_id,
    read_installation,
)
from bot.core.graph import GraphBusy, GraphError, GraphRefused
from bot.people.graph import Graph
from storage import audit, conversations, installs, outbox
from storage.database import Connection, Database
from storage.records import (
    AuditEntry,
    Install,
    InstallState,
    Wait,
)

log = logging.getLogger(__name__)

HOLD = timedelta(minutes=2)
"""How long a card waits for the app at most."""
NEWS = timedelta(seconds=20)
"""How long we wait for Teams to tell of an installation before we ask for the chat ourselves."""
AGAIN = timedelta(hours=24)
"""When somebody who was refused the app is tried anew: an administrator may have seen to it."""
MAX_ATTEMPTS = 6
IN_A_MOMENT = timedelta(seconds=1)
CONFLICT = 409
"""The app is installed already; the vendor does not promise to answer so."""
ON_ITS_WAY = Wait("Countersign is being added to the person's Teams")
NOT_IN_CATALOG = (
    "the app is not in the organisation's app catalog, or twice; a Teams administrator uploads the"
    " package, or TEAMS__APP_CATALOG_ID tells its id"
)


@dataclass(frozen=True, slots=True)
class App:
    """Which app is installed: its id in the manifest, and in the catalog where that is known."""

    manifest_id: str
    catalog_id: str = ""
    url: str = ""
    """Address of Graph, as the app's own address begins."""


class Installs:
    """Carries installations on, one step at a time."""

    def __init__(
        self, graph: Graph, store: Database, ports: Ports, app: App, *, outbox_bell: Bell
    ) -> None:
        self._graph = graph
        self._store = store
        self._ports = ports
        self._app = app
        self._outbox_bell = outbox_bell
        self.bell = Bell(ports.clock)
        self._catalog_id = app.catalog_id

    async def before(self, person: str) -> Wait | None:
        """Say whether a card for *person* has to wait for the app; None when it may try."""
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            if await conversations.chat_with(conn, person) is not None:
                return None
            known = await installs.get(conn, person)
            if known is None or _is_to_be_tried_anew(known, now):
                await installs.want(conn, person, now=now)
                await self._note(conn, person, "app wanted", now)
                self.bell.ring()
                return ON_ITS_WAY
        return ON_ITS_WAY if _holds(known, now) else None

    async def step(self) -> bool:
        """Carry one installation on; False when none is due."""
        now = self._ports.clock.now()
        async with self._store.reading() as conn:
            install = await installs.due(conn, now=now)
            held = install and await installs.is_in_flight(conn, _target(install.person))
        if install is None:
            return False
        # A card that asked `before` has yet to be put among those that wait, to be woken.
        moved = replace(install, due_at=now + IN_A_MOMENT) if held else await self._tried(install)
        await self._store_moved(install, moved)
        return True

    async def next_due(self) -> datetime | None:
        """Return when the next step of any installation is due."""
        async with self._store.reading() as conn:
            return await installs.next_due(conn)

    async def _tried(self, install: Install) -> Install:
        try:
            return await self._next(install)
        except GraphRefused as error:
            return replace(install, state=InstallState.REFUSED, note=str(error))
        except GraphError as error:
            return self._later(install, error)

    def _later(self, install: Install, error: GraphError) -> Install:
        attempts = install.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            note = f"gave up: {error}"
            return replace(install, state=InstallState.REFUSED, attempts=attempts, note=note)
        told = error.after if isinstance(error, GraphBusy) else None
        wait = timedelta(seconds=2.0**attempts if told is None else told)
        due_at = self._ports.clock.now() + wait
        return replace(install, attempts=attempts, due_at=due_at, note=str(error))

    async def _next(self, install: Install) -> Install:
        """Take the next step of one installation. Raises GraphError."""
        async with self._store.reading() as conn:
            chat = await conversations.chat_with(conn, install.person)
        if chat is not None:
            return replace(install, state=InstallState.THERE, note="")
        catalog_id = await self._catalog()
        if not catalog_id:
            return replace(install, state=InstallState.REFUSED, note=NOT_IN_CATALOG)
        installation = await self._installation(install.person, catalog_id)
        if not installation:
            return await self._install(install, catalog_id)
        # Their chat is opened when the card leaves: Graph's id of it is not the one presses name.
        return replace(install, state=InstallState.THERE, note="")

    async def _catalog(self) -> str:
        if not self._catalog_id:
            page = await self._graph.get(catalog_path(self._app.manifest_id))
            self._catalog_id = read_catalog_id(page)
        return self._catalog_id

    async def _installation(self, person: str, catalog_id: str) -> str:
        return read_installation(await self._graph.get(installed_path(person, catalog_id)))

    async def _install(self, install: Install, catalog_id: str) -> Install:
        """Have the app installed; Teams tells us of it by an activity, in its own time."""
        if install.state is InstallState.SENT:
            return self._later(install, GraphError("the installation does not show yet"))
        try:
            await self._graph.post(
                apps_path(install.person), install_body(catalog_id, self._app.url)
            )
        except GraphRefused as error:
            if error.status != CONFLICT:
                raise
        due_at = self._ports.clock.now() + NEWS
        return replace(install, state=InstallState.SENT, attempts=0, due_at=due_at, note="")

    async def _store_moved(self, before: Install, moved: Install) -> None:
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            if not await installs.move(conn, moved):
                return
            if moved.state is not before.state:
                await self._note(conn, moved.person, f"app {moved.state}", now, moved.note)
            if not _holds(moved, now):
                await outbox.wake(conn, _target(moved.person), now=now)
        self._outbox_bell.ring()
        if moved.state is InstallState.REFUSED:
            told = {"person": moved.person, "reason": moved.note}
            log.warning("the app was not installed for an approver", extra=told)

    async def _note(
        self, conn: Connection, person: str, action: str, now: datetime, reason: str = ""
    ) -> None:
        detail = {"person": person, **({"reason": reason} if reason else {})}
        entry = AuditEntry(now, self._ports.token(), "countersign", action, detail=detail)
        await audit.add(conn, entry)


def _holds(install: Install, now: datetime) -> bool:
    """Say whether cards wait for an installation: it is under way, and its next step is near."""
    under_way = install.state in (InstallState.WANTED, InstallState.SENT)
    return under_way and max(now, install.due_at) - install.since < HOLD


def _is_to_be_tried_anew(install: Install, now: datetime) -> bool:
    return install.state is InstallState.REFUSED and now - install.since > AGAIN


def _target(person: str) -> str:
    return f"person:{person}"
