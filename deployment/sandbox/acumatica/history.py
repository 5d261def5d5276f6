"""What happened, in order: the stand-in's own word, from which tests judge what was really done."""

from collections.abc import Callable, Iterable
from datetime import datetime

from .book import Record
from .store import Event, Store
from .values import plain, plain_fields
from .wire import Json

_SILENT = {"LastModifiedDateTime"}


class History:
    """Every request, change, push and fault since the book was opened the first time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._events: list[Event] = []

    def load(self, store: Store) -> None:
        """Go on where an earlier process stopped."""
        self._events = store.events()

    def since(self, after: int) -> list[Event]:
        """The events behind sequence number *after*."""
        return self._events[max(after, 0) :]

    def of(self, record: Record) -> list[Event]:
        """The changes of one document."""
        wanted = (record.entity, record.keys)
        return [e for e in self._events if (e.get("entity"), e.get("keys")) == wanted]

    def number(self, drafts: Iterable[tuple[str, Json]]) -> list[Event]:
        """Give drafts their place; they count only once the store has them and `keep` is called."""
        at = plain(self._now())
        return [
            {"seq": seq, "at": at, "kind": kind, **members}
            for seq, (kind, members) in enumerate(drafts, start=len(self._events) + 1)
        ]

    def keep(self, events: Iterable[Event]) -> None:
        """Add events the store has committed."""
        self._events.extend(events)


def changes(before: Record | None, after: Record | None, by: str) -> list[tuple[str, Json]]:
    """What one transaction did to a document, a row per field; a birth or end shows in `Status`."""
    record = after or before
    if record is None:
        return []
    old, new = _values(before), _values(after)
    names = ["Status", *old] if before and after else ["Status"]
    base: Json = {"entity": record.entity, "keys": record.keys}
    return [
        ("change", {**base, "field": name, "old": old.get(name), "new": new.get(name), "by": by})
        for name in dict.fromkeys([*names, *(new if before and after else ())])
        if old.get(name) != new.get(name) and name not in _SILENT
    ]


def _values(record: Record | None) -> Json:
    if record is None:
        return {}
    lines = {name: [plain_fields(line) for line in rows] for name, rows in record.lists.items()}
    return {**plain_fields(record.fields), **lines}
