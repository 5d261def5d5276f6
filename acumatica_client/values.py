"""Values out of the wrappers contract version 4 puts around them. Pure.

`{}`, `null` and absent all mean empty. A value of another kind than its field has is never bent
into shape: it is a `WrongShape`, to which `answers` adds the document and the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from acumatica_client.models import Value

UNDATED = datetime(1900, 1, 1, tzinfo=UTC)
"""The ERP's own empty date; of a list row whose stamp cannot be read."""

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_SHOWN = 40


class WrongShape(ValueError):
    """A value that is not of its field's kind; says what was expected and what came."""


class DropDown(WrongShape):
    """A drop-down as contract version 5 writes it, `{"id", "description"}`, or its bare day."""


def unwrap(wrapped: Any) -> Value:
    """Take a value out of its wrapper, whatever its kind. Raises WrongShape."""
    if wrapped is None:
        return None
    if not isinstance(wrapped, dict):
        raise WrongShape(f"a wrapped value expected, got {_shown(wrapped)}")
    value = wrapped.get("value")
    if isinstance(value, dict) and {"id", "description"} & value.keys():
        raise DropDown("a drop-down with id and description")
    if value is not None and not isinstance(value, str | Decimal | int | bool):
        raise WrongShape(f"a plain value expected, got {_shown(value)}")
    if isinstance(value, str) and _HALF_CHARACTER.search(value):
        raise WrongShape("a text with half a character in it")
    return value


def read_text(wrapped: Any) -> str | None:
    """Read a text; a number here could have lost its leading zeros, so it is refused."""
    value = unwrap(wrapped)
    if value is None or isinstance(value, str):
        return value
    raise WrongShape(f"a text expected, got {_shown(value)}")


def read_number(wrapped: Any) -> Decimal | None:
    """Read an exact number, also where it was sent as text."""
    value = unwrap(wrapped)
    if value is None or value == "":
        return None
    try:
        number = Decimal(value) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise WrongShape(f"a number expected, got {_shown(value)}")
    return number


def read_flag(wrapped: Any) -> bool | None:
    """Read a check box."""
    value = unwrap(wrapped)
    if value is None or isinstance(value, bool):
        return value
    raise WrongShape(f"true or false expected, got {_shown(value)}")


def read_day(wrapped: Any) -> str | None:
    """Read a day as ISO text; it comes as midnight with the server's offset, which is noise."""
    text = read_text(wrapped)
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
        datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongShape(f"a day expected, got {_shown(text)}") from error
    if len(text) == len("2026-09-09"):
        raise DropDown("a day without a time")
    return text[:10] if day.year > UNDATED.year else None


def read_moment(wrapped: Any) -> datetime:
    """Read a moment as UTC; one without an offset is not guessed."""
    text = read_text(wrapped)
    try:
        moment = datetime.fromisoformat(text or "")
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise WrongShape(f"a moment with an offset expected, got {_shown(text)}")


Reader = Callable[[Any], Value]

NUMBERS = frozenset({
    "Amount", "AmountPaid", "AppliedToDocuments", "AppliedToOrders", "AvailableBalance", "Balance",
    "ControlTotal", "ExtendedCost", "LineTotal", "OrderQty", "OrderTotal", "OrderedQty",
    "PaymentAmount", "Qty", "QtyOnReceipts", "ReceivedAmount", "TaxAmount", "TaxTotal",
    "TaxableAmount", "UnappliedBalance", "UnitCost",
})  # fmt: skip
"""Fields that are decimals, on every entity that has them."""

FLAGS = frozenset({"Hold", "ApprovedForPayment", "Cancelled", "Completed", "NonBillable"})
"""Fields that are check boxes."""

TEXTS = frozenset({
    "Account", "Branch", "BranchID", "CashAccount", "CurrencyID", "CustomerID", "Description",
    "DocType", "InventoryID", "LineDescription", "Location", "LocationID", "OrderNbr", "Owner",
    "POOrderNbr", "POOrderType", "PaymentMethod", "PaymentRef", "PostPeriod", "ReferenceNbr",
    "Status", "Terms", "TransactionDescription", "Type", "UOM", "Vendor", "VendorID", "VendorRef",
})  # fmt: skip
"""Fields that are texts; any other name, such as a company's own field, is read as it comes."""


def readers(names: tuple[str, ...], days: tuple[str, ...]) -> Mapping[str, Reader]:
    """Say how each field is read: by its kind where we know it."""
    return {name: read_day if name in days else _reader(name) for name in names}


def _reader(name: str) -> Reader:
    if name in NUMBERS:
        return read_number
    if name in FLAGS:
        return read_flag
    return read_text if name in TEXTS else unwrap


def _shown(value: Any) -> str:
    """Quote what came, on one short line."""
    text = ascii(value) if isinstance(value, str | int | Decimal) else f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
