"""A customer's payment, Acumatica's *Payment* of receivables, on a card."""

from __future__ import annotations

from acumatica_client.entities import PAYMENT
from cards.check import PAID, dated
from cards.language import phrase
from cards.sheet import Sheet, number_part, said

SHEET = Sheet(
    noun=phrase("Payment"),
    nouns={
        "Prepayment": phrase("Customer prepayment"),
        "Credit Memo": phrase("Credit memo"),
        "Refund": phrase("Customer refund"),
        "Voided Payment": phrase("Voided payment"),
        "Voided Refund": phrase("Voided customer refund"),
    },
    statuses=PAID,
    party_untold=phrase("Customer not told by Acumatica"),
    party_field=PAYMENT.party_field,
    amount_field=PAYMENT.amount_field,
    branch_field="Branch",
    day=dated,
    facts=(
        (phrase("Payment number"), number_part),
        (phrase("Method"), lambda payment: payment.named("PaymentMethod")),
        (phrase("Payment ref"), lambda payment: payment.named("PaymentRef")),
        (phrase("Cash account"), lambda payment: payment.named("CashAccount")),
        (phrase("Description"), lambda payment: payment.named("Description")),
        (phrase("Branch"), lambda payment: said(payment.branch("Branch"))),
    ),
)
