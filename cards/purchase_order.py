"""A purchase order on a card."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from acumatica_client.entities import PURCHASE_ORDER
from acumatica_client.models import Document, Value
from cards import days
from cards.sheet import (
    Sheet,
    line_amount,
    line_text,
    number_part,
    owner_part,
    priced,
    said,
)
from cards.view import Line

_NOT_COMING = frozenset({"Closed", "Completed", "Canceled", "Rejected"})


def _promised(order: Document, today: date) -> str:
    day = order.day("PromisedOn")
    if day is None:
        return ""
    if order.status in _NOT_COMING:
        return f"Promised {days.day(day)}"
    return days.expected("Promised", day, today)


def _line(line: Mapping[str, Value]) -> Line:
    return Line(
        text=line_text(line, "LineDescription", "Description", "InventoryID"),
        quantity=priced(line, "OrderQty", "UnitCost"),
        amount=line_amount(line, "ExtendedCost"),
    )


SHEET = Sheet(
    noun="Purchase order",
    nouns={
        "Drop-Ship": "Drop-ship order",
        "Project Drop-Ship": "Project drop-ship order",
        "Blanket": "Blanket order",
        "Standard": "Standard order",
    },
    party_word="Vendor",
    party_field=PURCHASE_ORDER.party_field,
    amount_field=PURCHASE_ORDER.amount_field,
    branch_field="Branch",
    day=_promised,
    facts=(
        ("PO number", number_part),
        ("Vendor ref", lambda order: order.named("VendorRef")),
        ("Owner", lambda order: owner_part(order) or order.named("Owner")),
        ("Description", lambda order: order.named("Description")),
        ("Terms", lambda order: order.named("Terms")),
        ("Branch", lambda order: said(order.branch("Branch"))),
    ),
    line=_line,
)
