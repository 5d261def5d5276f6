"""A vendor payment, Acumatica's *Check*, on a card; its lines are the documents it pays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from acumatica_client.entities import CHECK
from acumatica_client.models import Document, Value
from cards import days
from cards.sheet import Sheet, line_amount, line_text, number_part
from cards.view import Line

PAID = {"Open": "released, not fully applied", "Closed": "released and fully applied"}
"""Acumatica has no status *Released*; it goes straight to what became of the money."""


def dated(payment: Document, today: date) -> str:
    """Return the day the money moves, past or ahead."""
    day = payment.day("ApplicationDate")
    return days.expected("Dated", day, today) if day else ""


def _line(line: Mapping[str, Value]) -> Line:
    kind, number = line_text(line, "DocType"), line_text(line, "ReferenceNbr")
    return Line(f"{kind} {number}".strip(), "", line_amount(line, "AmountPaid"))


SHEET = Sheet(
    noun="Check",
    nouns={
        "Debit Adj.": "Debit adjustment",
        "Prepayment": "Prepayment",
        "Refund": "Vendor refund",
        "Voided Payment": "Voided check",
        "Voided Refund": "Voided vendor refund",
    },
    statuses=PAID,
    party_word="Vendor",
    party_field=CHECK.party_field,
    amount_field=CHECK.amount_field,
    branch_field="Branch",
    day=dated,
    facts=(
        ("Check number", number_part),
        ("Method", lambda check: check.named("PaymentMethod")),
        ("Payment ref", lambda check: check.named("PaymentRef")),
        ("Cash account", lambda check: check.named("CashAccount")),
        ("Description", lambda check: check.named("Description")),
    ),
    line=_line,
)
