"""What the stand-in is started with; time, waiting and chance come in from outside."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom

from deployment.sandbox.teams.directory import home_tenant


def utc_now() -> datetime:
    """The wall clock, aware and UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """One bot, one tenant, one address."""

    bot: str
    """Base URL of the bot; activities go to `{bot}/api/messages`."""
    app_secret: str = field(repr=False)
    app_id: str = "bbbbbbbb-0000-4000-8000-000000000002"
    tenant_id: str = field(default_factory=home_tenant)
    data: Path | None = None
    """Folder that survives a restart; None keeps everything in memory."""
    keys: Path | None = None
    """Where the signing keys are kept; with `data` where nothing is said. Making one is slow."""
    address: str = ""
    """Own base URL. `serve` fills it in; otherwise it is learned from the first request."""
    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    pause: Callable[[float], Awaitable[None]] | None = None
    """Waits between two tries of a notice, up to half an hour; `sleep` where nothing is said."""
    random: Random = field(default_factory=SystemRandom)
