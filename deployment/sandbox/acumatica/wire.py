"""Records ↔ the JSON of the API: value wrappers, `{}` for empty, four decimals. Pure.

What differs between the contract versions is the view's `write`: how one value is shown.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal

from .book import Record
from .fields import Entity, Table
from .shapes import ScreenField
from .values import Fields, Value, WrongValue, midnight, moment_text, read_value

Json = dict[str, object]
Write = Callable[[str, Value], object]  # a field's name and value → what stands under "value"


@dataclass(frozen=True, slots=True)
class View:
    """What a caller asked to see of a record (`$select`, `$expand`, `$custom`), and how."""

    entity: Entity  # as the endpoint's version has it
    base: str  # path of the endpoint, for _links
    write: Write
    select: frozenset[str] = frozenset()
    expand: frozenset[str] = frozenset()
    custom: tuple[str, ...] = ()


@dataclass(slots=True)
class LineDraft:
    """One line of a request: new, or a change of the one its id or number names."""

    fields: dict[str, Value] = field(default_factory=dict)
    id: str = ""
    delete: bool = False
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """What a caller wants changed, and what of it could not be read (field → why)."""

    fields: dict[str, Value] = field(default_factory=dict)
    lists: dict[str, list[dict[str, Value]]] = field(default_factory=dict)  # whole, as typed
    lines: dict[str, list[LineDraft]] = field(default_factory=dict)  # as a request sends them
    linked: dict[str, dict[str, Value]] = field(default_factory=dict)
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


def check_view(view: View) -> None:
    """Refuse names the endpoint lacks: the ERP answers 500, so nothing may pass silently."""
    entity = view.entity
    for name in view.select:
        part, _, column = name.rpartition("/")
        known = column in (entity.part(part) if part else entity.fields)
        if not known and name not in ("id", "rowNumber", "note", "custom"):
            raise UnknownName(name)
    for name in view.expand:
        if name != "files" and name not in entity.lists and name not in entity.linked:
            raise UnknownName(name)
    for name in view.custom:
        if name not in entity.custom and name not in entity.line_custom:
            raise UnknownName(name)


def record_json(record: Record, view: View, row: int = 1, *, files: Sequence[Json] = ()) -> Json:
    """One record as the API shows it; lists and linked entities only under `$expand`."""
    entity, expand = view.entity, view.expand
    return {
        "id": record.id,
        "rowNumber": row,
        "note": {"value": record.note},
        **_wrapped(entity.fields, readable(entity, record), view),
        **{n: _lines(record, n, view) for n in entity.lists if n in expand and "/" not in n},
        **{n: _linked(record, n, view) for n in entity.linked if n in expand and "/" not in n},
        **({"files": list(files)} if "files" in expand else {}),
        "custom": _custom(entity.custom, view, record.fields, record.hidden),
        "_links": links(record, view),
    }


def with_errors(body: Json, errors: Mapping[str, str], text: str) -> Json:
    """The 422 answer: the entity itself with `error` members on record, fields and lines."""
    marked: Json = {**body, "error": text}
    for name, error in errors.items():
        part, _, rest = name.partition("/")
        if rest:
            number, _, column = rest.partition("/")
            marked[part] = _marked_line(marked.get(part), int(number), column, error)
        else:
            marked[name] = _marked(marked.get(name), error)
    return marked


def readable(entity: Entity, record: Record) -> Fields:
    """The fields as the endpoint maps them; some the ERP keeps and never shows."""
    mapped = {name: record.hidden.get(own) or None for name, own in entity.from_hidden.items()}
    shown = {name: v for name, v in record.fields.items() if name not in entity.unreadable}
    return {**shown, **mapped}


def read_draft(entity: Entity, body: Mapping[str, object]) -> Draft:
    """Read a request's entity; unknown members are ignored, absent ones mean "leave"."""
    draft = Draft(id=str(body.get("id") or ""))
    for name, wrapped in body.items():
        if name in entity.fields and name not in entity.from_hidden:
            draft.fields |= _read_fields(entity.fields, {name: wrapped}, draft.errors)
        elif name in entity.lists and isinstance(wrapped, list):
            draft.lines[name] = [_read_line(entity.lists[name], line) for line in wrapped]
        elif name in entity.linked and isinstance(wrapped, Mapping):
            draft.linked[name] = _read_fields(entity.linked[name], wrapped, draft.errors)
    note = body.get("note")
    if isinstance(note, Mapping) and isinstance(note.get("value"), str):
        draft.note = note["value"]
    return draft


