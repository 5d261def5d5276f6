"""Connections are bounded in number and patience, through real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.connections import Bounds, Guard, GuardedRunner

SOON = 0.2
"""Seconds the bounded waits of these tests last; nothing here is asked of the clock but an end."""
NEVER = 600.0
HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"


class Line:
    """One connection to the application, as a client's program holds it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def ask(self) -> bytes:
        """Send one whole request and return the status line of its answer, empty when closed."""
        self.send(HEAD + b"\r\n")
        return await self.answer()

    async def answer(self) -> bytes:
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            await self._reader.readexactly(5)
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""
        return head.partition(b"\r\n")[0]

    async def status(self) -> bytes:
        """Return the status line of whatever is answered."""
        return (await self._reader.readuntil(b"\r\n")).strip()

    async def ended(self) -> bytes:
        """Read until the other side closes."""
        try:
            return await asyncio.wait_for(self._reader.read(), NEVER)
        except ConnectionError:
            return b""

    async def hang_up(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


Dial = Callable[[], Awaitable[Line]]


@asynccontextmanager
async def serving(bounds: Bounds) -> AsyncIterator[Dial]:
    """An application behind bounds, and how to connect to it."""
    app = web.Application()
    app.router.add_get("/", _hello)
    app.router.add_post("/", _hello)
    runner = GuardedRunner(app, bounds, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    lines: list[Line] = []

    async def dial() -> Line:
        line = Line(*await asyncio.open_connection(*runner.addresses[0][:2]))
        lines.append(line)
        return line

    yield dial
    for line in lines:
        await line.hang_up()
    await runner.cleanup()


async def _hello(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(text="hello")


OK = b"HTTP/1.1 200 OK"


async def test_one_connection_too_many_of_an_address_is_closed_and_others_go_on() -> None:
    async with serving(Bounds(per_address=3)) as dial:
        held = [await dial() for _ in range(3)]
        assert [await one.ask() for one in held] == [OK] * 3

        assert await (await dial()).ended() == b""
        assert await held[0].ask() == OK


async def test_a_connection_that_ends_makes_room() -> None:
    async with serving(Bounds(connections=1, per_address=0)) as dial:
        first = await dial()
        assert await first.ask() == OK
        await first.hang_up()

        while await (await dial()).ask() != OK:
            pass  # the application notices the end a moment later


@pytest.mark.parametrize("sent", [b"", HEAD], ids=["nothing", "half a head"])
async def test_who_never_sends_a_whole_head_is_closed(sent: bytes) -> None:
    async with serving(Bounds(head=SOON, idle=NEVER)) as dial:
        line = await dial()
        line.send(sent)

        assert await line.ended() == b""


async def test_a_second_request_must_come_whole_too() -> None:
    async with serving(Bounds(head=SOON, idle=NEVER)) as dial:
        line = await dial()
        assert await line.ask() == OK
        line.send(HEAD)

        assert await line.ended() == b""


async def test_a_byte_now_and_then_buys_no_time() -> None:
    async with serving(Bounds(head=SOON, idle=NEVER)) as dial:
        line = await dial()
        line.send(HEAD + b"X-Slow: ")
        end = asyncio.ensure_future(line.ended())
        while not end.done():
            line.send(b"x")
            await asyncio.wait([end], timeout=SOON / 10)

        assert end.result() == b""


async def test_a_connection_may_rest_between_requests_longer_than_a_head_may_take() -> None:
    async with serving(Bounds(head=SOON, idle=NEVER)) as dial:
        rests = await dial()
        assert await rests.ask() == OK
        assert await (await dial()).ended() == b""  # a head that was due later is overdue by now

        assert await rests.ask() == OK


async def test_a_connection_that_rests_too_long_is_closed() -> None:
    async with serving(Bounds(head=NEVER, idle=SOON)) as dial:
        line = await dial()
        assert await line.ask() == OK

        assert await line.ended() == b""


async def test_a_body_on_its_way_is_no_head_that_is_late() -> None:
    async with serving(Bounds(head=SOON, idle=NEVER)) as dial:
        sends = await dial()
        sends.send(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nab")
        assert await (await dial()).ended() == b""
        sends.send(b"cd")

        assert await sends.answer() == OK


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), max_size=60))
def test_no_more_are_in_than_the_bounds_allow(moves: list[tuple[bool, str]]) -> None:
    guard = Guard(Bounds(connections=5, per_address=2))
    inside: list[str] = []
    for comes, address in moves:
        if comes:
            room = len(inside) < 5 and inside.count(address) < 2
            assert guard.enter(address) is room
            inside += [address] * room
        elif address in inside:
            inside.remove(address)
            guard.leave(address)
