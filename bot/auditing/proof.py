"""The proof that leaves with evidence: rows and proofs in full, sealed with the trail's key.

It is JSON with one row on a line, so that neither writing nor checking holds it in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from storage.chain import Chain, Flaw, Key, Row, Walk, read_row, sealed, unsealed
from storage.database import StoreError

FORMAT = "countersign audit proof 1"
NAME = "proof.json"
PIECE = 1 << 20


class Proof:
    """Writes a proof, a piece at a time."""

    def __init__(self, file: TextIO, told: Mapping[str, Any]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._between = ""
        opened = json.dumps({"format": FORMAT, **told})[:-1]
        self._write(f'{opened},\n"rows": [\n')

    def add(self, row: Row) -> None:
        """Write one row."""
        self._write(f"{self._between}{json.dumps(row.to_json())}")
        self._between = ",\n"

    def close(self, files: Sequence[Path], chain: Chain) -> None:
        """Bind the other *files* of the pack to it, and seal all of it."""
        marks = {file.name: digest(file) for file in files}
        self._write(f'\n],\n"files": {json.dumps(marks)},\n')
        self._file.write(f'"seal": {json.dumps(sealed(chain.keys[0], self._hash.hexdigest()))}}}\n')

    def _write(self, text: str) -> None:
        self._hash.update(text.encode())
        self._file.write(text)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a pack found."""

    rows: int
    about: str
    problem: str = ""


def check_pack(folder: Path, keys: Sequence[Key]) -> Checked:
    """Check a pack: its seal, its other files, and every row. Raises StoreError, OSError."""
    path = folder / NAME if folder.is_dir() else folder
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        reading = _Reading(file)
        told = reading.told()
        about = str(told.get("about", ""))
        walk, rows = Walk(keys), 0
        for rows, row in enumerate(reading.rows(), 1):
            if flaw := _flaw(walk, row):
                return Checked(rows - 1, about, str(flaw))
        marks, seal = reading.end()
    if not unsealed(keys, seal, reading.digest()):
        return Checked(rows, about, f"{NAME} is not as it was exported: its seal does not fit it")
    return Checked(rows, about, _changed(path.parent, marks))


def _flaw(walk: Walk, row: Row) -> Flaw | None:
    """Check a row by itself, and its link where the one before it is here, too."""
    flaw = walk.check_alone(row)
    if flaw is None and row.seq <= walk.rows:
        flaw = Flaw(row.seq, "was put in")
    if flaw is None and row.seq == walk.rows + 1 and walk.rows and row.previous != walk.mac:
        flaw = Flaw(row.seq, "does not follow the row before it")
    walk.rows, walk.mac = row.seq, row.mac
    return flaw


def _changed(folder: Path, marks: Mapping[str, str]) -> str:
    for name, mark in marks.items():
        file = folder / Path(name).name
        if not file.exists():
            return f"{name} is missing"
        if digest(file) != mark:
            return f"{name} is not as it was exported"
    return ""


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()


class _Reading:
    """Reads what `Proof` wrote, line by line."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def told(self) -> dict[str, Any]:
        first, opened = self._line(), self._line()
        told = _object(first.rstrip().removesuffix(",") + "}")
        if told.get("format") != FORMAT or opened != '"rows": [\n':
            raise StoreError(f"{NAME}: is no proof of Countersign, or was written anew by a tool")
        return told

    def rows(self) -> Iterator[Row]:
        while (line := self._line()) not in ("],\n", ""):
            try:
                yield read_row(_object(line.rstrip().removesuffix(",")))
            except ValueError as error:
                raise StoreError(f"{NAME}: a line {error}") from error

    def end(self) -> tuple[dict[str, str], str]:
        files = _object("{" + self._line().rstrip().removesuffix(",") + "}").get("files")
        if not isinstance(files, dict):
            raise StoreError(f"{NAME}: ends too early")
        seal = _object("{" + self._file.readline()).get("seal")
        return files, str(seal)

    def digest(self) -> str:
        return self._hash.hexdigest()

    def _line(self) -> str:
        line = self._file.readline()
        self._hash.update(line.encode("utf-8", "surrogateescape"))
        return line


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise StoreError(f"{NAME}: holds a line that cannot be read") from error
    if not isinstance(found, dict):
        raise StoreError(f"{NAME}: holds a line that cannot be read")
    return found
