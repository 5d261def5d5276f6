"""Requests to Acumatica's contract-based REST API (contract version 4), built without I/O.

What comes back is read in `answers` and `outcomes`. Follows the vendor's Integration Development
Guide, "Contract-Based REST API".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urljoin

from acumatica_client.entities import Entity
from acumatica_client.filters import Filter, all_of, any_of, compare
from acumatica_client.models import (
    DocumentKey,
    ErpCall,
    Noted,
)
from acumatica_client.transport import Request

READ_TIMEOUT = 30.0
ACTION_TIMEOUT = 11 * 60.0
"""Seconds: an over-limit request may wait 10 minutes in the ERP's queue and then still run."""

NOTE_TIMEOUT = 30.0
"""Seconds: while a note is written, presses wait for the session; writing it twice does no harm."""

ACTION_CONNECT = 3.0
"""Seconds: a write that has not left this soon after it was journaled must not leave at all."""

STAMP = "LastModifiedDateTime"

_IN_A_PATH = re.compile(r"[\w-]([\w .-]*[\w-])?")
"""What may stand between two slashes of an address: the web server or the ERP may cut, split or
refuse anything else, a part that ends in a dot or a space included."""

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


def build_sign_in(
    address: Address,
    *,
    user: str,
    password: str,
    tenant: str,
    branch: str = "",
    locale: str = "en-US",
) -> Request:
    """Open a session. `company` is an older word for `tenant`; sending both is an error."""
    body = {"name": user, "password": password, "tenant": tenant, "locale": locale}
    if branch:
        body["branch"] = branch
    return _post(f"{address.instance}/entity/auth/login", body)


def build_sign_out(address: Address) -> Request:
    """Close a session; without Content-Length the web server in front answers 411."""
    headers = {"Accept": "application/json", "Content-Length": "0"}
    return Request("POST", f"{address.instance}/entity/auth/logout", headers, b"", READ_TIMEOUT)


def fits_path(*parts: str) -> bool:
    """Say whether a record can be asked for by these key values; if not, ask by its id."""
    return all(_IN_A_PATH.fullmatch(part) for part in parts)


def build_read(address: Address, entity: Entity, key: DocumentKey, erp_id: str = "") -> Request:
    """Read one document with its lines, by key, or by id where *erp_id* is given."""
    lists = {"Details": entity.line_select, entity.approvals: entity.approval_select}
    told = {name: fields for name, fields in lists.items() if name and fields}
    inner = (f"{name}/{field}" for name, fields in told.items() for field in fields)
    query = {"$select": ",".join((*entity.select, *inner))}
    if told:
        query["$expand"] = ",".join(told)
    if entity.custom:
        query["$custom"] = ",".join(entity.custom)
    return build_get(_one(address, entity, key, erp_id), query)


def build_noted(address: Address, entity: Entity, key: DocumentKey, erp_id: str = "") -> Request:
    """Read one document with its note, which is sure to be there only where all is asked for."""
    return build_get(_one(address, entity, key, erp_id), {})


def build_glimpse(address: Address, entity: Entity, key: DocumentKey, erp_id: str = "") -> Request:
    """Read what a list would show of one document, where it cannot be listed."""
    return build_get(_one(address, entity, key, erp_id), {"$select": ",".join(_glimpsed(entity))})


def build_list(
    address: Address,
    entity: Entity,
    *,
    where: Filter,
    top: int,
    skip: int = 0,
    plain: bool = False,
) -> Request:
    """Read one page of glimpses (keys, status, stamp) of the documents that match *where*.

    *plain* leaves the status out: keys and stamp are the least a list can be asked for.
    """
    names = [name for name in _glimpsed(entity) if not (plain and name == "Status")]
    return _page(address, entity, names, where=where, top=top, skip=skip)


def build_find(address: Address, entity: Entity, key: DocumentKey) -> Request:
    """Find the id of a document whose key cannot stand in an address; two would be one too many."""
    where = all_of(compare("Type", "eq", key.type), compare(entity.number_field, "eq", key.number))
    names = ("Type", entity.number_field)
    return _page(address, entity, names, where=where, top=2, skip=0)


