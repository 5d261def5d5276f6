"""Sign-in by Entra: OpenID Connect, code flow with PKCE. Nothing of an answer is believed unproved.

Follows the vendor's "Microsoft identity platform and OAuth 2.0 authorization code flow" and "ID
token claims reference", and RFC 7636 for PKCE.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
from jwt.algorithms import RSAAlgorithm

from acumatica_client.transport import Request, Transport, TransportError
from bot.admin.roles import Role, role_of
from bot.clock import Clock
from bot.signing_keys import GateRefused, SigningKeys
from bot.strict_json import read_object

SCOPE = "openid profile"
BACK = "/admin/sign-in/back"
LEEWAY = 120.0
"""Seconds by which clocks may differ."""
TIMEOUT = 15.0
LONGEST = 64 * 1024
"""Bytes of an answer with tokens; real ones have some thousand."""


class SignInRefused(Exception):
    """Somebody is not let in; the message is for them, `reason` for our log."""

    def __init__(self, told: str, reason: str = "") -> None:
        super().__init__(told)
        self.reason = reason or told


@dataclass(frozen=True, slots=True)
class Registration:
    """The application people sign in with."""

    login_url: str
    tenant: str
    client_id: str
    secret: Callable[[], str]
    public_url: str
    """Where browsers reach us."""

    @property
    def back(self) -> str:
        """The redirect URI, as it is registered."""
        return f"{self.public_url.rstrip('/')}{BACK}"

    @property
    def issuer(self) -> str:
        """Who must have issued an id token."""
        return f"{self._base}/v2.0"

    @property
    def authorize(self) -> str:
        """Where people sign in."""
        return f"{self._base}/oauth2/v2.0/authorize"

    @property
    def token(self) -> str:
        """Where a code becomes tokens."""
        return f"{self._base}/oauth2/v2.0/token"

    @property
    def _base(self) -> str:
        return f"{self.login_url.rstrip('/')}/{self.tenant}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one browser was sent to Entra with."""

    nonce: str
    verifier: str
    browser: str
    """Hash of what the browser must show when it comes back."""
    begun: float


@dataclass(frozen=True, slots=True)
class Known:
    """Whom Entra vouched for."""

    person: str
    name: str
    role: Role


class Entra:
    """Sends people to Entra and reads what they come back with."""

    def __init__(
        self, app: Registration, transport: Transport, keys: SigningKeys, clock: Clock
    ) -> None:
        self._app = app
        self._transport = transport
        self._keys = keys
        self._clock = clock

    def address(self, state: str, attempt: Attempt) -> str:
        """Return where a browser is sent to sign in."""
        asked = {
            "client_id": self._app.client_id,
            "response_type": "code",
            "response_mode": "query",
            "redirect_uri": self._app.back,
            "scope": SCOPE,
            "state": state,
            "nonce": attempt.nonce,
            "code_challenge": challenge_of(attempt.verifier),
            "code_challenge_method": "S256",
        }
        return f"{self._app.authorize}?{urlencode(asked)}"

    async def known(self, code: str, attempt: Attempt) -> Known:
        """Return whom a code stands for. Raises SignInRefused."""
        claims = await self._claims(await self._id_token(code, attempt.verifier))
        self._check(claims, attempt)
        person, roles = claims.get("oid"), claims.get("roles")
        role = role_of(roles if isinstance(roles, list) else ())
        if not isinstance(person, str) or not person:
            raise SignInRefused("Entra did not say who you are.", "no oid")
        if role is None:
            raise SignInRefused(
                "You are signed in to Entra, but nobody gave you a role here. An administrator of"
                " Entra can: Enterprise applications, this application, Users and groups;"
                " Viewer, Operator or Admin.",
                "no role",
            )
        return Known(person, str(claims.get("name") or person)[:200], role)

    async def _id_token(self, code: str, verifier: str) -> str:
        form = {
            "client_id": self._app.client_id,
            "client_secret": self._app.secret(),
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._app.back,
            "code_verifier": verifier,
            "scope": SCOPE,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        request = Request(
            "POST", self._app.token, headers, urlencode(form).encode(), timeout=TIMEOUT
        )
        try:
            reply = await self._transport.send(request)
            told = read_object(reply.body[:LONGEST])
        except (TransportError, ValueError) as error:
            raise SignInRefused(_AWAY, f"token endpoint: {error}") from error
        token = told.get("id_token")
        if reply.status != 200 or not isinstance(token, str):
            raise SignInRefused(
                "Entra did not accept the sign-in. Please try again; if it happens every time, the"
                " client secret of the admin page's registration may have ended.",
                f"token endpoint answered {reply.status}",
            )
        return token

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            head = jwt.get_unverified_header(token)
            if head.get("alg") != "RS256":
                raise SignInRefused(_UNPROVED, "another algorithm")
            key = await self._keys.find(str(head.get("kid")))
            if key is None:
                raise SignInRefused(_UNPROVED, "unknown key")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                RSAAlgorithm.from_jwk(key),  # type: ignore[arg-type]  # they are public keys
                algorithms=["RS256"],
                audience=self._app.client_id,
                issuer=self._app.issuer,
                # Times are checked against the clock that was passed in, not the machine's.
                options={
                    "require": ["exp", "iat", "iss", "aud", "nonce", "tid"],
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except GateRefused as error:
            raise SignInRefused(_AWAY, str(error)) from error
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise SignInRefused(_UNPROVED, type(error).__name__) from error
        return claims

    def _check(self, claims: Mapping[str, Any], attempt: Attempt) -> None:
        now = self._clock.now().timestamp()
        try:
            over = float(claims["exp"]) <= now - LEEWAY
            early = max(float(claims["iat"]), float(claims.get("nbf", 0))) > now + LEEWAY
        except (TypeError, ValueError) as error:
            raise SignInRefused(_UNPROVED, "times that are none") from error
        if over or early:
            raise SignInRefused(
                "What Entra sent is not of this moment. Please sign in again; if it happens every"
                " time, the clock of this service is wrong.",
                "expired" if over else "not valid yet",
            )
        if claims["nonce"] != attempt.nonce:
            raise SignInRefused(_UNPROVED, "another nonce")
        if claims["tid"] != self._app.tenant:
            raise SignInRefused("Your account is of another organisation.", "foreign tenant")


_UNPROVED = "What came back from Entra is not proved to be for this sign-in. Please try again."
_AWAY = "Entra cannot be reached just now. Please try again in a moment."


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
