"""Nouns of the ERP as the rest of the product sees them: plain, frozen, with exact decimals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
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


class Differs(StrEnum):
    """How a bill's line differs from what was ordered or received."""

    OVER_RECEIVED = "billed over received"
    OVER_ORDERED = "billed over ordered"
    COST = "cost over ordered"
    UNIT = "other unit"
    NOT_THERE = "not there"
    """The order or receipt the line names is not shown to us."""
    UNREADABLE = "unreadable"
    TOO_MANY = "too many"
    """More orders or receipts stand behind the bill than are compared."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a bill is not what was ordered or received, with its numbers."""

    kind: Differs
    lines: tuple[int, ...] = ()
    """Numbers of the bill's lines, counted from 1 as a card shows them."""
    billed: str = ""
    other: str = ""
    of: str = ""
    """The order or receipt it was compared with: *purchase order PO000112*."""

    def to_json(self) -> list[Any]:
        """Return this as JSON."""
        return [self.kind, list(self.lines), self.billed, self.other, self.of]

    @classmethod
    def from_json(cls, data: Sequence[Any]) -> Difference:
        """Read back what `to_json` wrote."""
        kind, lines, billed, other, of = data
        return cls(Differs(kind), tuple(lines), billed, other, of)


@dataclass(frozen=True, slots=True)
class Around:
    """What stands in other records than the document but belongs on its card."""

    party_name: str = ""
    owner: str = ""
    """Who owns the document, as the ERP tells it: employee code, login, contact id or name."""
    buyer: str = ""
    """The owner of the purchase order behind a bill, told likewise."""
    party_status: str = ""
    instructions_changed: datetime | None = None
    """When we saw that the vendor is paid another way than before."""
    differences: tuple[Difference, ...] = ()
    same_reference: tuple[str, ...] = ()
    """Numbers of other bills of this vendor with the same vendor reference."""

    def to_json(self) -> dict[str, Any]:
        """Return this as JSON."""
        changed = self.instructions_changed
        return {
            "party_name": self.party_name,
            "owner": self.owner,
            "buyer": self.buyer,
            "party_status": self.party_status,
            "instructions_changed": changed.isoformat() if changed else "",
            "differences": [one.to_json() for one in self.differences],
            "same_reference": list(self.same_reference),
        }

    @classmethod
    def from_json(cls, data: Any) -> Around:
        """Read back what `to_json` wrote, now or when there were three names only."""
        if isinstance(data, list):
            return cls(*data)
        changed = data["instructions_changed"]
        return cls(
            data["party_name"],
            data["owner"],
            data["buyer"],
            data["party_status"],
            datetime.fromisoformat(changed) if changed else None,
            tuple(map(Difference.from_json, data["differences"])),
            tuple(data["same_reference"]),
        )


@dataclass(frozen=True, slots=True)
class Approval:
    """One row of a document's approval list: who must approve, or who did."""

    status: str
    employee: str = ""
    """Employee code of the approver; empty when a whole workgroup may approve."""
    name: str = ""
    approved_by: str = ""
    """Employee code of who decided, which may be a delegate."""
    approved_by_name: str = ""
    day: str = ""
    reason: str = ""
    workgroup: str = ""

    @property
    def pending(self) -> bool:
        """Whether somebody must still decide."""
        return self.status == "Pending"

    @property
    def approved(self) -> bool:
        """Whether it was approved."""
        return self.status == "Approved"


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
    approvals: tuple[Approval, ...] = ()
    """Rows of the approval list, where the endpoint tells one."""

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
            "around": self.around.to_json(),
            "approvals": [asdict(row) for row in self.approvals],
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
            around=Around.from_json(data["around"]),
            # A document stored before approvals were read has none.
            approvals=tuple(Approval(**row) for row in data.get("approvals", ())),
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
class Noted:
    """A document with the note that stands on it."""

    key: DocumentKey
    erp_id: str
    status: str
    last_modified: datetime
    note: str | None
    """None: the ERP does not tell it, so nobody knows what a write would take away."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One row of a list read: enough to know whether the document must be looked at."""

    key: DocumentKey
    erp_id: str
    status: str
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class Delegate:
    """Somebody who may act for an employee, as far as the endpoint's version tells."""

    employee: str
    """Employee code of who acts."""
    of: str = ""
    """What is delegated, e.g. *Approvals*; versions before 22.200 do not tell."""
    starts: str = ""
    ends: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Employee:
    """An Acumatica employee, as far as matching to a person in Teams needs it."""

    code: str
    name: str
    email: str
    active: bool
    login: str = ""
    """The user they sign in with; empty where the company does not ask for it."""
    department: str = ""
    reports_to: str = ""
    delegates: tuple[Delegate, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact, as far as an owner told by contact id needs it."""

    id: str
    name: str
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor, as far as a card needs it. Where the money goes is kept as a hash only."""

    code: str
    name: str
    status: str = ""
    payment_method: str = ""
    cash_account: str = ""
    remittance_email: str = ""
    instructions: str = ""
    """Mark of what decides where the money goes: equal marks, equal payment instructions."""


@dataclass(frozen=True, slots=True)
class ErpCall:
    """One write to Acumatica: an action (POST) or a change of check boxes (PUT)."""

    entity: str
    action: str = ""
    """Declared or custom action name; empty means a PUT of `put`."""
    put: tuple[tuple[str, bool], ...] = ()
    dialog: tuple[tuple[str, str], ...] = ()
    """What the action's dialog would be told: `View.Field` and text, such as a reason."""

    def saying(self, field: str, text: str) -> ErpCall:
        """Return the same call with one more answer for the action's dialog."""
        return replace(self, dialog=(*self.dialog, (field, text)))

    def __str__(self) -> str:
        if self.action:
            return f"POST {self.entity}/{self.action}"
        return f"PUT {self.entity} {', '.join(f'{name}={value}' for name, value in self.put)}"


REASON = "ReasonApproveRejectParams.Reason"
"""Where the dialog of Approve and Reject asks for a reason; passing it is unconfirmed."""


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
