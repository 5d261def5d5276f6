"""Links, sign-ins and grants of people, with a real store and vault; the ERP is a script."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet

from acumatica_client.client import ErpClient
from acumatica_client.grants import Identity
from acumatica_client.oauth import Application
from acumatica_client.transport import Reply, Request
from bot.clock import Ports, system_ports
from bot.companies import Tenant
from bot.company_file import Company
from bot.core.consents import code_of
from bot.core.routes import Route, Routes
from bot.signing_in.consents import Consents
from bot.signing_in.grants import Grants, drop_strays
from bot.signing_in.sign_ins import waiting_of
from cards.language import ENGLISH
from storage import consents, vault
from storage.database import Database
from storage.records import Consent
from storage.vault import Vault

INSTANCE = "https://erp.example"
DISCOVERY = {
    f"{name}_endpoint": f"{INSTANCE}/identity/connect/{name}"
    for name in ("authorization", "token", "userinfo", "revocation")
}
JSON = {"content-type": "application/json"}
TOLD = Reply(200, JSON, json.dumps(DISCOVERY).encode())
REVOKED = Reply(200, JSON, b"{}")


class Script:
    """An identity server that answers as written down, and remembers what it was asked."""

    def __init__(self, *answers: Reply) -> None:
        self.answers = iter(answers)
        self.asked: list[Request] = []

    async def send(self, request: Request) -> Reply:
        self.asked.append(request)
        return next(self.answers)

    async def close(self) -> None:
        return None


class Place:
    """A store, a vault, and companies whose identity servers follow a script."""

    def __init__(self, store: Database, ports: Ports) -> None:
        self.store = store
        self.ports = ports
        self.safe = Vault([Fernet.generate_key().decode()])
        self.scripts: dict[str, Script] = {}
        self.tenants: dict[str, Tenant] = {}

    def company(self, name: str, *answers: Reply) -> Grants:
        self.scripts[name] = Script(*answers)
        app = Application("id@Company", "secret", redirect_uri="https://bot.example/back")
        identity = Identity(INSTANCE, app, self.scripts[name])
        clock = self.ports.clock
        grants = Grants(
            name, f"{INSTANCE} {name}", identity, self.store, self.safe,
            clock=clock, waiting=waiting_of(clock),
        )  # fmt: skip
        row = Company(name=name, url=INSTANCE, tenant="Company", act_as="person")
        routes = Routes([Route(company=name, to=())])
        erp = cast("ErpClient", None)  # nothing here reads documents
        self.tenants[name] = Tenant(row, routes, erp, (), "svc", grants)
        return grants

    def consents(self) -> Consents:
        return Consents(self.tenants, self.store, self.ports)

    async def signed_in(self, name: str, number: str, refresh: str, **values: Any) -> Consent:
        """A sign-in of Ann's that waits for its number."""
        now = self.ports.clock.now()
        state = f"state-{name}-{refresh}"
        told = Consent(
            state, name, "ann", now + timedelta(minutes=5), "ann.login", code_of(state, number)
        )
        consent = replace(told, **values)
        async with self.store.transaction() as conn:
            await consents.begin(conn, consent, now=now)
            await consents.signed_in(
                conn, state, login=consent.login, code=consent.code, expires_at=consent.expires_at
            )
            await self.safe.put(conn, name, f"consent/{state}", refresh, now=now)
        return consent

    async def tries(self, name: str) -> list[int]:
        async with self.store.reading() as conn:
            return [one.tries for one in await consents.of_person(conn, name, "ann")]

    async def kept(self, name: str) -> list[str]:
        async with self.store.reading() as conn:
            names = await vault.names(conn, name)
            return [str(await self.safe.get(conn, name, one)) for one in names]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    store = await Database.open(tmp_path / "store.db")
    yield Place(store, system_ports())
    await store.close()


def revoked(asked: Script) -> list[str]:
    return [
        part.partition("=")[2]
        for request in asked.asked
        if request.url.endswith("/revocation")
        for part in (request.body or b"").decode().split("&")
        if part.startswith("token=")
    ]


