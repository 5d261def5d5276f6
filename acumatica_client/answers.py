"""Answers of Acumatica's contract-based REST API (contract version 4), read without I/O.

`read_…` turns an answer into data or raises the error tree of `errors`. `class_of` sorts the answer
of a write, which is never an exception. Follows the vendor's Integration Development Guide,
"Contract-Based REST API".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from acumatica_client.entities import Entity
from acumatica_client.errors import (
    ErpBusy,
    ErpError,
    ErpNotFound,
    ErpRejected,
    ErpSignInFailed,
    ErpUnavailable,
)
from acumatica_client.models import (
    CallClass,
    CallOutcome,
    Document,
    Employee,
    Glimpse,
    Value,
)
from acumatica_client.protocol import Address
from acumatica_client.transport import Reply

LIMIT_BACK_OFF = 120.0
"""Seconds to leave the ERP alone after a licence limit; it documents no Retry-After."""

_LIMIT_CHECK = "checkapiuserslimit"
_LIMIT_WORDS = (_LIMIT_CHECK, "api login limit", "concurrent api logins")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_TOLD = 1000
"""Characters of an error's words that are kept for log and audit."""


# --- reading --------------------------------------------------------------------------------


def read_document(entity: Entity, reply: Reply) -> Document | None:
    """Read one document, None when the ERP says there is no such record."""
    if _is_missing(reply):
        return None
    return _document(entity, _record(read_json(reply)))


def read_glimpses(entity: Entity, reply: Reply) -> list[Glimpse]:
    """Read one page of a list."""
    return [_glimpse(entity, _record(row)) for row in _rows(read_json(reply))]


def read_party_name(reply: Reply) -> str:
    """Read a vendor's name; a vendor we may not see has none."""
    if _is_missing(reply):
        return ""
    return str(_plain(_record(read_json(reply)).get("VendorName")) or "")


def read_employees(reply: Reply) -> list[Employee]:
    """Read one page of employees."""
    return [_employee(_record(row)) for row in _rows(read_json(reply))]


def read_versions(reply: Reply) -> set[tuple[str, str]]:
    """Read the endpoints an instance has; older builds answer with the bare array."""
    data = read_json(reply)
    rows = data.get("endpoints") if isinstance(data, dict) else data
    return {(str(row.get("name")), str(row.get("version"))) for row in map(_record, _rows(rows))}


def read_json(reply: Reply) -> Any:
    """Return the JSON of a good answer, or raise the error that it is."""
    if reply.status != 200:
        raise error_of(reply)
    if reply.content_type != "application/json":
        raise error_of(reply)
    try:
        return _parsed(reply.body)
    except ValueError as error:
        raise ErpUnavailable(f"200 with unreadable JSON: {error}") from error


