"""How busy the connector is: limits that can be changed, other bots, one operation at a time."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from deployment.sandbox.teams.limits import ALL_BOTS_READ, ALL_BOTS_SEND, READ, SEND, Window
from deployment.sandbox.teams.waiting import Sleep
from deployment.sandbox.teams.wire import ConnectorError, Json, ShapeError, flag, whole_in

MOST = 1_000_000
SLOWEST = 60.0


@dataclass(slots=True)
class Traffic:
    """What a lever says about limits, and which conversations are being worked on."""

    tenant: int = 30  # the stricter of the two published numbers (facts §4)
    enforced: bool = True
    concurrent: float = 0.0
    busy: set[str] = field(default_factory=set)

    def change(self, wish: Mapping[str, object]) -> Json:
        """Apply the wish of a lever, or raise ShapeError; says how it stands."""
        for name, value in wish.items():
            if name == "tenant":
                self.tenant = whole_in(value, name, range(1, MOST))
            elif name == "enforced":
                self.enforced = flag(value, name)
            elif name == "concurrent":
                self.concurrent = _seconds(value)
            else:
                raise ShapeError(f"“{name}” is unknown. Known: concurrent, enforced, tenant.")
        return {"tenant": self.tenant, "enforced": self.enforced, "concurrent": self.concurrent}

    def windows(self, kind: str, place: str) -> dict[str, tuple[Window, ...]]:
        """What one call of a kind (`send`, `create`, `read`) at a place counts under."""
        own, everyone = (READ, ALL_BOTS_READ) if kind == "read" else (SEND, ALL_BOTS_SEND)
        return {f"{kind} {place}": own, f"all {kind} {place}": everyone}

    @asynccontextmanager
    async def alone(self, conversation: str, sleep: Sleep) -> AsyncIterator[None]:
        """Hold a conversation for one operation; meanwhile any other gets 412 (facts §4)."""
        if self.concurrent and conversation in self.busy:
            text = "Another operation on the conversation is under way."
            raise ConnectorError(412, "PreconditionFailed", text)
        self.busy.add(conversation)
        try:
            if self.concurrent:
                await sleep(self.concurrent)
            yield
        finally:
            self.busy.discard(conversation)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= SLOWEST:
        raise ShapeError(f"concurrent must be seconds from 0 to {SLOWEST:.0f}.")
    return float(value)