async def test_a_number_is_held_against_every_company_before_a_try_is_counted(
    place: Place,
) -> None:
    place.company("acme")
    place.company("beta")
    await place.signed_in("acme", "111111", "r-acme")
    await place.signed_in("beta", "222222", "r-beta")

    said = await place.consents().confirm("ann", "222222", ENGLISH)

    assert said.startswith("Connected. In beta")
    assert await place.tries("acme") == [0]


async def test_connecting_anew_ends_the_former_grant(place: Place) -> None:
    place.company("acme", TOLD, REVOKED)
    await place.signed_in("acme", "111111", "r-1")
    await place.consents().confirm("ann", "111111", ENGLISH)
    await place.signed_in("acme", "222222", "r-2")

    await place.consents().confirm("ann", "222222", ENGLISH)

    assert revoked(place.scripts["acme"]) == ["r-1"]
    assert await place.kept("acme") == ["r-2"]


async def test_what_a_replaced_grant_still_saves_never_lands_on_the_new_one(place: Place) -> None:
    grants = place.company("acme", TOLD, REVOKED)
    await place.signed_in("acme", "111111", "r-1")
    await place.consents().confirm("ann", "111111", ENGLISH)
    former = await grants.of("ann")
    await place.signed_in("acme", "222222", "r-2")
    await place.consents().confirm("ann", "222222", ENGLISH)

    assert former is not None
    await former._keeping.save("r-1-rotated")

    again = await grants.of("ann")
    assert again is not None
    assert await again._keeping.load() == "r-2"


async def test_a_sign_in_nobody_confirmed_is_dropped_and_revoked(place: Place) -> None:
    place.company("acme", TOLD, REVOKED)
    long_ago = place.ports.clock.now() - timedelta(minutes=1)
    await place.signed_in("acme", "111111", "r-1", expires_at=long_ago)

    assert await place.consents().step()

    assert revoked(place.scripts["acme"]) == ["r-1"]
    assert await place.kept("acme") == []


async def test_the_third_wrong_number_drops_and_revokes_the_sign_in(place: Place) -> None:
    place.company("acme", TOLD, REVOKED)
    await place.signed_in("acme", "111111", "r-1")
    asked = place.consents()

    said = [await asked.confirm("ann", "999999", ENGLISH) for _ in range(3)]

    assert "wrong too often" in said[-1]
    assert revoked(place.scripts["acme"]) == ["r-1"]
    assert await place.kept("acme") == []


async def test_a_token_that_cannot_be_revoked_is_forgotten_all_the_same(place: Place) -> None:
    place.company("acme", TOLD, Reply(503, {}, b""))
    await place.signed_in("acme", "111111", "r-1")
    await place.consents().confirm("ann", "111111", ENGLISH)

    said = await place.consents().disconnect("ann", ENGLISH)

    assert "could not be told" in said
    assert await place.kept("acme") == []


@pytest.mark.parametrize("issuer", ["", "https://elsewhere.example acme"])
async def test_grants_of_other_settings_are_forgotten_at_the_start(
    place: Place, issuer: str
) -> None:
    grants = place.company("acme")
    await place.signed_in("acme", "111111", "r-1")
    await place.consents().confirm("ann", "111111", ENGLISH)

    async with place.store.transaction() as conn:
        whose = await drop_strays(conn, "acme", issuer)

    assert whose == ["ann"]
    assert await grants.of("ann") is None
    assert await place.kept("acme") == []


async def test_grants_of_these_settings_stay(place: Place) -> None:
    grants = place.company("acme")
    await place.signed_in("acme", "111111", "r-1")
    await place.consents().confirm("ann", "111111", ENGLISH)

    async with place.store.transaction() as conn:
        assert await drop_strays(conn, "acme", grants.issuer) == []

    assert await grants.of("ann") is not None


async def test_a_link_that_is_out_is_enough_until_somebody_asks_anew(place: Place) -> None:
    place.company("acme", TOLD)
    asked = place.consents()

    async def sent() -> int:
        async with place.store.reading() as conn:
            row = await (await conn.execute("SELECT count(*) FROM outbox")).fetchone()
            return int(row[0]) if row else 0

    async with place.store.transaction() as conn:
        await asked.offer(conn, "ann", "acme")
        await asked.offer(conn, "ann", "acme")
    assert await sent() == 1
    async with place.store.transaction() as conn:
        await asked.offer(conn, "ann", "acme", anew=True)
    assert await sent() == 2
