"""The bounds every door has, at their real numbers, and how a slow request ends; all by sockets."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from test_connections import OK, SOON, Line

from bot.bodies import read_body
from bot.connections import GuardedRunner
from bot.server import REQUEST_SECONDS, answering_within

ROOM = 4096
"""Files this process may open: both ends of each connection are its own."""
POST = (
    b"POST / HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
)
Dial = Callable[[str], Awaitable[Line]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def door(handler: Handler, *, seconds: float = REQUEST_SECONDS) -> AsyncIterator[Dial]:
    """A door with the bounds it has in production, and how to connect to it from an address."""
    app = web.Application(middlewares=[answering_within(seconds)])
    app.router.add_route("*", "/", handler)
    runner = GuardedRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    lines: list[Line] = []

    async def dial(address: str) -> Line:
        where = runner.addresses[0][:2]
        line = Line(*await asyncio.open_connection(*where, local_addr=(address, 0)))
        lines.append(line)
        return line

    try:
        yield dial
    finally:
        for line in lines:
            await line.hang_up()
        await runner.cleanup()


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_one_address_has_64_connections_and_no_more() -> None:
    async with door(hello) as dial:
        for _ in range(64):
            assert await (await dial("127.0.0.1")).ask() == OK

        assert await (await dial("127.0.0.1")).ask() == b""
        assert await (await dial("127.0.0.2")).ask() == OK


async def test_there_are_512_connections_and_no_more() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(ROOM, hard)), hard))
    async with door(hello) as dial:
        for number in range(512):
            assert await (await dial(f"127.0.0.{1 + number // 64}")).ask() == OK

        assert await (await dial("127.0.0.9")).ask() == b""


async def test_a_body_that_is_not_whole_in_time_is_not_waited_for() -> None:
    async def reads(request: web.Request) -> web.Response:
        await read_body(request, 1000, seconds=SOON)
        return web.Response(text="hello")

    async with door(reads) as dial:
        slow, swift = await dial("127.0.0.1"), await dial("127.0.0.1")
        slow.send(POST + b'{"a":')
        swift.send(POST + b'{"a": 12}')

        assert await swift.answer() == OK
        assert await slow.status() == b"HTTP/1.1 408 Request Timeout"


async def test_a_request_that_is_not_done_in_time_is_asked_to_come_again() -> None:
    ended = asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return web.Response(text="hello")

    async with door(never, seconds=SOON) as dial:
        line = await dial("127.0.0.1")
        line.send(POST + b'{"a": 12}')

        assert await line.status() == b"HTTP/1.1 503 Service Unavailable"
        await ended.wait()


async def test_a_body_that_only_says_it_is_packed_is_refused_without_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def read(request: web.Request) -> web.Response:
        return web.Response(body=await read_body(request, 100))

    packed = POST.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    async with door(read) as dial:
        line = await dial("127.0.0.1")
        line.send(packed + b"no gzip..")
        assert await line.status() == b"HTTP/1.1 415 Unsupported Media Type"

    assert [one for one in caplog.records if one.exc_info] == []
