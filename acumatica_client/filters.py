"""`$filter` of contract version 4 (OData v3), built so that no value can become a word of it. Pure.

    all_of(compare("Type", "eq", "Bill"), compare("Amount", "ge", Decimal(100)))

Values are typed: their literals differ, and a boolean in quotes is a 500. What is built here is
percent-encoded once, where it goes into an address (`protocol`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Literal

Operand = str | Decimal | int | bool | datetime | date
Operator = Literal["eq", "ne", "gt", "ge", "lt", "le"]
CustomType = Literal["String", "Int", "Decimal", "Boolean", "DateTime", "Guid"]

_FIELD = re.compile(r"[A-Za-z]\w*(/[A-Za-z]\w*)?", re.ASCII)
_VIEW_FIELD = re.compile(r"[A-Za-z]\w*\.[A-Za-z]\w*", re.ASCII)
_CUSTOM = re.compile(rf"cf\.[A-Z][A-Za-z]+\(f='{_VIEW_FIELD.pattern}'\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition, as the ERP reads it; `joint`: its parts hang together by this word."""

    text: str
    joint: str = ""

    def __str__(self) -> str:
        return self.text


def compare(field: str, operator: Operator, value: Operand, *, zone: tzinfo = UTC) -> Filter:
    """Compare a field with a value; a day is midnight in *zone*, the server's."""
    return Filter(f"{_field(field)} {operator} {literal(value, zone)}")


def starts_with(field: str, text: str) -> Filter:
    """Match texts that begin with *text*."""
    return Filter(f"startswith({_field(field)},{literal(text)})")


def ends_with(field: str, text: str) -> Filter:
    """Match texts that end with *text*."""
    return Filter(f"endswith({_field(field)},{literal(text)})")


def contains(field: str, text: str) -> Filter:
    """Match texts that hold *text*; in OData v3 the part stands before the whole."""
    return Filter(f"substringof({literal(text)},{_field(field)})")


def all_of(*conditions: Filter) -> Filter:
    """Match what meets every condition."""
    return _joined("and", conditions)


def any_of(*conditions: Filter) -> Filter:
    """Match what meets at least one condition."""
    return _joined("or", conditions)


def negated(condition: Filter) -> Filter:
    """Match what does not meet the condition."""
    return Filter(f"not ({condition})")


def linked(entity: str, field: str) -> str:
    """Name a field of a linked entity, such as `MainContact/Email`."""
    return _field(f"{entity}/{field}")


def custom(kind: CustomType, name: str) -> str:
    """Name a field of a screen's view, `View.Field`, that the entity does not map."""
    if not _VIEW_FIELD.fullmatch(name):
        raise ValueError(f"{name!r} is not of the form View.Field")
    return f"cf.{kind}(f='{name}')"


def literal(value: Operand, zone: tzinfo = UTC) -> str:
    """Write *value* as contract version 4 wants it; a ValueError where it has no literal."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case int():
            return str(value)
        case Decimal():
            return _decimal(value)
        case datetime():
            return _moment(value)
        case date():
            return _moment(datetime.combine(value, time(), zone))


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"{value} has no literal")
    return f"{value:f}M"


def _moment(value: datetime) -> str:
    # Without an offset the ERP would have to guess the zone, and nobody knows which it takes.
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no offset")
    stamp = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return f"datetimeoffset'{stamp}'"


def _field(name: str) -> str:
    if not (_FIELD.fullmatch(name) or _CUSTOM.fullmatch(name)):
        raise ValueError(f"{name!r} names no field")
    return name


def _joined(word: str, conditions: tuple[Filter, ...]) -> Filter:
    if not conditions:
        raise ValueError("a filter of no conditions would match everything, or nothing")
    if len(conditions) == 1:
        return conditions[0]
    parts = [f"({it})" if it.joint not in ("", word) else str(it) for it in conditions]
    return Filter(f" {word} ".join(parts), word)
