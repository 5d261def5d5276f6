"""What a stand-in is started with; time, waiting and chance come in from outside."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from random import Random

FACES = ("429", "500", "html", "redirect", "dead_session")


def utc_now() -> datetime:
    """The machine's clock, for everybody who injects none."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """One stand-in: who may sign in, where the book is kept, which clock it lives by."""

    password: str = field(repr=False)
    user: str = "countersign"
    tenant: str = "Company"
    data: Path | None = None  # None: memory only
    sample: bool = True
    today: date | None = None
    seats: int = 4
    login_limit_face: str = "429"
    operation_seconds: float = 0.6
    utc_offset: timedelta = timedelta(0)
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        """A face nobody knows would only show at the first full house."""
        if self.login_limit_face not in FACES:
            raise ValueError(f"login_limit_face must be one of: {', '.join(FACES)}")

    @property
    def zone(self) -> timezone:
        """The server's zone: every date comes with its offset, whatever the user's zone is."""
        return timezone(self.utc_offset)

    def day(self) -> date:
        """The business date of a document entered now."""
        return self.today or self.now().astimezone(self.zone).date()
