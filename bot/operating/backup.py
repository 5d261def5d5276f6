"""The command `backup`: one consistent file of the store, made while the service runs.

The copy says of itself that it is one, so that a service that starts with it knows that things may
have happened since (`restored`). Follows SQLite's page "SQLite Backup API".
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage.database import StoreError, must_exist
from storage.records import moment, stamp
from storage.restorations import MARK

PAGES = 2000
"""Pages copied at a time; between two steps the service may write."""
COUNTED = {"documents": "documents", "decisions": "decisions", "audit": "audit rows"}

Show = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    size: int
    rows: dict[str, int]

    def told(self) -> str:
        """Say in a line what it holds."""
        rows = ", ".join(f"{number:,} {COUNTED[name]}" for name, number in self.rows.items())
        return f"{self.size / 1e6:,.1f} MB with {rows}; checked"


def make_backup(store: Path, to: Path, show: Show, *, now: datetime) -> Backup:
    """Copy *store* into the new file *to*, telling *show* pages done and all.

    Raises StoreError.
    """
    must_exist(store)
    if not to.name:
        raise StoreError("name the file the backup shall be")
    partial = to.with_name(to.name + ".partial")
    try:
        os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as error:
        raise StoreError(f"{to} exists already; a backup never overwrites") from error
    except OSError as error:
        raise StoreError(f"{to}: {error.strerror}") from error
    try:
        rows = _copied(store, partial, show, now)
        _to_disk(partial)
        partial.replace(to)
        _to_disk(to.parent)
    except (sqlite3.Error, OSError) as error:
        partial.unlink(missing_ok=True)
        to.unlink(missing_ok=True)
        raise StoreError(f"{to}: the backup was not made: {error}") from error
    _remember(store, now)
    return Backup(to.stat().st_size, rows)


def last_backup(store: Path) -> datetime | None:
    """Return when *store* was last copied here; None where nobody knows."""
    try:
        return moment(_word(store).read_text("ascii"))
    except (OSError, ValueError):
        return None


def _remember(store: Path, now: datetime) -> None:
    """Leave word for `doctor`, beside the store: in it, the service's own writes would wait."""
    with suppress(OSError):
        _word(store).write_text(stamp(now), "ascii")


def _word(store: Path) -> Path:
    return store.with_name(store.name + ".backed-up")


def _copied(store: Path, partial: Path, show: Show, now: datetime) -> dict[str, int]:
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(partial)) as copy:
        source.backup(
            copy, pages=PAGES, sleep=0.005, progress=lambda _, left, all_: show(all_ - left, all_)
        )
        copy.execute("PRAGMA journal_mode = DELETE")
        with copy:
            copy.execute(MARK, (stamp(now),))
        (fine,) = copy.execute("PRAGMA integrity_check").fetchone()
        if fine != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged: {fine}")
        return {
            name: copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
            for name in COUNTED
        }


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
