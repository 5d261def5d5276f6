"""The tokens beside enclosed messages: did Graph's own application send them, to us?

Follows the vendor's "Rich notifications", the part on validating tokens. What does not hold is not
an error: the message that came along is dropped, and the reply is read from Graph instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import jwt
from jwt.algorithms import RSAAlgorithm

from bot.clock import Clock
from bot.signing_keys import GateRefused

log = logging.getLogger(__name__)

GRAPH = "0bf30f3b-4a52-48df-9a82-234910c4a086"
"""The application Graph signs in as when it delivers notices, in every cloud."""
LEEWAY = 300.0
PATIENCE = 2.0
"""Seconds to wait for Entra's keys: a door answers in three."""


class Keys(Protocol):
    """Entra's public keys."""

    async def find(self, key_id: str) -> dict[str, Any] | None:
        """Return the key with that id. Raises GateRefused when they cannot be read."""


class NoticeTokens:
    """Judges the tokens of one body."""

    def __init__(self, keys: Keys, clock: Clock, *, app_id: str, issuers: frozenset[str]) -> None:
        self._keys = keys
        self._clock = clock
        self._app_id = app_id
        self._issuers = issuers

    async def hold(self, tokens: Sequence[str]) -> bool:
        """Say whether there are tokens and every one of them is Graph's, for us, and in time."""
        if not tokens:
            return False
        try:
            async with asyncio.timeout(PATIENCE):
                for token in tokens:
                    self._check(await self._claims(token))
        except (GateRefused, jwt.PyJWTError, ValueError, TypeError, TimeoutError) as error:
            log.warning("enclosed messages not believed", extra={"reason": str(error)})
            return False
        return True

    async def _claims(self, token: str) -> Mapping[str, Any]:
        head = jwt.get_unverified_header(token)
        if head.get("alg") != "RS256":
            raise ValueError("another algorithm")
        key = await self._keys.find(str(head.get("kid")))
        if key is None:
            raise ValueError("an unknown key")
        return jwt.decode(
            token,
            RSAAlgorithm.from_jwk(dict(key)),  # type: ignore[arg-type]  # they are public keys
            algorithms=["RS256"],
            audience=self._app_id,
            # Times are checked against the clock that was passed in, not the machine's.
            options={
                "require": ["exp", "iss", "aud"],
                "strict_aud": True,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )

    def _check(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now().timestamp()
        if now - LEEWAY >= float(claims["exp"]) or float(claims.get("nbf", 0)) > now + LEEWAY:
            raise ValueError("not its time")
        if claims["iss"] not in self._issuers:
            raise ValueError("another issuer")
        if claims.get("azp", claims.get("appid")) != GRAPH:
            raise ValueError("another application")


def issuers_of(tenants: Iterable[str], login_url: str) -> frozenset[str]:
    """Return who may have issued such a token: Entra's older and newer name, for each tenant."""
    logins = {login_url.rstrip("/"), "https://login.microsoftonline.com"}
    newer = {f"{login}/{tenant}/v2.0" for tenant in tenants for login in logins}
    return frozenset(newer | {f"https://sts.windows.net/{tenant}/" for tenant in tenants})
