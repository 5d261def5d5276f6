"""The gate before the SDK: is this call signed by Teams, for us, about a tenant of ours?

The SDK accepts tokens without expiry, keys without endorsements and activities of any tenant, and
it fetches keys on the event loop. So every call is proved here first: one Bearer header, RS256, a
known key endorsed for Teams, exact issuer and audience, expiry required, and the signed service
address equal to the activity's. Follows the vendor's "Authenticate requests from the Bot Connector
service to your bot".
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

import jwt
from jwt.algorithms import RSAAlgorithm

from bot.checked import is_loopback
from bot.clock import Clock
from bot.settings import TeamsSettings
from bot.signing_keys import GateRefused, Key, SigningKeys
from storage.records import Json

CHANNEL = "msteams"
LEEWAY = timedelta(minutes=5)
REMEMBERED = 1024
"""Tokens whose signature was checked; Teams uses one for an hour."""
_UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError)
"""What comes out of reading what somebody made up."""

SecondOpinion = Callable[[Json, str], Awaitable[None]]
"""An SDK's own check of an activity and its Authorization header. Raises GateRefused."""


class Checks(Protocol):
    """Decides who is let in."""

    async def check(self, authorization: Sequence[str], activity: Json) -> None:
        """Raise GateRefused unless the call may come in."""


@dataclass(slots=True)
class Proved:
    """Tokens whose signature held, by hash, with the key it held under. Bounded; oldest go first.

    Only the signature is remembered: times, addresses and tenants are judged at every call, and a
    token does not outlive its key.
    """

    _claims: dict[bytes, tuple[Key, Mapping[str, Any]]] = field(default_factory=dict)

    def get(self, token: str, key: Key) -> Mapping[str, Any] | None:
        """Return the claims of a token proved under exactly this *key*."""
        known, claims = self._claims.get(_digest(token), (None, None))
        return claims if known == key else None

    def put(self, token: str, key: Key, claims: Mapping[str, Any]) -> None:
        """Remember a token that held."""
        while len(self._claims) >= REMEMBERED:
            del self._claims[next(iter(self._claims))]
        self._claims[_digest(token)] = (key, claims)

    def drop(self, token: str) -> None:
        """Forget a token, as it has expired."""
        self._claims.pop(_digest(token), None)


class Gate:
    """Lets in what Teams signed for this bot."""

    def __init__(
        self,
        settings: TeamsSettings,
        keys: SigningKeys,
        clock: Clock,
        second: SecondOpinion,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._second = second
        self._proved = Proved()

    async def check(self, authorization: Sequence[str], activity: Json) -> None:
        """Raise GateRefused unless Teams signed this call for us."""
        if len(authorization) != 1 or not authorization[0].startswith("Bearer "):
            raise GateRefused(401, "not exactly one Bearer header")
        claims = await self._claims(authorization[0].removeprefix("Bearer "))
        _check_service_url(claims, activity)
        check_addressing(self._settings, activity)
        await self._second(activity, authorization[0])

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            key = await self._key(token)
            claims = self._proved.get(token, key)
            if claims is None:
                claims = self._decoded(token, key)
                self._proved.put(token, key, claims)
            self._check_times(token, claims)
        except _UNREADABLE as error:
            raise GateRefused(401, f"bad token: {type(error).__name__}") from error
        return claims

    async def _key(self, token: str) -> Key:
        head = jwt.get_unverified_header(token)
        if head.get("alg") != "RS256":
            raise GateRefused(401, f"algorithm {head.get('alg')!r}")
        key = await self._keys.find(str(head.get("kid")))
        if key is None or CHANNEL not in (key.get("endorsements") or []):
            raise GateRefused(401, "unknown key, or one not endorsed for Teams")
        return key

    def _decoded(self, token: str, key: Key) -> Mapping[str, Any]:
        public = RSAAlgorithm.from_jwk(dict(key))
        # Expiry is checked against the clock that was passed in, not the machine's.
        claims: Mapping[str, Any] = jwt.decode(
            token,
            public,  # type: ignore[arg-type]  # a key document holds public keys only
            algorithms=["RS256"],
            audience=self._settings.app_id,
            issuer=self._settings.rows.issuer,
            options={
                "require": ["exp", "iss", "aud"],
                "strict_aud": True,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        return claims

    def _check_times(self, token: str, claims: Mapping[str, Any]) -> None:
        now, leeway = self._clock.now().timestamp(), LEEWAY.total_seconds()
        if not now - leeway < float(claims["exp"]):
            self._proved.drop(token)
            raise GateRefused(401, "the token has expired")
        if not float(claims.get("nbf", 0)) <= now + leeway:
            raise GateRefused(401, "the token is not valid yet")


class PlaygroundGate:
    """Lets in what this machine's own playground sends; it signs nothing.

    Settings refuse it wherever anybody else could reach us.
    """

    def __init__(self, settings: TeamsSettings) -> None:
        self._settings = settings

    async def check(self, authorization: Sequence[str], activity: Json) -> None:
        """Raise GateRefused unless the activity is of the playground's own people."""
        del authorization
        check_addressing(self._settings, activity)
        if not is_loopback(str(activity["serviceUrl"])):
            raise GateRefused(403, "the service address is not on this machine")


def open_gate(
    settings: TeamsSettings, keys: SigningKeys, clock: Clock, second: SecondOpinion
) -> Checks:
    """Return the gate of these settings."""
    if settings.playground:
        return PlaygroundGate(settings)
    return Gate(settings, keys, clock, second)


def _check_service_url(claims: Mapping[str, Any], activity: Json) -> None:
    shown = activity.get("serviceUrl")
    signed = claims.get("serviceurl", claims.get("serviceUrl"))
    if not isinstance(shown, str) or not shown or shown != signed:
        raise GateRefused(401, "the signed service address is not the activity's")


def check_addressing(settings: TeamsSettings, activity: Json) -> None:
    """Raise GateRefused unless an activity is of Teams, for us, and of a tenant of ours.

    `channelData.tenant.id` must be there: Teams puts it into everything. `conversation.tenantId` is
    left out of what an Action.Submit sends, and of some events; where it stands it must agree.
    """
    if not settings.may_serve(str(activity.get("serviceUrl"))):
        raise GateRefused(403, "the service address is not on the allow-list")
    if activity.get("channelId") != CHANNEL:
        raise GateRefused(403, "the activity is not of Teams")
    if _member(activity, "recipient", "id") != f"28:{settings.app_id}":
        raise GateRefused(403, "the activity is for another bot")
    tenant = _member(activity, "channelData", "tenant", "id")
    told = _member(activity, "conversation", "tenantId")
    if not isinstance(tenant, str) or tenant not in settings.tenants:
        raise GateRefused(403, "the activity is of a tenant that is not ours")
    if told is not None and told != tenant:
        raise GateRefused(403, "the activity is of two tenants")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _member(data: Any, *path: str) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


__all__ = ["Checks", "Gate", "GateRefused", "PlaygroundGate", "SigningKeys", "open_gate"]