def _read_fields(
    table: Table, body: Mapping[str, object], errors: dict[str, str]
) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    for name, wrapped in body.items():
        if name not in table:
            continue
        if not isinstance(wrapped, Mapping):
            errors[name] = "The value must be wrapped: {'value': …}."
        elif "value" in wrapped:
            try:
                fields[name] = read_value(table[name], wrapped["value"])
            except WrongValue as wrong:
                errors[name] = f"'{name}' {wrong}."
    return fields


def _read_line(table: Table, line: object) -> LineDraft:
    if not isinstance(line, Mapping):
        return LineDraft(errors={"": "A line must be an object."})
    read = LineDraft(id=str(line.get("id") or ""), delete=line.get("delete") is True)
    read.fields = _read_fields(table, line, read.errors)
    return read


def plain_writer(zone: tzinfo) -> Write:
    """Contract version 4: a date is midnight with the server's offset."""

    def write(_: str, value: Value) -> object:
        if isinstance(value, datetime):
            return moment_text(value.astimezone(zone))
        if isinstance(value, date):
            return moment_text(midnight(value, zone))
        return value

    return write


def _wrap(name: str, value: Value, view: View) -> Json:
    return {} if value is None else {"value": view.write(name, value)}


def _wrapped(table: Table, fields: Fields, view: View, under: str = "") -> Json:
    chosen = _chosen(table, view.select, under)
    return {name: _wrap(name, fields.get(name), view) for name in chosen}


def _chosen(table: Table, select: frozenset[str], under: str) -> Iterable[str]:
    wanted = {name.removeprefix(under) for name in select if name.startswith(under)}
    return [name for name in table if name in wanted] if wanted else table


def _lines(record: Record, name: str, view: View) -> list[Json]:
    entity, own = view.entity, view.entity.line_custom if name == "Details" else {}
    inner: Json = {n.rpartition("/")[2]: [] for n in _inside(name, view) if n in entity.lists}
    return [
        {
            "id": line_id(record, name, number),
            "rowNumber": number,
            "note": None,
            **_wrapped(entity.lists[name], line, view, f"{name}/"),
            **inner,
            "custom": _custom(own, view, line, {}),
        }
        for number, line in enumerate(record.lists.get(name, ()), start=1)
    ]


def _linked(record: Record, name: str, view: View) -> Json:
    table, fields = view.entity.linked[name], record.linked.get(name, {})
    values = _wrapped(table, fields, view, f"{name}/")
    inner: Json = {
        n.rpartition("/")[2]: _linked(record, n, view) if n in view.entity.linked else []
        for n in _inside(name, view)
    }
    return {"id": record.id, "note": None, **values, **inner, "custom": {}}


def _inside(name: str, view: View) -> list[str]:
    return sorted(n for n in view.expand if n.startswith(f"{name}/"))


def line_id(record: Record, name: str, number: int) -> str:
    """The id of a line, good for a session only: it says which line it is by its place."""
    return f"{record.id[:24]}{sum(map(ord, name)):06x}{number:06x}"


def _custom(
    known: Mapping[str, ScreenField], view: View, fields: Fields, hidden: Mapping[str, str]
) -> Json:
    answer: dict[str, Json] = {}
    for name in view.custom:
        if name in known:
            value = custom_value(known[name], fields, hidden)
            part, _, column = name.partition(".")
            shown = {"type": known[name].type, **_wrap(column, value, view)}
            answer.setdefault(part, {})[column] = shown
    return dict(answer)


def custom_value(source: ScreenField, fields: Fields, hidden: Mapping[str, str]) -> Value:
    """What a field of the screen holds, mapped in the endpoint or not."""
    value = fields.get(source.field) if source.field else None
    kept = hidden.get(source.hidden)
    return value if not kept else read_value(source.kind, kept)


def links(record: Record, view: View) -> Json:
    """Where the record is, and where files are attached to it."""
    graph, name = view.entity.graph, view.entity.view
    return {
        "self": f"{view.base}/{record.entity}/{record.id}",
        "files:put": f"{view.base}/files/{graph}/{name}/{record.id}/{{filename}}",
    }


def _marked(wrapped: object, error: str) -> Json:
    return {**(wrapped if isinstance(wrapped, Mapping) else {}), "error": error}


def _marked_line(lines: object, number: int, column: str, error: str) -> list[object]:
    marked = list(lines) if isinstance(lines, list) else []
    line = marked[number - 1]
    marked[number - 1] = (
        {**line, column: _marked(line.get(column), error)} if column else {**line, "error": error}
    )
    return marked
