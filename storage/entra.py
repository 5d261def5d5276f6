"""Whom Graph found by which address, and how the last reading of people went. No matching here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from storage.database import Connection, statements
from storage.records import EntraUser, Lookup, moment, packed, stamp

SQL = statements("entra")


async def put(
    conn: Connection, lookup: Lookup, users: Iterable[EntraUser], *, now: datetime
) -> None:
    """Remember the answer to one address, with the users in it."""
    for user in users:
        await SQL.put_user(
            conn,
            aad_object_id=user.aad_object_id,
            name=user.name,
            mail=user.mail,
            upn=user.upn,
            enabled=int(user.enabled),
            guest=int(user.guest),
            now=stamp(now),
        )
    found = packed([list(pair) for pair in lookup.found])
    await SQL.put_lookup(conn, address=lookup.address, found=found, now=stamp(lookup.asked_at))


async def forget(conn: Connection, address: str) -> None:
    """Forget what was answered to one address: it is as if nobody had asked."""
    await SQL.drop_lookup(conn, address=address)


async def keep_only(conn: Connection, addresses: Iterable[str]) -> None:
    """Forget every other address, and whoever was found by none of those that stay."""
    await SQL.keep_lookups(conn, addresses=packed(sorted(addresses)))
    await SQL.keep_users(conn)


async def lookups(conn: Connection) -> list[Lookup]:
    """List the answers to all addresses."""
    return [_lookup(row) async for row in SQL.lookups(conn)]


async def users(conn: Connection) -> list[EntraUser]:
    """List everybody Graph told of."""
    return [_user(row) async for row in SQL.users(conn)]


async def tell(conn: Connection, name: str, told: Any, *, now: datetime) -> None:
    """Note how one part of reading people went, and when."""
    await SQL.tell(conn, name=name, told=packed(told), now=stamp(now))


async def told(conn: Connection) -> dict[str, tuple[Any, datetime]]:
    """Return what was noted of every part, and when."""
    return {
        row["name"]: (json.loads(row["told"]), moment(row["at"])) async for row in SQL.told(conn)
    }


def _lookup(row: Any) -> Lookup:
    found = tuple((str(person), str(kind)) for person, kind in json.loads(row["found"]))
    return Lookup(row["address"], found, moment(row["asked_at"]))


def _user(row: Any) -> EntraUser:
    return EntraUser(
        row["aad_object_id"],
        row["name"],
        row["mail"],
        row["upn"],
        bool(row["enabled"]),
        bool(row["guest"]),
    )
