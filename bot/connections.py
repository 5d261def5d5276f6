"""Bounds connections in number and patience, and tells what is no HTTP nothing of us.

The library has no such bounds: whoever opens connections and sends nothing, or a byte a minute,
would hold them for ever, and with them what an honest sender needs.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections there may be, and how long a sender may take."""

    connections: int = 512
    per_address: int = 64
    """Zero: as many as there may be at all; behind a proxy all come from one address."""
    head: float = 10.0
    """Seconds in which the head of a request must come, from the connection or its first byte."""
    idle: float = 75.0
    """Seconds a connection may wait for its next request."""


class Guard:
    """Counts the open connections, and turns away what is beyond the bounds."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.turned_away = 0
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more connection; False when there are too many already."""
        most = self.bounds.per_address or self.bounds.connections
        if self._open.total() >= self.bounds.connections or self._open[address] >= most:
            self.turned_away += 1
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one connection less."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


class GuardedRunner(web.AppRunner):
    """Runs an application behind a guard."""

    def __init__(self, app: web.Application, bounds: Bounds | None = None, **more: Any) -> None:
        self.guard = Guard(bounds or Bounds())
        # Packed bodies are refused by every door; unpacking one first could only go wrong.
        idle = self.guard.bounds.idle
        super().__init__(app, keepalive_timeout=idle, auto_decompress=False, **more)

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            self.guard, made.request_handler, request_factory=made.request_factory, **self._kwargs
        )


class _Server(web.Server):
    def __init__(self, guard: Guard, handler: Callable[..., Any], **more: Any) -> None:
        super().__init__(handler, **more)
        self._guard = guard

    def __call__(self) -> RequestHandler:
        return _Connection(self, self._guard, loop=asyncio.get_running_loop(), **self._kwargs)


class _Connection(RequestHandler):
    """Is closed when it is one too many or too slow; answers what it cannot read by a status."""

    __slots__ = ("_address", "_guard", "_patience")

    def __init__(self, server: web.Server, guard: Guard, **more: Any) -> None:
        super().__init__(server, **more)
        self._guard = guard
        self._address: str | None = None
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a connection in, and expect the head of its first request soon."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        if not self._guard.enter(address):
            log.warning("a connection too many", extra={"reason": address})
            self.force_close()
            return
        self._address = address
        self._expect_head()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Make room for another."""
        if self._address is not None:
            self._guard.leave(self._address)
            self._address = None
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came; part of a head must become a whole one soon."""
        before = self._request_count
        super().data_received(data)
        if self._request_count > before:
            self._head_came()
        elif self._patience is None and self._waiter is not None and not self._waiter.done():
            self._expect_head()  # the library waits for a request, and this is not all of its head

    def _expect_head(self) -> None:
        self._patience = self._loop.call_later(self._guard.bounds.head, self._too_slow)

    def _head_came(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _too_slow(self) -> None:
        log.info("a request came too slowly")
        self.force_close()

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
