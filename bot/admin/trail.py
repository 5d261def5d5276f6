"""Rows of the audit trail as a page tells them: in an auditor's words, with people's names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from bot.auditing.story import Teller, Told
from storage import audit, people
from storage.chain import Row
from storage.database import Connection

_PERSON = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Day = tuple[str, list[Told]]
"""A day, and what happened on it."""


async def told(conn: Connection, rows: Sequence[Row]) -> list[Told]:
    """Tell *rows*; only whoever is named in them is looked up."""
    aliases = await audit.people_among(conn, {row.actor for row in rows})
    ids = {found for row in rows for found in _PERSON.findall(row.detail)}
    names = await people.named(conn, {*ids, *aliases.values()})
    teller = Teller(aliases, names)
    return [teller.tell(row) for row in rows]


def by_day(rows: Sequence[Told]) -> list[Day]:
    """Put rows under their days, in the order they have."""
    return [(day, list(found)) for day, found in groupby(rows, lambda one: one.row.at[:10])]


async def places(conn: Connection, targets: Iterable[str]) -> dict[str, str]:
    """Name where cards and messages go, of those that go to a person."""
    known = list(targets)
    names = await people.named(conn, {one for target in known for one in _PERSON.findall(target)})
    return {
        target: f"{names[found[0]]}, in their chat"
        for target in known
        if (found := _PERSON.findall(target)) and found[0] in names
    }
