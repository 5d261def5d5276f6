"""Employees and contacts: requests built, answers read, without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from acumatica_client.answers import record_of, rows_of, text_of, value_of
from acumatica_client.extras import DELEGATES, LOGIN, Extras
from acumatica_client.models import Contact, Delegate, Employee
from acumatica_client.protocol import Address, build_get
from acumatica_client.transport import Request
from acumatica_client.values import read_day, read_flag, unwrap

_EMPLOYEE = ("EmployeeID", "EmployeeName", "Status", "LastModifiedDateTime")
_LINKED = ("ContactInfo/Email", "EmployeeSettings/DepartmentID", "EmployeeSettings/ReportsTo")
_SINCE_22 = ("DelegationOf", "StartsOn", "ExpiresOn", "IsActive")
_CONTACT = ("ContactID", "DisplayName", "Email", "Active")


def build_employees(address: Address, extras: Extras, *, top: int, skip: int) -> Request:
    """Read one page of employees with contact, settings, delegates, and login where told."""
    query = {**_employee_query(address, extras), "$top": str(top), "$skip": str(skip)}
    return build_get(f"{address.base}/Employee", query)


def build_employee_codes(address: Address, *, top: int, skip: int) -> Request:
    """Read one page of employees' codes and stamps, which no list refuses."""
    query = {"$select": "EmployeeID,LastModifiedDateTime", "$top": str(top), "$skip": str(skip)}
    return build_get(f"{address.base}/Employee", query)


def build_employee(address: Address, extras: Extras, code: str) -> Request:
    """Read one employee by code."""
    url = f"{address.base}/Employee/{quote(code, safe='')}"
    return build_get(url, _employee_query(address, extras))


def _employee_query(address: Address, extras: Extras) -> dict[str, str]:
    listed = extras.name(DELEGATES)
    inner = (f"{listed}/{name}" for name in _delegate_fields(address)) if listed else ()
    query = {
        "$select": ",".join((*_EMPLOYEE, *extras.plain, *_LINKED, *inner)),
        "$expand": ",".join(filter(None, ("ContactInfo", "EmployeeSettings", listed))),
    }
    return {**query, "$custom": ",".join(extras.dotted)} if extras.dotted else query


def _delegate_fields(address: Address) -> tuple[str, ...]:
    # Asked for by name, a field that the version lacks would be a 500 for everybody.
    old = address.endpoint == "Default" and address.version < "22."
    return ("Delegate",) if old else ("Delegate", *_SINCE_22)


def build_contacts(address: Address, *, top: int, skip: int) -> Request:
    """Read one page of contacts."""
    query = {"$select": ",".join(_CONTACT), "$top": str(top), "$skip": str(skip)}
    return build_get(f"{address.base}/Contact", query)


def read_employee(data: Any, extras: Extras) -> Employee:
    """Read one employee. Raises ErpUnreadable."""
    record = record_of(data, "Employee")
    code = text_of(record, "EmployeeID", "Employee")
    where = f"Employee {code}"
    contact = record_of(record.get("ContactInfo") or {}, f"{where}: ContactInfo")
    settings = record_of(record.get("EmployeeSettings") or {}, f"{where}: EmployeeSettings")
    return Employee(
        code=code,
        name=text_of(record, "EmployeeName", where),
        email=text_of(contact, "Email", where),
        active=text_of(record, "Status", where) == "Active",
        login=_extra(record, extras.name(LOGIN), where),
        department=text_of(settings, "DepartmentID", where),
        reports_to=text_of(settings, "ReportsTo", where),
        delegates=_delegates(record, extras.name(DELEGATES), where),
    )


def read_employees(data: Any, extras: Extras) -> list[Employee]:
    """Read one page of employees. Raises ErpUnreadable."""
    return [read_employee(record, extras) for record in rows_of(data, "Employee")]


def read_employee_codes(data: Any) -> list[tuple[str, str]]:
    """Read one page of codes, each with the stamp that says whether to read it again."""
    return [
        (text_of(row, "EmployeeID", "Employee"), text_of(row, "LastModifiedDateTime", "Employee"))
        for row in rows_of(data, "Employee")
    ]


def read_contacts(data: Any) -> list[Contact]:
    """Read one page of contacts. Raises ErpUnreadable."""
    return [_contact(row) for row in rows_of(data, "Contact")]


def _contact(row: Mapping[str, Any]) -> Contact:
    number = value_of(row, "ContactID", "Contact", unwrap)
    where = f"Contact {number}"
    return Contact(
        id="" if number is None else str(number),
        name=text_of(row, "DisplayName", where),
        email=text_of(row, "Email", where),
        active=value_of(row, "Active", where, read_flag) is True,
    )


def _delegates(record: Mapping[str, Any], name: str, where: str) -> tuple[Delegate, ...]:
    if not name:
        return ()
    rows = rows_of(record.get(name) or [], f"{where}: {name}")
    return tuple(_delegate(row, f"{where}: {name}, row {n}") for n, row in enumerate(rows, 1))


def _delegate(row: Mapping[str, Any], where: str) -> Delegate:
    return Delegate(
        employee=text_of(row, "Delegate", where),
        of=text_of(row, "DelegationOf", where),
        starts=value_of(row, "StartsOn", where, read_day) or "",
        ends=value_of(row, "ExpiresOn", where, read_day) or "",
        active=value_of(row, "IsActive", where, read_flag) is not False,
    )


def _extra(record: Mapping[str, Any], name: str, where: str) -> str:
    if "." not in name:
        return text_of(record, name, where) if name else ""
    view, _, member = name.partition(".")
    custom = record_of(record.get("custom") or {}, f"{where}: custom")
    return text_of(record_of(custom.get(view) or {}, f"{where}: {view}"), member, where)
