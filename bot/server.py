"""The doors: prove the sender, store or hand over, answer. Bad input is never answered 5xx."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.bodies import read_body, read_members
from bot.gate import Checks
from bot.reading.push_door import PushDoor
from bot.seam import Seam
from bot.signing_in.consents import Consents
from bot.signing_keys import GateRefused
from bot.watch import Watch

log = logging.getLogger(__name__)

MESSAGE_LIMIT = 256 * 1024
REQUEST_SECONDS = 30.0
"""How long any door may take over one request, its body included."""

PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of a page that shows something meant for one pair of eyes."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Doors:
    """The HTTP handlers."""

    def __init__(
        self, gate: Checks, seam: Seam, push_door: PushDoor, watch: Watch, consents: Consents
    ) -> None:
        self._gate = gate
        self._seam = seam
        self._consents = consents
        self.push = push_door.push
        self.ready = watch.ready
        self.metrics = watch.metrics

    async def messages(self, request: web.Request) -> web.Response:
        """Take one activity from Teams."""
        activity = await read_members(await read_body(request, MESSAGE_LIMIT))
        if not isinstance(activity.get("type"), str) or not activity["type"]:
            raise web.HTTPBadRequest(text="an activity needs a type")
        try:
            await self._gate.check(request.headers.getall("Authorization", []), activity)
        except GateRefused as error:
            log.warning("call refused at the gate", extra={"reason": str(error)})
            return web.Response(status=error.status)
        answer = await self._seam.run(activity)
        if answer is None:
            return web.Response(status=202)
        return web.json_response(answer.body, status=answer.status)

    async def callback(self, request: web.Request) -> web.Response:
        """Take a browser back from the ERP's sign-in; what it is shown is nobody else's."""
        asked = request.query
        locale, _, _ = request.headers.get("Accept-Language", "").partition(",")
        page = await self._consents.came_back(asked.get("state", ""), asked.get("code", ""), locale)
        return web.Response(
            status=page.status, text=page.html, content_type="text/html", headers=PRIVATE
        )

    async def live(self, request: web.Request) -> web.Response:
        """Say that the process answers."""
        del request
        return web.json_response({"live": True})


def answering_within(seconds: float) -> Middleware:
    """Answer 503 when nothing can be stored, or not in time, so that the sender comes again."""

    @web.middleware
    async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            async with asyncio.timeout(seconds):
                return await handler(request)
        except sqlite3.Error:
            log.exception("the store failed")
        except TimeoutError:
            log.exception("a request took too long", extra={"what": request.path})
        return web.Response(status=503, headers={"Retry-After": "5"})

    return answered


plain_errors = answering_within(REQUEST_SECONDS)
"""What stands around every door."""


async def hide_version(request: web.Request, response: web.StreamResponse) -> None:
    """Do not tell the server's software and version."""
    del request
    response.headers.pop("Server", None)