def build_glance(address: Address, entity: Entity) -> Request:
    """Read any one row, whose shapes tell which contract version the endpoint speaks."""
    query = {"$select": ",".join(_glimpsed(entity)), "$top": "1"}
    return build_get(f"{address.base}/{entity.name}", query)


def _glimpsed(entity: Entity) -> tuple[str, ...]:
    return ("Type", entity.number_field, "Status", STAMP)


def _page(
    address: Address, entity: Entity, names: Sequence[str], *, where: Filter, top: int, skip: int
) -> Request:
    query = {"$select": ",".join(names), "$filter": str(where)}
    return build_get(
        f"{address.base}/{entity.name}", query | {"$top": str(top), "$skip": str(skip)}
    )


def _one(address: Address, entity: Entity, key: DocumentKey, erp_id: str) -> str:
    parts = (erp_id,) if erp_id else (key.type, key.number)
    name = "/".join(quote(part, safe="") for part in parts)
    return f"{address.base}/{entity.name}/{name}"


def build_versions(address: Address) -> Request:
    """Ask which endpoints and versions the instance has."""
    return build_get(f"{address.instance}/entity", {})


def build_call(
    address: Address, call: ErpCall, entity: Entity, key: DocumentKey, erp_id: str = ""
) -> Request:
    """Build one write: an action by POST, or a change of check boxes by PUT.

    Only the keys, or the id, go into the body: any further field may be taken as an edit.
    `If-Match: *` keeps a PUT from inserting a document that is gone.
    """
    target: dict[str, Any] = {"id": erp_id} if erp_id else _keys(entity, key)
    url = f"{address.base}/{call.entity}"
    if call.action:
        body = {"entity": target, "parameters": _dialog(call)}
        return _write("POST", f"{url}/{call.action}", body)
    changes = {name: {"value": value} for name, value in call.put}
    return _write("PUT", url, {**target, **changes}, {"If-Match": "*"})


def build_note(address: Address, entity: Entity, noted: Noted, text: str) -> Request:
    """Replace the note of a document: `note` and what names the document, nothing else.

    Guide, "Contract-Based REST API": a record's note is its system member `note`; that a released
    document takes one is unconfirmed.
    """
    target: dict[str, Any] = {"id": noted.erp_id} if noted.erp_id else _keys(entity, noted.key)
    body = {**target, "note": {"value": text}}
    request = _write("PUT", f"{address.base}/{entity.name}", body, {"If-Match": "*"})
    return replace(request, timeout=NOTE_TIMEOUT)


def _keys(entity: Entity, key: DocumentKey) -> dict[str, Any]:
    return {"Type": {"value": key.type}, entity.number_field: {"value": key.number}}


def _dialog(call: ErpCall) -> dict[str, Any]:
    """Fill in what the action's dialog would ask; without one `parameters` is empty."""
    views: dict[str, dict[str, Any]] = {}
    for name, text in call.dialog:
        view, _, field = name.partition(".")
        views.setdefault(view, {})[field] = {"type": "CustomStringField", "value": text}
    return {"custom": views} if views else {}


def build_status_poll(url: str) -> Request:
    """Ask how a long operation is doing; must be asked in the session that started it."""
    return Request("GET", url, {"Accept": "application/json"}, None, READ_TIMEOUT)


def build_get(url: str, query: Mapping[str, str]) -> Request:
    """Ask for *url* with *query*, percent-encoded once."""
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


# --- which documents ------------------------------------------------------------------------


def modified_between(entity: Entity, since: datetime, before: datetime) -> Filter:
    """Return the `$filter` of a frozen polling window, `ge since and lt before`."""
    return _narrowed(entity, compare(STAMP, "ge", since), compare(STAMP, "lt", before))


def in_statuses(entity: Entity, statuses: Sequence[str]) -> Filter:
    """Return the `$filter` for documents standing in one of *statuses* (labels)."""
    return _narrowed(entity, any_of(*(compare("Status", "eq", status) for status in statuses)))


def _narrowed(entity: Entity, *conditions: Filter) -> Filter:
    kinds = [compare("Type", "eq", kind) for kind in entity.types]
    return all_of(*([any_of(*kinds)] if kinds else []), *conditions)
