"""A transport that reads and signs in, and can do nothing else: what a dry run goes out by."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from acumatica_client.transport import NotSent, OpenTransport, Reply, Request, Transport
from bot.clock import Ports

READS = frozenset({"GET", "HEAD"})
SIGN_INS = (
    "/entity/auth/login",
    "/entity/auth/logout",
    "/identity/connect/token",
    "/oauth2/v2.0/token",
    "/$batch",
)
"""Ends of the paths a POST may go to: sign-ins, and Graph's way of asking for several at once."""


class ReadOnly:
    """Carries requests that change nothing; any other is refused before it leaves."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def send(self, request: Request) -> Reply:
        """Send a request that changes nothing. Raises NotSent for any other."""
        if not _changes_nothing(request):
            raise NotSent(f"a dry run sends no {request.method}")
        return await self._inner.send(request)

    async def close(self) -> None:
        """Give the connections back."""
        await self._inner.close()


def reading_only(ports: Ports) -> Ports:
    """Return the same ports, whose transports change nothing anywhere."""
    return replace(ports, open_transport=_opened(ports.open_transport))


def _opened(inner: OpenTransport) -> OpenTransport:
    return lambda allowed: ReadOnly(inner(allowed))


def _changes_nothing(request: Request) -> bool:
    signs_in = request.method == "POST" and urlsplit(request.url).path.endswith(SIGN_INS)
    return request.method in READS or signs_in
