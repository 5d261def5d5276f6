"""Secrets at rest: sealed on their way in, opened on their way out, bound to company and name.

Keys come from the settings: the first one seals, all of them open. To change keys put a new one in
front, start (which seals every row anew), and take the old one out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from storage.database import Connection, Database, StoreError, statements
from storage.records import stamp

SQL = statements("vault")


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

    def _sealed(self, company: str, name: str, secret: str, now: datetime) -> bytes:
        plain = json.dumps([company, name, secret]).encode()
        return self._first.encrypt_at_time(plain, int(now.timestamp()))

    def _opened(self, company: str, name: str, sealed: bytes) -> str:
        try:
            whose, called, secret = json.loads(self._keys.decrypt(sealed))
        except (InvalidToken, ValueError):
            # Without the cause: its traceback would hold what was being opened.
            raise VaultError(
                f"vault: {company}/{name} opens with none of ENCRYPTION__KEYS; put the key back"
                " that sealed it, or connect again and it is replaced"
            ) from None
        if (whose, called) != (company, name):
            raise VaultError(f"vault: what lies at {company}/{name} was sealed for another place")
        return str(secret)

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
        try:
            self._first.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    async def _reseal(self, store: Database, company: str, name: str, sealed: bytes) -> int:
        fresh = self._keys.rotate(sealed)
        async with store.transaction() as conn:
            rows: int = await SQL.reseal(conn, company=company, name=name, was=sealed, sealed=fresh)
        return rows


async def drop(conn: Connection, company: str, name: str) -> None:
    """Forget a secret."""
    await SQL.drop(conn, company=company, name=name)


async def names(conn: Connection, company: str) -> list[str]:
    """List what is kept of a company, by name only."""
    return [row["name"] async for row in SQL.names(conn, company=company)]
