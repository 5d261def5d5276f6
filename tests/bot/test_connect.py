"""The service's own consent: asked for once, kept sealed, good for every later start."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from cryptography.fernet import Fernet

from acumatica_client.errors import ErpSignInFailed
from acumatica_client.models import DocumentKey
from acumatica_client.oauth import GrantLost
from bot.checked import SettingsError
from bot.clock import Ports, system_ports
from bot.company_file import Company, File
from bot.core.routes import Route
from bot.settings import Settings
from bot.signing_in.connect import connect_service
from bot.signing_in.sign_ins import open_erp, open_vault
from deployment.sandbox.acumatica import SandboxOptions, serve
from storage.database import Database
from storage.vault import VaultError

PASSWORD = "a-password-of-the-stand-in"
KEY = Fernet.generate_key().decode()
GUID = "6c2f7b5e-41d8-4a0c-9f63-2d8b1e5a7c90"
CLIENT = {"client_id": f"{GUID}@Company", "client_secret": PASSWORD}
BILL = DocumentKey("Bill", "Bill", "000150")


class Site:
    """A stand-in, the settings of a service that connects to it, and a person at a browser."""

    def __init__(self, erp: str, folder: Path, http: aiohttp.ClientSession) -> None:
        self.erp = erp
        self.http = http
        self.ports: Ports = system_ports()
        self.settings = Settings(
            _env_file=None,
            storage={"url": f"sqlite:///{folder / 'c.db'}"},
            server={"public_url": "http://127.0.0.1:3978"},
            encryption={"keys": KEY},
            acumatica={"acme": CLIENT},
        )

    def company(self, **values: Any) -> Company:
        base = {"name": "acme", "url": self.erp, "tenant": "Company", "sign_in": "oauth"}
        return Company.model_validate({**base, **values})

    def file(self, **values: Any) -> File:
        route = Route.model_validate({"company": "acme", "to": []})
        return File(company=(self.company(**values),), route=(route,))

    async def allow(self, url: str) -> str:
        members = {name: words[0] for name, words in parse_qs(urlsplit(url).query).items()}
        form = {**members, "decision": "allow", "name": "countersign", "password": PASSWORD}
        page = url.partition("?")[0]
        async with self.http.post(page, data=form, allow_redirects=False) as answer:
            return answer.headers["Location"]

    async def connect(self, ask: Callable[[str], Awaitable[str]] | None = None) -> str:
        return await connect_service(
            "acme", self.settings, self.file(), self.ports, ask or self.allow
        )

    async def read(self, **values: Any) -> bool:
        """Start as the service does, read one bill, and stop."""
        store = await Database.open(self.settings.storage.path)
        try:
            safe = await open_vault(self.settings, store)
            client = open_erp(self.company(**values), self.settings, self.ports, store, safe)
            try:
                return await client.read(BILL) is not None
            finally:
                await client.close()
        finally:
            await store.close()

    async def seats(self) -> int:
        async with self.http.get(f"{self.erp}/_sandbox/licence") as answer:
            return len((await answer.json())["sessions"])


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with _site(tmp_path) as opened:
        yield opened


@asynccontextmanager
async def _site(folder: Path) -> AsyncIterator[Site]:
    serving = await serve(SandboxOptions(password=PASSWORD), host="127.0.0.1", port=0)
    try:
        async with aiohttp.ClientSession() as http:
            yield Site(f"http://127.0.0.1:{serving.port}", folder, http)
    finally:
        await serving.stop()


async def test_consent_given_once_is_good_for_every_later_start(site: Site) -> None:
    login = await site.connect()

    assert login == "countersign"
    assert [await site.read() for _ in range(3)] == [True] * 3
    assert await site.seats() == 0


async def test_nothing_of_the_token_lies_open_in_the_file(site: Site) -> None:
    await site.connect()
    store = await Database.open(site.settings.storage.path)
    async with store.reading() as conn:
        row = await (await conn.execute("SELECT sealed FROM vault")).fetchone()
    await store.close()

    assert row is not None
    assert bytes(row[0]).startswith(b"gAAAA")


async def test_service_that_was_never_connected_says_so(site: Site) -> None:
    with pytest.raises(GrantLost, match="nobody has connected"):
        await site.read()


async def test_address_of_another_sign_in_connects_nothing(site: Site) -> None:
    async def wrong(_: str) -> str:
        return "http://127.0.0.1:3978/auth/acumatica/callback?code=c&state=other"

    with pytest.raises(ErpSignInFailed, match="does not belong"):
        await site.connect(wrong)
    with pytest.raises(GrantLost):
        await site.read()


async def test_start_with_a_key_that_opens_nothing_is_refused(site: Site) -> None:
    await site.connect()
    keys = {"keys": Fernet.generate_key().decode()}
    site.settings = site.settings.model_copy(
        update={"encryption": type(site.settings.encryption).model_validate(keys)}
    )

    with pytest.raises(VaultError, match="ENCRYPTION__KEYS"):
        await site.read()


async def test_company_that_signs_in_by_password_connects_nothing(site: Site) -> None:
    with pytest.raises(SettingsError, match="signs in by password"):
        await connect_service(
            "acme", site.settings, site.file(sign_in="session"), site.ports, site.allow
        )


async def test_company_that_is_not_in_the_file_is_named(site: Site) -> None:
    with pytest.raises(SettingsError, match="no company 'globex'; there are: acme"):
        await connect_service("globex", site.settings, site.file(), site.ports, site.allow)


async def test_password_flow_needs_no_consent_and_keeps_nothing(site: Site) -> None:
    secrets = {"user": "countersign", "password": PASSWORD, **CLIENT}
    site.settings = Settings(
        _env_file=None, storage=site.settings.storage, acumatica={"acme": secrets}
    )

    assert await site.read()
    assert await site.seats() == 0


async def test_time_and_chance_come_from_the_ports(site: Site) -> None:
    told: list[str] = []
    site.ports = replace(site.ports, token=lambda: told.append("t") or "t" * 32)  # type: ignore[func-returns-value]

    await site.connect()

    assert len(told) == 6  # two make the verifier, one the state; three are of the trail
