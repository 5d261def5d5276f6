"""Tells administrators that a secret, a certificate or a sign-in is about to end: once a mark."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.checked import SettingsError
from bot.clock import Bell, Ports
from bot.companies import Tenant
from bot.company_file import File
from bot.core.expiries import Expiry, Kind, soon
from bot.core.graph import GraphError
from bot.core.settlements import administrators_of
from bot.languages import language_with
from bot.people.graph import Graph
from bot.secrets.expiring import everything, told_by_graph
from bot.secrets.renewing import InUse
from bot.secrets.sources import Told, sources
from bot.tokens import TokenRefused, Tokens
from cards.expiry import expiry_message
from storage import consents, outbox, vault
from storage.database import Connection, Database
from storage.records import OutboxItem

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)


class Countdown:
    """Looks every hour at what ends when, and every minute for whom to tell."""

    def __init__(
        self,
        in_use: InUse,
        file: File,
        store: Database,
        tenants: Mapping[str, Tenant],
        ports: Ports,
        *,
        graph: Graph | None,
        tokens: Tokens,
        outbox_bell: Bell,
    ) -> None:
        self._in_use = in_use
        self._file = file
        self._store = store
        self._tenants = tenants
        self._ports = ports
        self._graph = graph
        self._tokens = tokens
        self._outbox_bell = outbox_bell
        self._due: float = 0.0
        self._known: list[Expiry] = []

    async def step(self) -> bool:
        """Look what ends when, and tell whom it concerns; always False, nothing is due after."""
        seconds = self._ports.clock.reading().seconds
        if seconds >= self._due:
            self._known = await self.expiries()
            self._due = seconds + EVERY.total_seconds()
        now = self._ports.clock.now()
        for one in self._known:
            if one.mark(now) is not None:
                await self._see_to(one, now)
        return False

    async def next_due(self) -> datetime | None:
        """Administrators become known at any time: the loop looks again after its longest nap."""
        return None

    async def _see_to(self, one: Expiry, now: datetime) -> None:
        async with self._store.transaction() as conn:
            told = await self._tell(conn, one, now)
        if told:
            self._outbox_bell.ring()

    async def hints(self) -> list[str]:
        """Tell an operator what ends soon, or has ended."""
        now = self._ports.clock.now()
        return [one.told(now) for one in soon(self._known, now)]

    def known(self) -> Sequence[Expiry]:
        """Return what ends when, as of the last look."""
        return self._known

    async def expiries(self) -> list[Expiry]:
        """List everything whose end is known."""
        told = await self._told()
        async with self._store.reading() as conn:
            kept = await vault.kept(conn)
            grants = {name: await consents.grants(conn, name) for name in self._tenants}
        says = await self._graph_says()
        return everything(
            self._in_use.settings, self._file, told, kept=kept, grants=grants, graph_says=says
        )

    async def _told(self) -> Sequence[Told]:
        try:
            return await asyncio.to_thread(sources, self._in_use.settings, tuple(self._tenants))
        except SettingsError as error:
            log.warning("ages of secrets not known", extra={"reason": str(error)})
            return ()

    async def _graph_says(self) -> datetime | None:
        """Ask Graph when the client secret ends, where it may be asked and nothing else says."""
        teams = self._in_use.settings.teams
        if self._graph is None or teams.client_secret_ends or not teams.client_secret:
            return None
        try:
            return await told_by_graph(teams, self._graph, self._tokens)
        except (GraphError, TokenRefused) as error:
            log.warning("end of the client secret not known", extra={"reason": str(error)})
            return None

    async def _tell(self, conn: Connection, one: Expiry, now: datetime) -> int:
        """Tell every administrator who is known and was not told yet; return how many that are."""
        told = 0
        for tenant in self._concerned(one):
            people = await tenant.people(conn, now=now)
            for person in administrators_of(tenant.administrators, people):
                told += await self._put(conn, one, person.aad_object_id, tenant, now)
        return told

    def _concerned(self, one: Expiry) -> Iterable[Tenant]:
        return [self._tenants[one.company]] if one.company else self._tenants.values()

    async def _put(
        self, conn: Connection, one: Expiry, person: str, tenant: Tenant, now: datetime
    ) -> bool:
        zone = tenant.company.zone
        language = await language_with(conn, person, tenant.company.language)
        # The app's own ends on a day of Entra's, which is one of UTC.
        on = UTC if one.kind in (Kind.SECRET, Kind.CERTIFICATE) else zone
        message = expiry_message(
            one.kind, one.name, one.company, language=language,
            ends=one.ends.astimezone(on).date(), on=now.astimezone(on).date(),
        )  # fmt: skip
        about = f"end of {one.name}"
        key = f"expiry|{one.company}|{one.name}|{one.ends.date()}|{one.mark(now)}|{person}"
        item = OutboxItem(
            key, "tell", one.company, about, f"person:{person}", {"activity": message},
            self._ports.token(),
        )  # fmt: skip
        return await outbox.add(conn, item, now=now)
