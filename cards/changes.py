"""What changed between two sights of a document, in the words of a card."""

from __future__ import annotations

from acumatica_client.entities import entity_of
from acumatica_client.models import Document

WORDS = {
    "Vendor": "vendor", "VendorID": "vendor", "CustomerID": "customer", "LocationID": "location",
    "Location": "location", "VendorRef": "vendor reference", "CurrencyID": "currency",
    "Amount": "amount", "OrderTotal": "amount", "PaymentAmount": "amount", "TaxTotal": "tax",
    "Date": "date", "ApplicationDate": "date", "DueDate": "due date", "PromisedOn": "promised on",
    "Terms": "terms", "PostPeriod": "period", "CashAccount": "cash account", "Branch": "branch",
    "PaymentMethod": "payment method", "PaymentRef": "payment reference",
}  # fmt: skip


def changed_facts(was: Document, now: Document) -> tuple[tuple[str, str, str], ...]:
    """Return (what, was, is) for every field that says who, what, how much, when; lines as one."""
    entity = entity_of(now)
    facts = [
        (WORDS.get(name, name), _text(was, name), _text(now, name))
        for name in entity.fingerprint
        if was.fields.get(name) != now.fields.get(name)
    ]
    if was.lines != now.lines:
        facts.append(("lines", str(len(was.lines)), f"{len(now.lines)}, changed"))
    return tuple(facts)


def _text(document: Document, name: str) -> str:
    amount = document.money(name)
    if amount is not None and name.endswith(("Amount", "Total")):
        return f"{amount:,.2f} {document.text('CurrencyID')}".strip()
    day = document.day(name)
    return day.isoformat() if day else document.text(name) or "empty"
