"""Push notifications (screen SM302000) without I/O: proof of the sender, then hints to look.

A push is a hint: at least once, unsigned but for one header, named by a generic inquiry. So only
document keys are taken from it, and "Deleted" is no deletion: an update is sent as Deleted plus
Inserted, and a row that leaves an inquiry's filter is sent as Deleted only.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acumatica_client.entities import ENTITIES, Entity
from acumatica_client.models import DocumentKey

MAX_NAME = 64
"""Characters of a document type or number we are willing to ask the ERP for."""


class PushRejected(Exception):
    """The sender did not prove that it knows the shared secret. Says nothing about why."""


class PushMalformed(Exception):
    """The sender is ours but the body is not a push notification we can read."""


@dataclass(frozen=True, slots=True)
class Query:
    """How one inquiry's rows name a document: the entity, and the columns holding its key."""

    entity: Entity
    type_column: str
    number_column: str

    def key_of(self, row: Mapping[str, Any]) -> DocumentKey | None:
        """Return the document a row speaks of, None when the row does not tell."""
        kind = _label(self.entity, _name(row.get(self.type_column)))
        number = _name(row.get(self.number_column))
        return self.entity.key(kind, number) if kind and number else None


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


def default_queries() -> dict[str, Query]:
    """Return the inquiries we ship: `CountersignBills` and so on, with the entity's own names."""
    return {
        f"Countersign{name}s": Query(entity, "Type", entity.number_field)
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


def read_push(body: bytes, queries: Mapping[str, Query]) -> Push:
    """Turn the bytes of one notification into hints, or raise PushMalformed."""
    data = _object(body)
    name, transaction = data.get("Query"), data.get("Id")
    if not isinstance(name, str) or not isinstance(transaction, str) or not transaction:
        raise PushMalformed("Query and Id must be texts")
    query = queries.get(name)
    if query is None:
        raise PushMalformed(f"inquiry {name!r} is not mapped; known: {', '.join(sorted(queries))}")
    rows = [*_rows(data, "Inserted"), *_rows(data, "Deleted")]
    keys = [query.key_of(row) for row in rows]
    stamp = data.get("TimeStamp")
    return Push(
        query=name,
        transaction=transaction,
        order=stamp if isinstance(stamp, int) else 0,
        documents=tuple(dict.fromkeys(key for key in keys if key is not None)),
        unreadable_rows=sum(key is None for key in keys),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PushMalformed(f"no JSON: {error}") from error
    if not isinstance(data, dict):
        raise PushMalformed("the body must be a JSON object")
    return data


def _rows(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = data.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PushMalformed(f"{name} must be a list of objects")
    return rows


def _name(shown: Any) -> str:
    """Take a key's text out of a column, empty when it can be no key: it goes into an address."""
    number = isinstance(shown, int) and not isinstance(shown, bool)
    text = str(shown).strip() if number or isinstance(shown, str) else ""
    sane = len(text) <= MAX_NAME and text.isprintable() and text.strip(".")
    return text if sane else ""


def _label(entity: Entity, text: str) -> str:
    """Turn a type label or its code into the label REST uses."""
    for label, code in entity.type_codes.items():
        if code == text:
            return label
    return text
