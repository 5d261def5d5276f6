"""What is worth looking at twice before deciding, in plain words with the number that caused it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from acumatica_client.models import Difference, Differs
from cards import days, money
from cards.text import joined

_FINE = frozenset({"", "Active", "One-Time"})
MOST_NUMBERS = 3


def vendor_status(status: str) -> tuple[str, ...]:
    """Warn of a vendor who should perhaps not be paid."""
    if status in _FINE:
        return ()
    return (f"This vendor's status in Acumatica is {status}.",)


def instructions(changed: date, today: date) -> tuple[str, ...]:
    """Warn of a vendor who is paid another way than before."""
    ago = days.ago(changed, today)
    return (f"Payment instructions of this vendor changed on {days.day(changed)}, {ago}.",)


def same_reference(reference: str, numbers: Sequence[str]) -> tuple[str, ...]:
    """Warn of other bills with this vendor reference: it may have been entered twice."""
    if not numbers:
        return ()
    more = len(numbers) - MOST_NUMBERS
    shown = [*numbers[:MOST_NUMBERS], *([f"{more} more"] if more > 0 else [])]
    word = "bill" if len(numbers) == 1 else "bills"
    return (f"Vendor reference {reference} is also on {word} {joined(shown)}.",)


def differences(found: Sequence[Difference]) -> tuple[str, ...]:
    """Warn of everything in which a bill is not what was ordered or received."""
    return tuple(_WORDS[one.kind](one) for one in found)


def _lines(found: Difference) -> str:
    if not found.lines:
        return ""
    word = "Line" if len(found.lines) == 1 else "Lines"
    return f"{word} {joined([str(number) for number in found.lines])}: "


def _quantity(found: Difference, word: str) -> str:
    billed, other = _number(found.billed), _number(found.other)
    if billed is None or other is None:
        return f"{_lines(found)}billed {found.billed}, {word} {found.other}."
    return f"{_lines(found)}billed {money.quantity(billed)}, {word} {money.quantity(other)}."


def _cost(found: Difference) -> str:
    billed, other = _number(found.billed), _number(found.other)
    if billed is None or other is None:
        return f"{_lines(found)}unit cost {found.billed}, ordered at {found.other}."
    return f"{_lines(found)}unit cost {money.amount(billed)}, ordered at {money.amount(other)}."


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


_WORDS: Mapping[Differs, Callable[[Difference], str]] = {
    Differs.OVER_RECEIVED: lambda it: _quantity(it, "received"),
    Differs.OVER_ORDERED: lambda it: _quantity(it, "ordered"),
    Differs.COST: _cost,
    Differs.UNIT: lambda it: (
        f"{_lines(it)}billed in {it.billed}, {it.of} is in {it.other}; not compared."
    ),
    Differs.NOT_THERE: lambda it: f"Acumatica shows no {it.of}, so it was not compared.",
    Differs.UNREADABLE: lambda it: f"Acumatica does not let us read {it.of}; not compared.",
    Differs.TOO_MANY: lambda it: f"Only {it.other} of {it.billed} {it.of} were compared.",
}
