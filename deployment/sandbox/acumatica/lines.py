"""Lines of a document as a request names them: by id, by number, or new ones. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from .book import Record
from .values import Fields, Value
from .wire import Draft, LineDraft, line_id

_NUMBER = "LineNbr"
Row = dict[str, Value]


def with_lines(record: Record | None, draft: Draft) -> Draft:
    """The draft with its lines put into the document's: changed, deleted or added at the end.

    A line without id or number is added, never matched with those that are there.
    """
    lists, errors = dict(draft.lists), dict(draft.errors)
    for name, lines in draft.lines.items():
        rows = _Rows(record, name)
        for line in lines:
            rows.take(line)
        lists[name] = [row for row, _ in rows.kept]
        for number, (_, wrong) in enumerate(rows.kept, start=1):
            errors |= {f"{name}/{number}/{column}": text for column, text in wrong.items()}
    return replace(draft, lists=lists, lines={}, errors=errors)


class _Rows:
    """The lines of one list while a request is read into them."""

    def __init__(self, record: Record | None, name: str) -> None:
        there = record.lists.get(name, ()) if record else ()
        self._ids = [line_id(record, name, n) for n, _ in enumerate(there, 1)] if record else []
        self._there: list[tuple[Row, dict[str, str]] | None] = [(dict(x), {}) for x in there]
        self._added: list[tuple[Row, dict[str, str]]] = []

    @property
    def kept(self) -> list[tuple[Row, dict[str, str]]]:
        """What stands there afterwards, each line with what is wrong in it."""
        return [*(row for row in self._there if row), *self._added]

    def take(self, line: LineDraft) -> None:
        """Read one line of the request."""
        place = self._place(line)
        if place is None:
            if not line.delete:
                self._added.append((self._numbered(line.fields), line.errors))
            return
        old = self._there[place]
        row = {**(old[0] if old else {}), **line.fields}
        self._there[place] = None if line.delete else (row, line.errors)

    def _place(self, line: LineDraft) -> int | None:
        if line.id:
            return self._ids.index(line.id) if line.id in self._ids else None
        number = line.fields.get(_NUMBER)
        taken = [_number(row) for row in self._there]
        return taken.index(number) if number is not None and number in taken else None

    def _numbered(self, fields: Mapping[str, Value]) -> Row:
        used = [number for row in self.kept if isinstance(number := row[0].get(_NUMBER), int)]
        return {_NUMBER: max(used) + 1, **fields} if used else dict(fields)


def _number(row: tuple[Fields, dict[str, str]] | None) -> Value:
    return row[0].get(_NUMBER) if row else None
