"""When a request to Teams may go, so that none is refused for coming too soon. Pure.

Teams counts requests as they arrive, in sliding windows per conversation and for the whole tenant.
We know when one left and when its answer came, so it counts here from its answer: it had arrived by
then. Waiting a whole window from there is certain, whatever the network does, and costs the length
of one round trip a window. A request that is not answered soon counts as arrived after `GRACE`, so
that a dead peer does not stop everybody else.
Follows the vendor's page "Optimize your bot with rate limiting in Teams".
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

GRACE = 1.0
"""Seconds in which a request has surely arrived, answered or not."""
ONE_AT_A_TIME = 1.0
"""Seconds after which to ask again whether the former message of a conversation was answered."""
TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class Window:
    """At most *most* requests in any *seconds*."""

    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Quotas:
    """What Teams lets one bot do: messages and reads in a conversation, and all in a tenant."""

    messages: tuple[Window, ...] = (Window(7, 1), Window(8, 2), Window(60, 30), Window(1800, 3600))
    reads: tuple[Window, ...] = (Window(14, 1), Window(16, 2), Window(120, 30), Window(3600, 3600))
    tenant: tuple[Window, ...] = (Window(30, 1),)


@dataclass(frozen=True, slots=True)
class Errand:
    """One request to come. Posting, editing, deleting and opening a chat count alike."""

    conversation: str
    """Without its thread; empty for what concerns no conversation."""
    reads: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request on its way."""

    errand: Errand
    counted: float
    """When it counts as arrived, as long as no answer says that it was sooner."""


@dataclass(slots=True)
class Log:
    """When the requests under one limit arrived, oldest first."""

    windows: Sequence[Window]
    times: list[float] = field(default_factory=list)

    def wait(self, now: float) -> float:
        """Return the seconds until one more fits into every window."""
        self._forget(now)
        return max((self._wait_for(window, now) for window in self.windows), default=0.0)

    def add(self, at: float) -> None:
        """Count a request."""
        insort(self.times, at)

    def move(self, was: float, at: float) -> None:
        """Count a request from an earlier moment than was assumed."""
        place = bisect_right(self.times, was) - 1
        if at < was and place >= 0 and self.times[place] == was:
            del self.times[place]
            insort(self.times, at)

    def _wait_for(self, window: Window, now: float) -> float:
        if len(self.times) < window.most:
            return 0.0
        return max(0.0, self.times[-window.most] + window.seconds - now)

    def _forget(self, now: float) -> None:
        longest = max((window.seconds for window in self.windows), default=0.0)
        del self.times[: bisect_right(self.times, now - longest)]


class Schedule:
    """Says when each request may go; told of everything that went, and of Retry-After."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas
        self._tenant = Log(quotas.tenant)
        self._logs: dict[Errand, Log] = {}
        self._held: dict[str, float] = {}
        self._open: set[str] = set()
        """Conversations with a message on its way: two at once are refused (412)."""

    def wait(self, errand: Errand, now: float) -> float:
        """Return the seconds until *errand* may go; 0 when it may now."""
        return max(self.room(errand, now), self._tenant.wait(now))

    def room(self, errand: Errand, now: float) -> float:
        """Return the seconds until its conversation has room, whatever the tenant has."""
        if not errand.conversation:
            return 0.0
        held = self._held.get(errand.conversation, 0.0) - now
        busy = not errand.reads and errand.conversation in self._open
        return max(held, ONE_AT_A_TIME if busy else 0.0, self._log(errand).wait(now), 0.0)

    def begin(self, errand: Errand, now: float) -> Ticket:
        """Count a request that goes now."""
        ticket = Ticket(errand, now + GRACE)
        for log in self._counting(errand):
            log.add(ticket.counted)
        if not errand.reads:
            self._open.add(errand.conversation)
        return ticket

    def answered(self, ticket: Ticket, now: float) -> None:
        """Note that a request has come to its end, so that it had arrived by now."""
        for log in self._counting(ticket.errand):
            log.move(ticket.counted, now)
        if not ticket.errand.reads:
            self._open.discard(ticket.errand.conversation)

    def hold(self, conversation: str, until: float) -> None:
        """Let nothing go to one conversation before a moment: Teams asked for that."""
        self._held[conversation] = max(until, self._held.get(conversation, 0.0))

    def recall(self, conversation: str, at: float) -> None:
        """Count a message of the time before a restart."""
        for log in self._counting(Errand(conversation)):
            log.add(at)

    def _counting(self, errand: Errand) -> tuple[Log, ...]:
        return (self._tenant, self._log(errand)) if errand.conversation else (self._tenant,)

    def _log(self, errand: Errand) -> Log:
        windows = self._quotas.reads if errand.reads else self._quotas.messages
        return self._logs.setdefault(errand, Log(windows))
