"""What a person agreed to, as one hash: equal before the call and after it, or we alarm."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal

from acumatica_client.entities import entity_of
from acumatica_client.models import Document, Value


def fingerprint(company: str, document: Document) -> str:
    """Hash who, what, how much, when and from which account of *document* (SHA-256, hex).

    Status, hold, balance, approval flags and LastModifiedDateTime stay out: releasing changes them.
    """
    entity = entity_of(document)
    key = document.key
    told = [
        company, key.entity, key.type, key.number,
        [_plain(document.fields.get(name)) for name in entity.fingerprint],
        [[_plain(line.get(name)) for name in entity.line_fingerprint] for line in document.lines],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _plain(value: Value) -> str:
    """Write equal values equally: 7, 7.0 and 7.0000 are one amount, padding is no content."""
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return _number(Decimal(value))
    return "" if value is None else str(value).rstrip()


def _number(value: Decimal) -> str:
    # Not `normalize`: that rounds to 28 digits, and two amounts would become one.
    text = format(value, "f")
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short == "-0" else short
