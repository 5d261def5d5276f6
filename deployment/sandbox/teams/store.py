"""What must survive a kill: one SQLite table of JSON records, written through."""

import json
import os
import sqlite3
from pathlib import Path

from deployment.sandbox.teams.wire import Json

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    bucket TEXT NOT NULL, key INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID
"""
_PUT = "INSERT OR REPLACE INTO record (bucket, key, body) VALUES (?, ?, ?)"
_ALL = "SELECT body FROM record WHERE bucket = ? ORDER BY key"


class Store:
    """Records by bucket and number. Reads happen once, at the start; memory serves the rest."""

    def __init__(self, folder: Path | None) -> None:
        """Open the folder's database, or one in memory."""
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        path = ":memory:" if folder is None else str(folder / "teams.sqlite3")
        self._database = sqlite3.connect(path, isolation_level=None)
        # WAL with NORMAL loses nothing when the process is killed, and costs no fsync a message.
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(_SCHEMA)

    def put(self, bucket: str, key: int, body: Json) -> None:
        """Write one record now."""
        self._database.execute(_PUT, (bucket, key, json.dumps(body, ensure_ascii=False)))

    def all(self, bucket: str) -> list[Json]:
        """Every record of a bucket, in the order of the keys."""
        return [json.loads(body) for (body,) in self._database.execute(_ALL, (bucket,))]

    def one(self, bucket: str) -> Json | None:
        """The only record of a bucket that holds one."""
        return next(iter(self.all(bucket)), None)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def write_private(path: Path, content: bytes) -> None:
    """Replace a file in one step, readable by its owner only."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    draft.replace(path)
