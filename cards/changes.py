"""What changed between two sights of a document, in the words of a card."""

from __future__ import annotations

from acumatica_client.entities import entity_of
from acumatica_client.models import Document
from cards import days, money

WORDS = {
    "Vendor": "vendor", "VendorID": "vendor", "CustomerID": "customer", "LocationID": "location",
    "Location": "location", "VendorRef": "vendor reference", "CurrencyID": "currency",
    "Amount": "amount", "OrderTotal": "amount", "PaymentAmount": "amount", "TaxTotal": "tax",
    "Date": "date", "ApplicationDate": "date", "DueDate": "due date", "PromisedOn": "promised on",
    "Terms": "terms", "PostPeriod": "period", "CashAccount": "cash account", "Branch": "branch",
    "PaymentMethod": "payment method", "PaymentRef": "payment reference",
}  # fmt: skip
MONEY = frozenset({"Amount", "OrderTotal", "PaymentAmount", "TaxTotal"})
DAYS = frozenset({"Date", "ApplicationDate", "DueDate", "PromisedOn"})


def changed_facts(was: Document, now: Document) -> tuple[tuple[str, str, str], ...]:
    """Return (what, was, is) for every field that says who, what, how much, when; lines as one."""
    facts = [
        (WORDS.get(name, name), _text(was, name), _text(now, name))
        for name in entity_of(now).fingerprint
        if was.fields.get(name) != now.fields.get(name)
    ]
    if was.lines != now.lines:
        facts.append(("lines", str(len(was.lines)), f"{len(now.lines)}, changed"))
    return tuple(facts)


def _text(document: Document, name: str) -> str:
    amount, day = document.money(name), document.day(name)
    if name in MONEY and amount is not None:
        return money.amount(amount, document.text("CurrencyID"))
    if name in DAYS and day is not None:
        return days.day(day)
    return document.text(name) or "empty"
