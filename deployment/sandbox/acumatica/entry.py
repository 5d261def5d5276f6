"""Data entry: what the screens fill in, work out and refuse when somebody types. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from .book import Book, Record
from .fields import Entity
from .lines import LIST, unholdable, worked_out
from .people import People
from .values import TOO_LARGE, Fields, Lines, Value, line_sum
from .wire import Draft
from .workflow import EDITABLE, HOLD, ON_HOLD, RELEASED, actions_of

BRANCHES = ("EAST", "WEST")
CURRENCIES = ("USD", "EUR", "CAD", "GBP")
TERM_DAYS = {"7D": 7, "14D": 14, "30D": 30, "45D": 45, "60D": 60, "2%10N30": 30}
_WORKED_OUT = frozenset({"Status", "LastModifiedDateTime", "Balance", "UnappliedBalance"})
_WORKED_OUT |= {"AvailableBalance", "AppliedToDocuments", "IsTaxValid"}
_OPEN_TO_THE_END = frozenset({"Hold", "Description", "DueDate", "VendorRef", "ApprovedForPayment"})
_OPEN_TO_THE_END |= {"PromisedOn", "PaymentRef", "ExternalRef"}
_FIXED_BY_RELEASE = frozenset({"Amount", "OrderTotal", "PaymentAmount", "TaxTotal", "CurrencyID"})
_FIXED_BY_RELEASE |= {"Vendor", "VendorID", "CustomerID", "Details"}


@dataclass(frozen=True, slots=True)
class Desk:
    """Whom and what an entry can refer to."""

    book: Book
    people: People
    day: date


@dataclass(frozen=True, slots=True)
class Sums:
    """How a document's total hangs together with its lines and its open balance."""

    line: tuple[str, ...]
    lines: str = "Details"
    copies: tuple[str, ...] = ()
    rest: str = ""


SUMS: Mapping[str, Sums] = {
    "Bill": Sums(line=("Amount", "ExtendedCost"), rest="Balance"),
    "PurchaseOrder": Sums(line=("ExtendedCost",), copies=("ControlTotal",)),
    "Check": Sums(line=("AmountPaid",), rest="UnappliedBalance"),
    "Payment": Sums(line=("AmountPaid",), lines="DocumentsToApply", rest="AvailableBalance"),
}
_WITH_LINES = ("Bill", "PurchaseOrder")  # their totals are worked out from their lines
_PERIOD = re.compile(r"(0[1-9]|1[0-3])[0-9]{4}")
_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "BranchID": BRANCHES,
    "Branch": BRANCHES,
    "CurrencyID": CURRENCIES,
    "Terms": tuple(TERM_DAYS),
}


def problems(desk: Desk, entity: Entity, draft: Draft) -> dict[str, str]:
    """What the screen would refuse, by field; each text names what is allowed."""
    found = dict(draft.errors)
    for name, value in draft.fields.items():
        text = _problem(desk, entity, name, value)
        if text:
            found[name] = text
    owner = draft.hidden.get("Owner")
    if owner and not desk.people.employee(owner):
        found["CurrentDocument.EmployeeID"] = _unknown_employee(desk.people, owner)
    return found | dict(_too_large(entity, draft))


def _too_large(entity: Entity, draft: Draft) -> Iterator[tuple[str, str]]:
    """Sums no field can hold: those of a line, and that of all lines."""
    rows = draft.lists.get(LIST, ())
    if entity.name not in _WITH_LINES:
        return
    for place in unholdable(entity.name, rows):
        yield f"{LIST}/{place}/ExtendedCost", "'ExtendedCost' is too large."
    empty = Record(entity.name, "", {})
    if abs(line_sum(worked_out(empty, rows), SUMS[entity.name].line[0])) * 2 >= TOO_LARGE:
        yield entity.amount, f"'{entity.amount}' is too large."


def missing(entity: Entity, draft: Draft) -> dict[str, str]:
    """What a new document cannot do without."""
    if draft.fields.get(entity.party):
        return {}
    return {entity.party: f"'{entity.party}' cannot be empty."}


def api_draft(record: Record, draft: Draft) -> Draft:
    """What the screen takes of a PUT: disabled fields are passed over without a word."""
    locked = not _editable(record, draft)
    fields = {
        name: value
        for name, value in draft.fields.items()
        if name not in _WORKED_OUT
        and name not in record.shape.keys
        and (not locked or name in _OPEN_TO_THE_END)
    }
    return replace(draft, fields=fields, lists={} if locked else draft.lists)


def fixed_fields(record: Record, draft: Draft) -> list[str]:
    """Fields an ERP user cannot change any more since the document is released."""
    if record.status not in RELEASED:
        return []
    return sorted(_FIXED_BY_RELEASE.intersection({*draft.fields, *draft.lists}))


