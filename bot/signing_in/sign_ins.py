"""How the service signs in to a company: by user and password, or by an OAuth grant of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable

from acumatica_client import oauth
from acumatica_client.client import ErpClient
from acumatica_client.grants import Grant, Identity, Keeping, UserPassword
from acumatica_client.oauth import Application
from acumatica_client.protocol import Address
from acumatica_client.sign_in import Credentials
from acumatica_client.transport import same_host
from acumatica_client.waiting import Waiting
from bot.clock import Clock, Ports
from bot.company_file import Company
from bot.secrets.renewing import InUse
from bot.settings import CALLBACK, CompanySecrets, Settings
from bot.signing_in.grants import Grants, kept
from storage.database import Database
from storage.vault import Vault

log = logging.getLogger(__name__)

SERVICE_GRANT = "grant of the service"
"""Where the vault keeps the refresh token of the service's own consent."""


PERSON_SCOPES = oauth.scopes(who=True)
"""What a person is asked for: to act as them, and to know who that is."""


def service_scopes(company: Company, *, who: bool = False) -> tuple[str, ...]:
    """Return what the service asks for; *who*: also to know who signed in."""
    return oauth.scopes(concurrent=company.concurrent_access, who=who)


def waiting_of(clock: Clock) -> Waiting:
    """Return the clock as the client takes it."""
    return Waiting(clock.now, clock.sleep, lambda: clock.reading().seconds)


async def open_vault(settings: Settings, store: Database) -> Vault | None:
    """Open the vault and seal every row with the first key; None when there are no keys.

    Raises VaultError for a row that no key opens: a start with a wrong key is refused.
    """
    keys = settings.encryption.listed
    if not keys:
        return None
    safe = Vault(keys)
    changed = await safe.reseal(store)
    if changed:
        log.info("sealed with the first key; keys behind it may go", extra={"count": changed})
    return safe


def open_erp(
    company: Company,
    settings: Settings,
    ports: Ports,
    store: Database | None,
    safe: Vault | None,
    *,
    in_use: InUse | None = None,
) -> ErpClient:
    """Make the client of *company*; it signs in with its first request.

    Without a *store* no consent is found, and none is kept: then only a password leads in.
    *in_use* tells the password each time, which may change while we run.
    """
    secrets = settings.acumatica.get(company.name, CompanySecrets())
    password = (in_use or InUse(settings)).password_of(company.name)
    if company.sign_in == "oauth":
        who: Credentials | Grant = _grant(company, settings, ports, store, safe, password=password)
    else:
        who = Credentials(
            secrets.user, password, company.tenant,
            branch=company.branch, locale=company.locale, check_tenant=company.check_tenant,
        )  # fmt: skip
    return ErpClient(
        Address(_instance(company), company.endpoint, company.version),
        who,
        open_transport=ports.open_transport,
        waiting=waiting_of(ports.clock),
        limits=company.limits,
        page=company.page,
        extras=company.extras(),
    )


def open_grants(
    company: Company, settings: Settings, ports: Ports, store: Database, safe: Vault | None
) -> Grants | None:
    """Open the grants of a company's people; None where the service's own user acts."""
    if company.act_as != "person" or safe is None:
        return None
    issuer, identity = issuer_of(company, settings), identity_of(company, settings, ports)
    waiting = waiting_of(ports.clock)
    return Grants(company.name, issuer, identity, store, safe, clock=ports.clock, waiting=waiting)


def issuer_of(company: Company, settings: Settings) -> str:
    """Name what people's grants are good for: instance and application; empty for none at all."""
    if company.act_as != "person":
        return ""
    secrets = settings.acumatica.get(company.name, CompanySecrets())
    return f"{_instance(company)} {secrets.client_id}"


def identity_of(
    company: Company, settings: Settings, ports: Ports, scopes: tuple[str, ...] = PERSON_SCOPES
) -> Identity:
    """Open the way to a company's identity server, to ask for *scopes* there."""
    secrets = settings.acumatica.get(company.name, CompanySecrets())
    app = Application(
        secrets.client_id,
        secrets.client_secret.get_secret_value(),
        scopes,
        settings.server.public_url.rstrip("/") + CALLBACK,
    )
    instance = _instance(company)
    return Identity(instance, app, ports.open_transport(same_host(instance)))


def _grant(
    company: Company,
    settings: Settings,
    ports: Ports,
    store: Database | None,
    safe: Vault | None,
    *,
    password: Callable[[], str],
) -> Grant:
    secrets = settings.acumatica.get(company.name, CompanySecrets())
    who = UserPassword(secrets.user, password)
    # By password a new start begins a new grant; only a consent has a token worth keeping.
    keeping = (
        kept(store, safe, ports.clock, company.name, SERVICE_GRANT)
        if store is not None and safe is not None and not secrets.has_password
        else Keeping(_nothing, _forget)
    )
    return Grant(
        identity_of(company, settings, ports, service_scopes(company)),
        keeping,
        waiting_of(ports.clock),
        who=who if secrets.has_password else None,
    )


async def _nothing() -> str:
    return ""


async def _forget(token: str) -> None:
    """Keep nothing: the password brings a new grant."""


def _instance(company: Company) -> str:
    return company.url.rstrip("/")
