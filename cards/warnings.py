"""What is worth looking at twice before deciding, in plain words with the number that caused it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from acumatica_client.models import Difference, Differs
from cards import days, money
from cards.language import Language, phrase
from cards.text import joined

_FINE = frozenset({"", "Active", "One-Time"})
MOST_NUMBERS = 3
PAPERS = (
    phrase("purchase order"), phrase("receipt"), phrase("purchase orders"), phrase("receipts"),
)  # fmt: skip
"""What a bill is compared with, as the comparison calls it."""


def vendor_status(status: str, language: Language) -> tuple[str, ...]:
    """Warn of a vendor who should perhaps not be paid."""
    if status in _FINE:
        return ()
    return (language.say("This vendor's status in Acumatica is {status}.", status=status),)


def instructions(changed: date, today: date, language: Language) -> tuple[str, ...]:
    """Warn of a vendor who is paid another way than before."""
    return (
        language.say(
            "Payment instructions of this vendor changed on {day}, {ago}.",
            day=days.day(changed, language),
            ago=days.ago(changed, today, language),
        ),
    )


def same_reference(reference: str, numbers: Sequence[str], language: Language) -> tuple[str, ...]:
    """Warn of other bills with this vendor reference: it may have been entered twice."""
    if not numbers:
        return ()
    more = len(numbers) - MOST_NUMBERS
    rest = [language.say("{n} more", n=more)] if more > 0 else []
    return (
        language.count(
            "Vendor reference {reference} is also on bill {numbers}.",
            "Vendor reference {reference} is also on bills {numbers}.",
            len(numbers),
            reference=reference,
            numbers=joined([*numbers[:MOST_NUMBERS], *rest], language),
        ),
    )


def differences(found: Sequence[Difference], language: Language) -> tuple[str, ...]:
    """Warn of everything in which a bill is not what was ordered or received."""
    return tuple(_lines(one, language) + _WORDS[one.kind](one, language) for one in found)


def _lines(found: Difference, language: Language) -> str:
    if not found.lines:
        return ""
    numbers = joined([str(number) for number in found.lines], language)
    return language.count(
        "Line {numbers}: ", "Lines {numbers}: ", len(found.lines), numbers=numbers
    )


def _received(found: Difference, language: Language) -> str:
    billed, other = _quantities(found, language)
    return language.say("billed {billed}, received {other}.", billed=billed, other=other)


def _ordered(found: Difference, language: Language) -> str:
    billed, other = _quantities(found, language)
    return language.say("billed {billed}, ordered {other}.", billed=billed, other=other)


def _cost(found: Difference, language: Language) -> str:
    numbers = _number(found.billed), _number(found.other)
    billed, other = found.billed, found.other
    if numbers[0] is not None and numbers[1] is not None:
        billed, other = (money.amount(number, language) for number in numbers if number is not None)
    return language.say("unit cost {billed}, ordered at {other}.", billed=billed, other=other)


def _quantities(found: Difference, language: Language) -> tuple[str, str]:
    billed, other = _number(found.billed), _number(found.other)
    if billed is None or other is None:
        return found.billed, found.other
    return money.quantity(billed, language), money.quantity(other, language)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _unit(found: Difference, language: Language) -> str:
    return language.say(
        "billed in {billed}, {paper} is in {other}; not compared.",
        billed=found.billed,
        other=found.other,
        paper=_paper(found.of, language),
    )


def _not_there(found: Difference, language: Language) -> str:
    paper = _paper(found.of, language)
    return language.say("Acumatica shows no {paper}, so it was not compared.", paper=paper)


def _unreadable(found: Difference, language: Language) -> str:
    paper = _paper(found.of, language)
    return language.say("Acumatica does not let us read {paper}; not compared.", paper=paper)


def _too_many(found: Difference, language: Language) -> str:
    return language.say(
        "Only {n} of {all} {papers} were compared.",
        n=found.other,
        all=found.billed,
        papers=language.term(found.of),
    )


def _paper(of: str, language: Language) -> str:
    """Return `purchase order PO000112` with its noun in this language."""
    noun, _, number = of.rpartition(" ")
    return f"{language.term(noun)} {number}" if noun else of


_WORDS: Mapping[Differs, Callable[[Difference, Language], str]] = {
    Differs.OVER_RECEIVED: _received,
    Differs.OVER_ORDERED: _ordered,
    Differs.COST: _cost,
    Differs.UNIT: _unit,
    Differs.NOT_THERE: _not_there,
    Differs.UNREADABLE: _unreadable,
    Differs.TOO_MANY: _too_many,
}
