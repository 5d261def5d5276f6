"""Lines of a document as a request names them: by id, by number, or new ones; and what the screen
works out in them. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from .book import Record
from .values import Fields, Lines, Value, product
from .wire import Draft, LineDraft, line_id

LIST = "Details"
_NUMBER = "LineNbr"
# The column of the quantity, and the sums that follow from it and the unit cost, each from the last
_QUANTITY = {"Bill": "Qty", "PurchaseOrder": "OrderQty"}
_SUMS = {"Bill": ("ExtendedCost", "Amount"), "PurchaseOrder": ("ExtendedCost",)}
Row = dict[str, Value]


def worked_out(record: Record, rows: Iterable[Fields]) -> Lines:
    """The lines of a bill or order with sums, numbers and keys that were left to the screen."""
    done = list[Fields]()
    for row in rows:
        filled = _costed(record.entity, row)
        done.append(_placed(record, filled, done) if record.entity == "PurchaseOrder" else filled)
    return tuple(done)


def unholdable(entity: str, rows: Iterable[Fields]) -> list[int]:
    """Places of lines whose quantity times cost is more than a field can hold."""
    column = _QUANTITY.get(entity, "")
    return [
        place
        for place, row in enumerate(rows, start=1)
        if row.get(column) is not None
        and row.get("UnitCost") is not None
        and product(row[column], row["UnitCost"]) is None
    ]


def _costed(entity: str, row: Fields) -> Row:
    filled, worth = dict(row), product(row.get(_QUANTITY[entity]), row.get("UnitCost"))
    for column in _SUMS[entity]:
        if filled.get(column) is None and worth is not None:
            filled[column] = worth
        worth = read if isinstance(read := filled.get(column), Decimal) else worth
    if filled.get("ExtendedCost") is None and worth is not None:
        filled["ExtendedCost"] = worth
    return filled


def _placed(record: Record, row: Row, before: Iterable[Fields]) -> Row:
    """A line of an order says which order it belongs to and which line of it it is."""
    used = [number for line in before if isinstance(number := line.get(_NUMBER), int)]
    own: Row = {
        _NUMBER: max(used, default=0) + 1,
        "OrderType": record.keys["Type"],
        "OrderNbr": record.keys["OrderNbr"],
        "OrderedQty": row.get("OrderQty"),
    }
    return {**row, **{name: value for name, value in own.items() if row.get(name) is None}}


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
        self._name, self._entity = name, record.entity if record else ""
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
        row = {**(self._open(old[0], line.fields) if old else {}), **line.fields}
        self._there[place] = None if line.delete else (row, line.errors)

    def _open(self, row: Row, typed: Mapping[str, Value]) -> Row:
        """The line without the sums that follow from what is typed into it."""
        if self._name != LIST or self._entity not in _SUMS:
            return row
        steps = (_QUANTITY[self._entity], "UnitCost", *_SUMS[self._entity])
        first = next((place for place, column in enumerate(steps) if column in typed), len(steps))
        following = set(steps[first + 1 :]).intersection(_SUMS[self._entity])
        return {column: value for column, value in row.items() if column not in following}

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
