"""Ways of signing in, certificates, addresses, editors: what the table of breaks leaves out."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from certificates import Pair, new_pair
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from examining_world import KEY, Former, blamed, named, of, visit, well
from test_examining_visits import NextMonth
from world import PASSWORD, World, merged, open_world

from acumatica_client.transport import NotSent, Request
from bot.clock import SystemClock, system_ports
from bot.examining.findings import State, Who
from bot.examining.secrets import certificate_end
from bot.examining.walk import Wish
from bot.signing_in.sign_ins import SERVICE_GRANT
from deployment.sandbox.acumatica import SandboxOptions
from storage.database import Database
from storage.vault import Vault

CLIENT = SandboxOptions(password="").client_id


@pytest.fixture
async def visited(tmp_path: Path) -> AsyncIterator[World]:
    """A world whose service ran once, and is stopped."""
    async with open_world(tmp_path, sample=True) as world:
        await Former().into(well(world))
        yield world


def secrets(world: World, **more: Any) -> None:
    """Give the company these secrets."""
    world.more = merged(world.more, {"acumatica": {"acme": more}})


def by_oauth(world: World, **more: Any) -> None:
    world.edits.append(('sign_in = "session"', 'sign_in = "oauth"'))
    secrets(world, client_id=CLIENT, client_secret=PASSWORD, **more)


# --- signing in -----------------------------------------------------------------------------


async def test_oauth_by_password_is_tried(visited: World) -> None:
    by_oauth(visited)

    found = await visit(visited, Wish(only="erp"))

    assert blamed(found) == {"erp.editors"}


async def test_a_wrong_client_secret_is_named(visited: World) -> None:
    by_oauth(visited)
    secrets(visited, client_secret="not this one")

    found = await visit(visited, Wish(only="erp"))

    (failed,) = of(found, "erp.sign-in", State.FAILED)
    assert "SM303010" in failed.place
    assert "ACUMATICA__ACME__CLIENT_SECRET" in failed.step
    assert named(found, State.FAILED) == {"erp.sign-in"}


async def test_a_consent_that_was_never_given_is_named(visited: World) -> None:
    by_oauth(visited, password="", user="")

    found = await visit(visited, Wish(only="erp"))

    (failed,) = of(found, "erp.sign-in", State.FAILED)
    assert failed.who is Who.OPERATOR
    assert "app.py connect acme" in failed.step


async def test_a_consent_is_never_used_beside_the_service(visited: World) -> None:
    by_oauth(visited, password="", user="")
    store = await Database.open(visited.data / "countersign.db")
    async with store.transaction() as conn:
        now = SystemClock().now()
        await Vault([KEY]).put(conn, "acme", SERVICE_GRANT, "a refresh token", now=now)
    await store.close()

    found = await visit(visited, Wish(only="erp"))

    assert [one.state for one in of(found, "erp.sign-in")] == [State.UNKNOWN]
    assert [e["path"] for e in await visited.witness.erp_events("request")] == ["/entity"]


# --- who edited -----------------------------------------------------------------------------


async def test_without_editors_every_press_would_be_refused_and_that_fails(
    visited: World,
) -> None:
    visited.edits.append(("allow_unknown_editor = true", "allow_unknown_editor = false"))

    found = await visit(visited, Wish(only="erp.editors"))

    assert [one.state for one in found.findings] == [State.FAILED]


async def test_an_endpoint_that_tells_editors_is_well(visited: World) -> None:
    extra = '[company.extra.Bill]\ncreated_by = "CreatedBy"\nmodified_by = "LastModifiedBy"'
    visited.edits.append(("# Large bills", f"{extra}\n\n# Large bills"))

    found = await visit(visited, Wish(only="erp.editors"))

    assert [one.state for one in found.findings] == [State.OK]


# --- addresses ------------------------------------------------------------------------------


async def test_a_public_address_of_somebody_else_is_named(visited: World) -> None:
    async with visited.bot():
        visited.more = merged(
            visited.more,
            {"server": {
                "public_url": visited.witness.teams,
                "port": int(visited.witness.bot.rpartition(":")[2]),
            }},
        )  # fmt: skip
        found = await visit(visited, Wish(only="service"))

    assert [one.state for one in of(found, "service.public")] == [State.FAILED]
    assert named(found, State.FAILED) == {"service.public"}


# --- what ends ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair() -> Pair:
    """A certificate of some days: making one takes a while."""
    return new_pair()


async def test_a_certificate_tells_itself_when_it_ends(visited: World, pair: Pair) -> None:
    visited.more = merged(
        visited.more,
        {"teams": {
            "client_secret": "", "certificate": pair.certificate, "certificate_key": pair.key,
        }},
    )  # fmt: skip

    for days in (-1, 10, 40):
        clock = At(timedelta(days=days), pair)
        found = await visit(
            visited, Wish(only="secrets.app"), ports=replace(system_ports(), clock=clock)
        )
        wanted = State.FAILED if days < 0 else State.WARNING if days < 30 else State.OK
        assert [one.state for one in found.findings] == [wanted], days


async def test_the_end_of_the_client_secret_is_told_by_the_setting_or_by_graph(
    visited: World,
) -> None:
    ends = datetime.now(UTC) + timedelta(days=5, hours=1)
    teams = f"{visited.witness.teams}/_sandbox"
    await visited.witness.post(f"{teams}/app", {"secretEnds": ends.isoformat()})
    unknown = await visit(visited, Wish(only="secrets.app"))
    assert [one.state for one in unknown.findings] == [State.UNKNOWN]
    assert "TEAMS__CLIENT_SECRET_ENDS" in unknown.findings[0].step

    await visited.witness.post(f"{teams}/graph", {"roles": ["Application.Read.All"]})
    by_graph = await visit(visited, Wish(only="secrets.app"))
    assert [one.state for one in by_graph.findings] == [State.WARNING]
    assert f"{ends:%Y-%m-%d}, in 5 days" in by_graph.findings[0].cause

    visited.more = merged(visited.more, {"teams": {"client_secret_ends": "2026-01-31"}})
    by_setting = await visit(visited, Wish(only="secrets.app"))
    assert [one.state for one in by_setting.findings] == [State.FAILED]
    assert "2026-01-31" in by_setting.findings[0].cause


class At(SystemClock):
    """So long before the end of a certificate."""

    def __init__(self, before: timedelta, pair: Pair) -> None:
        super().__init__()
        ends = x509.load_pem_x509_certificate(pair.certificate.encode()).not_valid_after_utc
        self._at = ends - before

    def now(self) -> Any:
        return self._at


async def test_teams_that_is_silent_for_a_week_is_told(visited: World) -> None:
    ports = replace(system_ports(), clock=NextMonth())

    found = await visit(visited, Wish(only="bot.heard"), ports=ports)

    assert [one.state for one in found.findings] == [State.WARNING]
    assert f"{visited.witness.bot}/api/messages" in found.findings[0].step


async def test_graph_that_is_switched_off_is_not_looked_at(visited: World) -> None:
    visited.more = merged(visited.more, {"teams": {"graph": "off"}})

    found = await visit(visited)

    assert not {one.check for one in found.findings if one.check.startswith("graph.")}
    assert "network.graph" not in {one.check for one in found.findings}


# --- pushes ---------------------------------------------------------------------------------


async def test_a_kind_that_did_not_push_lately_is_not_blamed(visited: World) -> None:
    found = await visit(visited, Wish(only="push"))

    states = {one.subject: one.state for one in of(found, "push.arrived")}
    assert states["CountersignBills"] is State.OK
    assert states["Check"] is State.UNKNOWN


# --- TLS ------------------------------------------------------------------------------------


def shown_by_a_server(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext, datetime]:
    """A server's context with a certificate of its own, a client's that trusts it, its end."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC).replace(microsecond=0)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(made.public_bytes(Encoding.PEM) + private)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    server.load_cert_chain(pem)
    client.load_verify_locations(pem)
    return server, client, now + timedelta(days=9)


