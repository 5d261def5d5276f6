"""What a document type says about itself, as rows of data.

A type is a `Sheet`: nouns, status words, the fields of party, amount and day, its facts and its
lines. Everything else on a card is the same for all types: `cards.filling`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from acumatica_client.models import Document, Value
from cards import money
from cards.language import Language
from cards.view import Line, Part, Situation


@dataclass(frozen=True, slots=True)
class Paper:
    """A document with what a row needs to know to read it."""

    document: Document
    situation: Situation
    branches: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str) -> tuple[Part, ...]:
        """Return field *name* as a value, nothing when it is empty."""
        return said(self.document.text(name))

    @property
    def language(self) -> Language:
        """The language its card is written in."""
        return self.situation.language

    @property
    def owner(self) -> str:
        """Who owns the document: the name where known, else what the ERP told, else whose group."""
        around, group = self.document.around, self.document.text("workgroup")
        named = self.situation.owner or around.owner or around.buyer
        told = self.language.say("{group} (workgroup)", group=group) if group else ""
        return named or told

    def branch(self, name: str) -> str:
        """Return the branch in field *name* as people call it."""
        code = self.document.text(name)
        return self.branches.get(code, code)


Row = tuple[str, Callable[[Paper], tuple[Part, ...]]]
"""A fact: its label, and how to read its value; a row without a value is left out."""


def said(text: str, link: str = "") -> tuple[Part, ...]:
    """Return *text* as a fact's value, nothing when it is blank."""
    return (Part(text, link),) if text.strip() else ()


def no_line(_line: Mapping[str, Value], _language: Language) -> Line:
    """Stand for the lines of a type that shows none."""
    return Line("", "", "")


def no_day(_document: Document, _today: date, _language: Language) -> str:
    """Stand for the day of a type that has none to tell."""
    return ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document type: nothing but names of fields and words for people, in English."""

    noun: str
    """*Bill*; lower case in sentences."""
    party_untold: str
    """What stands in the place of a party nobody told."""
    party_field: str
    amount_field: str
    branch_field: str
    facts: tuple[Row, ...]
    day: Callable[[Document, date, Language], str] = no_day
    line: Callable[[Mapping[str, Value], Language], Line] = no_line
    nouns: Mapping[str, str] = field(default_factory=dict)
    """Type label -> noun, where a type has one of its own."""
    statuses: Mapping[str, str] = field(default_factory=dict)
    """Status label -> words, where the label alone says too little."""
    money_expected: bool = True
    """Whether a missing amount is worth a warning even when nothing is to be decided."""

    def noun_of(self, document: Document, language: Language) -> str:
        """Return what people call *document*: its type's own noun, or the sheet's."""
        return language.term(self.nouns.get(document.key.type, self.noun))

    def headed(self, document: Document, language: Language) -> str:
        """Return noun and number: *Bill 000123*."""
        return f"{self.noun_of(document, language)} {document.key.number}"

    def party_of(self, document: Document) -> str:
        """Return the party's name, or its code while nobody told the name."""
        return document.around.party_name or document.text(self.party_field)

    def amount_of(self, document: Document, language: Language) -> str:
        """Return amount and currency, or nothing unless Acumatica told both."""
        value, currency = document.money(self.amount_field), document.text("CurrencyID").strip()
        return "" if value is None or not currency else money.amount(value, language, currency)


def number_part(paper: Paper) -> tuple[Part, ...]:
    """Return the document's own number, opening it in the ERP."""
    return said(paper.document.key.number, paper.situation.link)


def owner_part(paper: Paper) -> tuple[Part, ...]:
    """Return who owns the document, where anybody told."""
    return said(paper.owner)


def priced(line: Mapping[str, Value], language: Language, *, quantity: str, unit_cost: str) -> str:
    """Return `12 BOX at 104.17`, as far as the line tells it."""
    count, cost = _number(line.get(quantity)), _number(line.get(unit_cost))
    if count is None:
        return ""
    many = money.quantity(count, language, str(line.get("UOM") or ""))
    if cost is None:
        return many
    return language.say("{quantity} at {cost}", quantity=many, cost=money.amount(cost, language))


def line_amount(line: Mapping[str, Value], language: Language, *names: str) -> str:
    """Return the first of the fields *names* that holds a number, without a currency."""
    values = (_number(line.get(name)) for name in names)
    return next((money.amount(value, language) for value in values if value is not None), "")


def line_text(line: Mapping[str, Value], *names: str) -> str:
    """Return the first of the fields *names* that says something."""
    return next((str(line[name]) for name in names if line.get(name)), "")


def _number(value: Value) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if number.is_finite() else None
