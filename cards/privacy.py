"""How much of a document a card may tell where everybody can read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cards import money
from cards.language import Language


class Privacy(StrEnum):
    """What a channel may know, from most to least."""

    FULL = "full"
    BAND = "band"
    """A range instead of the amount; no lines, no prices."""
    NONE = "none"
    """What kind of document waits for whom and since when; nothing else."""


_ORDER = tuple(Privacy)

BANDS = (Decimal(1_000), Decimal(5_000), Decimal(25_000), Decimal(100_000))
"""Where one range of amounts ends and the next begins, unless a company says otherwise."""


@dataclass(frozen=True, slots=True)
class Discretion:
    """The privacy of a card, and the ranges a company tells instead of amounts."""

    privacy: Privacy = Privacy.FULL
    bands: tuple[Decimal, ...] = BANDS
    """Ascending."""


def strictest(found: Iterable[Privacy]) -> Privacy:
    """Return the one of *found* that tells least; of none, what tells everything."""
    return max(found, key=_ORDER.index, default=Privacy.FULL)


def band(value: Decimal, currency: str, bands: tuple[Decimal, ...], language: Language) -> str:
    """Return the range *value* lies in, with its currency: *5,000 to 25,000 USD*."""
    low = max((edge for edge in bands if edge <= value), default=None)
    high = min((edge for edge in bands if edge > value), default=None)
    if high is None:
        return language.say("{low} {currency} or more", low=_edge(low, language), currency=currency)
    if low is None:
        return language.say(
            "under {high} {currency}", high=_edge(high, language), currency=currency
        )
    return language.say(
        "{low} to under {high} {currency}",
        low=_edge(low, language), high=_edge(high, language), currency=currency,
    )  # fmt: skip


def _edge(value: Decimal | None, language: Language) -> str:
    return money.quantity(value, language) if value is not None else ""
