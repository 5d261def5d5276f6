"""A vendor bill on a card; adjustments and prepayments are bills to Acumatica too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from acumatica_client.entities import BILL
from acumatica_client.models import Document, Value
from cards import days
from cards.language import Language, phrase
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


def _due(bill: Document, today: date, language: Language) -> str:
    day = bill.day("DueDate")
    if day is None:
        return ""
    if bill.status in _NOT_TO_PAY:  # nobody is late with what is not to be paid
        return language.say("Due {day}", day=days.day(day, language))
    return days.due(day, today, language)


def _orders(paper: Paper) -> tuple[Part, ...]:
    numbers = list(
        dict.fromkeys(str(line.get("POOrderNbr") or "") for line in paper.document.lines)
    )
    named = [number for number in numbers if number.strip()]
    shown = [Part(number, paper.situation.links.get(number, "")) for number in named[:MOST_ORDERS]]
    more = len(named) - len(shown)
    rest = paper.language.say("{n} more", n=more)
    return (*shown, *([Part(rest)] if more > 0 else []))


def _line(line: Mapping[str, Value], language: Language) -> Line:
    return Line(
        text=line_text(line, "TransactionDescription", "Description", "InventoryID", "Account"),
        quantity=priced(line, language, quantity="Qty", unit_cost="UnitCost"),
        amount=line_amount(line, language, "Amount", "ExtendedCost"),
    )


SHEET = Sheet(
    noun=phrase("Bill"),
    nouns={
        "Credit Adj.": phrase("Credit adjustment"),
        "Debit Adj.": phrase("Debit adjustment"),
        "Prepayment": phrase("Prepayment"),
        "Prepayment Invoice": phrase("Prepayment invoice"),
    },
    party_untold=phrase("Vendor not told by Acumatica"),
    party_field=BILL.party_field,
    amount_field=BILL.amount_field,
    branch_field="BranchID",
    day=_due,
    facts=(
        (phrase("Bill number"), number_part),
        (phrase("Vendor ref"), lambda bill: bill.named("VendorRef")),
        (phrase("PO number"), _orders),
        (phrase("Owner"), owner_part),
        (phrase("Description"), lambda bill: bill.named("Description")),
        (phrase("Terms"), lambda bill: bill.named("Terms")),
        (phrase("Branch"), lambda bill: said(bill.branch("BranchID"))),
    ),
    line=_line,
)
"""A seventh fact is cut: that is the branch, which stands in the first line anyway."""
