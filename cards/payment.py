"""A customer's payment, Acumatica's *Payment* of receivables, on a card."""

from __future__ import annotations

from acumatica_client.entities import PAYMENT
from cards.check import PAID, dated
from cards.sheet import Sheet, number_part, said

SHEET = Sheet(
    noun="Payment",
    nouns={
        "Prepayment": "Customer prepayment",
        "Credit Memo": "Credit memo",
        "Refund": "Customer refund",
        "Voided Payment": "Voided payment",
        "Voided Refund": "Voided customer refund",
    },
    statuses=PAID,
    party_word="Customer",
    party_field=PAYMENT.party_field,
    amount_field=PAYMENT.amount_field,
    branch_field="Branch",
    day=dated,
    facts=(
        ("Payment number", number_part),
        ("Method", lambda payment: payment.named("PaymentMethod")),
        ("Payment ref", lambda payment: payment.named("PaymentRef")),
        ("Cash account", lambda payment: payment.named("CashAccount")),
        ("Description", lambda payment: payment.named("Description")),
        ("Branch", lambda payment: said(payment.branch("Branch"))),
    ),
)
