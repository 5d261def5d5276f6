"""A vendor bill on a card; adjustments and prepayments are bills to Acumatica too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from acumatica_client.entities import BILL
from acumatica_client.models import Document, Value
from cards import days
from cards.sheet import (
    Paper,
    Sheet,
    line_amount,
    line_text,
    number_part,
    owner_part,
    priced,
    said,
)
from cards.view import Line, Part

MOST_ORDERS = 3
_NOT_TO_PAY = frozenset({"Closed", "Voided", "Rejected"})


def _due(bill: Document, today: date) -> str:
    day = bill.day("DueDate")
    if day is None:
        return ""
    if bill.status in _NOT_TO_PAY:  # nobody is late with what is not to be paid
        return f"Due {days.day(day)}"
    return days.due(day, today)


def _orders(paper: Paper) -> tuple[Part, ...]:
    numbers = list(
        dict.fromkeys(str(line.get("POOrderNbr") or "") for line in paper.document.lines)
    )
    named = [number for number in numbers if number.strip()]
    shown = [Part(number, paper.situation.links.get(number, "")) for number in named[:MOST_ORDERS]]
    more = len(named) - len(shown)
    return (*shown, *([Part(f"{more} more")] if more else []))


def _line(line: Mapping[str, Value]) -> Line:
    return Line(
        text=line_text(line, "TransactionDescription", "Description", "InventoryID", "Account"),
        quantity=priced(line, "Qty", "UnitCost"),
        amount=line_amount(line, "Amount", "ExtendedCost"),
    )


SHEET = Sheet(
    noun="Bill",
    nouns={
        "Credit Adj.": "Credit adjustment",
        "Debit Adj.": "Debit adjustment",
        "Prepayment": "Prepayment",
        "Prepayment Invoice": "Prepayment invoice",
    },
    party_word="Vendor",
    party_field=BILL.party_field,
    amount_field=BILL.amount_field,
    branch_field="BranchID",
    day=_due,
    facts=(
        ("Bill number", number_part),
        ("Vendor ref", lambda bill: bill.named("VendorRef")),
        ("PO number", _orders),
        ("Owner", owner_part),
        ("Description", lambda bill: bill.named("Description")),
        ("Terms", lambda bill: bill.named("Terms")),
        ("Branch", lambda bill: said(bill.branch("BranchID"))),
    ),
    line=_line,
)
"""A seventh fact is cut: that is the branch, which stands in the first line anyway."""
