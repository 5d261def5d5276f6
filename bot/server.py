"""The doors: prove the sender, store or hand over, answer. Bad input is never answered 5xx."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from bot.bodies import read_body, read_members
from bot.gate import Checks
from bot.reading.push_door import PushDoor
from bot.seam import Seam
from bot.signing_in.consents import Consents
from bot.signing_keys import GateRefused
from bot.watch import Watch

log = logging.getLogger(__name__)

MESSAGE_LIMIT = 256 * 1024

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


@web.middleware
async def plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 503 when nothing can be stored, so that the sender comes again."""
    try:
        return await handler(request)
    except sqlite3.Error:
        log.exception("the store failed")
        return web.Response(status=503, headers={"Retry-After": "5"})


class QuietRunner(web.AppRunner):
    """Runs an application so that what is no HTTP learns nothing of us either."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _QuietServer(
            made.request_handler, request_factory=made.request_factory, **self._kwargs
        )


class _QuietServer(web.Server):
    def __call__(self) -> RequestHandler:
        return _QuietHandler(self, loop=asyncio.get_running_loop(), **self._kwargs)


class _QuietHandler(RequestHandler):
    """Answers what it cannot read, and what failed, with a status alone."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Say no more than *status*: the library would name itself and quote what it read.

        Raises ConnectionError when part of another answer is out already.
        """
        del message
        if status >= 500:
            log.error("a request failed", exc_info=exc)
        else:
            log.info("what came was no HTTP")
        if request.writer.output_size > 0:
            raise ConnectionError("part of an answer is out already")
        return _Bare(status=status)


class _Bare(web.Response):
    """A status and nothing else, after which the connection is closed.

    It is written by hand: no hook of the application sees the answer to what is no request, and
    the library puts its own name into every other.
    """

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write all of it."""
        line = f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"
        if request.transport is not None:
            head = f"{line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            request.transport.write(head.encode())

    async def write_eof(self, data: bytes = b"") -> None:
        """Everything is written already."""


async def hide_version(request: web.Request, response: web.StreamResponse) -> None:
    """Do not tell the server's software and version."""
    del request
    response.headers.pop("Server", None)
