"""Push notifications (screen SM302000) without I/O: proof of the sender, then hints to look.

A push is a hint: at least once, unsigned but for one header, named by a generic inquiry. So only
document keys are taken from it, and "Deleted" is no deletion: an update is sent as Deleted plus
Inserted, in one request or in two, and a row that leaves an inquiry's filter is sent as Deleted
only. Times in rows have no zone and are not looked at.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from acumatica_client.entities import ENTITIES, Entity
from acumatica_client.models import DocumentKey

MAX_NAME = 64
"""Characters of a document type or number we are willing to ask the ERP for."""

MAX_QUERY = 128
"""Characters of an inquiry's name, and of a transaction's id."""

MAX_ROWS = 50_000
"""Rows of one notification, both halves together; more than that is found by a poll."""

DESCRIBED = 3
"""Unreadable rows that are described; all are counted."""

_LARGEST = 2**63

_SORTED = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)


class PushRejected(Exception):
    """The sender did not prove that it knows the shared secret. Says nothing about why."""


class PushMalformed(Exception):
    """The sender is ours but the body is not a push notification we can read."""


class PushTooLong(PushMalformed):
    """More rows than we read at once."""


class UnknownInquiry(PushMalformed):
    """A notification of an inquiry that no field map describes."""


@dataclass(frozen=True, slots=True)
class Query:
    """How one inquiry's rows name a document: its entity, and the columns that tell the rest.

    Columns may show labels or the letters behind them, padded. An inquiry of one type alone needs
    no column for it.
    """

    entity: Entity
    type_column: str
    number_column: str
    status_column: str = ""
    fixed_type: str = ""

    def key_of(self, row: Mapping[str, Any]) -> DocumentKey | None:
        """Return the document a row speaks of, None when the row does not tell."""
        kind = self.fixed_type or _kind(self.entity, row.get(self.type_column))
        number = _name(row.get(self.number_column))
        return self.entity.key(kind, number) if kind and number else None

    def status_of(self, row: Mapping[str, Any]) -> str:
        """Return the status label a row shows, empty when the inquiry has none to tell."""
        return self.entity.status_label(_name(row.get(self.status_column)))

    def lacks(self, row: Mapping[str, Any]) -> str:
        """Say which columns of a row that names no document are at fault, without its values."""
        columns = (self.number_column, *(() if self.fixed_type else (self.type_column,)))
        faults = [f"{name!r} {fault}" for name in columns if (fault := _fault(row, name))]
        return " and ".join(faults) or "a type with a slash in it"


@dataclass(frozen=True, slots=True)
class Push:
    """One notification: its identity for de-duplication, and the documents to look at."""

    query: str
    transaction: str
    """`Id`: the ERP's database transaction; only together with the query it is a key."""
    order: int
    """`TimeStamp`, .NET ticks: the documented order of notifications."""
    documents: tuple[DocumentKey, ...]
    unreadable_rows: int
    tenant: str = ""
    """`CompanyId`: the tenant's login name."""
    statuses: Mapping[DocumentKey, str] = field(default_factory=dict)
    """Status labels the newest rows showed: worth a log line, never believed."""
    unreadable: tuple[str, ...] = ()
    """What is wrong with the first of the unreadable rows."""

    @property
    def complaint(self) -> str:
        """Why this push is kept for an operator; empty when every row was read."""
        if not self.unreadable_rows:
            return ""
        more = "; …" if self.unreadable_rows > len(self.unreadable) else ""
        rows = "row names" if self.unreadable_rows == 1 else "rows name"
        return f"{self.unreadable_rows} {rows} no document: {'; '.join(self.unreadable)}{more}"


def default_queries() -> dict[str, Query]:
    """Return the inquiries we ship: `CountersignBills` and so on, with the entity's own names."""
    return {
        f"Countersign{name}s": Query(entity, "Type", entity.number_field, "Status")
        for name, entity in ENTITIES.items()
    }


def check_secret(shown: Sequence[str], secrets: Iterable[bytes]) -> None:
    """Raise PushRejected unless exactly one header value was *shown* and equals a secret.

    Two secrets are valid during a rotation; all are compared, so timing tells nothing.
    """
    given = shown[0].encode("utf-8", "surrogateescape") if len(shown) == 1 else b""
    matches = [hmac.compare_digest(given, secret) for secret in secrets]
    if not any(matches) or len(shown) != 1:
        raise PushRejected


