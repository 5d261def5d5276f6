"""The app on its way to people who have to approve something, and where it was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import Install, InstallState, moment, moment_or_none, stamp

SQL = statements("installs")


async def get(conn: Connection, person: str) -> Install | None:
    """Return how far the app is for one person, by aadObjectId."""
    row = await SQL.get(conn, person=person)
    return _install(row) if row else None


async def want(conn: Connection, person: str, *, now: datetime) -> None:
    """Have the app installed for a person, from the beginning."""
    await SQL.want(conn, person=person, now=stamp(now))


async def due(conn: Connection, *, now: datetime) -> Install | None:
    """Return the installation that has waited longest for its next step."""
    row = await SQL.due(conn, now=stamp(now))
    return _install(row) if row else None


async def next_due(conn: Connection) -> datetime | None:
    """Return when the next step of any is due."""
    return moment_or_none(await SQL.next_due(conn))


async def move(conn: Connection, install: Install) -> bool:
    """Store how far an installation is now; False when it was settled meanwhile."""
    rows = await SQL.move(
        conn,
        person=install.person,
        state=install.state,
        attempts=install.attempts,
        due_at=stamp(install.due_at),
        note=install.note,
    )
    return bool(rows)


async def listed(conn: Connection) -> list[Install]:
    """List everybody the app was ever brought to, or was refused to."""
    return [_install(row) async for row in SQL.listed(conn)]


async def is_in_flight(conn: Connection, target: str) -> bool:
    """Say whether a message to *target* is being sent just now, and may yet come to wait."""
    return await SQL.in_flight(conn, target=target) is not None


def _install(row: Any) -> Install:
    return Install(
        row["person"],
        InstallState(row["state"]),
        row["attempts"],
        moment(row["due_at"]),
        moment(row["since"]),
        row["note"],
    )
