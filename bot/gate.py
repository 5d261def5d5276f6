"""The gate before the SDK: is this call signed by Teams, for us, about a tenant of ours?

The SDK accepts tokens without expiry, keys without endorsements and activities of any tenant, and
it fetches keys on the event loop. So every call is proved here first: one Bearer header, RS256, a
known key endorsed for Teams, exact issuer and audience, expiry required, and the signed service
address equal to the activity's. Follows the vendor's "Authenticate requests from the Bot Connector
service to your bot".
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import jwt
from jwt.algorithms import RSAAlgorithm

from acumatica_client.transport import Request, Transport, TransportError
from bot.clock import Clock
from bot.settings import TeamsSettings
from storage.records import Json

log = logging.getLogger(__name__)

ISSUER = "https://api.botframework.com"
CHANNEL = "msteams"
LEEWAY = timedelta(minutes=5)
KEYS_FRESH = timedelta(hours=24).total_seconds()
REFETCH_AFTER = 60.0
"""Seconds between two fetches of the keys, so that invented key ids cannot make us fetch."""
RETRY_AFTER = 5.0
"""The same after a fetch that failed."""


class GateRefused(Exception):
    """The call is not let in; `status` is the HTTP answer, the reason is for our log only."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class SigningKeys:
    """The public keys that sign calls from Teams, fetched on our own loop with a timeout."""

    def __init__(self, transport: Transport, clock: Clock, url: str) -> None:
        self._transport = transport
        self._clock = clock
        self.url = url
        self._keys: dict[str, dict[str, Any]] = {}
        self._fetched: float | None = None
        self._failed: float | None = None
        self._lock = asyncio.Lock()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The keys as the key document lists them, for the SDK's own cache."""
        return list(self._keys.values())

    async def find(self, key_id: str) -> dict[str, Any] | None:
        """Return the key with that id, fetching the document when it is unknown or old."""
        known = self._fresh(key_id)
        if known is not None:
            return known
        async with self._lock:  # one fetch serves everybody who waits for it
            known = self._fresh(key_id)
            if known is None and _over(self._age(self._fetched), REFETCH_AFTER):
                await self._fetch()
        return self._fresh(key_id)

    def _fresh(self, key_id: str) -> dict[str, Any] | None:
        return None if _over(self._age(self._fetched), KEYS_FRESH) else self._keys.get(key_id)

    def _age(self, moment: float | None) -> float | None:
        return None if moment is None else self._clock.reading().seconds - moment

    async def _fetch(self) -> None:
        if not _over(self._age(self._failed), RETRY_AFTER):
            raise GateRefused(503, "the key document could not be read a moment ago")
        try:
            document = await self._json(self.url)
            keys = (await self._json(str(document.get("jwks_uri")))).get("keys")
        except (TransportError, ValueError) as error:
            self._failed = self._clock.reading().seconds
            raise GateRefused(503, f"the key document cannot be read: {error}") from error
        listed = keys if isinstance(keys, list) else []
        rows = [key for key in listed if isinstance(key, dict) and key.get("kid")]
        self._keys = {str(key["kid"]): key for key in rows}
        self._fetched, self._failed = self._clock.reading().seconds, None

    async def _json(self, url: str) -> dict[str, Any]:
        reply = await self._transport.send(Request("GET", url, timeout=10.0))
        if reply.status != 200:
            raise ValueError(f"{url} answered {reply.status}")
        data = json.loads(reply.body)
        if not isinstance(data, dict):
            raise ValueError(f"{url} is no JSON object")  # noqa: TRY004  # the peer's value is wrong
        return data


class Gate:
    """Lets in what Teams signed for this bot."""

    def __init__(self, settings: TeamsSettings, keys: SigningKeys, clock: Clock) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock

    async def check(self, authorization: Sequence[str], activity: Json) -> str:
        """Return the proved header value, or raise GateRefused."""
        if len(authorization) != 1 or not authorization[0].startswith("Bearer "):
            raise GateRefused(401, "not exactly one Bearer header")
        claims = await self._claims(authorization[0].removeprefix("Bearer "))
        self._check_service_url(claims, activity)
        self._check_addressing(activity)
        return authorization[0]

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            head = jwt.get_unverified_header(token)
            if head.get("alg") != "RS256":
                raise GateRefused(401, f"algorithm {head.get('alg')!r}")
            key = await self._keys.find(str(head.get("kid")))
            if key is None or CHANNEL not in (key.get("endorsements") or []):
                raise GateRefused(401, "unknown key, or one not endorsed for Teams")
            return self._decoded(token, key)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise GateRefused(401, f"bad token: {type(error).__name__}") from error

    def _decoded(self, token: str, key: Mapping[str, Any]) -> Mapping[str, Any]:
        public = RSAAlgorithm.from_jwk(dict(key))
        # Expiry is checked against the clock that was passed in, not the machine's.
        claims: Mapping[str, Any] = jwt.decode(
            token,
            public,  # type: ignore[arg-type]  # a key document holds public keys only
            algorithms=["RS256"],
            audience=self._settings.app_id,
            issuer=ISSUER,
            options={
                "require": ["exp", "iss", "aud"],
                "strict_aud": True,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        now, leeway = self._clock.now().timestamp(), LEEWAY.total_seconds()
        if not now - leeway < float(claims["exp"]):
            raise GateRefused(401, "the token has expired")
        if float(claims.get("nbf", 0)) > now + leeway:
            raise GateRefused(401, "the token is not valid yet")
        return claims

    def _check_service_url(self, claims: Mapping[str, Any], activity: Json) -> None:
        shown = activity.get("serviceUrl")
        signed = claims.get("serviceurl", claims.get("serviceUrl"))
        if not isinstance(shown, str) or not shown or shown != signed:
            raise GateRefused(401, "the signed service address is not the activity's")
        if not self._settings.may_serve(shown):
            raise GateRefused(403, "the service address is not on the allow-list")

    def _check_addressing(self, activity: Json) -> None:
        if activity.get("channelId") != CHANNEL:
            raise GateRefused(403, "the activity is not of Teams")
        if _member(activity, "recipient", "id") != f"28:{self._settings.app_id}":
            raise GateRefused(403, "the activity is for another bot")
        tenants = {
            _member(activity, "channelData", "tenant", "id"),
            _member(activity, "conversation", "tenantId"),
        }
        if len(tenants) != 1 or not tenants <= self._settings.tenants:
            raise GateRefused(403, "the activity is of a tenant that is not ours")


def _over(age: float | None, limit: float) -> bool:
    """Say whether *age* is at least *limit*; what never happened is older than any limit."""
    return age is None or age >= limit


def _member(data: Any, *path: str) -> str:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, str) else ""
