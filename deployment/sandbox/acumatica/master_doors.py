"""The door to what is no document: vendors, employees, contacts, receipts.

`GET /_sandbox/masters` lists them, `POST` changes one as an ERP user would at its screen:
`{"entity": "Vendor", "keys": {"VendorID": …}, "set": {"PaymentInstructions": [ … ]}, "by": …}`.
"""

from collections.abc import Mapping

from aiohttp import web

from .book import Record
from .door_input import DoorError, door_body, member
from .erp import ERP, Erp
from .fields import DOCUMENTS, ENTITIES, Entity, Table
from .refusals import json_response
from .values import Value, WrongValue, plain_fields, read_value
from .wire import Draft, Json
from .wishes import wished_by

_MASTERS = tuple(name for name in ENTITIES if name not in DOCUMENTS)


def add_routes(app: web.Application) -> None:
    """Hang the door into the application."""
    app.router.add_get("/_sandbox/masters", read_masters)
    app.router.add_post("/_sandbox/masters", write_master)


async def read_masters(request: web.Request) -> web.Response:
    """Every record that is no document, in plain values."""
    book = request.app[ERP].book
    return json_response({"masters": [_row(r) for name in _MASTERS for r in book.all(name)]})


async def write_master(request: web.Request) -> web.Response:
    """Change one of them; a list that is set replaces the whole list."""
    erp, body = request.app[ERP], await door_body(request)
    record = _record(erp, body)
    draft = _draft(record.shape, member(body, "set"))
    return json_response(_row(erp.edit(record, draft, wished_by(erp, body))))


def _record(erp: Erp, body: Mapping[str, object]) -> Record:
    entity = ENTITIES.get(str(body.get("entity")))
    if entity is None or entity.name not in _MASTERS:
        raise DoorError(f"'entity' must be one of: {', '.join(_MASTERS)}.")
    keys = member(body, "keys")
    if set(keys) != set(entity.keys):
        raise DoorError(f"'keys' of {entity.name} are {' and '.join(entity.keys)}.")
    record = erp.book.by_keys(entity.name, tuple(str(keys[name]) for name in entity.keys))
    if record is None:
        raise DoorError("There is no such record.", 404)
    return record


def _draft(entity: Entity, wish: Mapping[str, object]) -> Draft:
    draft = Draft()
    for name, raw in wish.items():
        if name in entity.fields and name not in entity.keys:
            draft.fields |= _values(entity.fields, {name: raw})
        elif name in entity.lists and isinstance(raw, list):
            rows = [row if isinstance(row, Mapping) else {"": row} for row in raw]
            draft.lists[name] = [_values(entity.lists[name], row) for row in rows]
        elif name in entity.linked and isinstance(raw, Mapping):
            draft.linked[name] = _values(entity.linked[name], raw)
        else:
            known = ", ".join([*entity.fields, *entity.lists, *entity.linked])
            raise DoorError(f"'{name}' cannot be set so. {entity.name} has: {known}.")
    return draft


def _values(table: Table, row: Mapping[str, object]) -> dict[str, Value]:
    unknown = set(row) - set(table)
    if unknown:
        raise DoorError(f"Unknown: {', '.join(sorted(unknown))}. Allowed: {', '.join(table)}.")
    try:
        return {name: read_value(table[name], raw) for name, raw in row.items()}
    except WrongValue as wrong:
        raise DoorError(f"A value {wrong}.") from None


def _row(record: Record) -> Json:
    return {
        "entity": record.entity,
        "id": record.id,
        "keys": record.keys,
        "fields": plain_fields(record.fields),
        "details": {name: [plain_fields(x) for x in rows] for name, rows in record.lists.items()},
        "linked": {name: plain_fields(part) for name, part in record.linked.items()},
    }
