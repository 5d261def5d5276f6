"""The sandbox's own doors under `/_sandbox`: what happened, what is there, and a tester's levers.

They answer bad input with a sentence, and refuse pages of other origins: a tab somewhere must not
steer the stand-in behind its user's back.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

from aiohttp import web

from . import entry, push, workflow
from .book import Record
from .erp import ERP, Erp, documents
from .faults import BadFault
from .fields import DOCUMENTS, Entity, Table
from .links import deep_link
from .refusals import json_response
from .suggestion import suggest_bill
from .values import Value, WrongValue, plain, plain_fields, read_value
from .wire import Draft, Json

_DESTINATION = {"url", "header", "value"}
_OWNER = "CurrentDocument.EmployeeID"


class DoorError(Exception):
    """Input a door cannot use; the text is a sentence for the tester."""

    def __init__(self, sentence: str, status: int = 422) -> None:
        super().__init__(sentence)
        self.status = status


def add_routes(app: web.Application) -> None:
    """Hang the doors into the application."""
    app.router.add_get("/_sandbox/health", health)
    app.router.add_get("/_sandbox/history", read_history)
    app.router.add_get("/_sandbox/documents", read_documents)
    app.router.add_post("/_sandbox/documents", write_document)
    app.router.add_delete("/_sandbox/documents", delete_document)
    app.router.add_get("/_sandbox/faults", read_faults)
    app.router.add_post("/_sandbox/faults", arm_fault)
    app.router.add_delete("/_sandbox/faults", clear_faults)
    app.router.add_get("/_sandbox/push", read_push)
    app.router.add_post("/_sandbox/push", set_push)
    app.router.add_get("/_sandbox/people", read_people)
    app.router.add_get("/_sandbox/suggestion", read_suggestion)


@web.middleware
async def sandbox_door(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turns what is wrong at a door into a sentence."""
    if not request.path.startswith("/_sandbox/"):
        return await handler(request)
    origin = request.headers.get("Origin")
    if origin and origin.partition("://")[2] != request.host:
        return _sentence(403, "Only this stand-in's own pages may use its doors.")
    try:
        return await handler(request)
    except DoorError as wrong:
        return _sentence(wrong.status, str(wrong))
    except web.HTTPException as other:
        return _sentence(other.status, f"{other.reason}: {request.method} {request.path}")


async def health(_: web.Request) -> web.Response:
    """Ready once the book is open, which it is before the first request."""
    return json_response({"ready": True})


async def read_history(request: web.Request) -> web.Response:
    """All events behind `after`."""
    after = request.query.get("after", "0")
    if not after.isdecimal():
        raise DoorError("'after' must be a sequence number such as 0.", 400)
    return json_response({"events": request.app[ERP].history.since(int(after))})


async def read_documents(request: web.Request) -> web.Response:
    """Every document as it is now, in plain values, newest change first."""
    erp = request.app[ERP]
    return json_response({"documents": [document_row(erp, r) for r in documents(erp.book)]})


async def write_document(request: web.Request) -> web.Response:
    """Change, create, or run a screen action on a document as an ERP user would."""
    erp, body = request.app[ERP], await _body(request)
    entity, by = _entity(body), _by(erp, body)
    wish = _object(body, "set")
    status = _status(entity, wish)
    draft = _draft(entity, wish)
    record = _record(erp, entity, body)
    _refuse(entry.problems(erp.desk(), entity, draft))
    saved = _edited(erp, record, draft, by) if record else _created(erp, body, draft, by=by)
    saved = _moved(erp, saved, status, by) if status else saved
    action = body.get("action")
    saved = _acted(erp, saved, str(action), by) if action else saved
    return json_response(document_row(erp, saved))


async def delete_document(request: web.Request) -> web.Response:
    """Delete a document as an ERP user would; polling will never see it."""
    erp, body = request.app[ERP], await _body(request)
    record = _record(erp, _entity(body), body)
    if record is None:
        raise DoorError("There is no such document.", 404)
    erp.delete(record, _by(erp, body))
    return json_response({"deleted": record.keys})


async def read_faults(request: web.Request) -> web.Response:
    """What is armed now."""
    armed = request.app[ERP].faults.armed
    rows = [{"fault": f.text, "on": _on(f.method, f.path), "times": f.times} for f in armed]
    return json_response({"faults": rows})


async def arm_fault(request: web.Request) -> web.Response:
    """Arm one fault."""
    try:
        request.app[ERP].faults.arm(await _body(request))
    except BadFault as bad:
        raise DoorError(str(bad)) from None
    return await read_faults(request)


