"""Who is signed in: sessions that idle away and count against a license. Memory only, as an
application-pool recycle loses them too.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from .licence import Licence
from .options import SandboxOptions

IDLE = timedelta(minutes=10)
SESSION_COOKIE, AUTH_COOKIE = "ASP.NET_SessionId", ".ASPXAUTH"


@dataclass(slots=True)
class Session:
    """One sign-in; `label` names it in the history without giving the cookie away."""

    label: str
    user: str
    id: str
    auth: str
    tenant: str
    seen: datetime
    holder: str = ""  # the grant or token it belongs to; a cookie session has none
    until: datetime | None = None  # it lives with its token, however idle
    branch: str = ""  # where the sign-in wanted to work, and in which language
    locale: str = ""


SESSION = web.RequestKey("SESSION", Session)


class SeatsTaken(Exception):
    """The license or the user's own limit has no seat left: the API login limit."""


class Sessions:
    """All live sessions."""

    def __init__(self, options: SandboxOptions, licence: Licence) -> None:
        self._options = options
        self._licence = licence
        self._live: dict[str, Session] = {}

    def open(
        self, user: str, *, tenant: str = "", holder: str = "", until: datetime | None = None
    ) -> Session:
        """Take a seat for *user*; the same user signing in again takes another one."""
        self.check_seats(user)
        session = self.unseated(user, tenant)
        session.holder, session.until = holder, until
        self._live[session.id] = session
        return session

    def unseated(self, user: str, tenant: str = "") -> Session:
        """A session nobody will know: the login limit can be a 204 whose cookies are dead."""
        label, session_id, auth = (self._token() for _ in range(3))
        where = self._options.lands_on or tenant or self._options.tenant
        return Session(label[:8], user, session_id, auth, where, self._options.now())

    def check_seats(self, user: str) -> None:
        """Raise SeatsTaken where one more session of *user* would be too many."""
        limits, own = self._licence.limits, [s for s in self.all() if s.user == user]
        if len(self._live) >= limits.seats or 0 < limits.logins_per_user <= len(own):
            raise SeatsTaken

    def find(self, cookies: Mapping[str, str], holder: str = "") -> Session | None:
        """The session these cookies belong to; both must fit. Being asked keeps it alive."""
        self._forget_ended()
        session = self._live.get(cookies.get(SESSION_COOKIE, ""))
        if session is None or (session.auth, session.holder) != (cookies.get(AUTH_COOKIE), holder):
            return None
        session.seen = self._options.now()
        return session

    def held_by(self, holder: str) -> Session | None:
        """The one session of a grant or token; being asked keeps it alive."""
        session = next((s for s in self.all() if s.holder == holder), None)
        if session:
            session.seen = self._options.now()
        return session

    def close(self, session: Session) -> None:
        """Give the seat back."""
        self._live.pop(session.id, None)

    def close_all(self) -> None:
        """Lose everybody, as a recycle does."""
        self._live.clear()

    def all(self) -> list[Session]:
        """Who is signed in now; each one takes a seat."""
        self._forget_ended()
        return list(self._live.values())

    def _token(self) -> str:
        return uuid.UUID(int=self._options.random.getrandbits(128)).hex

    def _forget_ended(self) -> None:
        now = self._options.now()
        self._live = {key: s for key, s in self._live.items() if _ends(s) > now}


def _ends(session: Session) -> datetime:
    return session.until or session.seen + IDLE
