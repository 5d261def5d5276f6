"""Where the book survives `kill -9`: one SQLite file in WAL mode, written before an answer is sent.

Only writes go here while the stand-in runs; reading is done once, at the start.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from .book import Record
from .fields import ENTITIES, Table
from .values import Fields, plain_fields, read_stored
from .wire import dumps

FILE = "acumatica.sqlite3"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failure (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""
Event = dict[str, object]


class Store:
    """The file; without a folder an in-memory database, so that there is one way of writing."""

    def __init__(self, folder: Path | None) -> None:
        # Autocommit, and explicit transactions: `write` is the only place that changes anything.
        self._db = sqlite3.connect(_private_file(folder), isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        # NORMAL loses nothing when the process is killed; a power cut is no concern of a sandbox.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def write(
        self,
        *,
        records: Iterable[Record] = (),
        gone: Iterable[Record] = (),
        events: Iterable[Event] = (),
        settings: Mapping[str, object] | None = None,
        failures: Mapping[str, object] | None = None,
        delivered: Iterable[str] = (),
    ) -> None:
        """Commit one transaction of the ERP."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._many("INSERT OR REPLACE INTO record VALUES (?, ?)", map(_record_row, records))
            self._many("DELETE FROM record WHERE id = ?", ((r.id,) for r in gone))
            self._many("INSERT INTO event VALUES (?, ?)", ((e["seq"], dumps(e)) for e in events))
            rows = ((name, dumps(value)) for name, value in (settings or {}).items())
            self._many("INSERT OR REPLACE INTO setting VALUES (?, ?)", rows)
            rows = ((name, dumps(value)) for name, value in (failures or {}).items())
            self._many("INSERT OR REPLACE INTO failure VALUES (?, ?)", rows)
            self._many("DELETE FROM failure WHERE name = ?", ((name,) for name in delivered))

    def records(self) -> list[Record]:
        """Every record as it was last committed."""
        return [_read_record(_read(body)) for (body,) in self._all("record", "id")]

    def events(self) -> list[Event]:
        """The whole history, in order."""
        return [_read(body) for (body,) in self._all("event", "seq")]

    def setting(self, name: str) -> object:
        """One remembered setting, or None."""
        row = self._db.execute("SELECT body FROM setting WHERE name = ?", (name,)).fetchone()
        return _read(row[0]) if row else None

    def failures(self) -> list[tuple[str, dict[str, object]]]:
        """Notifications that were not delivered, the oldest first."""
        rows = self._db.execute("SELECT name, body FROM failure ORDER BY name").fetchall()
        return [(name, _read(body)) for name, body in rows]

    def close(self) -> None:
        """Close the file; needed only for tidiness."""
        self._db.close()

    def _many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._db.executemany(sql, rows)

    def _all(self, table: str, order: str) -> sqlite3.Cursor:
        return self._db.execute(f"SELECT body FROM {table} ORDER BY {order}")  # noqa: S608


def _read(body: str) -> Any:
    return json.loads(body, parse_float=Decimal)


def _private_file(folder: Path | None) -> str:
    """The file exists with mode 0600 before SQLite opens it: it holds the push header's value."""
    if folder is None:
        return ":memory:"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / FILE
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    file.chmod(0o600)
    return str(file)


def _record_row(record: Record) -> tuple[str, str]:
    body = {
        "entity": record.entity,
        "id": record.id,
        "fields": plain_fields(record.fields),
        "lists": {k: [plain_fields(x) for x in lines] for k, lines in record.lists.items()},
        "linked": {k: plain_fields(part) for k, part in record.linked.items()},
        "hidden": record.hidden,
        "note": record.note,
    }
    return record.id, dumps(body)


def _read_record(body: dict[str, dict[str, dict[str, object]]]) -> Record:
    entity = ENTITIES[str(body["entity"])]
    return Record(
        entity=entity.name,
        id=str(body["id"]),
        fields=read_stored(entity.fields, body["fields"]),
        lists={k: _read_lines(entity.lists[k], rows) for k, rows in body["lists"].items()},
        linked={k: read_stored(entity.linked[k], part) for k, part in body["linked"].items()},
        hidden={k: str(v) for k, v in body["hidden"].items()},
        note=str(body["note"]),
    )


def _read_lines(table: Table, rows: Iterable[object]) -> tuple[Fields, ...]:
    return tuple(read_stored(table, row) for row in rows if isinstance(row, dict))