async def clear_faults(request: web.Request) -> web.Response:
    """Disarm everything."""
    request.app[ERP].faults.armed.clear()
    return await read_faults(request)


async def read_push(request: web.Request) -> web.Response:
    """How the sender is set; the header's value stays inside."""
    settings = request.app[ERP].sender.settings
    to = settings.destination
    shown = {**push.settings_row(settings), "destination": None}
    return json_response({**shown, **({"destination": _shown(to)} if to else {})})


async def set_push(request: web.Request) -> web.Response:
    """Change any of the sender's settings."""
    erp, body = request.app[ERP], await _body(request)
    unknown = set(body) - {"on", "duplicate", "reorder", "split", "destination"}
    if unknown:
        raise DoorError(
            f"Unknown: {', '.join(sorted(unknown))}. Allowed: on, duplicate, reorder, split,"
            " destination."
        )
    erp.set_push(push.changed(erp.sender.settings, **{k: _setting(k, v) for k, v in body.items()}))
    return await read_push(request)


async def read_people(request: web.Request) -> web.Response:
    """Who can be signed in as on the pages."""
    people = request.app[ERP].people.all
    rows = [
        {"login": p.login, "employee_id": p.employee_id, "name": p.name, "title": p.title}
        for p in people
    ]
    return json_response({"people": rows})


async def read_suggestion(request: web.Request) -> web.Response:
    """A believable new bill, ready to be posted to `/_sandbox/documents`."""
    erp = request.app[ERP]
    return json_response(suggest_bill(erp.book, erp.people, erp.options.random))


def document_row(erp: Erp, record: Record) -> Json:
    """A document in plain values, with what the endpoint hides but a tester must know."""
    party = erp.book.by_keys("Vendor", (str(record.fields.get(record.shape.party)),))
    return {
        "entity": record.entity,
        "id": record.id,
        "keys": record.keys,
        "link": deep_link(erp.options.tenant, record),
        "fields": plain_fields(record.fields),
        "details": {name: [plain_fields(x) for x in rows] for name, rows in record.lists.items()},
        "owner": record.hidden.get("Owner") or None,
        "approver": record.hidden.get("Approver") or None,
        "vendor_name": party.fields.get("VendorName") if party else None,
        "created_by": record.hidden.get("CreatedBy") or None,
        "note": record.note,
    }


def _edited(erp: Erp, record: Record, draft: Draft, by: str) -> Record:
    _refuse_moving(record, draft)
    fixed = entry.fixed_fields(record, draft)
    if fixed:
        raise DoorError(f"{', '.join(fixed)} cannot change: the document is {record.status}.")
    return erp.edit(record, draft, by)


def _refuse_moving(record: Record, draft: Draft) -> None:
    for key in record.shape.keys:
        if draft.fields.pop(key, record.fields[key]) != record.fields[key]:
            raise DoorError(f"'{key}' is a key of the document and cannot change.")
    held = record.fields.get("Hold")
    action = workflow.HOLD if draft.fields.get("Hold", held) else workflow.REMOVE_HOLD
    if draft.fields.get("Hold", held) != held and action not in workflow.actions_of(record):
        raise DoorError(f"'Hold' cannot change while the document is {record.status}.")


def _created(erp: Erp, body: Mapping[str, object], draft: Draft, *, by: str) -> Record:
    entity, keys = _entity(body), _object(body, "keys")
    draft.fields |= {
        name: str(value) for name, value in keys.items() if name in entity.keys and value
    }
    _refuse(entry.problems(erp.desk(), entity, draft) | entry.missing(entity, draft))
    return erp.insert(entity, draft, by)


def _moved(erp: Erp, record: Record, status: str, by: str) -> Record:
    try:
        return erp.move(record, status, by)
    except workflow.NotAllowed as refused:
        ways = ", ".join(workflow.reachable(record))
        raise DoorError(f"'Status': {refused} From here it can become: {ways}.") from None


def _acted(erp: Erp, record: Record, action: str, by: str) -> Record:
    try:
        return erp.act(record, action, by)
    except (workflow.NotAllowed, workflow.NotApprover) as refused:
        raise DoorError(str(refused)) from None


def _entity(body: Mapping[str, object]) -> Entity:
    entity = DOCUMENTS.get(str(body.get("entity")))
    if entity is None:
        raise DoorError(f"'entity' must be one of: {', '.join(DOCUMENTS)}.")
    return entity


