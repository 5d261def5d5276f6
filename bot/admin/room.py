"""Puts the admin page's desk together from the settings and what the service is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from acumatica_client.transport import Transport
from bot.admin.attempts import Attempts
from bot.admin.evidence import Evidence
from bot.admin.oidc import Entra, Registration
from bot.admin.sessions import Sessions
from bot.admin.visit import Desk
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
from bot.signing_keys import EntraKeys
from storage.database import Database


def furnish(
    in_use: InUse,
    file: File,
    store: Database,
    ports: Ports,
    login: Transport,
    *,
    tenants: Mapping[str, Tenant],
    boards: Mapping[str, Board],
    health: Health,
    expiries: Callable[[], Sequence[Expiry]],
    replayer: Replayer,
    claims: Claims,
    settlements: Settlements,
    directory: Directory,
) -> Desk:
    """Return the desk of a service."""
    settings = in_use.settings
    return Desk(
        settings, file, store, ports, tenants, boards, health,
        Sessions(store, ports, settings.admin),
        Attempts(ports.clock, ports.token),
        _entra(in_use, login, ports),
        Rates(settings.admin.sign_ins_a_minute),
        in_use, expiries, replayer, claims, settlements, directory,
        Evidence(lambda: in_use.settings, ports),
    )  # fmt: skip


def _entra(in_use: InUse, login: Transport, ports: Ports) -> Entra | None:
    settings = in_use.settings
    if not settings.admin.client_id:
        return None
    teams = settings.teams
    keys = EntraKeys(login, ports.clock, login_url=teams.login_url, tenant=teams.tenant_id)
    app = Registration(
        teams.login_url, teams.tenant_id, settings.admin.client_id, in_use.admin_secret,
        settings.server.public_url,
    )  # fmt: skip
    return Entra(app, login, keys, ports.clock)
