"""People's own sign-ins to the ERP: on the way (consents), settled (grants). No secrets here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import Consent, PersonGrant, moment, stamp

SQL = statements("consents")


async def begin(conn: Connection, consent: Consent, *, now: datetime) -> None:
    """Remember that a link was made for somebody."""
    await SQL.begin(
        conn,
        state=consent.state,
        company=consent.company,
        person=consent.person,
        now=stamp(now),
        expires_at=stamp(consent.expires_at),
    )


async def by_state(conn: Connection, state: str) -> Consent | None:
    """Return the consent a link belongs to."""
    row = await SQL.by_state(conn, state=state)
    return _consent(row) if row else None


async def of_person(conn: Connection, company: str, person: str) -> list[Consent]:
    """List what is on the way for one person, oldest first."""
    rows = SQL.of_person(conn, company=company, person=person)
    return [_consent(row) async for row in rows]


async def expired(conn: Connection, *, now: datetime) -> list[Consent]:
    """List what nobody finished in time."""
    return [_consent(row) async for row in SQL.expired(conn, now=stamp(now))]


async def signed_in(
    conn: Connection, state: str, *, login: str, code: str, expires_at: datetime
) -> bool:
    """Note who signed in by a link; False when the link was used already."""
    rows = await SQL.signed_in(
        conn, state=state, login=login, code=code, expires_at=stamp(expires_at)
    )
    return bool(rows)


async def tried(conn: Connection, state: str) -> None:
    """Count a wrong number."""
    await SQL.tried(conn, state=state)


async def drop(conn: Connection, state: str) -> None:
    """Forget a consent: finished, spoiled or too old."""
    await SQL.drop(conn, state=state)


async def connect(conn: Connection, grant: PersonGrant) -> None:
    """Remember that a person lets us act as them; a former grant of theirs is replaced."""
    await SQL.connect(
        conn,
        company=grant.company,
        person=grant.person,
        login=grant.login,
        issuer=grant.issuer,
        secret=grant.secret,
        now=stamp(grant.connected_at),
    )


async def grant(conn: Connection, company: str, person: str) -> PersonGrant | None:
    """Return a person's grant, None when they have not connected."""
    row = await SQL.grant(conn, company=company, person=person)
    return _grant(row) if row else None


async def grants(conn: Connection, company: str) -> list[PersonGrant]:
    """List everybody of a company who connected."""
    return [_grant(row) async for row in SQL.grants(conn, company=company)]


async def disconnect(conn: Connection, company: str, person: str) -> bool:
    """Forget a person's grant; False when there was none."""
    return bool(await SQL.disconnect(conn, company=company, person=person))


def _consent(row: Any) -> Consent:
    return Consent(
        row["state"],
        row["company"],
        row["person"],
        moment(row["expires_at"]),
        row["login"],
        row["code"],
        row["tries"],
    )


def _grant(row: Any) -> PersonGrant:
    return PersonGrant(
        row["company"],
        row["person"],
        row["login"],
        row["issuer"],
        row["secret"],
        moment(row["connected_at"]),
    )