def _parsed(body: bytes) -> Any:
    """Parse JSON with exact numbers; whatever we cannot hold is a ValueError."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ArithmeticError, RecursionError) as error:
        raise ValueError(f"beyond our bounds: {type(error).__name__}") from error


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _rows(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise ErpUnavailable("a list was expected, something else came")
    return data


def _record(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise ErpUnavailable("a record was expected, something else came")
    return data


def _plain(wrapped: Any) -> Value:
    """Take a value out of its wrapper; `{}` is how the ERP writes an empty field."""
    value = wrapped.get("value") if isinstance(wrapped, dict) else None
    if isinstance(value, str) and _HALF_CHARACTER.search(value):
        raise ErpUnavailable("a text with half a character in it")
    return value if isinstance(value, str | Decimal | int | bool) else None


def _moment(entity: Entity, record: Mapping[str, Any]) -> datetime:
    stamp = _plain(record.get("LastModifiedDateTime"))
    try:
        moment = datetime.fromisoformat(str(stamp))
        if moment.tzinfo is None:
            raise ErpUnavailable(f"{entity.name}: LastModifiedDateTime {stamp!r} has no offset")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ErpUnavailable(f"{entity.name}: LastModifiedDateTime is {stamp!r}") from error


def _glimpse(entity: Entity, record: Mapping[str, Any]) -> Glimpse:
    kind = str(_plain(record.get("Type")) or "").strip()
    number = str(_plain(record.get(entity.number_field)) or "").strip()
    if not kind or not number:
        raise ErpUnavailable(f"{entity.name}: a record without Type or {entity.number_field}")
    status = entity.status_label(str(_plain(record.get("Status")) or ""))
    erp_id = str(_plain({"value": record.get("id")}) or "")
    return Glimpse(entity.key(kind, number), erp_id, status, _moment(entity, record))


def _document(entity: Entity, record: Mapping[str, Any]) -> Document:
    glimpse = _glimpse(entity, record)
    fields = {name: _plain(record.get(name)) for name in entity.select}
    for name in entity.days:
        day = fields[name]
        fields[name] = day[:10] if isinstance(day, str) else day
    custom = record.get("custom")
    for name in entity.custom:
        view, member = name.split(".")
        found = custom.get(view) if isinstance(custom, dict) else None
        fields[name] = _plain(found.get(member)) if isinstance(found, dict) else None
    lines = record.get("Details")
    return Document(
        glimpse.key,
        glimpse.erp_id,
        glimpse.status,
        glimpse.last_modified,
        fields,
        tuple(
            {name: _plain(line.get(name)) for name in entity.line_select}
            for line in map(_record, lines if isinstance(lines, list) else ())
        ),
    )


def _employee(record: Mapping[str, Any]) -> Employee:
    contact = record.get("ContactInfo")
    return Employee(
        code=str(_plain(record.get("EmployeeID")) or "").strip(),
        name=str(_plain(record.get("EmployeeName")) or "").strip(),
        email=str(_plain(contact.get("Email")) or "").strip() if isinstance(contact, dict) else "",
        active=_plain(record.get("Status")) == "Active",
    )


# --- errors ---------------------------------------------------------------------------------


def error_of(reply: Reply) -> ErpError:
    """Name the error that *reply* is."""
    text = error_text(reply)
    if reply.status == 429 or _names_login_limit(reply):
        return ErpBusy(f"{reply.status} {text}", after=LIMIT_BACK_OFF)
    if is_signed_out(reply):
        return ErpSignInFailed(f"{reply.status} {text}")
    if not 400 <= reply.status < 500 and not _names_exception(reply):
        return ErpUnavailable(f"{reply.status} {reply.content_type or 'no content'}: {text}")
    if reply.status == 404:
        return ErpNotFound(f"404 {text}")
    return ErpRejected(f"{reply.status} {text}")


def error_text(reply: Reply) -> str:
    """Return the useful words of an error: the innermost message, or every `error` of a 422."""
    body = _error_body(reply)
    if not body:
        return " ".join(reply.body[:200].decode("utf-8", "replace").split())
    told = ""
    layer: Any = body
    while isinstance(layer, dict):
        told = _word(layer, "exceptionMessage") or _word(layer, "message") or told
        layer = layer.get("innerException")
    told = (told or "; ".join(_errors_in(body)))[:_TOLD]
    return _HALF_CHARACTER.sub("?", told)


def _word(body: Mapping[str, Any], name: str) -> str:
    word = body.get(name)
    return word if isinstance(word, str) else ""


def _error_body(reply: Reply) -> dict[str, Any]:
    try:
        body = _parsed(reply.body) if reply.content_type == "application/json" else None
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _errors_in(node: Any) -> list[str]:
    """Collect `error` members anywhere in the tree: on the record, its fields, its lines."""
    found: list[str] = []
    ahead = [node]
    while ahead:
        node = ahead.pop()
        if isinstance(node, list):
            ahead += reversed(node)
        elif isinstance(node, dict):
            found += [word] if (word := _word(node, "error")) else []
            ahead += reversed(node.values())
    return found


def _names_exception(reply: Reply) -> bool:
    body = _error_body(reply)
    return bool(_word(body, "exceptionMessage") or _word(body, "exceptionType"))


def _is_missing(reply: Reply) -> bool:
    """Say whether this is how Acumatica reports that no record has these keys: a 500."""
    kind = _word(_error_body(reply), "exceptionType")
    return reply.status == 500 and kind.endswith("NoEntitySatisfiesTheConditionException")


def _names_login_limit(reply: Reply) -> bool:
    shown = reply.body[:20000].decode("utf-8", "replace") + reply.headers.get("location", "")
    text = shown.lower().replace("+", " ").replace("%20", " ")
    return reply.status != 204 and any(word in text for word in _LIMIT_WORDS)


def is_signed_out(reply: Reply) -> bool:
    """Say whether the session is gone: a 401, or a redirect to the sign-in page."""
    goes_to_sign_in = "login.aspx" in reply.headers.get("location", "").lower()
    return reply.status == 401 or (reply.status in (301, 302) and goes_to_sign_in)


# --- writes ---------------------------------------------------------------------------------


def class_of(reply: Reply, *, again: bool = False) -> CallOutcome:
    """Sort the answer of a write into the outcome classes; *again* marks the second 401."""
    detail = f"{reply.status} {error_text(reply)}".strip()
    if reply.status in (200, 204):
        return _success(reply, detail)
    if reply.status == 429:
        return CallOutcome(CallClass.TURNED_AWAY, detail, after=LIMIT_BACK_OFF)
    if reply.status == 401:
        return CallOutcome(CallClass.REFUSED if again else CallClass.TURNED_AWAY, detail)
    if not _error_body(reply):
        return CallOutcome(CallClass.UNKNOWN, detail)
    if reply.status in (400, 403, 404, 405, 409, 412, 415, 422):
        return CallOutcome(CallClass.REFUSED, detail, plain_words(reply))
    if reply.status == 500 and _word(_error_body(reply), "exceptionType").startswith("PX."):
        return _screen_error(reply, detail)
    return CallOutcome(CallClass.UNKNOWN, detail)


def _screen_error(reply: Reply, detail: str) -> CallOutcome:
    # Only the licence check's own name counts: other words may be quoted from the document.
    if _LIMIT_CHECK in reply.body.decode("utf-8", "replace").lower():
        return CallOutcome(CallClass.TURNED_AWAY, detail, after=LIMIT_BACK_OFF)
    return CallOutcome(CallClass.REFUSED_IN_DOUBT, detail, plain_words(reply))


def _success(reply: Reply, detail: str) -> CallOutcome:
    # A proxy's page at 200 is no word of Acumatica's.
    if reply.status == 200 and reply.content_type != "application/json":
        return CallOutcome(CallClass.UNKNOWN, detail)
    return CallOutcome(CallClass.CLAIMS_DONE, str(reply.status))


def poll_address(address: Address, reply: Reply) -> str | None:
    """Return where to ask after a 202, None when `Location` is missing or not our ERP's."""
    ours = urlsplit(address.instance)
    try:
        url = address.resolve(reply.headers.get("location", ""))
        shown = urlsplit(url)
    except ValueError:
        return None
    same = (shown.scheme, shown.netloc) == (ours.scheme, ours.netloc)
    return url if same and "/status/" in shown.path else None


def plain_words(reply: Reply) -> str:
    """Say in our own words why Acumatica refused; its own text never reaches a card."""
    if reply.status == 403:
        return "Acumatica does not let Countersign's user do this."
    if "authorized approver" in error_text(reply).lower():
        return "Acumatica says that this user may not approve the document."
    return "Acumatica refused. The reason is in the audit; the document's screen shows it too."
