"""The approvals of a document: who was asked, who answered, when and why. Pure.

`Default` does not show them; an endpoint of the tenant's own can.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from .book import Record
from .people import People
from .values import Fields

LIST = "Approvals"
PENDING, APPROVED, REJECTED = "Pending", "Approved", "Rejected"
WORKGROUP = "Document approvers"


def asked(record: Record, approver: str) -> Record:
    """One more request for approval."""
    row: Fields = {"Approver": approver, "Status": PENDING, "Workgroup": WORKGROUP}
    return _with(record, *record.lists.get(LIST, ()), row)


def answered(record: Record, status: str) -> Record:
    """The pending request answered; who did it is signed when that is known."""
    return _each(record, lambda row: {**row, "Status": status} if _is(row, PENDING) else row)


def signed(record: Record, employee: str, *, day: date, reason: str = "") -> Record:
    """Answers nobody has signed yet, signed; without an employee by whom they were asked of."""

    def sign(row: Fields) -> Fields:
        if _is(row, PENDING) or row.get("ApprovedBy"):
            return row
        who = employee or row.get("Approver")
        return {**row, "ApprovedBy": who, "Date": day, "Reason": reason or None}

    return _each(record, sign)


def named(record: Record, people: People) -> Record:
    """The rows with the names that belong to the employees' codes."""

    def name(row: Fields) -> Fields:
        names = {
            f"{column}Name": person.name
            for column in ("Approver", "ApprovedBy")
            if (person := people.employee(str(row.get(column))))
        }
        return {**row, **names}

    return _each(record, name)


def forgotten(record: Record) -> Record:
    """A document on hold again starts its approvals afresh."""
    return _with(record) if record.lists.get(LIST) else record


def given(record: Record) -> int:
    """How many approvals the document has."""
    return sum(_is(row, APPROVED) for row in record.lists.get(LIST, ()))


def acts_for(employees: Iterable[Record], employee: str, day: date) -> frozenset[str]:
    """For whom somebody may answer: themselves, and who has delegated to them for that day."""
    delegated = {
        e.keys["EmployeeID"]
        for e in employees
        if any(_delegates(row, employee, day) for row in e.lists.get("Delegates", ()))
    }
    return frozenset({employee, *delegated} - {""})


def _delegates(row: Fields, employee: str, day: date) -> bool:
    first, last = row.get("StartsOn") or day, row.get("ExpiresOn") or day
    if not isinstance(first, date) or not isinstance(last, date):
        return False
    return row.get("Delegate") == employee and row.get("IsActive") is True and first <= day <= last


def _each(record: Record, change: Callable[[Fields], Fields]) -> Record:
    rows = record.lists.get(LIST, ())
    return _with(record, *map(change, rows)) if rows else record


def _with(record: Record, *rows: Fields) -> Record:
    return replace(record, lists={**record.lists, LIST: rows})


def _is(row: Fields, status: str) -> bool:
    return row.get("Status") == status
