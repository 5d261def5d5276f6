"""The public keys that sign calls to the bot, fetched on our own loop, with bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from acumatica_client.transport import Request, Transport, TransportError
from bot.clock import Clock
from bot.strict_json import read_object
from storage.records import Json

KEYS_FRESH = 24 * 3600.0
"""Seconds keys count while their server is away."""
RENEW_AFTER = 12 * 3600.0
"""Age at which they are fetched anew, so that no press waits for that."""
REFETCH_AFTER = 60.0
"""Seconds between two fetches of the keys, so that invented key ids cannot make us fetch."""
RETRY_AFTER = 5.0
"""The same after a fetch that failed."""
TIMEOUT = 10.0
LIMIT = 1024 * 1024
"""Bytes of a key document; real ones have some thousand."""

Key = Mapping[str, Any]
"""A key as the key document lists it."""


class GateRefused(Exception):
    """The call is not let in; `status` is the HTTP answer, the reason is for our log only."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class SigningKeys:
    """Keys by id. Known ones go on counting for a day when their server is away."""

    def __init__(self, transport: Transport, clock: Clock, url: str) -> None:
        self._transport = transport
        self._clock = clock
        self._url = url
        self._keys: dict[str, Key] = {}
        self._fetched: float | None = None
        self._failed: float | None = None
        self._lock = asyncio.Lock()

    def known(self, key_id: str) -> Key | None:
        """Return the key with that id, if it was fetched within a day."""
        return None if _over(self._age(self._fetched), KEYS_FRESH) else self._keys.get(key_id)

    async def find(self, key_id: str) -> dict[str, Any] | None:
        """Return the key with that id, fetching the document when it is unknown or old.

        Raises GateRefused with 503 when nobody can say whether there is such a key.
        """
        if self.known(key_id) is None:
            async with self._lock:  # one fetch serves everybody who waits for it
                if self.known(key_id) is None and _over(self._age(self._fetched), REFETCH_AFTER):
                    await self._fetch()
        found = self.known(key_id)
        return None if found is None else dict(found)

    async def step(self) -> bool:
        """Fetch the keys before somebody has to wait for them; False while that is not due."""
        if self._renewal_wait() > 0:
            return False
        async with self._lock:
            with suppress(GateRefused):  # whoever comes meanwhile is told, and it is tried again
                await self._fetch()
        return True

    async def next_due(self) -> datetime:
        """Return when to look again whether the keys must be fetched."""
        return self._clock.now() + timedelta(seconds=self._renewal_wait())

    def _renewal_wait(self) -> float:
        failed, fetched = self._age(self._failed), self._age(self._fetched)
        if failed is not None:
            return max(0.0, REFETCH_AFTER - failed)
        return 0.0 if fetched is None else max(0.0, RENEW_AFTER - fetched)

    def _age(self, moment: float | None) -> float | None:
        return None if moment is None else self._clock.reading().seconds - moment

    async def _fetch(self) -> None:
        if not _over(self._age(self._failed), RETRY_AFTER):
            raise GateRefused(503, "the key document could not be read a moment ago")
        try:
            keys = _usable(await self._json(await self._address()))
        except (TransportError, ValueError) as error:
            self._failed = self._clock.reading().seconds
            raise GateRefused(503, f"the key document cannot be read: {error}") from error
        self._keys = keys
        self._fetched, self._failed = self._clock.reading().seconds, None

    async def _address(self) -> str:
        """Return where the keys are; an address of somebody else is not followed."""
        url = str((await self._json(self._url)).get("jwks_uri"))
        own, told = urlsplit(self._url), urlsplit(url)
        if (own.scheme, own.netloc) != (told.scheme, told.netloc):
            raise ValueError(f"it leads to another host, {told.hostname}")
        return url

    async def _json(self, url: str) -> Json:
        reply = await self._transport.send(Request("GET", url, timeout=TIMEOUT))
        if reply.status != 200:
            raise ValueError(f"{url} answered {reply.status}")
        if len(reply.body) > LIMIT:
            raise ValueError(f"{url} is larger than {LIMIT} bytes")
        return read_object(reply.body)


class EntraKeys(SigningKeys):
    """The keys tokens of Entra are signed with; their address is the vendor's own, and fixed."""

    def __init__(self, transport: Transport, clock: Clock, *, login_url: str, tenant: str) -> None:
        self._keys_at = f"{login_url.rstrip('/')}/{tenant}/discovery/v2.0/keys"
        super().__init__(transport, clock, self._keys_at)

    async def _address(self) -> str:
        return self._keys_at


def _usable(document: Json) -> dict[str, Key]:
    """Return the keys of a document by id; one without any is a broken one."""
    listed = document.get("keys")
    rows = listed if isinstance(listed, list) else []
    keys: dict[str, Key] = {
        str(row["kid"]): row for row in rows if isinstance(row, dict) and row.get("kid")
    }
    if not keys:
        raise ValueError("it lists no key")
    return keys


def _over(age: float | None, limit: float) -> bool:
    """Say whether *age* is at least *limit*; what never happened is older than any limit."""
    return age is None or age >= limit
