"""One correlation id for all that a change, a press or a message leads to: in log lines and spans.

The id is the one of the audit trail, so that one `grep` finds a document's whole way. Spans go to
whoever was named by `set_spans`; without that they cost nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from urllib.parse import urlsplit

from structlog.contextvars import bound_contextvars

from acumatica_client.transport import OpenTransport, Reply, Request, Transport, TransportError
from bot.clock import Clock

log = logging.getLogger(__name__)

Spans = Callable[[str, Mapping[str, str]], AbstractContextManager[None]]
"""Opens a span of that name, with what is told of it."""


def _no_span(name: str, told: Mapping[str, str]) -> AbstractContextManager[None]:
    del name, told
    return nullcontext()


_spans: list[Spans] = [_no_span]


def set_spans(spans: Spans | None) -> None:
    """Have spans opened by *spans* from now on; None ends that."""
    _spans[0] = spans or _no_span


@contextmanager
def about(what: str, correlation: str, *, company: str = "", document: str = "") -> Iterator[None]:
    """Put every log line and span of the block under *correlation*."""
    told = {"correlation": correlation, "company": company, "document": document}
    known = {name: value for name, value in told.items() if value}
    with bound_contextvars(**known), _spans[0](what, known):
        yield


class TracedTransport:
    """Tells of each request: to whom, how it ended, how long it took; never its path or body."""

    def __init__(self, inner: Transport, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock

    async def send(self, request: Request) -> Reply:
        """Send *request* once. Raises NotSent or NoAnswer."""
        # A path may name a person: the connector finds members by their address.
        peer, began = urlsplit(request.url).netloc, self._clock.reading().seconds
        told = {"peer": peer, "method": request.method}
        with _spans[0]("call", told):
            ended = "cut off"
            try:
                reply = await self._inner.send(request)
                ended = str(reply.status)
                return reply
            except TransportError as error:
                ended = type(error).__name__
                raise
            finally:
                took = round(self._clock.reading().seconds - began, 3)
                log.debug("call", extra={**told, "outcome": ended, "seconds": took})

    async def close(self) -> None:
        """Give the connections back."""
        await self._inner.close()


def traced(open_transport: OpenTransport, clock: Clock) -> OpenTransport:
    """Return what opens transports that tell of each request."""
    return lambda allowed: TracedTransport(open_transport(allowed), clock)
