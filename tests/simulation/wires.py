"""The network between the programs: in memory, in order, and as bad as the story wants it.

A connection is two ends; what one writes the other gets after a while. A fault strikes one request:
it is drawn when a client begins to send, and what it did is counted.
"""

from __future__ import annotations

import asyncio
import contextvars
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from virtual_time import Process, SimulatedLoop, owner

Address = tuple[str, int]
FAULTS = (
    "refused", "unreachable", "slow", "lost", "reset_before", "reset_after", "half_answer",
    "silent", "twice",
)  # fmt: skip
"""`unreachable` never connects; `lost` never arrives, `silent` arrives and is never answered."""
AT_CONNECT = ("refused", "unreachable")
SPOILS_ANSWER = ("reset_after", "half_answer", "silent", "slow")
FASTEST, SLOWEST = 0.0005, 0.012
STEP = 1e-6


@dataclass
class Armed:
    """A fault that waits for requests to a server."""

    kind: str
    server: str
    left: int


@dataclass(frozen=True)
class Struck:
    """A fault that fired: which, between whom, when, and the first line of the request."""

    kind: str
    client: str
    server: str
    at: float
    line: str


class PairedSocket:
    """What a transport shows of its socket: options can be set, and mean nothing."""

    family = socket.AF_UNIX

    def setsockopt(self, *_option: Any) -> None: ...


@dataclass(eq=False)
class Listener:
    """A server that takes connections."""

    name: str
    factory: Callable[[], Any]
    process: Process


@dataclass(eq=False)
class Network:
    """Who listens where, and what goes wrong."""

    loop: SimulatedLoop
    chance: Random
    listeners: dict[int, Listener] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    armed: list[Armed] = field(default_factory=list)
    struck: list[Struck] = field(default_factory=list)
    _wanted: dict[int, int] = field(default_factory=dict)

    def listen(self, port: int, name: str, factory: Callable[[], Any], process: Process) -> None:
        """Take connections to *port* until the process ends."""
        self.names[port] = name
        mine = self.listeners[port] = Listener(name, factory, process)
        process.at_death.append(lambda: self.leave(port, mine))

    def leave(self, port: int, listener: Listener | None = None) -> None:
        """Take no more connections to *port*."""
        if listener is None or self.listeners.get(port) is listener:
            self.listeners.pop(port, None)

    def arm(self, kind: str, server: str, times: int = 1) -> None:
        """Let the next requests to a server go wrong."""
        self.armed.append(Armed(kind, server, times))

    def calm(self) -> None:
        """From now on nothing goes wrong."""
        self.armed.clear()

    def take(self, server: str, client: str, *, connecting: bool, line: str = "") -> str:
        """The fault that strikes this request, used up by one."""
        if client == "people":
            return ""
        for fault in self.armed:
            if fault.server == server and (fault.kind in AT_CONNECT) == connecting:
                if fault.kind == "twice" and server != "bot":
                    continue
                fault.left -= 1
                self.armed = [one for one in self.armed if one.left > 0]
                self.struck.append(Struck(fault.kind, client, server, self.loop.time(), line))
                return fault.kind
        return ""

    def counts(self) -> Counter[str]:
        """How often each fault fired."""
        return Counter(one.kind for one in self.struck)

    # --- what the loop asks ---

    def look_up(self, _host: str, port: int) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    async def reach(self, sock: socket.socket, address: Any) -> None:
        """Find the server; nothing leaves the machine: the socket itself stays unused."""
        port = address[1]
        self._wanted[sock.fileno()] = port
        kind = self.take(self.names.get(port, ""), _name(owner()), connecting=True)
        if kind == "unreachable":
            await asyncio.sleep(3600)
        await asyncio.sleep(self.delay())
        if kind == "refused" or port not in self.listeners:
            raise ConnectionRefusedError(111, "Connection refused")

    def connect(self, factory: Callable[[], Any], sock: socket.socket) -> Any:
        """Join a client to the server it reached."""
        port = self._wanted.pop(sock.fileno())
        sock.close()
        listener = self.listeners.get(port)
        if listener is None:
            raise ConnectionRefusedError(111, "Connection refused")
        protocol = factory()
        client = End(self, protocol, owner(), listener.name)
        link = Link(self, client, listener)
        protocol.connection_made(client)
        link.open_server()
        return client, protocol

    def delay(self) -> float:
        """How long a piece takes on a good day."""
        return FASTEST + self.chance.random() * (SLOWEST - FASTEST)


