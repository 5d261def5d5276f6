"""OAuth 2.0 with Acumatica's identity server: messages built and read, without I/O.

Follows the vendor's guide, "OAuth 2.0 and OpenID Connect", and RFC 6749, 7636 and 7009. The server
has no client-credentials flow: a machine signs in by the password flow, or by a refresh token from
one consent of a person.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from oauthlib.common import add_params_to_uri, urlencode
from oauthlib.oauth2 import LegacyApplicationClient, OAuth2Error, WebApplicationClient

from acumatica_client.answers import read_json
from acumatica_client.errors import ErpBusy, ErpError, ErpSignInFailed, ErpUnavailable
from acumatica_client.faces import error_of
from acumatica_client.protocol import READ_TIMEOUT
from acumatica_client.transport import Reply, Request, same_host

API, OFFLINE, CONCURRENT, OPENID = "api", "offline_access", "api:concurrent_access", "openid"
LIFETIME = 3600
"""Seconds an access token lives where the answer does not tell."""
LOGIN_CLAIMS = ("preferred_username", "username", "name", "sub")
"""Which claim holds the login is not documented; the first of these that is told counts."""

_FITS_A_HEADER = re.compile(r"[\x21-\x7e]+")
_FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


class GrantLost(ErpSignInFailed):
    """The grant is over, or was never given: somebody must connect again."""

    plain = "The connection to Acumatica has ended. Please connect again."


@dataclass(frozen=True, slots=True)
class Application:
    """Our registration on Connected Applications (SM303010)."""

    client_id: str
    """`GUID@Tenant`: the tenant in it decides the data."""
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...] = (API, OFFLINE)
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of the identity server, all on the instance's own host."""

    authorize: str
    token: str
    userinfo: str
    revocation: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint handed out; never shown in a repr."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    lives: float = LIFETIME
    """Seconds the access token is good for."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent to ask for: show *url*; keep *verifier* and *state* secret until it comes back."""

    url: str
    verifier: str = field(repr=False)
    state: str = field(repr=False)


def scopes(*, concurrent: bool = False, who: bool = False) -> tuple[str, ...]:
    """Return the scopes to ask for: several sessions at once, and who signed in, where wanted."""
    asked = ((API, True), (CONCURRENT, concurrent), (OFFLINE, True), (OPENID, who))
    return tuple(scope for scope, wanted in asked if wanted) + (("profile",) if who else ())


# --- requests -------------------------------------------------------------------------------


def build_discovery(instance: str) -> Request:
    """Ask where the identity server's endpoints are."""
    url = f"{instance}/identity/.well-known/openid-configuration"
    return Request("GET", url, {"Accept": "application/json"}, None, READ_TIMEOUT)


def build_password(app: Application, at: Endpoints, user: str, password: str) -> Request:
    """Ask for tokens by user and password (resource owner password flow)."""
    client = LegacyApplicationClient(app.client_id)
    body = client.prepare_request_body(
        user, password, scope=app.scopes, include_client_id=True, client_secret=app.client_secret
    )
    return _post(at.token, body)


def build_code(app: Application, at: Endpoints, code: str, verifier: str) -> Request:
    """Ask for the tokens of a consent that came back."""
    client = WebApplicationClient(app.client_id)
    body = client.prepare_request_body(
        code, app.redirect_uri, code_verifier=verifier, client_secret=app.client_secret
    )
    return _post(at.token, body)


def build_refresh(app: Application, at: Endpoints, refresh: str) -> Request:
    """Ask for new tokens; the refresh token shown is dead once the server read this."""
    client = WebApplicationClient(app.client_id)
    body = client.prepare_refresh_body(
        refresh_token=refresh, client_id=app.client_id, client_secret=app.client_secret
    )
    return _post(at.token, body)


def build_revocation(app: Application, at: Endpoints, refresh: str) -> Request:
    """Make a refresh token worthless; sessions end by signing out only."""
    named = {
        "token": refresh,
        "token_type_hint": "refresh_token",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
    }
    return _post(at.revocation, urlencode(list(named.items())))


def build_userinfo(at: Endpoints, tokens: Tokens) -> Request:
    """Ask who signed in."""
    headers = {"Accept": "application/json", "Authorization": f"Bearer {tokens.access}"}
    return Request("GET", at.userinfo, headers, None, READ_TIMEOUT)


def begin_consent(app: Application, at: Endpoints, *, verifier: str, state: str) -> Consent:
    """Build the address that asks a person for consent, with PKCE by S256.

    *verifier* (43 to 128 characters) and *state* are unguessable texts of the caller.
    """
    challenge = WebApplicationClient(app.client_id).create_code_challenge(verifier, "S256")
    asked = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "scope": " ".join(app.scopes),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return Consent(add_params_to_uri(at.authorize, list(asked.items())), verifier, state)


