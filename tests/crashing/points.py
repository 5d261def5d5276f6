"""Where the service can die: names for its commits, its requests and its answers.

The product knows nothing of this. What is passed in to it (the store, the transport) and what it
hands out (its answers) is wrapped, and a point is named after where it is: a commit after the
function that opened the transaction, a request after its method and the shape of its path, an
answer after its door.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from acumatica_client.transport import AiohttpTransport, Reply, Request
from storage.database import Connection, Database

ROOT = Path(__file__).resolve().parent.parent.parent
DIED = "died at "
_CARD = re.compile(rb'"fallbackText":\s*"(Bill|Purchase order) ')
_WORD = re.compile(r"[A-Za-z$._]+|v\d(\.\d)?")


class Points:
    """Counts what is passed, writes it down, and dies where it is told to.

    `armed` tells the points to die at, and at which passing of each; whichever comes first.
    """

    def __init__(self, trace: Path, armed: Mapping[str, int]) -> None:
        self._armed = armed
        self._counts: Counter[str] = Counter()
        self._trace = os.open(trace, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def reach(self, name: str) -> None:
        """Pass a point, or end there as a power cut would."""
        self._counts[name] += 1
        os.write(self._trace, f"{name}\n".encode())
        if self._counts[name] >= self._armed.get(name, 1_000_000):
            os.write(self._trace, f"{DIED}{name}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    async def answering(self, request: web.Request, _: web.StreamResponse) -> None:
        """Pass the point before the first byte of an answer."""
        resource = request.match_info.route.resource
        path = resource.canonical if resource else "nowhere"
        if not path.startswith("/health"):
            self.reach(f"answer {request.method} {path} before")


def opener(frame: FrameType | None) -> str:
    """Name the function a frame belongs to."""
    assert frame is not None
    path = Path(frame.f_code.co_filename)
    room = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)
    return f"{room} {frame.f_code.co_qualname}"


def watched_store(points: Points) -> type[Database]:
    """A Database whose commits are points; what changed nothing is no commit worth a death."""

    class Watched(Database):
        def transaction(self) -> AbstractAsyncContextManager[Connection]:
            return _around(points, opener(sys._getframe(1)), super().transaction())

        def write(self, statement: str, values: Any = None) -> Any:
            return self._write(opener(sys._getframe(1)), super().write(statement, values))

        async def _write(self, name: str, work: Any) -> Any:
            points.reach(f"commit {name} before")
            found = await work
            points.reach(f"commit {name} after")
            return found

    return Watched


@asynccontextmanager
async def _around(
    points: Points, name: str, inner: AbstractAsyncContextManager[Connection]
) -> AsyncIterator[Connection]:
    async with inner as conn:
        before = conn.total_changes
        yield conn
        changed = conn.total_changes != before
        if changed:
            points.reach(f"commit {name} before")
    if changed:
        points.reach(f"commit {name} after")


_sending: ContextVar[str] = ContextVar("sending", default="")


def watched_transport(points: Points) -> Callable[[Callable[[str], bool]], AiohttpTransport]:
    """Opens transports whose requests are points: before, sent in full, answered."""

    async def chunk_sent(session: Any, context: Any, params: Any) -> None:
        # Told just before the last bytes are handed to the socket, in the same breath: two turns
        # of the loop later they have left.
        name, loop = _sending.get(), asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, points.reach, f"{name} sent")

    trace = aiohttp.TraceConfig()
    trace.on_request_chunk_sent.append(chunk_sent)
    trace.freeze()

    class Watched(AiohttpTransport):
        async def send(self, request: Request) -> Reply:
            name = shape(request)
            points.reach(f"{name} before")
            _sending.set(name)
            reply = await super().send(request)
            points.reach(f"{name} answered")
            return reply

        def _opened(self) -> tuple[aiohttp.ClientSession, aiohttp.ClientSession]:
            fresh = self._sessions is None
            opened = super()._opened()
            if fresh:
                for session in opened:
                    session.trace_configs.append(trace)
            return opened

    return Watched


def shape(request: Request) -> str:
    """Name a request by its method, its path without what differs between requests, its card."""
    parts = urlsplit(request.url).path.split("/")
    card = _CARD.search(request.body or b"")
    about = f" ({card[1].decode()} card)" if card else ""
    return f"call {request.method} {'/'.join(_shaped(part) for part in parts)}{about}"


def _shaped(part: str) -> str:
    return part if not part or _WORD.fullmatch(part) else "*"
