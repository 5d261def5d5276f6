"""One signed-in session with Acumatica: opened when first needed, shared, always signed out.

Sessions count against the licence and stay open for 10 minutes when forgotten, so there is one for
reads and one for actions per company, each with its own cookies.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from acumatica_client.answers import error_of, is_signed_out
from acumatica_client.errors import ErpError, ErpSignInFailed, ErpUnavailable
from acumatica_client.protocol import Address, build_sign_in, build_sign_out
from acumatica_client.transport import Reply, Request, Transport, TransportError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who the service is in Acumatica. The password never shows in a repr."""

    user: str
    password: Callable[[], str]
    tenant: str


class Session:
    """A session shared by many callers, at most *parallel* of them in a request at one time."""

    def __init__(
        self, transport: Transport, address: Address, credentials: Credentials, *, parallel: int
    ) -> None:
        self._transport = transport
        self._address = address
        self._credentials = credentials
        self._places = asyncio.Semaphore(parallel)
        self._door = asyncio.Lock()
        self._number = 0
        self._open = False

    async def read(self, request: Request) -> Reply:
        """Send a read; a dropped session is opened afresh once. Raises ErpError."""
        try:
            reply, number = await self.send(request)
            if is_signed_out(reply):
                await self.forget(number)
                reply, _ = await self.send(request)
        except TransportError as error:
            raise ErpUnavailable(str(error)) from error
        if is_signed_out(reply):
            raise ErpSignInFailed(f"{reply.status} after a fresh sign-in")
        return reply

    async def send(self, request: Request) -> tuple[Reply, int]:
        """Send *request* once, signed in; answer with the number of the session that sent it.

        Raises ErpError when signing in fails, TransportError when the request itself does.
        """
        async with self._places:
            number = await self._signed_in()
            return await self._transport.send(request), number

    async def sign_in(self) -> None:
        """Open the session ahead of the first request. Raises ErpError."""
        await self._signed_in()

    async def forget(self, number: int) -> None:
        """Sign in anew before the next request, unless somebody already did."""
        async with self._door:
            if number == self._number:
                self._open = False

    async def _signed_in(self) -> int:
        async with self._door:
            if not self._open:
                await self._sign_in()
            return self._number

    async def _sign_in(self) -> None:
        who = self._credentials
        request = build_sign_in(
            self._address, user=who.user, password=who.password(), tenant=who.tenant
        )
        try:
            reply = await self._transport.send(request)
        except TransportError as error:
            raise ErpUnavailable(str(error)) from error
        if reply.status != 204:
            raise _sign_in_error(reply)
        self._number += 1
        self._open = True

    async def close(self) -> None:
        """Sign out, so that the seat is free at once, and give the connections back."""
        async with self._door:
            if self._open:
                self._open = False
                await self._sign_out()
        await self._transport.close()

    async def _sign_out(self) -> None:
        try:
            reply = await self._transport.send(build_sign_out(self._address))
        except TransportError as error:
            log.warning("signing out of Acumatica failed: %s", error)
            return
        if reply.status != 204:
            log.warning("signing out of Acumatica answered %s", reply.status)


def _sign_in_error(reply: Reply) -> ErpError:
    """Name a failed sign-in; a wrong password is a 500 here and must not be tried again at once."""
    error = error_of(reply)
    if "credential" in error.detail.lower() or "password" in error.detail.lower():
        return ErpSignInFailed(error.detail)
    return error
