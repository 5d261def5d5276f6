"""HTTP that says what certainly did not happen: the difference between *not sent* and *no answer*.

Money hangs on that difference, so it is drawn here once, for every peer. Redirects are never
followed, answers are bounded, and a host outside the allow-list is refused before its name is
resolved.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp

MAX_ANSWER = 10 * 1024 * 1024
"""Bytes of one answer we are willing to hold."""


class TransportError(Exception):
    """A request that brought no complete answer."""


class NotSent(TransportError):
    """Not one byte of the request left: refused, no name, no TLS, no free connection in time."""


class NoAnswer(TransportError):
    """The request may have been received and carried out; only a later read can tell."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, whole. `timeout`: seconds until the answer must be complete."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = 30.0
    connect: float = 10.0
    """Seconds to get a connection; when they are over nothing has been sent."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Cookies this answer set, by lower-case name."""

    @property
    def content_type(self) -> str:
        """The media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Transport(Protocol):
    """A way to one kind of peer, with its own cookies."""

    async def send(self, request: Request) -> Reply:
        """Send *request* once. Raises NotSent or NoAnswer."""

    async def close(self) -> None:
        """Give the connections back."""


OpenTransport = Callable[[Callable[[str], bool]], Transport]
"""Opens a transport that may only talk to the addresses its argument allows."""


def open_transport(allowed: Callable[[str], bool]) -> Transport:
    """Open the real transport: one aiohttp session with its own cookie jar."""
    return AiohttpTransport(allowed)


def same_host(base: str) -> Callable[[str], bool]:
    """Allow exactly the scheme, host and port of *base*."""
    wanted = urlsplit(base)

    def allowed(url: str) -> bool:
        shown = urlsplit(url)
        same = (shown.scheme, shown.hostname, shown.port) == (
            wanted.scheme, wanted.hostname, wanted.port,
        )  # fmt: skip
        return same and shown.username is None

    return allowed


class AiohttpTransport:
    """The real transport."""

    def __init__(self, allowed: Callable[[str], bool]) -> None:
        self._allowed = allowed
        self._sessions: tuple[aiohttp.ClientSession, aiohttp.ClientSession] | None = None
        self._closed = False

    async def send(self, request: Request) -> Reply:
        """Send *request* once and read the whole answer, or say what is known of it."""
        if self._closed:  # opened once more, it would be closed by nobody
            raise NotSent("the service is stopping")
        if not self._allowed(request.url):
            raise NotSent(f"{urlsplit(request.url).hostname} is not an allowed host")
        reads, writes = self._opened()
        try:
            return await _exchange(reads if request.method == "GET" else writes, request)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(_unconnected(error, request.url)) from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error

    def _opened(self) -> tuple[aiohttp.ClientSession, aiohttp.ClientSession]:
        # Made on first use: a session wants a running loop. Writes get a connection of their own
        # each time, so that none meets a kept-alive connection that has just been closed.
        if self._sessions is None:
            # Quotes around `Locale=Culture=en-US&…` would become part of its value in ASP.NET.
            jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
            fresh = aiohttp.TCPConnector(force_close=True)
            self._sessions = (
                aiohttp.ClientSession(cookie_jar=jar),
                aiohttp.ClientSession(cookie_jar=jar, connector=fresh, middlewares=(_only_once,)),
            )
        return self._sessions

    async def close(self) -> None:
        """Close both sessions for good, also when that is cancelled half way."""
        self._closed = True
        async with AsyncExitStack() as closing:
            for session in self._sessions or ():
                closing.push_async_callback(session.close)
        self._sessions = None


def _unconnected(error: aiohttp.ClientError, url: str) -> str:
    """Say in plain words that there is no connection, and why as far as it is known."""
    place = urlsplit(url).netloc
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"no connection to {place} in time"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"no connection to {place}: {error.certificate_error}"
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    number = getattr(cause, "errno", None) or 0
    why = os.strerror(number) if number > 0 else getattr(cause, "strerror", None) or cause
    return f"no connection to {place}: {why}"


async def _only_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from silently repeating a PUT whose connection broke, fresh ones included.

    It repeats idempotent methods on its own errors, so a break leaves here as ours.
    """
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise NoAnswer(str(error) or type(error).__name__) from error


async def _exchange(session: aiohttp.ClientSession, request: Request) -> Reply:
    timeout = aiohttp.ClientTimeout(total=request.timeout, connect=request.connect)
    async with session.request(
        request.method,
        request.url,
        headers=request.headers,
        data=request.body,
        timeout=timeout,
        allow_redirects=False,
    ) as answer:
        body = bytearray()
        async for chunk in answer.content.iter_chunked(65536):
            body += chunk
            if len(body) > MAX_ANSWER:
                raise NoAnswer(f"the answer is larger than {MAX_ANSWER} bytes")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        cookies = {name.lower(): cookie.value for name, cookie in answer.cookies.items()}
        return Reply(answer.status, headers, bytes(body), cookies)