def push_identity(data: Mapping[str, Any], body: bytes) -> str:
    """Return what makes a second delivery of one notification the same, within a company.

    Query and Id alone are not enough: an update's two halves, and the parts of a large batch, may
    come in requests of their own that share both. So the rows count too, whatever the order of
    their members; a body that names neither Query nor Id is known by its bytes.
    """
    query, transaction = data.get("Query"), data.get("Id")
    named = isinstance(query, str) and isinstance(transaction, str) and transaction
    if not named:
        return hashlib.sha256(body).hexdigest()
    rows = [data.get("Inserted") or [], data.get("Deleted") or []]
    text = _SORTED.encode(rows)
    return f"{query}|{transaction}|{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def read_push(body: bytes, queries: Mapping[str, Query]) -> Push:
    """Turn the bytes of one notification into hints, or raise PushMalformed."""
    data = _object(body)
    name, transaction = _called(data, "Query"), _called(data, "Id")
    query = queries.get(name)
    if query is None:
        known = ", ".join(sorted(queries))
        raise UnknownInquiry(f"inquiry {name!r} is not mapped; known: {known}")
    rows = [*_rows(data, "Inserted"), *_rows(data, "Deleted")]
    if len(rows) > MAX_ROWS:
        raise PushTooLong(f"{len(rows)} rows, more than {MAX_ROWS}")
    named = [(query.key_of(row), row) for _, row in rows]
    lost = [(place, row) for (place, row), (key, _) in zip(rows, named, strict=True) if not key]
    return Push(
        query=name,
        transaction=transaction,
        order=_ticks(data.get("TimeStamp")),
        documents=tuple(dict.fromkeys(key for key, _ in named if key)),
        unreadable_rows=len(lost),
        tenant=_name(data.get("CompanyId")),
        statuses=_statuses(query, named),
        unreadable=tuple(f"{place} {query.lacks(row)}" for place, row in lost[:DESCRIBED]),
    )


# --- field maps of one's own ----------------------------------------------------------------


def read_queries(table: Mapping[str, Mapping[str, str]]) -> dict[str, Query]:
    """Read a company's field maps, one for each inquiry. Raises ValueError with place and fix.

    {"TeamsBills": {"entity": "Bill", "type": "APInvoice_docType", "number": "APInvoice_refNbr"}}
    """
    return {name: _query(f"inquiry.{name}", row) for name, row in table.items()}


_KEYS = ("entity", "type", "number", "status", "fixed_type")


def _query(where: str, row: Mapping[str, str]) -> Query:
    unknown = sorted(set(row) - set(_KEYS))
    if unknown:
        raise ValueError(f"{where}: {unknown[0]!r} is none of {', '.join(_KEYS)}")
    entity = ENTITIES.get(row.get("entity", ""))
    if entity is None:
        raise ValueError(f"{where}: entity must be one of {', '.join(ENTITIES)}")
    if not row.get("number"):
        raise ValueError(f"{where}: number must name the column that holds {entity.number_field}")
    if bool(row.get("type")) == bool(row.get("fixed_type")):
        raise ValueError(f"{where}: set either type, a column, or fixed_type, a document type")
    fixed = _fixed_type(where, entity, row.get("fixed_type", ""))
    return Query(entity, row.get("type", ""), row["number"], row.get("status", ""), fixed)


def _fixed_type(where: str, entity: Entity, text: str) -> str:
    kind = entity.type_label(text)
    if kind and kind not in entity.type_codes:
        known = ", ".join(entity.type_codes)
        raise ValueError(f"{where}: fixed_type {text!r} is none of {known}")
    return kind


# --- bytes ----------------------------------------------------------------------------------


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PushMalformed(f"no JSON: {error}") from error
    if not isinstance(data, dict):
        raise PushMalformed("the body must be a JSON object")
    return data


def _called(data: Mapping[str, Any], member: str) -> str:
    name = data.get(member)
    if not isinstance(name, str) or not name:
        raise PushMalformed("Query and Id must be texts")
    if len(name) > MAX_QUERY or not name.isprintable():
        raise PushMalformed(f"{member} is no name: {len(name)} characters, or some that are none")
    return name


_Row = tuple[str, Mapping[str, Any]]
"""Where a row stands, and the row; one that is no object names nothing, and holds up no other."""


def _rows(data: Mapping[str, Any], half: str) -> Iterator[_Row]:
    rows = data.get(half) or []
    if not isinstance(rows, list):
        raise PushMalformed(f"{half} must be a list of objects")
    for number, row in enumerate(rows, 1):
        yield f"{half} row {number}:", row if isinstance(row, dict) else {}


def _statuses(
    query: Query, named: Sequence[tuple[DocumentKey | None, Mapping[str, Any]]]
) -> dict[DocumentKey, str]:
    # Inserted rows stand first and tell how a document is now; its Deleted row how it was.
    shown: dict[DocumentKey, str] = {}
    for key, row in named:
        status = query.status_of(row)
        if key and status:
            shown.setdefault(key, status)
    return shown


def _ticks(stamp: Any) -> int:
    whole = isinstance(stamp, int) and not isinstance(stamp, bool)
    return stamp if whole and 0 <= stamp < _LARGEST else 0


def _name(shown: Any) -> str:
    """Take a key's text out of a column, empty when it can be no key: it goes into an address."""
    number = isinstance(shown, int) and not isinstance(shown, bool)
    text = str(shown).strip() if number or isinstance(shown, str) else ""
    sane = len(text) <= MAX_NAME and text.isprintable() and text.strip(".")
    return text if sane else ""


def _kind(entity: Entity, shown: Any) -> str:
    text = entity.type_label(_name(shown))
    # A document's name as text is entity/type/number: a slash in a type would tear it apart.
    return "" if "/" in text else text


def _fault(row: Mapping[str, Any], column: str) -> str:
    if column not in row:
        return "is missing"
    if row[column] in (None, "") or str(row[column]).isspace():
        return "is empty"
    return "" if _name(row[column]) else "can be no key"
