"""What happened, in order: tests judge from this, never from the product's word."""

from collections.abc import Callable
from dataclasses import dataclass, field

from deployment.sandbox.teams.store import Store
from deployment.sandbox.teams.wire import Json


@dataclass(slots=True)
class History:
    """Numbered events, written through to the store."""

    store: Store
    clock: Callable[[], str]
    events: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Go on where the last run ended."""
        self.events = self.store.all("event")

    def add(self, kind: str, **facts: object) -> Json:
        """Append one event."""
        seq = self.events[-1]["seq"] + 1 if self.events else 1
        event = {"seq": seq, "at": self.clock(), "kind": kind, **facts}
        self.events.append(event)
        self.store.put("event", seq, event)
        return event

    def after(self, seq: int) -> list[Json]:
        """The events later than *seq*."""
        return self.events[seq:]  # numbered without gaps from 1
