"""One request to the admin page: who came, what they asked, and what pages are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.admin.attempts import Attempts
from bot.admin.evidence import Evidence
from bot.admin.forms import Form
from bot.admin.oidc import Entra
from bot.admin.roles import Role
from bot.admin.sessions import Sessions, form_token
from bot.board import Board
from bot.clock import Ports
from bot.companies import Tenant
from bot.company_file import File
from bot.core.expiries import Expiry
from bot.core.rates import Rates
from bot.deciding.claims import Claims
from bot.deciding.settlements import Settlements
from bot.health import Health
from bot.operating.replayer import Replayer
from bot.people.directory import Directory
from bot.secrets.renewing import InUse
from bot.settings import Settings
from storage.admin import Session
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page reads from, and the few things that can be done."""

    settings: Settings
    file: File
    store: Database
    ports: Ports
    tenants: Mapping[str, Tenant]
    boards: Mapping[str, Board]
    health: Health
    sessions: Sessions
    attempts: Attempts
    entra: Entra | None
    """None where nobody signs in by Entra."""
    rates: Rates
    """How often one address may try to sign in."""
    in_use: InUse
    """The settings with the secrets of this moment."""
    expiries: Callable[[], Sequence[Expiry]]
    """What ends when, as far as it is known."""
    replayer: Replayer
    claims: Claims
    settlements: Settlements
    directory: Directory
    evidence: Evidence

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self.ports.clock.now()


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in as far as its door asks."""

    request: web.Request
    desk: Desk
    origin: str
    """The address of ours it came to."""
    form: Form
    """What a form sent; of a page, what stands behind the question mark."""
    session: Session | None = None
    word: str = ""
    """The session's id, from the cookie."""

    @property
    def who(self) -> Session:
        """Whoever is signed in; only behind doors that want a role. Raises HTTPForbidden."""
        if self.session is None:
            raise web.HTTPForbidden(text="Please sign in.")
        return self.session

    @property
    def form_token(self) -> str:
        """What forms on the page must carry."""
        return form_token(self.word) if self.word else ""

    @property
    def secure(self) -> bool:
        """Whether the browser came by https."""
        return self.origin.startswith("https://")

    def may(self, role: str) -> bool:
        """Say whether who came may do what *role* may."""
        return self.session is not None and Role(self.session.role).may(Role(role))

    def company(self) -> str:
        """Return the company asked for, else the first one. Raises HTTPNotFound."""
        name = self.form.one("company") or next(iter(self.desk.tenants), "")
        if name not in self.desk.tenants:
            raise web.HTTPNotFound(text="There is no such company.")
        return name