def _post(url: str, body: str) -> Request:
    return Request("POST", url, _FORM, body.encode(), READ_TIMEOUT)


# --- answers --------------------------------------------------------------------------------


def read_discovery(instance: str, reply: Reply) -> Endpoints:
    """Read the endpoints; one that is not on the instance's own host is refused."""
    told = read_json(reply)
    if not isinstance(told, dict):
        raise ErpUnavailable("the identity server's discovery document is no object")
    ours = same_host(instance)

    def address(name: str) -> str:
        url = told.get(f"{name}_endpoint")
        if not isinstance(url, str) or not ours(url):
            raise ErpUnavailable(f"discovery: {name}_endpoint is missing or not on {instance}")
        return url

    return Endpoints(
        address("authorization"), address("token"), address("userinfo"), address("revocation")
    )


def read_tokens(reply: Reply, *, refused: type[ErpSignInFailed] = ErpSignInFailed) -> Tokens:
    """Read tokens. Raises ErpError; *refused* is what an `invalid_grant` means for the caller."""
    if reply.status == 200 and reply.content_type != "application/json":
        raise error_of(reply)
    try:
        told = WebApplicationClient("").parse_request_body_response(reply.body.decode())
    except OAuth2Error as error:
        raise _token_error(reply, error, refused) from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise error_of(reply) from None
    if reply.status != 200:
        raise error_of(reply)
    return _tokens(told)


def _tokens(told: Mapping[str, Any]) -> Tokens:
    access, refresh, lives = (
        told.get(name) for name in ("access_token", "refresh_token", "expires_in")
    )
    if not isinstance(access, str) or not _FITS_A_HEADER.fullmatch(access):
        raise ErpUnavailable("the token endpoint's answer has no access token")
    return Tokens(
        access,
        refresh if isinstance(refresh, str) else "",
        float(lives) if isinstance(lives, int | float) and lives > 0 else LIFETIME,
    )


_WHY = {
    "invalid_client": "client id or client secret is wrong (Connected Applications, SM303010);"
    " the client id must end in @ and the tenant's login name",
    "unauthorized_client": "the connected application does not allow this flow (SM303010)",
    "unsupported_grant_type": "the connected application does not allow this flow (SM303010);"
    " there is no client-credentials flow",
    "invalid_scope": "a scope is not allowed: is the connected application's refresh token mode"
    " 'no refresh tokens'?",
}
_NO_GRANT = {
    ErpSignInFailed: "user or password is wrong, or the user lacks the right to the API, is of"
    " another tenant, or must change the password first",
    GrantLost: "the refresh token or code is no longer good; connect again",
}


def _token_error(reply: Reply, error: OAuth2Error, refused: type[ErpSignInFailed]) -> ErpError:
    named = error_of(reply)
    if isinstance(named, ErpBusy) or reply.status >= 500:
        return named
    code = str(error.error)[:100]
    if code == "invalid_grant":
        return refused(f"invalid_grant: {_NO_GRANT[refused]}")
    if code in _WHY:
        return ErpSignInFailed(f"{code}: {_WHY[code]}")
    return named if reply.status != 200 else ErpUnavailable(f"the token endpoint said {code}")


def read_callback(address: str, state: str) -> str:
    """Read the code from the address a browser came back to. Raises ErpSignInFailed."""
    try:
        told = {name: words[0] for name, words in parse_qs(urlsplit(address).query).items()}
    except ValueError:
        told = {}
    if not hmac.compare_digest(told.get("state", "").encode(), state.encode()):
        raise ErpSignInFailed("this address does not belong to the sign-in that was begun")
    if "code" not in told:
        raise ErpSignInFailed(
            f"Acumatica gave no consent: {told.get('error', 'nothing told')[:60]}"
        )
    return told["code"]


def read_login(reply: Reply, claim: str = "") -> str:
    """Read who signed in, from *claim* or the first of LOGIN_CLAIMS. Raises ErpError."""
    told = read_json(reply)
    names = (claim,) if claim else LOGIN_CLAIMS
    found = [told.get(name) for name in names] if isinstance(told, dict) else []
    login = next((word for word in found if isinstance(word, str) and word.strip()), "")
    if not login:
        raise ErpUnavailable(f"userinfo tells none of {', '.join(names)}")
    return login.strip()


def client_tenant(client_id: str) -> str:
    """Return the tenant that a client id names, empty when it names none."""
    return client_id.partition("@")[2]
