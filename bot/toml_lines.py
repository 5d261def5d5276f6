"""In which line of `countersign.toml` something stands, so that nobody has to look for it. Pure."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

Place = tuple[str | int, ...]
"""Names of tables and keys from the outside in, and numbers of rows, the first is 0."""

_ROW = re.compile(r"\s*\[\[([\w-]+)\]\]")
_TABLE = re.compile(r"\s*\[([\w.\"'-]+)\]\s*(#.*)?$")
_KEY = re.compile(r"\s*([\w.\"'-]+)\s*=")
_PART = re.compile(r"[\w-]+|\"[^\"]*\"|'[^']*'")


def lines_of(text: str) -> dict[Place, int]:
    """Return the line of every table, row and key, counted from 1."""
    found: dict[Place, int] = {}
    for place, number in _places(text):
        found.setdefault(place, number)
    return found


def line_at(lines: Mapping[Place, int], place: Sequence[str | int]) -> int:
    """Return the line of what stands at *place*, else of the nearest around it; 0: of nothing."""
    around = (tuple(place[:end]) for end in range(len(place), 0, -1))
    return next((lines[one] for one in around if one in lines), 0)


def line_of(text: str, table: str, name: str, key: str = "") -> int:
    """Return the line of *key* in the `[[table]]` called *name*; where it lacks, the table's own.

    0: there is no such table. Raises ValueError when *text* is no TOML.
    """
    rows = tomllib.loads(text).get(table, [])
    for number, row in enumerate(rows):
        if row.get("name") == name:
            return line_at(lines_of(text), (table, number, *key.split(".")))
    return 0


def _places(text: str) -> Iterator[tuple[Place, int]]:
    rows: Counter[str] = Counter()
    table: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if head := _ROW.match(line):
            table = (head[1], rows[head[1]])
            rows[head[1]] += 1
            yield table, number
        elif head := _TABLE.match(line):
            table = _table(_parts(head[1]), rows)
            yield table, number
        elif pair := _KEY.match(line):
            yield (*table, *_parts(pair[1])), number


def _table(parts: Sequence[str], rows: Mapping[str, int]) -> Place:
    """Return where a `[table]` stands: one under a `[[row]]` belongs to the last of them."""
    first, *rest = parts
    return (first, rows[first] - 1, *rest) if rows.get(first) else (first, *rest)


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]
