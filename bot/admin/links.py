"""One-time links: whoever is at the machine's command line lets somebody in, for minutes, once."""

from __future__ import annotations

from datetime import timedelta

from bot.admin.roles import Role
from bot.auditing.writing import writing
from bot.clock import Ports
from bot.settings import Settings, own_address
from storage import admin, audit
from storage.database import must_exist
from storage.records import AuditEntry

LASTS = timedelta(minutes=10)
PATH = "/admin/link"


async def make_link(
    settings: Settings, ports: Ports, *, name: str, role: Role, local: bool = False
) -> str:
    """Return the address of a new link, kept in the store as a hash; the audit trail tells of it.

    *local*: for a browser on this machine. Works beside a running service. Raises StoreError.
    """
    must_exist(settings.storage.path)
    token, now = ports.token(), ports.clock.now()
    detail = {"role": role, "minutes": LASTS // timedelta(minutes=1)}
    entry = AuditEntry(now, ports.token(), f"operator {name}", "admin link made", detail=detail)
    async with writing(settings, ports) as (conn, _):
        await audit.add(conn, entry)
        await admin.make_link(conn, token, name=name, role=role, ends_at=now + LASTS)
    public = "" if local else settings.server.public_url
    base = public or own_address(settings)
    return f"{base.rstrip('/')}{PATH}?token={token}"
