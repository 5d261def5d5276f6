"""Contract version 5 (2026 R2): what it writes and reads differently from version 4. Pure.

Drop-downs carry id and description, days are days, `$filter` has OData 4.01 literals and compares
drop-downs by id, `$expand` nests, `$custom` is gone: `$select` names fields of the screen.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from .filters import BadFilter, Read
from .grammar import Grammar
from .shapes import Entity
from .values import Value, moment_text
from .wire import Write

# Letters of the states as the screens keep them (unconfirmed but for a few).
_AP = {
    **{"On Hold": "H", "Pending Approval": "E", "Rejected": "R", "Balanced": "B", "Open": "N"},
    **{"Pre-Released": "K", "Scheduled": "S", "Closed": "C", "Voided": "V", "Reserved": "Z"},
    **{"Under Reclassification": "X", "Printed": "P", "Pending Print": "G"},
}
STATUS_IDS: Mapping[str, Mapping[str, str]] = {
    "Bill": _AP,
    "Check": _AP,
    "PurchaseOrder": {
        **{"On Hold": "H", "Pending Approval": "B", "Rejected": "V", "Pending Printing": "D"},
        **{"Pending Email": "E", "Open": "N", "Awaiting Link": "A", "Completed": "M"},
        **{"Closed": "C", "Canceled": "L"},
    },
    "Payment": {
        **{"On Hold": "H", "Pending Approval": "D", "Rejected": "J", "Pending Processing": "W"},
        **{"Balanced": "B", "Open": "N", "Closed": "C", "Reserved": "Z", "Voided": "V"},
    },
    "PurchaseReceipt": {"On Hold": "H", "Balanced": "B", "Released": "R"},
    "Vendor": {"Active": "A", "On Hold": "H", "Hold Payments": "P", "Inactive": "I"},
    "Employee": {"Active": "A", "Inactive": "I"},
}
GRAMMAR = Grammar.of(
    moment=r"\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?(?![\w.])",
    custom=r"cf\.(?P<type>\w+)\(\s*'(?P<field>[^']*)'\s*\)",
    suffix="",
    functions={
        "contains": lambda whole, part: part in whole,
        "startswith": lambda whole, part: whole.startswith(part),
        "endswith": lambda whole, part: whole.endswith(part),
    },
)
_NESTED = re.compile(r"\s*(?P<name>\w+)(?:\((?P<inner>.*)\))?\s*")


@dataclass(frozen=True, slots=True)
class Shape:
    """What `$select` and `$expand` ask for, in the names of version 4."""

    select: frozenset[str]
    expand: frozenset[str]
    custom: tuple[str, ...]


def drop_downs(entity: Entity) -> dict[str, Mapping[str, str]]:
    """The entity's drop-down fields, each with its label → id."""
    ids = {"Type": entity.types, "Status": STATUS_IDS.get(entity.name, {})}
    return {name: known for name, known in ids.items() if known and name in entity.fields}


def writer(entity: Entity, zone: tzinfo) -> Write:
    """How a value is shown: drop-downs with their id, days without a midnight."""
    downs = drop_downs(entity)

    def write(name: str, value: Value) -> object:
        if isinstance(value, datetime):
            return moment_text(value.astimezone(zone))
        if isinstance(value, date):
            return value.isoformat()
        if name in downs and value in downs[name]:
            return {"id": downs[name][str(value)], "description": value}
        return value

    return write


def reader(entity: Entity, read: Read) -> Read:
    """Filters see a drop-down's id where version 4 has its label."""
    downs = drop_downs(entity)

    def by_id(name: str) -> Value:
        value = read(name)
        return downs[name].get(str(value), value) if name in downs else value

    return by_id


def with_labels(entity: Entity, body: Mapping[str, object]) -> dict[str, object]:
    """A request's body with the ids of its drop-downs turned into the labels the screens show."""
    changed = dict(body)
    for name, ids in drop_downs(entity).items():
        wrapped = body.get(name)
        if isinstance(wrapped, Mapping) and "value" in wrapped:
            changed[name] = {**wrapped, "value": _label(ids, wrapped["value"])}
    return changed


def key_label(entity: Entity, key: str) -> str:
    """The first key of a path: an id here, a label in version 4; either is taken."""
    labels = {code: label for label, code in entity.types.items()}
    return labels.get(key, key)


def read_shape(entity: Entity, select: str, expand: str) -> Shape:
    """Read `$select` and the nested `$expand`, or raise BadFilter."""
    fields, expanded = set[str](), set[str]()
    for name, inner in _expanded(expand, ""):
        expanded.add(name)
        fields |= {f"{name}/{column}" for column in inner}
    named = [name.strip() for name in select.split(",") if name.strip()]
    custom = tuple(name for name in named if "." in name)
    top = {name for name in named if "." not in name}
    if "*" in top or (not top and fields):
        top = (top - {"*"}) | set(entity.fields)
    return Shape(frozenset(top | fields), frozenset(expanded), custom)


def _label(ids: Mapping[str, str], value: object) -> object:
    if isinstance(value, Mapping):
        value = value.get("id")
    labels = {code: label for label, code in ids.items()}
    return labels.get(str(value), f"{value}?")  # a label is no id, so the screen refuses it


def _expanded(text: str, under: str) -> Iterator[tuple[str, list[str]]]:
    """Every expanded name with the columns selected inside it."""
    for part in _parts(text, ","):
        found = _NESTED.fullmatch(part)
        if not found:
            raise BadFilter(f"Syntax error in $expand at '{part}'.")
        name, columns = f"{under}{found['name']}", list[str]()
        for option in _parts(found["inner"] or "", ";"):
            word, _, value = option.strip().partition("=")
            if word == "$select":
                columns += [column.strip() for column in value.split(",")]
            elif word == "$expand":
                yield from _expanded(value, f"{name}/")
            else:
                raise BadFilter(f"Unknown option '{word}' in $expand.")
        yield name, columns


def _parts(text: str, mark: str) -> list[str]:
    """Split at a mark, but not inside parentheses."""
    parts, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == mark and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part.strip()]
