"""Notes at a start which settings are not what they were at the last one.

Who may decide, what, and how much is told apart from the rest. No secret is looked at.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bot.clock import Ports
from bot.company_file import File
from bot.configuring.version import version_of
from bot.settings import Settings
from storage import audit
from storage.database import Connection
from storage.records import AuditEntry, Json, StoredEmployee, packed

NAME = "settings"
KEY = "encryption key"
MOST = 200
"""Changes told one by one; beyond, their number is told."""
_RIGHTS = re.compile(
    r"administrators|person\b|\.(approver|actions|to|act_as|allow_unknown_editor|limit|verbs)\b"
)
_ENVIRONMENT = {
    "teams": {
        "app_id", "app_type", "tenant_id", "allowed_tenants", "cloud", "service_url", "login_url",
        "graph_url", "openid_metadata_url", "graph", "install", "notices", "playground",
    },
    "storage": {"url"},
    "server": {"host", "port", "public_url"},
    "audit": {"anchor", "keep_details"},
    "admin": {"enabled", "client_id", "idle_minutes", "session_hours"},
}  # fmt: skip
"""What of the environment is no secret."""


async def note_changes(conn: Connection, settings: Settings, file: File, ports: Ports) -> None:
    """Write a start into the trail, and what changed since the one before."""
    now, token = ports.clock.now(), ports.token()
    is_ = dict(flat(without_secrets(settings, file)))
    was = await audit.seen_before(conn, NAME)
    mark = hashlib.sha256(packed(is_).encode()).hexdigest()
    by = {"settings": mark, "configuration": version_of(file)}
    told: list[tuple[str, Json]] = [("service started", by)]
    if was is not None:
        told += _rows(differences(was, is_))
    for action, detail in told:
        await audit.add(conn, AuditEntry(now, token, "countersign", action, detail=detail))
    if was != is_:
        await audit.remember(conn, NAME, is_)
    if settings.encryption.listed:
        await note_key(conn, settings.encryption.listed, ports)


async def note_key(conn: Connection, keys: Sequence[str], ports: Ports) -> None:
    """Write into the trail that another encryption key seals than before."""
    seen, is_ = await seen_key(conn), key_mark(keys)
    if seen == is_:
        return
    if seen is not None:
        detail = {"was": seen, "is": is_}
        entry = AuditEntry(
            ports.clock.now(), ports.token(), "countersign", "encryption key changed", detail=detail
        )
        await audit.add(conn, entry)
    await audit.remember(conn, KEY, is_)


async def seen_key(conn: Connection) -> str | None:
    """Return the mark of the key that sealed last."""
    seen = await audit.seen_before(conn, KEY)
    return None if seen is None else str(seen)


def key_mark(keys: Sequence[str]) -> str:
    """Return what names the key that seals, and tells nothing of it."""
    return hashlib.sha256(f"mark {keys[0]}".encode()).hexdigest()[:16]


async def note_employees(
    conn: Connection,
    company: str,
    before: Sequence[StoredEmployee],
    after: Sequence[StoredEmployee],
    *,
    ports: Ports,
) -> None:
    """Write into the trail who is another in the ERP than before: deciders are found by that."""
    was, is_ = ({one.code: asdict(one) for one in rows} for rows in (before, after))
    changes = differences(was, is_)
    if not changes:
        return
    told = {"count": len(changes), **({"changes": changes[:MOST]} if before else {})}
    entry = AuditEntry(
        ports.clock.now(), ports.token(), "countersign", "employees changed", company, detail=told
    )
    await audit.add(conn, entry)


def differences(was: Mapping[str, Any], is_: Mapping[str, Any]) -> list[Json]:
    """List what changed: where, what it was and what it is; None where there was or is nothing."""
    return [
        {"where": where, "was": was.get(where), "is": is_.get(where)}
        for where in sorted(was.keys() | is_.keys())
        if was.get(where) != is_.get(where)
    ]


def flat(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every single value of nested tables with the place it stands at."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from flat(inner, f"{where}.{name}" if where else name)
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        for place, inner in enumerate(value, 1):
            yield from flat(inner, f"{where}[{inner.get('name') or place}]")
    else:
        yield where, value


def _rows(changes: list[Json]) -> Iterator[tuple[str, Json]]:
    rights = [one for one in changes if _RIGHTS.search(one["where"])]
    for action, found in (
        ("rights changed", rights),
        ("configuration changed", [one for one in changes if one not in rights]),
    ):
        if found:
            yield action, {"changes": found[:MOST], "count": len(found)}


def without_secrets(settings: Settings, file: File) -> Json:
    """Return all of the file, and of the environment what is no secret."""
    return {
        **file.model_dump(mode="json"),
        "environment": settings.model_dump(mode="json", include=_ENVIRONMENT),
    }
