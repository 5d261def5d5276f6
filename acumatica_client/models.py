"""Nouns of the ERP as the rest of the product sees them: plain, frozen, with exact decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

Value = str | Decimal | int | bool | None
"""One plain field value. Days stay ISO text: an ERP day has no zone and must not gain one."""


@dataclass(frozen=True, slots=True, order=True)
class DocumentKey:
    """What a document is called in Acumatica: endpoint entity, document type, number."""

    entity: str
    type: str
    number: str

    def __str__(self) -> str:
        return f"{self.entity}/{self.type}/{self.number}"

    @classmethod
    def parse(cls, text: str) -> DocumentKey:
        """Read back what `str(key)` wrote; the number may itself contain a slash."""
        entity, kind, number = text.split("/", 2)
        return cls(entity, kind, number)


@dataclass(frozen=True, slots=True)
class Around:
    """Names that stand in other records than the document but belong on its card."""

    party_name: str = ""
    owner: str = ""
    """Employee code of the document's owner, where the ERP tells it."""
    buyer: str = ""
    """Employee code of the owner of the purchase order behind a bill."""


@dataclass(frozen=True, slots=True)
class Document:
    """A bill, purchase order, check or payment exactly as the ERP showed it at one moment."""

    key: DocumentKey
    erp_id: str
    status: str
    last_modified: datetime
    fields: Mapping[str, Value]
    lines: tuple[Mapping[str, Value], ...] = ()
    around: Around = field(default_factory=Around)

    def text(self, name: str) -> str:
        """Return field *name* as text; an empty or missing field is the empty string."""
        value = self.fields.get(name)
        return "" if value is None else str(value)

    def money(self, name: str) -> Decimal | None:
        """Return field *name* as an exact decimal, or None when the ERP did not tell a number."""
        value = self.fields.get(name)
        if isinstance(value, bool) or value is None:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            return None
        return number if number.is_finite() else None

    def day(self, name: str) -> date | None:
        """Return date field *name*; its first ten characters count, the rest is zone noise."""
        try:
            found = date.fromisoformat(self.text(name)[:10])
        except ValueError:
            return None
        return found if found.year > 1900 else None

    def with_around(self, around: Around) -> Document:
        """Return the same document with the names around it filled in."""
        return replace(self, around=around)

    def to_json(self) -> dict[str, Any]:
        """Return this document as JSON that loses nothing (decimals are tagged text)."""
        return {
            "key": str(self.key),
            "erp_id": self.erp_id,
            "status": self.status,
            "last_modified": self.last_modified.isoformat(),
            "fields": _tagged(self.fields),
            "lines": [_tagged(line) for line in self.lines],
            "around": [self.around.party_name, self.around.owner, self.around.buyer],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Document:
        """Read back what `to_json` wrote."""
        return cls(
            key=DocumentKey.parse(data["key"]),
            erp_id=data["erp_id"],
            status=data["status"],
            last_modified=datetime.fromisoformat(data["last_modified"]),
            fields=_untagged(data["fields"]),
            lines=tuple(_untagged(line) for line in data["lines"]),
            around=Around(*data["around"]),
        )


def _tagged(fields: Mapping[str, Value]) -> dict[str, Any]:
    return {
        name: {"decimal": str(value)} if isinstance(value, Decimal) else value
        for name, value in fields.items()
    }


def _untagged(fields: Mapping[str, Any]) -> dict[str, Value]:
    return {
        name: Decimal(value["decimal"]) if isinstance(value, dict) else value
        for name, value in fields.items()
    }


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One row of a list read: enough to know whether the document must be looked at."""

    key: DocumentKey
    erp_id: str
    status: str
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class Employee:
    """An Acumatica employee, as far as matching to a person in Teams needs it."""

    code: str
    name: str
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class ErpCall:
    """One write to Acumatica: an action (POST) or a change of the Hold box (PUT)."""

    entity: str
    action: str = ""
    """Declared or custom action name; empty means a PUT of `put`."""
    put: tuple[tuple[str, bool], ...] = ()

    def __str__(self) -> str:
        if self.action:
            return f"POST {self.entity}/{self.action}"
        return f"PUT {self.entity} {', '.join(f'{name}={value}' for name, value in self.put)}"


class CallClass(StrEnum):
    """How a write ended, as far as its own answer tells (outcome classes A1 to A6)."""

    NOT_SENT = "A1"
    TURNED_AWAY = "A2"
    REFUSED = "A3"
    REFUSED_IN_DOUBT = "A3?"
    """A 500 with a complete Acumatica error body: a refusal that can still hide success."""
    CLAIMS_DONE = "A5"
    UNKNOWN = "A6"


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What one write answered. `detail` is for operators and audit, never for a card."""

    outcome: CallClass
    detail: str
    plain: str = ""
    after: float = 0.0
    """Seconds the ERP asked to be left alone, where it did."""
