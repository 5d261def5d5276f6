"""Secrets at rest: sealed on their way in, opened on their way out, bound to company and name.

Each lies in an envelope: a key of its own seals it, and that key is sealed with ours. Ours come
from the settings: the first one seals, all of them open. To change keys put a new one in front,
start (which seals every row's key anew), and take the old one out.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from storage.database import Connection, Database, StoreError, statements
from storage.records import moment, stamp

SQL = statements("vault")
BUSY = 5000
"""Milliseconds a start waits for whoever is writing."""
FLAP = b"."
"""Between the sealed key of an envelope and what it sealed; rows without one are older ones."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What may be told of a secret: where it lies, and since when it is what it is."""

    company: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it lies in the store."""

    company: str
    name: str
    sealed: bytes
    since: datetime


class VaultError(StoreError):
    """A secret cannot be opened, or there is no key; never quotes a secret or a key."""


def key_problem(key: str) -> str:
    """Say what is wrong with a key; empty when it is one."""
    try:
        Fernet(key)
    except (ValueError, TypeError):
        return "is no key: it must be 32 bytes in URL-safe base64, 44 characters"
    return ""


class Vault:
    """Seals and opens the secrets of all companies; a repr of it shows no key."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or any(key_problem(key) for key in keys):
            raise VaultError("the vault has no key, or one that is none")
        self._first = Fernet(keys[0])
        self._keys = MultiFernet([Fernet(key) for key in keys])

    async def put(
        self, conn: Connection, company: str, name: str, secret: str, *, now: datetime
    ) -> None:
        """Keep *secret* of *company* under *name*; the former one is gone."""
        sealed = self._sealed(company, name, secret, now)
        await SQL.put(conn, company=company, name=name, sealed=sealed, now=stamp(now))

    async def get(self, conn: Connection, company: str, name: str) -> str | None:
        """Return the secret kept under *name*, None when there is none. Raises VaultError."""
        sealed = await SQL.sealed(conn, company=company, name=name)
        return None if sealed is None else self._opened(company, name, sealed)

    def opened(self, row: Sealed) -> str:
        """Return the secret of a row that was read elsewhere. Raises VaultError."""
        return self._opened(row.company, row.name, row.sealed)

    def _sealed(self, company: str, name: str, secret: str, now: datetime) -> bytes:
        plain = json.dumps([company, name, secret]).encode()
        own, seconds = Fernet.generate_key(), int(now.timestamp())
        inside = Fernet(own).encrypt_at_time(plain, seconds)
        return self._first.encrypt_at_time(own, seconds) + FLAP + inside

    def _opened(self, company: str, name: str, sealed: bytes) -> str:
        try:
            whose, called, secret = json.loads(self._unwrapped(sealed))
        except (InvalidToken, ValueError):
            # Without the cause: its traceback would hold what was being opened.
            raise VaultError(
                f"vault: {company or 'everywhere'}/{name} opens with none of ENCRYPTION__KEYS; put"
                " the key back that sealed it, or connect (or set it) again and it is replaced"
            ) from None
        if (whose, called) != (company, name):
            raise VaultError(f"vault: what lies at {company}/{name} was sealed for another place")
        return str(secret)

    def _unwrapped(self, sealed: bytes) -> bytes:
        own, flap, inside = sealed.partition(FLAP)
        return Fernet(self._keys.decrypt(own)).decrypt(inside) if flap else self._keys.decrypt(own)

    async def unlike(self, conn: Connection) -> int:
        """Count the rows that are not sealed with the first key."""
        return len([row async for row in SQL.rows(conn) if not self._is_first(row["sealed"])])

    async def reseal(self, store: Database) -> int:
        """Seal every row with the first key, one at a time; returns how many were under another.

        A stop in the middle loses nothing: a row is readable under either key, and the next start
        goes on. Raises VaultError, after all others, for a row that no key opens.
        """
        async with store.reading() as conn:
            rows = [(r["company"], r["name"], r["sealed"]) async for r in SQL.rows(conn)]
        lost: VaultError | None = None
        changed = 0
        for company, name, sealed in rows:
            try:
                self._opened(company, name, sealed)
            except VaultError as error:
                lost = lost or error
                continue
            if not self._is_first(sealed):
                changed += await self._reseal(store, company, name, sealed)
        if lost:
            raise lost
        return changed

    def _is_first(self, sealed: bytes) -> bool:
        own, flap, _ = sealed.partition(FLAP)
        try:
            self._first.decrypt(own)
        except InvalidToken:
            return False
        return bool(flap)

    async def _reseal(self, store: Database, company: str, name: str, sealed: bytes) -> int:
        fresh = self._anew(sealed)
        async with store.transaction() as conn:
            rows: int = await SQL.reseal(conn, company=company, name=name, was=sealed, sealed=fresh)
        return rows

    def _anew(self, sealed: bytes) -> bytes:
        """Seal an envelope's key with the first of ours; what it sealed is not touched."""
        own, flap, inside = sealed.partition(FLAP)
        if flap:
            return self._keys.rotate(own) + FLAP + inside
        fresh = Fernet.generate_key()
        return self._first.encrypt(fresh) + FLAP + Fernet(fresh).encrypt(self._keys.decrypt(own))


async def drop(conn: Connection, company: str, name: str) -> None:
    """Forget a secret."""
    await SQL.drop(conn, company=company, name=name)


async def names(conn: Connection, company: str) -> list[str]:
    """List what is kept of a company, by name only."""
    return [row["name"] async for row in SQL.names(conn, company=company)]


async def kept(conn: Connection) -> list[Kept]:
    """List everything that is kept, never what it is."""
    rows = SQL.rows(conn)
    return [Kept(r["company"], r["name"], moment(r["changed_at"])) async for r in rows]


def look_inside(path: Path) -> list[Sealed]:
    """Read every row from outside, before anything of ours runs; none where there is no store.

    Raises StoreError.
    """
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as store:
            store.execute(f"PRAGMA busy_timeout = {BUSY}")
            if not store.execute("SELECT 1 FROM sqlite_master WHERE name = 'vault'").fetchone():
                return []
            found = store.execute(SQL.rows.sql).fetchall()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    return [Sealed(company, name, sealed, moment(at)) for company, name, sealed, at in found]
