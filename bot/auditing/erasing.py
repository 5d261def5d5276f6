"""Erases what is personal from the audit trail; the rows stay, and so does their proof.

A person: whose pseudonym it was is forgotten, and wherever a detail names them, the pseudonym takes
the place of the name. A time: details older than a company keeps them go as a whole. Both are told
by a row of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.auditing.keys import open_chain
from bot.clock import Ports
from bot.settings import Settings
from storage import audit, conversations, entra, people
from storage.chain import Chain
from storage.database import Connection, Database, StoreError, visiting
from storage.records import AuditEntry, Json, stamp

LOOK_EVERY = timedelta(hours=1)
SHORTEST = 3
"""Letters of a name; a shorter one would be found inside other words."""


class Retention:
    """Erases details that are older than they are kept, a few rows at a time."""

    def __init__(self, store: Database, chain: Chain, ports: Ports, *, days: int) -> None:
        self._store = store
        self._chain = chain
        self._ports = ports
        self._kept = timedelta(days=days)

    async def step(self) -> bool:
        """Erase one batch; False when nothing is old enough."""
        if not self._kept:
            return False
        now = self._ports.clock.now()
        before = now - self._kept
        async with self._store.transaction() as conn:
            rows = [row for row in await audit.whole(conn) if row.at < stamp(before)]
            for row in rows:
                await audit.erase(conn, self._chain, row, {"erased": now.date().isoformat()})
            if rows:
                forgotten = await audit.forget_unused(conn, before=before)
                told = {"from": rows[0].seq, "to": rows[-1].seq, "people forgotten": forgotten}
                await audit.add(conn, _entry(now, "countersign", "details erased", told))
        return bool(rows)

    async def next_due(self) -> datetime | None:
        """Return when to look again."""
        return self._ports.clock.now() + LOOK_EVERY


class Erasure:
    """Erases one person from the trail."""

    def __init__(self, store: Database, chain: Chain, ports: Ports, *, asked_by: str) -> None:
        self._store = store
        self._chain = chain
        self._ports = ports
        self._asked_by = asked_by

    async def erase(self, person: str, also: Sequence[str] = ()) -> tuple[str, int]:
        """Erase *person*, an aadObjectId or a mail, and *also* further names.

        Returns pseudonym and rows. A stop in the middle loses nothing: run it again. The pseudonym
        is forgotten at the end. Raises StoreError for somebody nobody knows.
        """
        async with self._store.transaction() as conn:
            person = await _known(conn, person, also)
            # What is overwritten is not to lie about in the file's free places.
            await conn.execute("PRAGMA secure_delete = ON")
            words = await names_of(conn, person, also)
            alias = await audit.alias_of(conn, person) or f"person-{self._ports.token()}"
        pattern = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)
        changed, after = 0, 0
        while (batch := await self._batch(pattern, alias, after)) is not None:
            after, some = batch
            changed += some
        async with self._store.transaction() as conn:
            await audit.forget(conn, person)
            told = {"pseudonym": alias, "rows": changed}
            now, by = self._ports.clock.now(), f"operator {self._asked_by}"
            await audit.add(conn, _entry(now, by, "person erased", told))
        return alias, changed

    async def _batch(
        self, pattern: re.Pattern[str], alias: str, after: int
    ) -> tuple[int, int] | None:
        """Look through a few rows; return the last one and how many changed, None at the end."""
        async with self._store.transaction() as conn:
            rows, changed = await audit.some(conn, after=after), 0
            for row in rows:
                left = without(json.loads(row.detail), pattern, alias)
                if left is not None:
                    changed += await audit.erase(conn, self._chain, row, left)
        return (rows[-1].seq, changed) if rows else None


async def erase_person(
    settings: Settings, ports: Ports, person: str, also: Sequence[str], *, asked_by: str
) -> tuple[str, int]:
    """Erase *person* from the store of *settings*. Raises StoreError while the service runs."""
    chain = open_chain(settings, ports.token)
    store = await Database.open(settings.storage.path, ports.connect, chain)
    try:
        await audit.begin(store, chain, now=ports.clock.now())
        return await Erasure(store, chain, ports, asked_by=asked_by).erase(person, also)
    finally:
        await store.close()


async def names_to_erase(path: Path, person: str, also: Sequence[str]) -> list[str]:
    """List what erasing *person* would take out of the store at *path*, which stays as it is.

    Raises StoreError for somebody nobody knows.
    """
    async with visiting(path) as conn:
        return await names_of(conn, await _known(conn, person, also), also)


async def _known(conn: Connection, person: str, also: Sequence[str]) -> str:
    """Return the aadObjectId of *person*; a mistyped one must not look like an erasure."""
    mails = [(one.email, one.aad_object_id) for one in await people.people(conn)]
    for user in await entra.users(conn):
        mails += [(mail, user.aad_object_id) for mail in (user.mail, user.upn)]
    by_mail = {mail.casefold(): identity for mail, identity in mails if mail}
    if person.casefold() in by_mail:
        return by_mail[person.casefold()]
    known = any(person == identity for _, identity in mails)
    if known or also or await audit.alias_of(conn, person):
        return person
    raise StoreError(
        f"nobody is known by {person!r}: give a mail, or the `entra.id` that `people --json` tells"
    )


async def names_of(conn: Connection, person: str, also: Sequence[str] = ()) -> list[str]:
    """List everything the store calls somebody by, the longest first."""
    found = {person, *also}
    known = await people.person(conn, person)
    if known is not None:
        found |= {known.name, known.email, known.teams_id}
    chat = await conversations.chat_with(conn, person)
    if chat is not None:
        found.add(chat.conversation)
    for user in await entra.users(conn):
        if user.aad_object_id == person:
            found |= {user.name, user.mail, user.upn}
    found |= await audit.employee_names(conn, {word for word in found if "@" in word})
    return sorted((word for word in found if len(word) >= SHORTEST), key=len, reverse=True)


def without(detail: Any, pattern: re.Pattern[str], alias: str) -> Any | None:
    """Return *detail* with *alias* wherever *pattern* is found; None when it is found nowhere."""
    left = _replaced(detail, pattern, alias)
    return None if left == detail else left


def _replaced(value: Any, pattern: re.Pattern[str], alias: str) -> Any:
    match value:
        case str():
            return pattern.sub(lambda _: alias, value)
        case list():
            return [_replaced(one, pattern, alias) for one in value]
        case dict():
            return {
                _replaced(name, pattern, alias): _replaced(one, pattern, alias)
                for name, one in value.items()
            }
        case _:
            return value


def _entry(now: datetime, actor: str, action: str, told: Json) -> AuditEntry:
    return AuditEntry(now, "", actor, action, detail=told)
