"""A vendor payment, Acumatica's *Check*, on a card; its lines are the documents it pays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from acumatica_client.entities import CHECK
from acumatica_client.models import Document, Value
from cards import days
from cards.language import Language, phrase
from cards.sheet import Sheet, line_amount, line_text, number_part
from cards.view import Line

PAID = {
    "Open": phrase("released, not fully applied"),
    "Closed": phrase("released and fully applied"),
}
"""Acumatica has no status *Released*; it goes straight to what became of the money."""


def dated(payment: Document, today: date, language: Language) -> str:
    """Return the day the money moves, past or ahead."""
    day = payment.day("ApplicationDate")
    return language.say("Dated {day}", day=days.far(day, today, language)) if day else ""


def _line(line: Mapping[str, Value], language: Language) -> Line:
    kind, number = line_text(line, "DocType"), line_text(line, "ReferenceNbr")
    return Line(f"{kind} {number}".strip(), "", line_amount(line, language, "AmountPaid"))


SHEET = Sheet(
    noun=phrase("Check"),
    nouns={
        "Debit Adj.": phrase("Debit adjustment"),
        "Prepayment": phrase("Prepayment"),
        "Refund": phrase("Vendor refund"),
        "Voided Payment": phrase("Voided check"),
        "Voided Refund": phrase("Voided vendor refund"),
    },
    statuses=PAID,
    party_untold=phrase("Vendor not told by Acumatica"),
    party_field=CHECK.party_field,
    amount_field=CHECK.amount_field,
    branch_field="Branch",
    day=dated,
    facts=(
        (phrase("Check number"), number_part),
        (phrase("Method"), lambda check: check.named("PaymentMethod")),
        (phrase("Payment ref"), lambda check: check.named("PaymentRef")),
        (phrase("Cash account"), lambda check: check.named("CashAccount")),
        (phrase("Description"), lambda check: check.named("Description")),
    ),
    line=_line,
)
