"""The book: every record the ERP holds, found by keys or id, and the next free numbers. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from .fields import ENTITIES, Entity
from .values import Fields, Lines, Value

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the ERP as one transaction left it."""

    entity: str
    id: str
    fields: Fields
    lists: Mapping[str, Lines] = field(default_factory=dict)
    linked: Mapping[str, Fields] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)  # what the endpoint does not show
    note: str = ""

    @property
    def shape(self) -> Entity:
        """The entity's field tables."""
        return ENTITIES[self.entity]

    @property
    def keys(self) -> dict[str, str]:
        """The key fields with their values, in the order of the form."""
        return {name: str(self.fields.get(name, "")) for name in self.shape.keys}

    @property
    def status(self) -> str:
        """The label of the state the document is in."""
        return str(self.fields.get("Status", ""))

    def amount(self, name: str = "") -> Decimal:
        """A decimal field, 0 when empty; the document's own amount when no field is named."""
        value = self.fields.get(name or self.shape.amount)
        return value if isinstance(value, Decimal) else Decimal(0)

    def with_fields(self, **values: Value) -> "Record":
        """The record with some fields changed."""
        return replace(self, fields={**self.fields, **values})

    def with_hidden(self, **values: str) -> "Record":
        """The record with some values changed that the endpoint does not show."""
        return replace(self, hidden={**self.hidden, **values})


class Book:
    """All records in memory, so that reading costs nothing."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._by_keys: dict[tuple[str, Keys], str] = {}
        self.numbers: dict[str, int] = {}

    def put(self, record: Record) -> None:
        """Enter a record, or its newer state."""
        self._records[record.id] = record
        self._by_keys[record.entity, _folded(record.keys.values())] = record.id

    def drop(self, record: Record) -> None:
        """Strike a record out; nothing tells the pollers."""
        del self._records[record.id]
        del self._by_keys[record.entity, _folded(record.keys.values())]

    def by_id(self, entity: str, record_id: str) -> Record | None:
        """The record with this GUID."""
        record = self._records.get(record_id.lower())
        return record if record and record.entity == entity else None

    def by_keys(self, entity: str, keys: Keys) -> Record | None:
        """The record with these keys; the database compares without regard to case."""
        found = self._by_keys.get((entity, _folded(keys)))
        return self._records[found] if found else None

    def all(self, entity: str) -> list[Record]:
        """Every record of an entity, by id: the ERP promises no order to lean on."""
        return sorted((r for r in self._records.values() if r.entity == entity), key=_id)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def free_number(self, entity: Entity) -> str:
        """The next number of the entity's numbering sequence."""
        return entity.number.format(self.numbers.get(entity.name, 0) + 1)

    def note_number(self, entity: Entity, number: str) -> None:
        """Move the numbering sequence behind a number now in use."""
        digits = "".join(c for c in number if c.isdecimal())
        used = int(digits) if digits else 0
        self.numbers[entity.name] = max(self.numbers.get(entity.name, 0), used)


def _folded(keys: Iterable[str]) -> Keys:
    return tuple(key.casefold().strip() for key in keys)


def _id(record: Record) -> str:
    return record.id
