"""What a stand-in is started with; time, waiting and chance come in from outside."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from random import Random, SystemRandom

from .versions import CONTRACT4

_SITE = re.compile(r"(/[A-Za-z0-9_.-]+)+")
ACTION_LOCATIONS = ("record", "none", "nonsense")
FACES = ("429", "500", "html", "redirect", "dead_session")
CLIENT_GUID = "6c2f7b5e-41d8-4a0c-9f63-2d8b1e5a7c90"
CALLBACKS = tuple(
    f"http://{host}:3978/auth/acumatica/callback" for host in ("127.0.0.1", "localhost")
)


def utc_now() -> datetime:
    """The machine's clock, for everybody who injects none."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """One stand-in: who may sign in, where the book is kept, which clock it lives by."""

    password: str = field(repr=False)
    user: str = "countersign"
    tenant: str = "Company"
    tenants: tuple[str, ...] = ()  # further tenants of the site; with one alone any name passes
    lands_on: str = ""  # where every sign-in ends, as with a stale map of tenants
    data: Path | None = None  # None: memory only
    sample: bool = True
    today: date | None = None
    seats: int = 4
    logins_per_user: int = 0  # these limits: 0 is none
    requests_per_minute: int = 0
    concurrent_requests: int = 0
    login_limit_face: str = "429"
    limit_at_token: bool = False  # OAuth: the limit shows at the token, or at the first request
    client_id: str = ""  # the connected application; made of a fixed GUID and the tenant
    client_secret: str = field(default="", repr=False)  # the API user's password, unless told
    redirect_uris: tuple[str, ...] = CALLBACKS
    identity_key: str = field(default="", repr=False)  # PEM; without it one is made, which is slow
    refresh_tokens: bool = True  # off: asking for offline_access is an error
    site: str = ""  # the folder of the web server it lives in, such as /AcumaticaERP
    pkce_required: bool = False  # the vendor's own clients send no challenge
    versions: tuple[str, ...] = CONTRACT4  # of the endpoint Default
    contract5: bool = False  # serve Default/26.200.001, which speaks contract version 5
    bare_endpoints: bool = False  # these four are habits too: how the instance starts
    unstable_order: bool = False
    action_location: str = "record"
    reason_required: bool = False
    operation_seconds: float = 0.6
    utc_offset: timedelta = timedelta(0)
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Random = field(default_factory=SystemRandom)

    def __post_init__(self) -> None:
        """A face nobody knows would only show at the first full house."""
        unknown = set(self.versions) - set(CONTRACT4)
        if unknown or not self.versions:
            raise ValueError(f"versions must be some of: {', '.join(CONTRACT4)}")
        if self.site and not _SITE.fullmatch(self.site):
            raise ValueError("site must be a folder such as /AcumaticaERP")
        if self.action_location not in ACTION_LOCATIONS:
            raise ValueError(f"action_location must be one of: {', '.join(ACTION_LOCATIONS)}")
        if self.login_limit_face not in FACES:
            raise ValueError(f"login_limit_face must be one of: {', '.join(FACES)}")
        if self.lands_on not in ("", self.tenant, *self.tenants):
            raise ValueError("lands_on must name one of the tenants")
        if self.client_id in ("", CLIENT_GUID) or self.client_id.startswith(f"{CLIENT_GUID}@"):
            object.__setattr__(self, "client_id", f"{CLIENT_GUID}@{self.tenant}")

    @property
    def zone(self) -> timezone:
        """The server's zone: every date comes with its offset, whatever the user's zone is."""
        return timezone(self.utc_offset)

    def day(self) -> date:
        """The business date of a document entered now."""
        return self.today or self.now().astimezone(self.zone).date()
