"""Who is who: people as Teams rosters told, employees as the ERP told. No matching here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import (
    StoredContact,
    StoredDelegate,
    StoredEmployee,
    TeamsPerson,
    packed,
    stamp,
)

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
    """Return one person, as rosters and Graph tell together."""
    row = await SQL.person(conn, aad_object_id=aad_object_id)
    return _person(row) if row else None


async def people(conn: Connection) -> list[TeamsPerson]:
    """List everybody rosters and Graph told of; what is stricter about a person wins."""
    return [_person(row) async for row in SQL.people(conn)]


async def with_chat(conn: Connection) -> frozenset[str]:
    """Return the aadObjectIds of everybody whose own chat with the bot is known."""
    return frozenset([row["person"] async for row in SQL.with_chat(conn)])


async def named(conn: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Return what people with these aadObjectIds are called, as far as they are known."""
    rows = SQL.named(conn, ids=packed(sorted(ids)))
    return {row["aad_object_id"]: row["name"] async for row in rows}


async def settled(conn: Connection, company: str) -> dict[str, str]:
    """Return who an operator said that employees are: employee code to aadObjectId."""
    return {row["employee"]: row["person"] async for row in SQL.settled(conn, company=company)}


async def settle(
    conn: Connection, company: str, employee: str, person: str, *, by: str, now: datetime
) -> None:
    """Remember who an operator says that an employee is."""
    await SQL.settle(
        conn, company=company, employee=employee, person=person, name=by, now=stamp(now)
    )


async def unsettle(conn: Connection, company: str, employee: str) -> bool:
    """Forget it again; False when nobody had said so."""
    return bool(await SQL.unsettle(conn, company=company, employee=employee))


async def asked_now(conn: Connection, company: str) -> frozenset[str]:
    """Return the aadObjectIds of everybody a question of the company is put to just now."""
    return frozenset([row["person"] async for row in SQL.asked_now(conn, company=company)])


async def put_employee(conn: Connection, company: str, employee: StoredEmployee) -> None:
    """Remember an employee of a company."""
    await SQL.put_employee(
        conn,
        company=company,
        code=employee.code,
        name=employee.name,
        email=employee.email,
        active=int(employee.active),
        login=employee.login,
        department=employee.department,
        reports_to=employee.reports_to,
        delegates=packed([asdict(one) for one in employee.delegates]),
    )


async def retire_others(conn: Connection, company: str, codes: Sequence[str]) -> int:
    """Make every employee inactive whom the ERP no longer lists; returns how many."""
    return int(await SQL.retire_others(conn, company=company, codes=packed(list(codes))))


async def employees(conn: Connection, company: str) -> list[StoredEmployee]:
    """List the employees of a company."""
    return [_employee(row) async for row in SQL.employees(conn, company=company)]


async def put_contact(conn: Connection, company: str, contact: StoredContact) -> None:
    """Remember a contact of a company's ERP."""
    await SQL.put_contact(
        conn,
        company=company,
        id=contact.id,
        name=contact.name,
        email=contact.email,
        active=int(contact.active),
    )


async def contacts(conn: Connection, company: str) -> list[StoredContact]:
    """List the contacts of a company's ERP, where it asks for them."""
    return [
        StoredContact(row["id"], row["name"], row["email"], bool(row["active"]))
        async for row in SQL.contacts(conn, company=company)
    ]


def _employee(row: Any) -> StoredEmployee:
    return StoredEmployee(
        row["code"],
        row["name"],
        row["email"],
        bool(row["active"]),
        row["login"],
        row["department"],
        row["reports_to"],
        tuple(StoredDelegate(**one) for one in json.loads(row["delegates"])),
    )


def _person(row: Any) -> TeamsPerson:
    return TeamsPerson(
        row["aad_object_id"],
        row["teams_id"],
        row["name"],
        row["email"],
        bool(row["guest"]),
        bool(row["enabled"]),
    )
