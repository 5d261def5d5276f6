"""One signed-in session with Acumatica: opened when first needed, shared, always signed out.

Sessions count against the licence and stay open for 10 minutes when forgotten, so there is one for
reads and one for actions per company, each with its own cookies.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace

from acumatica_client.allowance import Allowance
from acumatica_client.budget import PATIENCE, Lane
from acumatica_client.errors import ErpBusy, ErpError, ErpRejected, ErpUnavailable
from acumatica_client.faces import LIMIT_BACK_OFF, error_of, is_signed_out
from acumatica_client.sign_in import SignIn
from acumatica_client.transport import Reply, Request, Transport, TransportError
from acumatica_client.turns import Turns
from acumatica_client.usage import Kind, kind_of
from acumatica_client.waiting import Errand

log = logging.getLogger(__name__)


class Session:
    """A session shared by many callers, or held by one action alone."""

    def __init__(self, transport: Transport, sign_in: SignIn, allowance: Allowance) -> None:
        self._transport = transport
        self._sign_in = sign_in
        self._allowance = allowance
        self._turns = Turns()
        self._opening = Errand(self._open_it)
        self._number = 0
        self._open = False
        self._closed = False

    async def read(
        self, request: Request, lane: Lane = Lane.BACKGROUND, *, held: bool = False
    ) -> Reply:
        """Send a read; a dropped session is opened afresh once. Raises ErpError.

        *held*: whoever asks holds the session alone already.
        """
        try:
            # Waiting for the minute's share must not keep an action from having its turn.
            await self._allowance.spend(lane, kind_of(request))
            async with nullcontext() if held else self._turns.shared():
                return await self._read(request, lane)
        except TransportError as error:
            self._allowance.told(str(error))
            raise ErpUnavailable(str(error)) from error
        except ErpError as error:
            self._allowance.told(str(error))
            raise

    async def _read(self, request: Request, lane: Lane) -> Reply:
        reply, number = await self._exchange(request, lane)
        if not is_signed_out(reply):
            return reply
        self.forget(number)
        reply, number = await self.send(request, lane)
        if not is_signed_out(reply):
            return reply
        # Signed in, and yet nobody knows us: one of the faces of the login limit.
        self.forget(number)
        limit = ErpBusy(f"{reply.status} after a fresh sign-in", after=LIMIT_BACK_OFF)
        self._allowance.limited(limit)
        raise self._sign_in.seatless(limit)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Hold the session for one action: during a long operation others would fail in it."""
        async with self._turns.alone():
            yield

    async def send(
        self,
        request: Request,
        lane: Lane,
        *,
        patience: float = PATIENCE,
        last_look: Callable[[], None] = lambda: None,
    ) -> tuple[Reply, int]:
        """Send *request* once, signed in; answer with the number of the session that sent it.

        *last_look* may still raise NotSent right before the first byte. Raises ErpError when
        signing in fails or the budget has no room within *patience* seconds, TransportError when
        the request itself does.
        """
        await self._allowance.spend(lane, kind_of(request), patience=patience)
        return await self._exchange(request, lane, last_look)

    async def _exchange(
        self, request: Request, lane: Lane, last_look: Callable[[], None] = lambda: None
    ) -> tuple[Reply, int]:
        async with self._allowance.calling(lane):
            await self._signed_in()
            headers = {**request.headers, **await self._sign_in.headers()}
            number = self._number
            last_look()
            reply = await self._transport.send(replace(request, headers=headers))
        self._notice(reply)
        return reply, number

    def _notice(self, reply: Reply) -> None:
        """Tell the company's allowance of a limit, and operators of what is nobody's input."""
        if reply.status >= 300 or reply.content_type == "text/html":
            error = error_of(reply)
            if isinstance(error, ErpBusy):
                self._allowance.limited(error)
            if not isinstance(error, ErpRejected):
                self._allowance.told(str(error))

    async def sign_in(self) -> None:
        """Open the session ahead of the first request. Raises ErpError."""
        async with self._allowance.calling(Lane.PRESSES):
            await self._signed_in()

    async def _signed_in(self) -> None:
        if not self._open:
            await self._opening.done()

    def forget(self, number: int) -> None:
        """Sign in anew before the next request, unless somebody already did."""
        if number == self._number and self._open:
            self._gone()
            self._sign_in.lost()

    def _gone(self) -> None:
        self._open = False
        self._allowance.usage.sessions_open -= 1

    async def _open_it(self) -> None:
        if self._closed:
            raise ErpUnavailable("the service is stopping")
        self._sign_in.check()
        await self._allowance.spend(Lane.PRESSES, Kind.SIGN_IN)
        try:
            await self._sign_in.open(self._transport)
        except ErpBusy as error:
            self._allowance.limited(error)
            raise
        self._number += 1
        self._open = True
        self._allowance.opened()

    async def leave(self) -> None:
        """Sign out; the next request signs in anew."""
        await self._opening.settled()
        if self._open:
            self._gone()
            await self._sign_out()

    async def close(self) -> None:
        """Sign out for good, so that the seat is free at once, and give the connections back."""
        self._closed = True
        try:
            await self.leave()
        finally:
            await self._transport.close()

    async def _sign_out(self) -> None:
        self._allowance.usage.requests[Kind.SIGN_OUT] += 1  # free: it does not count as a request
        try:
            reply = await self._sign_in.close(self._transport)
        except (TransportError, ErpError) as error:
            log.warning("signing out of Acumatica failed: %s", error)
            return
        if reply.status != 204:
            log.warning("signing out of Acumatica answered %s", reply.status)