def apply(record: Record, draft: Draft) -> Record:
    """The record with a draft's contents typed in and its totals worked out."""
    typed = replace(
        record,
        fields={**record.fields, **draft.fields},
        lists={**record.lists, **_typed_lists(record, draft)},
        linked={**record.linked, **_linked(record, draft)},
        hidden={**record.hidden, **draft.hidden},
        note=record.note if draft.note is None else draft.note,
    )
    return _totalled(typed, {*draft.fields, *draft.lists}) if record.entity in SUMS else typed


def _typed_lists(record: Record, draft: Draft) -> dict[str, Lines]:
    typed: dict[str, Lines] = {name: tuple(rows) for name, rows in draft.lists.items()}
    if LIST in typed and record.entity in _WITH_LINES:
        typed[LIST] = worked_out(record, typed[LIST])
    return typed


def _linked(record: Record, draft: Draft) -> dict[str, Fields]:
    return {name: {**record.linked.get(name, {}), **part} for name, part in draft.linked.items()}


def new_record(desk: Desk, entity: Entity, draft: Draft, *, id: str, by: str) -> Record:
    """A document as the screen offers it before the first save: defaults under what was typed."""
    typed = {k: v for k, v in draft.fields.items() if k not in ("Status", "LastModifiedDateTime")}
    party = str(typed.get(entity.party) or "")
    vendor = desk.book.by_keys("Vendor", (party,))
    creator = desk.people.find(by)
    branch = creator.branch if creator else BRANCHES[0]
    owner = draft.hidden.get("Owner") or _buyer(desk.book, draft)
    owner = owner or (creator.employee_id if creator else "")
    record = Record(
        entity=entity.name,
        id=id,
        fields={**_defaults(desk, entity, vendor, branch=branch, owner=owner), **typed},
        hidden={"Owner": owner, "CreatedBy": by, "LastModifiedBy": by, **_dispatch(entity, vendor)},
    )
    number = str(typed.get(entity.keys[1]) or desk.book.free_number(entity))
    numbered = record.with_fields(**{entity.keys[1]: number})
    return apply(_with_due_date(_with_line(numbered, draft), typed), draft)


def release_problem(record: Record, day: date) -> str:
    """What the release itself, already under way, may stumble over; empty when nothing."""
    if record.entity != "Bill":
        return ""
    lines = record.lists.get("Details", ())
    if lines and line_sum(lines, "Amount") + record.amount("TaxTotal") != record.amount():
        return "The document is out of the balance."
    period = str(record.fields.get("PostPeriod") or "")
    if period and _months(period[2:], period[:2]) < _months(day.year, day.month) - 3:
        return f"The {period[:2]}-{period[2:]} financial period is closed."
    return ""


def _problem(desk: Desk, entity: Entity, name: str, value: Value) -> str:
    if name == "Type" and entity.types and value not in entity.types:
        return f"'Type' must be one of: {', '.join(entity.types)}."
    if value is None:
        return ""
    if name in ("Vendor", "VendorID") and not desk.book.by_keys("Vendor", (str(value),)):
        return f"'{name}' cannot be found in the system: {value}. Known: {_codes(desk.book)}."
    if name == "Owner" and not desk.people.employee(str(value)):
        return _unknown_employee(desk.people, str(value))
    if name == "PostPeriod" and not _PERIOD.fullmatch(str(value)):
        return "'PostPeriod' must be a period such as 112026."
    if name in _ALLOWED and value not in _ALLOWED[name]:
        return f"'{name}' must be one of: {', '.join(_ALLOWED[name])}."
    if name == entity.amount and isinstance(value, Decimal) and value < 0:
        return f"'{name}' must not be negative."
    return ""


def _editable(record: Record, draft: Draft) -> bool:
    # Somebody who ticks Hold first may type then, and one request does both.
    held = draft.fields.get("Hold") is True and HOLD in actions_of(record)
    return held or record.status in EDITABLE[record.entity]


def _unknown_employee(people: People, code: str) -> str:
    known = ", ".join(p.employee_id for p in people.all)
    return f"The employee {code} cannot be found in the system. Known: {known}."


def _codes(book: Book) -> str:
    return ", ".join(sorted(str(v.fields["VendorID"]) for v in book.all("Vendor")))


def _totalled(record: Record, typed: set[str]) -> Record:
    sums, amount = SUMS[record.entity], record.shape.amount
    if sums.lines in typed and amount not in typed and record.entity in _WITH_LINES:
        total = line_sum(record.lists[sums.lines], sums.line[0]) + record.amount("TaxTotal")
        record = record.with_fields(**{amount: total})
    elif amount in typed and sums.lines not in typed:
        record = _fitted(record, sums)
    if not typed & {amount, sums.lines}:
        return record
    copies = dict.fromkeys(sums.copies, record.amount())
    if record.entity == "PurchaseOrder":
        copies["LineTotal"] = record.amount() - record.amount("TaxTotal")
    if sums.rest and sums.rest not in typed and record.status not in RELEASED:
        copies[sums.rest] = record.amount() - _applied(record, sums)
    return record.with_fields(**copies)


