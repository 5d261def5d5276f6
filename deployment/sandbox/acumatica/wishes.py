"""Changes a tester wishes for, carried out as an ERP user would: typed, moved or acted on."""

from collections.abc import Mapping

from . import entry, workflow
from .book import Record
from .door_input import DoorError, member
from .erp import Erp
from .fields import DOCUMENTS, Entity, Table
from .values import Value, WrongValue, read_value
from .wire import Draft

_OWNER = "CurrentDocument.EmployeeID"
_MANY = 20_000


def change(erp: Erp, body: Mapping[str, object]) -> Record:
    """Change, create, or run a screen action on a document. Raises DoorError."""
    entity, by = wished_entity(body), wished_by(erp, body)
    wish = member(body, "set")
    status = _status(entity, wish)
    draft = _draft(entity, wish)
    record = wished_record(erp, entity, body)
    _refuse(entry.problems(erp.desk(), entity, draft))
    saved = _edited(erp, record, draft, by) if record else _created(erp, body, draft, by=by)
    saved = _moved(erp, saved, status, by) if status else saved
    action = body.get("action")
    return _acted(erp, saved, str(action), by) if action else saved


def check_wish(erp: Erp, body: Mapping[str, object]) -> None:
    """Raise DoorError where a wish for later makes no sense already."""
    entity = wished_entity(body)
    wished_by(erp, body)
    wish = member(body, "set")
    _status(entity, wish)
    _draft(entity, wish)
    if wished_record(erp, entity, body) is None:
        raise DoorError("'edit' must name an existing document by its 'keys'.")


def change_many(erp: Erp, wishes: object) -> list[Record]:
    """Many changes in one transaction: all of them or none. Raises DoorError."""
    if not isinstance(wishes, list) or not 0 < len(wishes) <= _MANY:
        raise DoorError(f"'batch' must be a list of 1 to {_MANY} changes.")
    saved = []
    with erp.transaction():
        for number, wish in enumerate(wishes):
            if not isinstance(wish, Mapping):
                raise DoorError(f"batch[{number}] must be an object.")
            try:
                saved.append(change(erp, wish))
            except DoorError as wrong:
                raise DoorError(f"batch[{number}]: {wrong}") from None
    return saved


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
    entity, keys = wished_entity(body), member(body, "keys")
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


def wished_entity(body: Mapping[str, object]) -> Entity:
    """The entity that is meant."""
    entity = DOCUMENTS.get(str(body.get("entity")))
    if entity is None:
        raise DoorError(f"'entity' must be one of: {', '.join(DOCUMENTS)}.")
    return entity


def wished_by(erp: Erp, body: Mapping[str, object]) -> str:
    """The login of the person who does it; the administrator unless told."""
    name = str(body.get("by") or "hugo")
    person = erp.people.find(name)
    if person is None and name != erp.options.user:
        known = ", ".join(p.login for p in erp.people.all)
        raise DoorError(f"'by' must be one of: {known}, {erp.options.user}; not {name!r}.")
    return person.login if person else name


def wished_record(erp: Erp, entity: Entity, body: Mapping[str, object]) -> Record | None:
    """The document its keys name, if there is one."""
    keys = member(body, "keys")
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
