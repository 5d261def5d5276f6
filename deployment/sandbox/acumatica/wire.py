"""Records ↔ the JSON of contract version 4: value wrappers, `{}` for empty, four decimals. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal

from .book import Record
from .fields import Entity, Kind, Table
from .values import Fields, Value, WrongValue, midnight, moment_text, read_value

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class View:
    """What a caller asked to see of a record (`$select`, `$expand`, `$custom`)."""

    base: str  # path of the endpoint, for _links
    zone: tzinfo
    select: frozenset[str] = frozenset()
    expand: frozenset[str] = frozenset()
    custom: tuple[str, ...] = ()


@dataclass(slots=True)
class Draft:
    """What a caller wants changed, and what of it could not be read (field → why)."""

    fields: dict[str, Value] = field(default_factory=dict)
    lists: dict[str, list[dict[str, Value]]] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    id: str = ""
    note: str | None = None


class UnknownName(Exception):
    """`$select`, `$expand` or `$custom` names something the entity does not have."""


def dumps(value: object) -> str:
    """JSON in the ERP's writing: decimals are numbers that keep their trailing zeros."""
    if isinstance(value, Decimal):
        return f"{value:.4f}"
    if isinstance(value, dict):
        return "{" + ",".join([f"{json.dumps(k)}:{dumps(v)}" for k, v in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([dumps(item) for item in value]) + "]"
    return json.dumps(value)


def check_view(entity: Entity, view: View) -> None:
    """Refuse names the endpoint lacks: the ERP answers 500, so nothing may pass silently."""
    for name in view.select:
        head, _, tail = name.partition("/")
        known = head in entity.fields or tail in _part(entity, head)
        if not known and head not in ("id", "rowNumber", "note", "custom"):
            raise UnknownName(name)
    for name in view.expand:
        if name != "files" and name.partition("/")[0] not in {*entity.lists, *entity.linked}:
            raise UnknownName(name)
    for name in view.custom:
        if name not in entity.custom:
            raise UnknownName(name)


def record_json(record: Record, view: View, row: int = 1) -> Json:
    """One record as the API shows it; lists and linked entities only under `$expand`."""
    entity = record.shape
    return {
        "id": record.id,
        "rowNumber": row,
        "note": {"value": record.note},
        **_wrapped(entity.fields, _readable(record), view),
        **{name: _lines(record, name, view) for name in entity.lists if name in view.expand},
        **{name: _linked(record, name, view) for name in entity.linked if name in view.expand},
        **({"files": []} if "files" in view.expand else {}),
        "custom": _custom(record, view),
        "_links": _links(record, view),
    }


def with_errors(body: Json, errors: Mapping[str, str], text: str) -> Json:
    """The 422 answer: the entity itself with `error` members on record and fields."""
    marked = {name: _marked(body.get(name), error) for name, error in errors.items()}
    return {**body, **marked, "error": text}


def read_draft(entity: Entity, body: Mapping[str, object]) -> Draft:
    """Read a request's entity; unknown members are ignored, absent ones mean "leave"."""
    draft = Draft(id=str(body.get("id") or ""))
    for name, wrapped in body.items():
        if name in entity.fields:
            _read_field(draft, name, entity.fields[name], wrapped)
        elif name in entity.lists and isinstance(wrapped, list):
            draft.lists[name] = [_read_line(draft, entity.lists[name], line) for line in wrapped]
    note = body.get("note")
    if isinstance(note, Mapping) and isinstance(note.get("value"), str):
        draft.note = note["value"]
    return draft


def _read_field(draft: Draft, name: str, kind: Kind, wrapped: object) -> None:
    if not isinstance(wrapped, Mapping):
        draft.errors[name] = "The value must be wrapped: {'value': …}."
    elif "value" in wrapped:
        try:
            draft.fields[name] = read_value(kind, wrapped["value"])
        except WrongValue as wrong:
            draft.errors[name] = f"'{name}' {wrong}."


def _read_line(draft: Draft, table: Table, line: object) -> dict[str, Value]:
    inner = Draft()
    for name, wrapped in line.items() if isinstance(line, Mapping) else ():
        if name in table:
            _read_field(inner, name, table[name], wrapped)
    draft.errors |= inner.errors
    return inner.fields


def wire_value(value: Value, zone: tzinfo) -> object:
    """One value as the wire has it; a date is midnight with the server's offset."""
    if isinstance(value, datetime):
        return moment_text(value.astimezone(zone))
    if isinstance(value, date):
        return moment_text(midnight(value, zone))
    return value


def _wrap(value: Value, zone: tzinfo) -> Json:
    return {} if value is None else {"value": wire_value(value, zone)}


def _wrapped(table: Table, fields: Fields, view: View, under: str = "") -> Json:
    chosen = _chosen(table, view.select, under)
    return {name: _wrap(fields.get(name), view.zone) for name in chosen}


def _readable(record: Record) -> Fields:
    hidden = record.shape.unreadable
    return {name: value for name, value in record.fields.items() if name not in hidden}


def _chosen(table: Table, select: frozenset[str], under: str) -> Iterable[str]:
    wanted = {name.removeprefix(under) for name in select if name.startswith(under)}
    return [name for name in table if name in wanted] if wanted else table


def _lines(record: Record, name: str, view: View) -> list[Json]:
    table = record.shape.lists[name]
    return [
        {
            "id": _line_id(record, name, number),
            "rowNumber": number,
            "note": None,
            **_wrapped(table, line, view, f"{name}/"),
            "custom": {},
        }
        for number, line in enumerate(record.lists.get(name, ()), start=1)
    ]


def _linked(record: Record, name: str, view: View) -> Json:
    table, fields = record.shape.linked[name], record.linked.get(name, {})
    values = _wrapped(table, fields, view, f"{name}/")
    return {"id": record.id, "note": None, **values, "custom": {}}


def _line_id(record: Record, name: str, number: int) -> str:
    return f"{record.id[:24]}{sum(map(ord, name)):06x}{number:06x}"


def _custom(record: Record, view: View) -> Json:
    answer: dict[str, Json] = {}
    for name in view.custom:
        source = record.shape.custom[name]
        value = record.fields.get(source.field) if source.field else None
        value = record.hidden.get(source.hidden) or value
        part, _, column = name.partition(".")
        answer.setdefault(part, {})[column] = {"type": source.type, **_wrap(value, view.zone)}
    return dict(answer)


def _links(record: Record, view: View) -> Json:
    graph, name = record.shape.graph, record.shape.view
    return {
        "self": f"{view.base}/{record.entity}/{record.id}",
        "files:put": f"{view.base}/files/{graph}/{name}/{record.id}/{{filename}}",
    }


def _part(entity: Entity, name: str) -> Table:
    return entity.lists.get(name) or entity.linked.get(name) or {}


def _marked(wrapped: object, error: str) -> Json:
    return {**(wrapped if isinstance(wrapped, Mapping) else {}), "error": error}