def _by(erp: Erp, body: Mapping[str, object]) -> str:
    name = str(body.get("by") or "hugo")
    person = erp.people.find(name)
    if person is None and name != erp.options.user:
        known = ", ".join(p.login for p in erp.people.all)
        raise DoorError(f"'by' must be one of: {known}, {erp.options.user}; not {name!r}.")
    return person.login if person else name


def _record(erp: Erp, entity: Entity, body: Mapping[str, object]) -> Record | None:
    keys = _object(body, "keys")
    unknown = set(keys) - set(entity.keys)
    if unknown:
        allowed = " and ".join(entity.keys)
        raise DoorError(f"'keys' of {entity.name} are {allowed}, not {', '.join(unknown)}.")
    kind = str(keys.get("Type") or next(iter(entity.types)))
    return erp.book.by_keys(entity.name, (kind, str(keys.get(entity.keys[1]) or "")))


def _status(entity: Entity, wish: Mapping[str, object]) -> str:
    if "Status" not in wish:
        return ""
    status = str(wish["Status"])
    known = workflow.STATUSES[entity.name]
    if status not in known:
        raise DoorError(f"'Status' of {entity.name} must be one of: {', '.join(known)}.")
    return status


def _draft(entity: Entity, wish: Mapping[str, object]) -> Draft:
    draft = Draft()
    for name, raw in wish.items():
        if name == "Status":
            continue
        if name in entity.fields:
            draft.fields[name] = _value(entity.fields, name, raw)
        elif name in entity.lists:
            draft.lists[name] = [_line(entity.lists[name], name, row) for row in _rows(name, raw)]
        elif name == _OWNER and entity.name == "Bill":
            draft.hidden["Owner"] = str(raw or "")
        elif name == "note":
            draft.note = str(raw or "")
        else:
            raise DoorError(_unknown_field(entity, name))
    return draft


def _unknown_field(entity: Entity, name: str) -> str:
    known = ", ".join([*entity.fields, *entity.lists])
    return f"{entity.name} has no field '{name}'. It has: {known}, note."


def _rows(name: str, raw: object) -> list[object]:
    if not isinstance(raw, list):
        raise DoorError(f"'{name}' must be a list of lines.")
    return raw


def _line(table: Table, name: str, row: object) -> dict[str, Value]:
    if not isinstance(row, Mapping) or set(row) - set(table):
        raise DoorError(f"A line of '{name}' may have: {', '.join(table)}.")
    return {column: _value(table, column, raw) for column, raw in row.items()}


def _value(table: Table, name: str, raw: object) -> Value:
    try:
        return read_value(table[name], raw)
    except WrongValue as wrong:
        raise DoorError(f"'{name}' {wrong}.") from None


def _refuse(problems: Mapping[str, str]) -> None:
    if problems:
        raise DoorError(" ".join(problems.values()))


def _setting(name: str, raw: Any) -> Any:
    if name == "destination":
        return _destination(raw)
    if name == "duplicate":
        if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= 20:
            raise DoorError("'duplicate' must be a whole number from 0 to 20: extra deliveries.")
    elif not isinstance(raw, bool):
        raise DoorError(f"'{name}' must be true or false.")
    return raw


def _destination(raw: object) -> push.Destination | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or set(raw) != _DESTINATION:
        raise DoorError("'destination' needs exactly 'url', 'header' and 'value'.")
    texts = {name: str(raw[name]) for name in _DESTINATION}
    if not texts["url"].startswith(("http://", "https://")):
        raise DoorError("'destination.url' must begin with http:// or https://.")
    if not texts["header"] or any(c in text for text in texts.values() for c in "\r\n"):
        raise DoorError("'destination.header' must be a header's name, without line breaks.")
    return push.Destination(**texts)


def _shown(destination: push.Destination) -> Json:
    return {"url": destination.url, "header": destination.header}


def _on(method: str, path: str) -> Json:
    return {name: text for name, text in (("method", method), ("path", path)) if text}


def _object(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = body.get(name) or {}
    if not isinstance(value, Mapping):
        raise DoorError(f"'{name}' must be an object.")
    return value


async def _body(request: web.Request) -> Mapping[str, object]:
    try:
        body = json.loads(await request.text(), parse_float=Decimal)
    except (ValueError, RecursionError):
        raise DoorError("The body must be JSON.", 400) from None
    if not isinstance(body, dict):
        raise DoorError("The body must be a JSON object.", 400)
    return body


def _sentence(status: int, text: str) -> web.Response:
    return json_response({"error": str(plain(text))}, status=status)