class End(asyncio.Transport):
    """One end of a connection, as its protocol holds it."""

    def __init__(
        self, network: Network, protocol: Any, process: Process | None, peer_name: str
    ) -> None:
        super().__init__({"socket": PairedSocket(), "peername": ("127.0.0.1", 1)})
        self._network = network
        self._loop = network.loop
        self._protocol = protocol
        self.process = process
        self.peer_name = peer_name
        self.link: Link
        self._closing = False
        self._gone = False
        self._paused = False
        self._held: list[Callable[[], None]] = []
        self._clear_at = 0.0
        if process is not None:
            process.at_death.append(self._die)

    # --- the transport's side ---

    def write(self, data: Any) -> None:
        if data and not self._closing and self._is_alive():
            self.link.carry(self, bytes(data))

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return self._closing

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def get_protocol(self) -> Any:
        return self._protocol

    def is_reading(self) -> bool:
        return not self._paused

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        held, self._held = self._held, []
        for one in held:
            self._soon(one)

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: Any = None, low: Any = None) -> None: ...

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self.link.hang_up(self)
            self._soon(lambda: self._lose(None))

    def abort(self) -> None:
        if not self._gone:
            self._closing = True
            self.link.hang_up(self, error=True)
            self._soon(lambda: self._lose(None))

    # --- the network's side ---

    def arrive(self, what: Callable[[Any], None], after: float) -> None:
        """Have something reach the protocol after a while, behind all that is on its way."""
        self._clear_at = max(self._clear_at + STEP, self._loop.time() + after)
        self._loop.call_at(self._clear_at, lambda: self._reach(what), context=self.context)

    def _reach(self, what: Callable[[Any], None]) -> None:
        if self._gone or self._closing or self.link.is_forgotten(self):
            return
        if self._paused:
            self._held.append(lambda: self._reach(what))
            return
        what(self._protocol)

    def end(self, error: BaseException | None, after: float) -> None:
        """Have the connection end here, behind all that is on its way."""
        self.arrive(lambda protocol: self._end(protocol, error), after)

    def _end(self, protocol: Any, error: BaseException | None) -> None:
        if error is None:
            protocol.eof_received()
        self._closing = True
        self._lose(error)

    def _lose(self, error: BaseException | None) -> None:
        if not self._gone:
            self._gone = True
            self._protocol.connection_lost(error)

    def _die(self) -> None:
        """The process is gone; its machine closes the connection."""
        if not self._gone:
            self._gone = self._closing = True
            self.link.hang_up(self, error=True)

    def _soon(self, what: Callable[[], None]) -> None:
        self._loop.call_soon(what, context=self.context)

    @property
    def context(self) -> contextvars.Context | None:
        return self.process.context if self.process else None

    def _is_alive(self) -> bool:
        return self.process is None or self.process.alive


class Link:
    """One connection, from its two ends, and what becomes of the request on it."""

    def __init__(self, network: Network, client: End, listener: Listener) -> None:
        self._network = network
        self._listener = listener
        self.client = client
        self.server: End | None = None
        client.link = self
        self._fault = ""
        self._asking = False
        self._request = b""

    def open_server(self) -> None:
        """Have the server take the connection."""
        context = self._listener.process.context
        self._network.loop.call_soon(self._open, context=context)

    def _open(self) -> None:
        if not self._listener.process.alive:
            return
        protocol = self._listener.factory()
        end = End(self._network, protocol, self._listener.process, _name(self.client.process))
        end.link = self
        self.server = end
        protocol.connection_made(end)

    def is_forgotten(self, end: End) -> bool:
        """Whether what is on its way to *end* has no sender any more.

        Acumatica may still carry out what its client has given up on: the quiet window is for that.
        A late edit that Teams carries out over a newer one is a known gap, and not played.
        """
        gone = self.client.is_closing() and self._fault == "slow"
        return gone and end is self.server and self._listener.name == "teams"

    def carry(self, end: End, data: bytes) -> None:
        """Bring *data* to the other end, or not."""
        if end is self.client:
            self._ask(data)
        else:
            self._answer(data)

    def _ask(self, data: bytes) -> None:
        if not self._asking:
            self._asking, self._request = True, b""
            line = data.partition(b"\r\n")[0].decode("latin-1")
            self._fault = self._network.take(
                self._listener.name, _name(self.client.process), connecting=False, line=line
            )
        self._request += data
        delay = self._network.delay()
        match self._fault:
            case "lost":
                return
            case "reset_before":
                self._break(after=delay)
                return
            case "slow":
                delay += 1.0 + self._network.chance.random() * 40.0
        self._to_server(data, delay)

    def _to_server(self, data: bytes, delay: float) -> None:
        if self.server is None:
            # The connection is still being taken: the data wait in front of it.
            loop = self._network.loop
            loop.call_later(delay, self._late, data, context=self._listener.process.context)
            return
        self.server.arrive(lambda protocol: protocol.data_received(data), delay)

    def _late(self, data: bytes) -> None:
        if self.server is not None:
            self.server.arrive(lambda protocol: protocol.data_received(data), 0.0)

    def _answer(self, data: bytes) -> None:
        first, self._asking = self._asking, False
        delay = self._network.delay()
        match self._fault:
            case "silent":
                return
            case "reset_after":
                self._break(after=delay)
                return
            case "half_answer":
                cut = data[: len(data) // 2]
                self.client.arrive(lambda protocol: protocol.data_received(cut), delay)
                self._break(after=delay, error=None)
                return
            case "twice" if first:
                self._repeat()
        self.client.arrive(lambda protocol: protocol.data_received(data), delay)

    def _repeat(self) -> None:
        """Something in between sends the request again; nobody waits for its answer."""
        self._fault = ""
        deaf = End(self._network, asyncio.Protocol(), None, self._listener.name)
        again = Link(self._network, deaf, self._listener)
        again._fault, again._asking, again._request = "silent", True, self._request
        again.open_server()
        again._to_server(self._request, self._network.delay() + self._network.chance.random() * 5)

    def _break(self, *, after: float, error: BaseException | None = None) -> None:
        broken = ConnectionResetError(104, "Connection reset by peer")
        if self.client.process is not None:
            self.client.end(
                broken if error is None and self._fault != "half_answer" else None, after
            )
        if self.server is not None:
            self.server.end(broken, after)

    def hang_up(self, end: End, *, error: bool = False) -> None:
        """One end is closed: the other hears of it, unless the line is dead."""
        if self._fault in ("silent", "lost") and end is self.server:
            return
        other = self.server if end is self.client else self.client
        if other is not None:
            broken = ConnectionResetError(104, "Connection reset by peer") if error else None
            other.end(broken, self._network.delay())


def _name(process: Process | None) -> str:
    return process.name if process else ""
