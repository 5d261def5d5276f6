"""Requests to Acumatica's contract-based REST API (contract version 4), built without I/O.

What comes back is read in `answers`. Follows the vendor's Integration Development Guide,
"Contract-Based REST API".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urljoin

from acumatica_client.entities import Entity
from acumatica_client.models import (
    DocumentKey,
    ErpCall,
)
from acumatica_client.transport import Request

READ_TIMEOUT = 30.0
ACTION_TIMEOUT = 11 * 60.0
"""Seconds: an over-limit request may wait 10 minutes in the ERP's queue and then still run."""

ACTION_CONNECT = 3.0
"""Seconds: a write that has not left this soon after it was journaled must not leave at all."""

_JSON = {"Accept": "application/json", "Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a company's endpoint is: instance URL (site folder included), name and version."""

    instance: str
    endpoint: str
    version: str

    @property
    def base(self) -> str:
        """The URL of the endpoint, without a closing slash."""
        return f"{self.instance}/entity/{self.endpoint}/{self.version}"

    def resolve(self, location: str) -> str:
        """Make a `Location` absolute; it comes host-relative (site folder included) or absolute."""
        return urljoin(self.instance + "/", location)


def build_sign_in(address: Address, *, user: str, password: str, tenant: str) -> Request:
    """Open a session. `company` is an older word for `tenant`; sending both is an error."""
    body = {"name": user, "password": password, "tenant": tenant, "locale": "en-US"}
    return _post(f"{address.instance}/entity/auth/login", body)


def build_sign_out(address: Address) -> Request:
    """Close a session; without Content-Length the web server in front answers 411."""
    headers = {"Accept": "application/json", "Content-Length": "0"}
    return Request("POST", f"{address.instance}/entity/auth/logout", headers, b"", READ_TIMEOUT)


def build_read(address: Address, entity: Entity, key: DocumentKey, erp_id: str = "") -> Request:
    """Read one document with its lines, by key, or by id where *erp_id* is given."""
    # A key value that contains a slash cannot stand in the path: the ERP would split it.
    parts = (erp_id,) if erp_id else (key.type, key.number)
    name = "/".join(quote(part, safe="") for part in parts)
    query = {"$select": ",".join((*entity.select, *(f"Details/{f}" for f in entity.line_select)))}
    if entity.line_select:
        query["$expand"] = "Details"
    if entity.custom:
        query["$custom"] = ",".join(entity.custom)
    return _get(f"{address.base}/{entity.name}/{name}", query)


def build_list(address: Address, entity: Entity, *, where: str, top: int, skip: int = 0) -> Request:
    """Read one page of glimpses (keys, status, stamp) of the documents that match *where*."""
    names = ("Type", entity.number_field, "Status", "LastModifiedDateTime")
    query = {"$select": ",".join(names), "$filter": where, "$top": str(top), "$skip": str(skip)}
    return _get(f"{address.base}/{entity.name}", query)


def build_party_read(address: Address, entity: str, code: str) -> Request:
    """Read the name of a vendor."""
    url = f"{address.base}/{entity}/{quote(code, safe='')}"
    return _get(url, {"$select": "VendorID,VendorName"})


def build_employees(address: Address, *, top: int, skip: int) -> Request:
    """Read one page of employees with their contact's e-mail."""
    query = {
        "$select": "EmployeeID,EmployeeName,Status,ContactInfo/Email",
        "$expand": "ContactInfo",
        "$top": str(top),
        "$skip": str(skip),
    }
    return _get(f"{address.base}/Employee", query)


def build_versions(address: Address) -> Request:
    """Ask which endpoints and versions the instance has."""
    return _get(f"{address.instance}/entity", {})


def build_call(address: Address, call: ErpCall, entity: Entity, key: DocumentKey) -> Request:
    """Build one write: an action by POST, or a change of the Hold box by PUT.

    Only the keys go into the body: any further field may be taken as an edit. `If-Match: *` keeps
    a PUT from inserting a document that is gone.
    """
    keys = {"Type": {"value": key.type}, entity.number_field: {"value": key.number}}
    if call.action:
        url = f"{address.base}/{call.entity}/{call.action}"
        return _write("POST", url, {"entity": keys, "parameters": {}})
    changes = {name: {"value": value} for name, value in call.put}
    url = f"{address.base}/{call.entity}"
    return _write("PUT", url, {**keys, **changes}, {"If-Match": "*"})


def build_status_poll(url: str) -> Request:
    """Ask how a long operation is doing; must be asked in the session that started it."""
    return Request("GET", url, {"Accept": "application/json"}, None, READ_TIMEOUT)


def _get(url: str, query: Mapping[str, str]) -> Request:
    tail = "&".join(
        f"{quote(name, safe='$')}={quote(text, safe='')}" for name, text in query.items()
    )
    return Request("GET", f"{url}?{tail}" if tail else url, {"Accept": "application/json"})


def _post(url: str, body: Mapping[str, Any]) -> Request:
    return Request("POST", url, _JSON, json.dumps(body).encode(), READ_TIMEOUT)


def _write(
    method: str, url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Request:
    data = json.dumps(body).encode()
    return Request(method, url, _JSON | dict(headers or {}), data, ACTION_TIMEOUT, ACTION_CONNECT)


# --- $filter literals -----------------------------------------------------------------------


def text_literal(value: str) -> str:
    """Write *value* as a `$filter` string; a quote inside is doubled."""
    return "'" + value.replace("'", "''") + "'"


def moment_literal(value: datetime) -> str:
    """Write *value* as a `$filter` moment; without an offset its zone would be a guess."""
    stamp = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return f"datetimeoffset'{stamp}'"


def modified_between(entity: Entity, since: datetime, before: datetime) -> str:
    """Return the `$filter` of a frozen polling window, `ge since and lt before`."""
    window = (
        f"LastModifiedDateTime ge {moment_literal(since)}"
        f" and LastModifiedDateTime lt {moment_literal(before)}"
    )
    return _narrowed(entity, window)


def in_statuses(entity: Entity, statuses: Sequence[str]) -> str:
    """Return the `$filter` for documents standing in one of *statuses* (labels)."""
    anyone = " or ".join(f"Status eq {text_literal(status)}" for status in statuses)
    return _narrowed(entity, f"({anyone})")


def _narrowed(entity: Entity, condition: str) -> str:
    if not entity.types:
        return condition
    kinds = " or ".join(f"Type eq {text_literal(kind)}" for kind in entity.types)
    return f"({kinds}) and {condition}"
