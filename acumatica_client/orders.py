"""Purchase orders and receipts behind a bill, as narrow as matching needs them: build and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from acumatica_client.answers import record_of, rows_of, text_of, value_of
from acumatica_client.filters import all_of, compare
from acumatica_client.models import Document, Value
from acumatica_client.protocol import Address, build_get, fits_path
from acumatica_client.transport import Request
from acumatica_client.values import read_number

_FIELDS = {
    "PurchaseOrder": (
        ("Type", "OrderNbr", "CurrencyID", "Owner"),
        ("LineNbr", "OrderQty", "UnitCost", "QtyOnReceipts", "UOM", "LineType"),
    ),
    "PurchaseReceipt": (("Type", "ReceiptNbr"), ("LineNbr", "ReceiptQty", "UOM")),
}
"""Entity -> fields of the head (the second is the number) and of each line."""

DROPPED = frozenset({"Voided", "Rejected"})
"""Statuses in which a bill no longer claims anything, so its reference may be used again."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a bill's line names as where it comes from: an order or a receipt."""

    entity: str
    type: str
    number: str

    def __str__(self) -> str:
        return f"{self.entity}/{self.type}/{self.number}"


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of an order or receipt; what the ERP did not tell is None."""

    quantity: Decimal | None
    unit: str = ""
    unit_cost: Decimal | None = None
    received: Decimal | None = None
    kind: str = ""
    """Line type of an order, such as *Goods for IN*."""


@dataclass(frozen=True, slots=True)
class Papers:
    """An order or receipt as the ERP shows it."""

    lines: Mapping[int, SourceLine]
    currency: str = ""
    owner: str = ""


def orders_behind(bill: Document) -> tuple[Source, ...]:
    """List the purchase orders a bill's lines name, each once, in their order."""
    return _named(bill, order_of)


def receipts_behind(bill: Document) -> tuple[Source, ...]:
    """List the receipts a bill's lines name, each once, in their order."""
    return _named(bill, receipt_of)


def order_of(line: Mapping[str, Value]) -> Source | None:
    """Return the purchase order one line of a bill names."""
    return _source(line, "PurchaseOrder", "POOrder", "Normal")


def receipt_of(line: Mapping[str, Value]) -> Source | None:
    """Return the receipt one line of a bill names."""
    return _source(line, "PurchaseReceipt", "POReceipt", "Receipt")


def _source(line: Mapping[str, Value], entity: str, prefix: str, usual: str) -> Source | None:
    number = str(line.get(f"{prefix}Nbr") or "").strip()
    kind = str(line.get(f"{prefix}Type") or "").strip()
    return Source(entity, kind or usual, number) if number else None


def _named(
    bill: Document, named: Callable[[Mapping[str, Value]], Source | None]
) -> tuple[Source, ...]:
    return tuple(dict.fromkeys(source for source in map(named, bill.lines) if source))


def build_source(address: Address, source: Source) -> Request:
    """Read one order or receipt with the fields that are compared."""
    head, lines = _FIELDS[source.entity]
    select = ",".join((*head, *(f"Details/{name}" for name in lines)))
    query = {"$select": select, "$expand": "Details"}
    url = f"{address.base}/{source.entity}"
    if fits_path(source.type, source.number):
        return build_get(f"{url}/{_part(source.type)}/{_part(source.number)}", query)
    where = all_of(compare("Type", "eq", source.type), compare(head[1], "eq", source.number))
    return build_get(url, query | {"$filter": str(where), "$top": "1"})


def _part(text: str) -> str:
    return quote(text, safe="")


def read_source(data: Any, source: Source) -> Papers | None:
    """Read one order or receipt, by key or as the only row of a list. Raises ErpUnreadable."""
    where = str(source)
    if isinstance(data, list):
        if not data:
            return None
        data = data[0]
    record = record_of(data, where)
    rows = rows_of(record.get("Details") or [], f"{where}: Details")
    lines = (_line(row, f"{where}: Details, line {n}") for n, row in enumerate(rows, 1))
    return Papers(
        {number: line for number, line in lines if number},
        text_of(record, "CurrencyID", where),
        text_of(record, "Owner", where),
    )


def _line(row: Mapping[str, Any], where: str) -> tuple[int, SourceLine]:
    number = value_of(row, "LineNbr", where, read_number)
    ordered = value_of(row, "OrderQty", where, read_number)
    return int(number or 0), SourceLine(
        quantity=value_of(row, "ReceiptQty", where, read_number) if ordered is None else ordered,
        unit=text_of(row, "UOM", where),
        unit_cost=value_of(row, "UnitCost", where, read_number),
        received=value_of(row, "QtyOnReceipts", where, read_number),
        kind=text_of(row, "LineType", where),
    )


def build_same_reference(address: Address, bill: Document, *, top: int) -> Request:
    """List bills of the same vendor and type with the same vendor reference."""
    where = all_of(
        compare("Vendor", "eq", bill.text("Vendor")),
        compare("VendorRef", "eq", bill.text("VendorRef")),
        compare("Type", "eq", bill.key.type),
    )
    query = {"$select": "ReferenceNbr,Status", "$filter": str(where), "$top": str(top)}
    return build_get(f"{address.base}/Bill", query)


def read_same_reference(data: Any, bill: Document) -> list[str]:
    """Read the numbers of other bills that still count."""
    rows = [
        (text_of(row, "ReferenceNbr", "Bill"), text_of(row, "Status", "Bill"))
        for row in rows_of(data, "Bill")
    ]
    return [n for n, status in rows if n and n != bill.key.number and status not in DROPPED]
