"""Proving who the app is without a secret, and what a Graph token says (facts §3.5, §5.4)."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.x509.oid import NameOID
from sandbox_teams_world import APP_ID, SECRET, TENANT, Clock, TinyBot, World, standing
from test_sandbox_teams_tokens import AUTHORITY, Rewritten

GRAPH = "https://graph.microsoft.com/.default"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Certificate:
    """A self-signed certificate with its key."""

    def __init__(self) -> None:
        self.key = generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "countersign")])
        start = datetime(2026, 1, 1, tzinfo=UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=3650))
            .sign(self.key, hashes.SHA256())
        )
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.private_pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def thumbprint(self) -> str:
        digest = self.certificate.fingerprint(hashes.SHA256())
        return jwt.utils.base64url_encode(digest).decode()


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return Certificate()


@pytest.fixture(scope="module")
def other() -> Certificate:
    return Certificate()


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def assertion(world: World, one: Certificate, by: Certificate | None = None, **more: Any) -> str:
    """An assertion that names *one* and is signed by *by*."""
    now = int(world.clock.now().timestamp())
    claims = {
        "iss": APP_ID,
        "sub": APP_ID,
        "aud": f"{AUTHORITY}/oauth2/v2.0/token",
        "nbf": now,
        "exp": now + 600,
    } | more
    headers = {"x5t#S256": one.thumbprint()}
    return jwt.encode(claims, (by or one).key, algorithm="PS256", headers=headers)


async def sign_in_with(world: World, token: str) -> tuple[int, Any]:
    proof = {"client_secret": "", "client_assertion_type": TYPE, "client_assertion": token}
    return await world.sign_in(**proof)


async def test_msal_signs_in_with_a_certificate(
    bot: TinyBot, clock: Clock, certificate: Certificate
):
    clock.wall = datetime.now(UTC)  # msal dates its assertion by its own clock
    async with standing(bot, clock) as world:
        await world.lever("app", certificate=certificate.pem)

        def ask() -> dict[str, Any]:
            with Rewritten(world.stand.url) as http:
                client = msal.ConfidentialClientApplication(
                    APP_ID,
                    client_credential={
                        "private_key": certificate.private_pem,
                        "public_certificate": certificate.pem,
                    },
                    authority=AUTHORITY,
                    http_client=http,
                )
                return client.acquire_token_for_client([GRAPH])

        answer = await asyncio.to_thread(ask)

        assert claims_of(answer["access_token"])["aud"] == "https://graph.microsoft.com"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"exp": 1_700_000_000}, 700024),
        ({"sub": "somebody"}, 700027),
        ({"aud": f"https://login.microsoftonline.com/{'0' * 36}/oauth2/v2.0/token"}, 700027),
    ],
)
async def test_an_assertion_that_says_the_wrong_thing_is_refused(
    world: World, certificate: Certificate, change: dict, code: int
):
    await world.lever("app", certificate=certificate.pem)

    status, body = await sign_in_with(world, assertion(world, certificate, **change))

    assert (status, body["error_codes"]) == (401, [code])


async def test_an_assertion_needs_the_registered_certificate_and_its_key(
    world: World, certificate: Certificate, other: Certificate
):
    unregistered, _ = await sign_in_with(world, assertion(world, certificate))
    await world.lever("app", certificate=certificate.pem)
    good, _ = await sign_in_with(world, assertion(world, certificate))
    foreign, _ = await sign_in_with(world, assertion(world, other))
    forged, _ = await sign_in_with(world, assertion(world, certificate, by=other))
    misnamed, _ = await sign_in_with(world, assertion(world, other, by=certificate))

    assert (unregistered, good) == (401, 200)
    assert (foreign, forged, misnamed) == (401, 401, 401)


async def test_an_expired_secret_says_so_and_a_wrong_one_does_not(world: World):
    await world.lever("app", secret="expired")

    _, expired = await world.sign_in()
    _, wrong = await world.sign_in(client_secret="wrong")

    assert (expired["error_codes"], wrong["error_codes"]) == ([7000222], [7000215])


async def test_a_graph_token_names_the_roles_and_a_connector_token_none(world: World):
    _, connector = await world.sign_in()
    full = claims_of(await world.graph_token())
    await world.lever("graph", roles=["User.Read.All"])
    less = claims_of(await world.graph_token())
    await world.lever("graph", roles=[])
    none = claims_of(await world.graph_token())

    assert "roles" not in claims_of(connector["access_token"])
    assert {"User.Read.All", "TeamsActivity.Send"} < set(full["roles"])
    assert less["roles"] == ["User.Read.All"]
    assert "roles" not in none


async def test_a_token_is_good_for_one_resource_only(world: World):
    status, body = await world.graph("GET", "users/ann@acme.example")
    world.token = await world.graph_token()
    crossed, _ = await world.call("GET", "teams/19:acme-general@thread.tacv2")
    await world.sign_in()
    headers = {"Authorization": f"Bearer {world.token}"}
    back, error = await world.graph("GET", "users", headers=headers)

    assert (status, body["displayName"], crossed) == (200, "Ann Whitfield", 401)
    assert (back, error["error"]["code"]) == (401, "InvalidAuthenticationToken")


async def test_a_short_lived_token_ends_in_time(world: World):
    await world.lever("app", tokenSeconds=60)
    _, body = await world.sign_in()

    before, _ = await world.call("GET", "teams/19:acme-general@thread.tacv2")
    world.clock.advance(60)
    after, _ = await world.call("GET", "teams/19:acme-general@thread.tacv2")

    assert (body["expires_in"], before, after) == (60, 200, 401)


MACHINE = "metadata/identity/oauth2/token?api-version=2018-02-01"
SERVICE = "msi/token?api-version=2019-08-01"
GOOD = f"&resource=https://api.botframework.com&client_id={APP_ID}"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (MACHINE + GOOD, {"Metadata": "true"}, 200),
        (MACHINE + GOOD, {}, 400),
        (MACHINE.replace("2018-02-01", "1999") + GOOD, {"Metadata": "true"}, 400),
        (MACHINE + GOOD.replace(APP_ID, "other"), {"Metadata": "true"}, 400),
        (MACHINE + GOOD.replace("botframework", "example"), {"Metadata": "true"}, 400),
        (SERVICE + GOOD, {"X-IDENTITY-HEADER": "stand-in-identity"}, 200),
        (SERVICE + GOOD, {"X-IDENTITY-HEADER": "wrong"}, 401),
    ],
)
async def test_managed_identity_wants_its_header_and_its_client(
    world: World, path: str, headers: dict[str, str], status: int
):
    async with world.http.get(f"{world.stand.url}/{path}", headers=headers) as response:
        body = await response.json()

    assert response.status == status
    if status == 200:
        world.token = body["access_token"]
        assert (await world.call("GET", "teams/19:acme-general@thread.tacv2"))[0] == 200


@pytest.mark.parametrize("kind", ["machine", "service"])
async def test_msal_gets_a_token_by_managed_identity(
    bot: TinyBot, clock: Clock, monkeypatch: pytest.MonkeyPatch, kind: str
):
    clock.wall = datetime.fromtimestamp(time.time(), UTC)
    async with standing(bot, clock) as world:
        if kind == "machine":
            monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", world.stand.url)
        else:
            monkeypatch.setenv("IDENTITY_ENDPOINT", f"{world.stand.url}/msi/token")
            monkeypatch.setenv("IDENTITY_HEADER", "stand-in-identity")

        def ask() -> dict[str, Any]:
            with requests.Session() as http:
                identity = msal.UserAssignedManagedIdentity(client_id=APP_ID)
                client = msal.ManagedIdentityClient(identity, http_client=http)
                return client.acquire_token_for_client(resource="https://graph.microsoft.com")

        answer = await asyncio.to_thread(ask)

        assert "User.Read.All" in claims_of(answer["access_token"])["roles"]


async def test_a_registration_survives_a_restart(bot: TinyBot, clock: Clock, data):
    async with standing(bot, clock, data=data) as world:
        await world.lever("app", secret="expired", externalId="manifest")
        await world.lever("graph", roles=["User.Read.All"])

    async with standing(bot, clock, data=data) as world:
        kept = await world.lever("app")

    assert (kept["secret"], kept["externalId"], kept["roles"]) == (
        "expired",
        "manifest",
        ["User.Read.All"],
    )


@pytest.mark.parametrize(
    "wish",
    [{"secret": "lost"}, {"certificate": "x"}, {"tokenSeconds": 0}, {"roles": "all"}, {"odd": 1}],
)
async def test_a_wrong_registration_is_refused_with_a_sentence(world: World, wish: dict):
    status, body = await world.door("POST", "app", wish)

    assert status == 422
    assert body["error"].endswith(".")


async def test_entra_publishes_keys_of_its_own(world: World):
    async def keys(path: str) -> Any:
        async with world.http.get(f"{world.stand.url}/{path}") as response:
            return (await response.json())["keys"]

    entra, bots = await keys(f"{TENANT}/discovery/v2.0/keys"), await keys("v1/.well-known/keys")

    assert entra[0]["kid"] != bots[0]["kid"]
    assert entra == await keys("common/discovery/v2.0/keys")
    assert SECRET not in str(entra)
