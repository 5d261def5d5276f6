"""Examines a chain in a store, from outside and reading only, while the service may run.

Rows are read a page at a time, so that neither memory nor the service's own writing suffers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from storage.audit import PAGE, SQL
from storage.chain import Anchor, Flaw, Key, Row, Walk, is_named, read_row
from storage.database import StoreError, must_exist

Show = Callable[[int, int], None]
RENAMED = "whose name was changed by somebody without the key"
NAMELESS = "whose name was taken away, though nobody was ever erased"


@dataclass(frozen=True, slots=True)
class Finding:
    """What an examination found."""

    rows: int
    """Rows that are as they were written."""
    mac: str
    """Proof of the last of them."""
    met: int
    """Anchors they agree with."""
    erased: int
    """Rows of whose detail something was erased by whoever had the key."""
    flaw: Flaw | None = None
    former: int = 0
    """Rows that were written before there was a chain, and are not in it yet."""
    held: int = 0
    """Row up to which an anchor agrees."""


def examine(
    path: Path, keys: Iterable[Key], anchors: Iterable[Anchor] = (), show: Show | None = None
) -> Finding:
    """Walk along the chain in the store at *path*; *show* is told rows done and all.

    Raises StoreError when there is no store, or none with a chain.
    """
    must_exist(path)
    try:
        with closing(_opened(path)) as store:
            return _walk(store, Walk(keys, anchors), show or _silent)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: the audit trail cannot be read: {error}") from error


def has_rows(path: Path) -> bool:
    """Say whether the store at *path* has a trail that was begun. Raises StoreError."""
    if not path.exists():
        return False
    try:
        with closing(_opened(path)) as store:
            there = store.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit_rows'")
            if there.fetchone() is None:
                return False
            return store.execute("SELECT 1 FROM audit_rows LIMIT 1").fetchone() is not None
    except sqlite3.Error as error:
        raise StoreError(f"{path}: the audit trail cannot be read: {error}") from error


def chain_problem(path: Path, *keys: Key, anchors: Iterable[Anchor] = ()) -> str:
    """Say what is wrong with the chain of a store; empty when nothing is."""
    try:
        found = examine(path, keys, anchors)
    except StoreError as error:
        return str(error)
    return str(found.flaw) if found.flaw else ""


def _opened(path: Path) -> sqlite3.Connection:
    store = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    store.row_factory = sqlite3.Row
    # Bytes that are no text were not written by us; they must be named, not end the examination.
    store.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    return store


def _walk(store: sqlite3.Connection, walk: Walk, show: Show) -> Finding:
    last = store.execute("SELECT max(seq) FROM audit_rows").fetchone()[0] or 0
    flaw = None
    for page in _pages(store):
        flaw = _first_flaw(walk, page)
        show(walk.rows, last)
        if flaw:
            break
    former = store.execute(SQL.former_count.sql).fetchone()[0]
    found = flaw or walk.end() or _name_flaw(store, walk.keys)
    return Finding(walk.rows, walk.mac, walk.met, walk.erased, found, former, walk.held)


def _first_flaw(walk: Walk, rows: Sequence[Row]) -> Flaw | None:
    return next((flaw for row in rows if (flaw := walk.check(row))), None)


def _name_flaw(store: sqlite3.Connection, keys: Sequence[Key]) -> Flaw | None:
    """Say whose name behind a pseudonym was changed or taken away without the key."""
    columns = {row["name"] for row in store.execute("PRAGMA table_info(audit_people)")}
    if "proof" not in columns or not store.execute(SQL.names_proved.sql).fetchone()[0]:
        return None  # the version that proves names has not started with this store yet
    for row in store.execute(SQL.names.sql):
        if not is_named(keys, row["alias"], row["person"], row["proof"]):
            first = store.execute(SQL.first_by.sql, {"actor": row["alias"]}).fetchone()[0]
            return Flaw(first, f"is by {row['alias']}, {RENAMED}")
    gone = store.execute(SQL.nameless.sql).fetchone()
    return Flaw(gone["seq"], f"is by {gone['actor']}, {NAMELESS}") if gone else None


def _pages(store: sqlite3.Connection) -> Iterator[list[Row]]:
    first = store.execute(SQL.first.sql).fetchone()[0]
    seq = min(first, 1) - 1 if isinstance(first, int) else 0
    while rows := store.execute(SQL.after.sql, {"seq": seq, "limit": PAGE}).fetchall():
        yield [read_row(dict(row)) for row in rows]
        seq = rows[-1]["seq"]


def _silent(done: int, total: int) -> None:
    """Show nothing."""
