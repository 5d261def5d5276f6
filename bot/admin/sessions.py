"""Sessions: an opaque id in a cookie, its hash in the store, an end by idleness and by age."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from bot.admin.roles import Role
from bot.clock import Ports
from bot.settings import AdminSettings
from storage import admin, audit
from storage.admin import Session, mark_of
from storage.database import Connection, Database
from storage.records import AuditEntry

SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when somebody was last seen: no write for each page."""


class Sessions:
    """Begins, finds and ends them."""

    def __init__(self, store: Database, ports: Ports, settings: AdminSettings) -> None:
        self._store = store
        self._ports = ports
        self._idle = timedelta(minutes=settings.idle_minutes)
        self._longest = timedelta(hours=settings.session_hours)

    async def begin(self, conn: Connection, *, person: str, name: str, role: Role, how: str) -> str:
        """Begin a session and return the id for its cookie; the audit trail tells of it."""
        word, now = self._ports.token(), self._ports.clock.now()
        session = Session(mark_of(word), person, name, role, now, now, now + self._longest)
        await admin.drop_over(conn, now=now, idle=now - self._idle)
        await admin.begin(conn, session)
        await note(conn, session, self._ports, "admin signed in", role=role, by=how)
        return word

    async def find(self, word: str) -> Session | None:
        """Return the session of a cookie, and count this as being seen."""
        now, mark = self._ports.clock.now(), mark_of(word)
        async with self._store.reading() as conn:
            found = await admin.session(conn, mark, now=now, idle=now - self._idle)
        if found is not None and self._is_old(found, now):
            async with self._store.transaction() as conn:
                await admin.seen(conn, mark, now=now)
        return found

    async def end(self, session: Session) -> None:
        """Sign somebody out."""
        async with self._store.transaction() as conn:
            await admin.end(conn, session.mark)
            await note(conn, session, self._ports, "admin signed out")

    def _is_old(self, session: Session, now: datetime) -> bool:
        return now - session.seen_at >= min(SEEN_EVERY, self._idle / 2)


async def note(
    conn: Connection,
    session: Session,
    ports: Ports,
    action: str,
    *,
    company: str = "",
    document: str = "",
    **detail: object,
) -> None:
    """Write what somebody did on the page into the audit trail."""
    now, token = ports.clock.now(), ports.token()
    entry = AuditEntry(now, token, session.actor, action, company, document, detail)
    await audit.add(conn, entry)


def form_token(word: str) -> str:
    """Return what every form of a session carries: made of its id, which no other page can read."""
    return hashlib.sha256(f"form {word}".encode()).hexdigest()


def fits(word: str, shown: str) -> bool:
    """Say whether a form was made for this session."""
    return hmac.compare_digest(form_token(word).encode(), shown.encode("utf-8", "replace"))