async def test_the_end_of_a_shown_certificate_is_read(tmp_path: Path) -> None:
    own, trusting, ends = shown_by_a_server(tmp_path)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", ssl=own)
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert await certificate_end("127.0.0.1", port, trusting) == ends
        with pytest.raises(ssl.SSLError):
            await certificate_end("127.0.0.1", port, ssl.create_default_context())


async def test_a_public_address_whose_certificate_cannot_be_seen_is_told(visited: World) -> None:
    visited.more = merged(visited.more, {"server": {"public_url": "https://127.0.0.1:1"}})

    found = await visit(visited, Wish(only="secrets.tls"))

    assert [one.state for one in found.findings] == [State.UNKNOWN]


# --- several companies ----------------------------------------------------------------------

WEST = """\
[[company]]
name = "west"
url = "http://127.0.0.1:1"
tenant = "West"

[[route]]
company = "west"
to = []

"""


@pytest.fixture
def two(visited: World) -> World:
    """A second company, whose Acumatica is not there."""
    visited.edits.append(("# Large bills", f"{WEST}# Large bills"))
    visited.more = merged(
        visited.more, {"acumatica": {"west": {"user": "countersign", "password": PASSWORD}}}
    )
    return visited


async def test_what_fails_in_one_company_is_looked_at_in_the_others(two: World) -> None:
    found = await visit(two)

    failed = {(one.check, one.company) for one in found.findings if one.state is State.FAILED}
    assert failed == {("network.acumatica", "west")}
    signed_in = {one.company: one.state for one in of(found, "erp.sign-in")}
    assert signed_in == {"acme": State.OK, "west": State.UNKNOWN}


async def test_one_company_is_looked_at_alone(two: World) -> None:
    found = await visit(two, Wish(company="acme"))

    assert {one.company for one in found.findings} == {"", "acme"}
    assert named(found, State.FAILED) == set()


async def test_nobody_is_asked_whom_the_settings_do_not_name(visited: World) -> None:
    from bot.company_file import read_file
    from bot.examining.instruments import laid_out
    from bot.settings import read_settings

    settings = read_settings(_env_file=None, **visited.settings())
    async with laid_out(settings, read_file(settings.config), system_ports()) as see:
        for url in (
            "https://elsewhere.example/",
            f"{visited.witness.erp.replace('127.0.0.1', 'localhost')}/entity",
        ):
            with pytest.raises(NotSent, match="not an allowed host"):
                await see.places.send(Request("GET", url))
        assert (
            await see.places.send(Request("GET", f"{visited.witness.erp}/entity"))
        ).status == 200
