"""Writes push notifications as inquiries show documents: columns, letters, padding. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from .book import Record
from .contract5 import STATUS_IDS
from .push import QUERIES, Notification, Settings
from .values import Value, dotnet_ticks
from .wire import Json, dumps

PADDED = 10
Change = tuple[Record | None, Record | None]  # before, after


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction of the database: its id, its moment, what it did."""

    id: str
    now: datetime
    changes: tuple[Change, ...]


class Clerk:
    """Writes what a transaction tells: knows the tenant and keeps the time stamps growing."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self._last = 0

    def notices(self, commit: Commit, settings: Settings) -> list[Notification]:
        """One message per inquiry: an update is the old row deleted and the new one inserted."""
        # Ticks are the documented ordering key, so two transactions never share one.
        self._last = max(self._last + 1, dotnet_ticks(commit.now))
        told = []
        for entity in QUERIES:
            changes = [_seen(c, settings) for c in _merged(commit.changes) if _entity(c) == entity]
            new = [_row(after, settings, timedelta(0)) for _, after in changes if after]
            old = [_row(b, settings, settings.deleted_shift) for b, _ in changes if b]
            halves = [([], old), (new, [])] if settings.split and new and old else [(new, old)]
            told += [
                Notification(commit.id, settings.query(entity), body)
                for body in (self._body(commit, entity, settings, half) for half in halves)
                if new or old
            ]
        return told

    def _body(
        self, commit: Commit, entity: str, settings: Settings, half: tuple[list[Json], list[Json]]
    ) -> bytes:
        message = {
            "Inserted": half[0],
            "Deleted": half[1],
            "Query": settings.query(entity),
            "CompanyId": settings.company_id or self._tenant,
            "Id": commit.id,
            "TimeStamp": self._last,
            "AdditionalInfo": {"PXPerformanceInfoStartTime": f"{commit.now:%m/%d/%Y %H:%M:%S}"},
        }
        return dumps(message).encode()


def _merged(changes: Iterable[Change]) -> list[Change]:
    """A row changed twice in a transaction went from its first state to its last."""
    first_and_last: dict[str, Change] = {}
    for before, after in changes:
        record = after or before
        if record:
            first, _ = first_and_last.get(record.id, (before, None))
            first_and_last[record.id] = (first, after)
    return list(first_and_last.values())


def _entity(change: Change) -> str:
    record = change[1] or change[0]
    return record.entity if record else ""


def _seen(change: Change, settings: Settings) -> Change:
    """What the inquiry sees of it: a row that leaves its filter is only deleted."""
    shown = settings.filters.get(_entity(change))
    if shown is None:
        return change
    before, after = (r if r and r.status in shown else None for r in change)
    return before, after


def _row(record: Record, settings: Settings, shift: timedelta) -> Json:
    shape = record.shape
    names = (*shape.keys, "Status", "Hold", shape.party, shape.amount, "LastModifiedDateTime")
    captions = settings.columns.get(record.entity, {})
    values = {**record.fields, **_words(record, settings)}
    return {
        captions.get(name, name): _column(values.get(name), shift, padded=settings.padded)
        for name in names
        if captions.get(name, name)
    }


def _words(record: Record, settings: Settings) -> Mapping[str, Value]:
    """Status and type as the inquiry has them: the screen's words, or the table's letters."""
    letters = STATUS_IDS.get(record.entity, {}) if settings.status_as == "letter" else {}
    codes = record.shape.types if settings.type_as == "code" else {}
    kind = str(record.fields.get("Type"))
    return {"Status": letters.get(record.status, record.status), "Type": codes.get(kind, kind)}


def _column(value: Value, shift: timedelta, *, padded: bool) -> object:
    """A column of the inquiry: no wrapper, no zone, texts padded as the database pads them."""
    if isinstance(value, str):
        return value.ljust(PADDED) if padded else value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        local = value.astimezone(UTC) + shift
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}"
    return value.isoformat() if isinstance(value, date) else value
