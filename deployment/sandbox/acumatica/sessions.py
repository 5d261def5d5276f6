"""Who is signed in: cookie sessions that idle away and count against a license. Memory only, as an
application-pool recycle loses them too.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

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
    seen: datetime


SESSION = web.RequestKey("SESSION", Session)


class SeatsTaken(Exception):
    """The license has no seat left: the API login limit."""


class Sessions:
    """All live sessions."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._live: dict[str, Session] = {}

    def open(self, user: str) -> Session:
        """Take a seat for *user*; the same user signing in again takes another one."""
        self._forget_idle()
        if len(self._live) >= self._options.seats:
            raise SeatsTaken
        session = self.unseated(user)
        self._live[session.id] = session
        return session

    def unseated(self, user: str) -> Session:
        """A session nobody will know: the login limit can be a 204 whose cookies are dead."""
        label, session_id, auth = (self._token() for _ in range(3))
        return Session(label[:8], user, session_id, auth, self._options.now())

    def find(self, cookies: Mapping[str, str]) -> Session | None:
        """The session these cookies belong to; both must fit. Being asked keeps it alive."""
        self._forget_idle()
        session = self._live.get(cookies.get(SESSION_COOKIE, ""))
        if session is None or session.auth != cookies.get(AUTH_COOKIE):
            return None
        session.seen = self._options.now()
        return session

    def close(self, session: Session) -> None:
        """Give the seat back."""
        self._live.pop(session.id, None)

    def count(self) -> int:
        """How many seats are taken."""
        self._forget_idle()
        return len(self._live)

    def _token(self) -> str:
        return uuid.UUID(int=self._options.random.getrandbits(128)).hex

    def _forget_idle(self) -> None:
        oldest = self._options.now() - IDLE
        self._live = {key: s for key, s in self._live.items() if s.seen > oldest}
