"""A store with a chain, and what an attacker with the file, but without the key, can do."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

from store_values import COMPANY, NOW

from storage import audit
from storage.chain import COLUMNS, Anchor, Chain, Key, derive
from storage.database import Database
from storage.records import AuditEntry

KEY = derive("a secret of at least sixteen characters")
OTHER = derive("another secret of the same length, or so")
BILL = "Bill/Bill/004512"


def tokens() -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"token-{next(numbers):020}"


@asynccontextmanager
async def chained(path: Path, *keys: Key) -> AsyncIterator[Database]:
    store = await Database.open(path, chain=Chain(keys or (KEY,), tokens()))
    yield store
    await store.close()


async def write(path: Path, rows: int, *keys: Key) -> None:
    """Add rows of two people and the service itself."""
    async with chained(path, *keys) as store, store.transaction() as conn:
        for number in range(1, rows + 1):
            actor = ("countersign", "aad-ann", "aad-ben")[number % 3]
            detail = {"n": number, "who": actor, "fingerprint": f"f{number}"}
            entry = AuditEntry(NOW, f"c{number}", actor, f"did {number}", COMPANY, BILL, detail)
            await audit.add(conn, entry)


@contextmanager
def burgled(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, opened by somebody who drops what protects it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        for trigger in ("audit_no_update", "audit_no_delete", "audit_only_erase"):
            store.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        yield store


def anchor(path: Path, seq: int) -> Anchor:
    with closing(sqlite3.connect(path)) as store:
        (mac,) = store.execute("SELECT mac FROM audit_rows WHERE seq = ?", [seq]).fetchone()
    return Anchor("2026-11-23T00:00:00+00:00", seq, mac)


__all__ = [
    "BILL",
    "COLUMNS",
    "KEY",
    "OTHER",
    "anchor",
    "audit",
    "burgled",
    "chained",
    "tokens",
    "write",
]