def _applied(record: Record, sums: Sums) -> Decimal:
    if record.entity == "Bill":
        return line_sum(record.lists.get("Applications", ()), "AmountPaid")
    return line_sum(record.lists.get(sums.lines, ()), sums.line[0])


def _fitted(record: Record, sums: Sums) -> Record:
    """A user who changes a total changes a line too, else the document would not balance."""
    lines = record.lists.get(sums.lines, ())
    if not lines or record.entity not in _WITH_LINES:
        return record
    column = sums.line[0]
    others = line_sum(lines[:-1], column) + record.amount("TaxTotal")
    last = {**lines[-1], **dict.fromkeys(sums.line, record.amount() - others)}
    last["UnitCost"] = _unit_cost(last, column)
    return replace(record, lists={**record.lists, sums.lines: (*lines[:-1], last)})


def _unit_cost(line: Fields, column: str) -> Decimal:
    total, quantity = line[column], line.get("Qty") or line.get("OrderQty")
    if not isinstance(total, Decimal) or not isinstance(quantity, Decimal):
        return Decimal(0)
    cost = total / quantity
    return cost.quantize(Decimal("0.0001")) if abs(cost) < TOO_LARGE else Decimal(0)


def _defaults(
    desk: Desk, entity: Entity, vendor: Record | None, *, branch: str, owner: str
) -> dict[str, Value]:
    of_vendor = vendor.fields if vendor else {}
    everything: dict[str, Value] = {
        "Type": next(iter(entity.types)),
        "Status": ON_HOLD,
        "Hold": True,
        **dict.fromkeys(("Date", "ApplicationDate", "CurrencyEffectiveDate"), desk.day),
        **dict.fromkeys(("BranchID", "Branch"), branch),
        **dict.fromkeys(("LocationID", "Location"), "MAIN"),
        **dict.fromkeys(("Amount", "OrderTotal", "PaymentAmount", "TaxTotal"), Decimal("0.0000")),
        **dict.fromkeys(("AppliedToDocuments", "AppliedToOrders"), Decimal("0.0000")),
        **dict.fromkeys(("Balance", "UnappliedBalance", "AvailableBalance"), Decimal("0.0000")),
        **dict.fromkeys(("ControlTotal", "LineTotal"), Decimal("0.0000")),
        "CurrencyID": of_vendor.get("CurrencyID", "USD"),
        "BaseCurrencyID": "USD",
        "Terms": of_vendor.get("Terms"),
        "CashAccount": of_vendor.get("CashAccount", "10200"),
        "PaymentMethod": of_vendor.get("PaymentMethod", "ACH"),
        "PostPeriod": f"{desk.day:%m%Y}",
        "Project": "X",
        "ApprovedForPayment": False,
        "IsTaxValid": True,
        "Owner": owner,
        "PromisedOn": desk.day + timedelta(days=14),
    }
    return {name: everything.get(name) for name in entity.fields}


def _with_due_date(record: Record, typed: Fields) -> Record:
    if "DueDate" not in record.shape.fields or typed.get("DueDate"):
        return record
    day, terms = record.fields.get("Date"), str(record.fields.get("Terms"))
    if not isinstance(day, date):
        return record
    wait = min(TERM_DAYS.get(terms, 30), (date.max - day).days)
    return record.with_fields(DueDate=day + timedelta(days=wait))


def _with_line(record: Record, draft: Draft) -> Record:
    """A bill or order entered with an amount and no lines gets one that carries it."""
    if record.entity not in _WITH_LINES or LIST in draft.lists or not record.amount():
        return record
    one, text = Decimal("1.0000"), draft.fields.get("Description") or "Goods and services"
    line: dict[str, Value] = (
        {"Qty": one, "TransactionDescription": text, "UOM": "EA", "Account": "60100"}
        if record.entity == "Bill"
        else {"OrderQty": one, "LineDescription": text, "UOM": "EA"}
    )
    return replace(record, lists={LIST: worked_out(record, [line])})


def _buyer(book: Book, draft: Draft) -> str:
    """A bill that comes from an order belongs to the buyer of the order."""
    for line in draft.lists.get("Details", ()):
        keys = (str(line.get("POOrderType") or "Normal"), str(line.get("POOrderNbr") or ""))
        order = book.by_keys("PurchaseOrder", keys)
        if order:
            return str(order.fields.get("Owner") or "")
    return ""


def _dispatch(entity: Entity, vendor: Record | None) -> dict[str, str]:
    """How an order leaves, as its vendor wants it."""
    if entity.name != "PurchaseOrder":
        return {}
    way = vendor.hidden.get("Dispatch", "") if vendor else ""
    marks = {"DontPrint": way != "print", "DontEmail": way != "email", "RequestApproval": True}
    marks |= {"Printed": False, "Emailed": False}
    return {"Dispatch": way, **{name: str(mark).lower() for name, mark in marks.items()}}


def _months(year: int | str, month: int | str) -> int:
    both = (str(year), str(month))
    return int(both[0]) * 12 + int(both[1]) if all(map(str.isdecimal, both)) else 10**6
