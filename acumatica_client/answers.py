"""Answers to reads of Acumatica's contract-based REST API (contract version 4), without I/O.

`read_…` turns an answer into data or raises the error tree of `errors`; which error an answer is,
says `faces`. Follows the vendor's Integration Development Guide, "Contract-Based REST API".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from acumatica_client.entities import Entity
from acumatica_client.errors import ErpContract5, ErpUnreadable
from acumatica_client.faces import error_of, is_missing, parsed
from acumatica_client.models import Document, DocumentKey, Glimpse, Noted, Value
from acumatica_client.transport import Reply
from acumatica_client.values import (
    UNDATED,
    DropDown,
    Reader,
    WrongShape,
    read_moment,
    read_text,
    readers,
    unwrap,
)

_T = TypeVar("_T")

MOST_LINES = 5_000
"""Lines of one document that are kept; no card shows so many, and no person reads them."""

_NAMED = 100
"""Characters of a key, as the ERP wrote it, that an error quotes."""


# --- reading --------------------------------------------------------------------------------


def read_document(entity: Entity, reply: Reply) -> Document | None:
    """Read one document, None when the ERP says there is no such record."""
    if is_missing(reply):
        return None
    return _document(entity, record_of(read_json(reply), entity.name))


def read_glimpses(entity: Entity, reply: Reply) -> list[Glimpse]:
    """Read one page of a list.

    A row whose stamp cannot be read is UNDATED: it moves no watermark and holds up no other row,
    and when its document is looked at, the error gets its name.
    """
    return [_glimpse(entity, record) for record in rows_of(read_json(reply), entity.name)]


def read_glimpse(entity: Entity, reply: Reply) -> Glimpse | None:
    """Read one row by key, None when the ERP says there is no such record."""
    if is_missing(reply):
        return None
    return _glimpse(entity, record_of(read_json(reply), entity.name))


def read_noted(entity: Entity, reply: Reply) -> Noted | None:
    """Read one document with its note, None when the ERP says there is no such record."""
    if is_missing(reply):
        return None
    record = record_of(read_json(reply), entity.name)
    seen = _glimpse(entity, record)
    return Noted(seen.key, seen.erp_id, seen.status, seen.last_modified, _note(record))


def read_ids(entity: Entity, reply: Reply) -> list[str]:
    """Read the ids of a list of records."""
    return [_id(record) for record in rows_of(read_json(reply), entity.name)]


def read_json(reply: Reply) -> Any:
    """Return the JSON of a good answer, or raise the error that it is."""
    if reply.status != 200 or reply.content_type != "application/json":
        raise error_of(reply)
    try:
        return parsed(reply.body)
    except ValueError as error:
        raise ErpUnreadable(f"200 with unreadable JSON: {error}") from error


# --- shapes ---------------------------------------------------------------------------------


def rows_of(data: Any, what: str) -> list[Mapping[str, Any]]:
    """Return *data* as a list of records, or raise ErpUnreadable naming *what* it should be."""
    if not isinstance(data, list):
        raise ErpUnreadable(f"{what}: a list expected, got a {type(data).__name__}")
    return [record_of(row, f"{what}, row {number}") for number, row in enumerate(data, 1)]


def record_of(data: Any, what: str) -> Mapping[str, Any]:
    """Return *data* as a record, or raise ErpUnreadable naming *what* it should be."""
    if not isinstance(data, dict):
        raise ErpUnreadable(f"{what}: a record expected, got a {type(data).__name__}")
    return data


def value_of(record: Mapping[str, Any], name: str, where: str, read: Callable[[Any], _T]) -> _T:
    """Read one field; what cannot be read is an error that names *where* and the field."""
    try:
        return read(record.get(name))
    except DropDown as error:
        raise ErpContract5(f"{where}: {name} is {error}") from error
    except WrongShape as error:
        raise ErpUnreadable(f"{where}: {name}: {error}") from error


def text_of(record: Mapping[str, Any], name: str, where: str) -> str:
    """Read a text without its padding; an empty field is the empty string."""
    return (value_of(record, name, where, read_text) or "").strip()


# --- documents ------------------------------------------------------------------------------


def _key(entity: Entity, record: Mapping[str, Any]) -> DocumentKey:
    where = f"{entity.name} {_id(record) or 'without id'}"
    kind = text_of(record, "Type", where)
    number = text_of(record, entity.number_field, where)
    if not kind or not number:
        raise ErpUnreadable(f"{where}: a record without Type or {entity.number_field}")
    return entity.key(kind, number)


def _id(record: Mapping[str, Any]) -> str:
    shown = record.get("id")
    return shown[:_NAMED] if isinstance(shown, str) and shown.isascii() else ""


def _glimpse(entity: Entity, record: Mapping[str, Any]) -> Glimpse:
    key = _key(entity, record)
    status = entity.status_label(text_of(record, "Status", str(key)))
    try:
        stamp = read_moment(record.get("LastModifiedDateTime"))
    except WrongShape:
        stamp = UNDATED
    return Glimpse(key, _id(record), status, stamp)


def _document(entity: Entity, record: Mapping[str, Any]) -> Document:
    key = _key(entity, record)
    where = str(key)
    return Document(
        key,
        _id(record),
        entity.status_label(text_of(record, "Status", where)),
        value_of(record, "LastModifiedDateTime", where, read_moment),
        _fields(record, readers(entity.select, entity.days), where)
        | {name: _custom(record, name, where) for name in entity.custom},
        _lines(entity, record, where),
    )


def _fields(record: Mapping[str, Any], kinds: Mapping[str, Reader], where: str) -> dict[str, Value]:
    return {name: value_of(record, name, where, read) for name, read in kinds.items()}


def _lines(
    entity: Entity, record: Mapping[str, Any], where: str
) -> tuple[Mapping[str, Value], ...]:
    kinds = readers(entity.line_select, entity.days)
    lines = rows_of(record.get("Details") or [], f"{where}: Details")
    if len(lines) > MOST_LINES:
        raise ErpUnreadable(
            f"{where}: {len(lines):,} lines, more than the {MOST_LINES:,} that Countersign holds;"
            " decide on this document in Acumatica"
        )
    return tuple(
        _fields(line, kinds, f"{where}: Details, line {number}")
        for number, line in enumerate(lines, 1)
    )


def _note(record: Mapping[str, Any]) -> str | None:
    """Read a note; `null`, or none at all, says nothing of what stands there."""
    told = record.get("note")
    text = told.get("value", "") if isinstance(told, dict) else None
    return text if isinstance(text, str) else None


def _custom(record: Mapping[str, Any], name: str, where: str) -> Value:
    """Read a `View.Field` from what the ERP tells of the screen; where it tells none, empty."""
    view, _, member = name.partition(".")
    custom = record_of(record.get("custom") or {}, f"{where}: custom")
    found = record_of(custom.get(view) or {}, f"{where}: custom {view}")
    return value_of(found, member, f"{where}: custom {view}", unwrap)
