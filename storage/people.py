"""Who is who: people as Teams rosters told, employees as the ERP told. No matching here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import StoredEmployee, TeamsPerson, stamp

SQL = statements("people")


async def put_person(conn: Connection, person: TeamsPerson, *, now: datetime) -> None:
    """Remember a person of Teams."""
    await SQL.put_person(
        conn,
        aad_object_id=person.aad_object_id,
        teams_id=person.teams_id,
        name=person.name,
        email=person.email,
        guest=int(person.guest),
        now=stamp(now),
    )


async def person(conn: Connection, aad_object_id: str) -> TeamsPerson | None:
    """Return one person of Teams."""
    row = await SQL.person(conn, aad_object_id=aad_object_id)
    return _person(row) if row else None


async def people(conn: Connection) -> list[TeamsPerson]:
    """List everybody Teams told of."""
    return [_person(row) async for row in SQL.people(conn)]


async def put_employee(conn: Connection, company: str, employee: StoredEmployee) -> None:
    """Remember an employee of a company."""
    await SQL.put_employee(
        conn,
        company=company,
        code=employee.code,
        name=employee.name,
        email=employee.email,
        active=int(employee.active),
    )


async def employees(conn: Connection, company: str) -> list[StoredEmployee]:
    """List the employees of a company."""
    return [
        StoredEmployee(row["code"], row["name"], row["email"], bool(row["active"]))
        async for row in SQL.employees(conn, company=company)
    ]


def _person(row: Any) -> TeamsPerson:
    return TeamsPerson(
        row["aad_object_id"], row["teams_id"], row["name"], row["email"], bool(row["guest"])
    )
