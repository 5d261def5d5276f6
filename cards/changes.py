"""What changed between two sights of a document, kept as values and told in the words of a card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from acumatica_client.entities import entity_of
from acumatica_client.models import Document
from cards import days, money
from cards.language import Language, phrase

Change = tuple[str, str, str]
"""(field, was, is): an amount as `1250.00 USD`, a day as `2026-12-05`, the lines as a number."""

LINES = "lines"
WORDS = {
    "Vendor": phrase("vendor"), "VendorID": phrase("vendor"), "CustomerID": phrase("customer"),
    "LocationID": phrase("location"), "Location": phrase("location"),
    "VendorRef": phrase("vendor reference"), "CurrencyID": phrase("currency"),
    "Amount": phrase("amount"), "OrderTotal": phrase("amount"), "PaymentAmount": phrase("amount"),
    "TaxTotal": phrase("tax"), "Date": phrase("date"), "ApplicationDate": phrase("date"),
    "DueDate": phrase("due date"), "PromisedOn": phrase("promised on"), "Terms": phrase("terms"),
    "PostPeriod": phrase("period"), "CashAccount": phrase("cash account"),
    "Branch": phrase("branch"), "PaymentMethod": phrase("payment method"),
    "PaymentRef": phrase("payment reference"), LINES: phrase("lines"),
}  # fmt: skip
MONEY = frozenset({"Amount", "OrderTotal", "PaymentAmount", "TaxTotal"})
DAYS = frozenset({"Date", "ApplicationDate", "DueDate", "PromisedOn"})


def changed_facts(was: Document, now: Document) -> tuple[Change, ...]:
    """Return every field that says who, what, how much, when, and differs; lines as one."""
    facts = [
        (name, _kept(was, name), _kept(now, name))
        for name in entity_of(now).fingerprint
        if was.fields.get(name) != now.fields.get(name)
    ]
    if was.lines != now.lines:
        facts.append((LINES, str(len(was.lines)), str(len(now.lines))))
    return tuple(facts)


def told_changes(changes: Sequence[Change], language: Language) -> Iterator[str]:
    """Tell each change in a sentence: *Amount was 1,150.00 USD, is 1,250.00 USD.*"""
    for name, was, now in changes:
        what = _capital(field_words(name, language))
        if was == now:  # its values are kept back, or other lines are as many
            yield language.say("{what} changed.", what=what)
        else:
            yield language.say(
                "{what} was {was}, is {now}.",
                what=what, was=_told(name, was, language), now=_told(name, now, language),
            )  # fmt: skip


def field_words(name: str, language: Language) -> str:
    """Return what people call a field."""
    return language.term(WORDS.get(name, name))


def _kept(document: Document, name: str) -> str:
    amount, day = document.money(name), document.day(name)
    if name in MONEY and amount is not None:
        return f"{amount} {document.text('CurrencyID')}".strip()
    return day.isoformat() if name in DAYS and day is not None else document.text(name)


def _told(name: str, kept: str, language: Language) -> str:
    if not kept:
        return language.say("empty")
    # What an older version kept is told as it is: it was put into English words then.
    try:
        if name in DAYS:
            return days.day(date.fromisoformat(kept), language)
        if name in MONEY:
            number, _, currency = kept.partition(" ")
            return money.amount(Decimal(number), language, currency)
    except (ValueError, InvalidOperation):
        pass
    return kept


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
