"""Connects the service's own Acumatica user by OAuth: one consent in a browser, then kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from acumatica_client.oauth import read_callback
from bot.auditing.keys import open_chain
from bot.checked import SettingsError
from bot.clock import Ports
from bot.company_file import Company, File
from bot.settings import CompanySecrets, Settings
from bot.signing_in.grants import kept
from bot.signing_in.sign_ins import SERVICE_GRANT, identity_of, open_vault, service_scopes
from storage import audit
from storage.database import Database
from storage.records import AuditEntry

Ask = Callable[[str], Awaitable[str]]
"""Shows an address to sign in at; returns the address the browser came back to."""


async def connect_service(name: str, settings: Settings, file: File, ports: Ports, ask: Ask) -> str:
    """Keep the refresh token of one consent; returns the login it is for.

    Raises SettingsError for a company that needs none, StoreError when the service still runs,
    ErpError when Acumatica or its user refuses.
    """
    company = _company(name, settings, file)
    chain = open_chain(settings, ports.token)
    store = await Database.open(settings.storage.path, ports.connect, chain)
    identity = identity_of(company, settings, ports, service_scopes(company, who=True))
    try:
        await audit.begin(store, chain, now=ports.clock.now())
        safe = await open_vault(settings, store)
        if safe is None:
            raise SettingsError(["ENCRYPTION__KEYS is empty"])
        verifier = ports.token() + ports.token()
        asked = await identity.begin_consent(verifier=verifier, state=ports.token())
        code = read_callback(await ask(asked.url), asked.state)
        tokens = await identity.finish_consent(code, verifier)
        login = await identity.whoami(tokens)
        keeping = kept(store, safe, ports.clock, company.name, SERVICE_GRANT)
        await keeping.save(tokens.refresh)
        async with store.transaction() as conn:
            entry = AuditEntry(
                ports.clock.now(), ports.token(), "countersign", "service connected", company.name,
                detail={"login": login},
            )  # fmt: skip
            await audit.add(conn, entry)
    finally:
        await identity.close()
        await store.close()
    return login


def _company(name: str, settings: Settings, file: File) -> Company:
    company = file.one(name)
    secrets = settings.acumatica.get(name, CompanySecrets())
    if company.sign_in != "oauth" or secrets.has_password:
        raise SettingsError(
            [f'{name} signs in by password; only sign_in = "oauth" without a password connects']
        )
    return company
