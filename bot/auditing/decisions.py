"""What was decided in a time, one line a decision: what an auditor of a month reads first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from bot.auditing.story import Told
from cards import money
from cards.language import ENGLISH

PRESSED = ("decision agreed", "decision claimed")
HEADINGS = ("Document", "Party", "Amount", "Pressed by (UTC)", "End")
MOST = 5_000
"""Decisions on one page; the table of rows has all of them."""
_AMOUNTS = ("Amount", "Order Total", "Payment Amount")
_PARTIES = ("Vendor Name", "Vendor", "Vendor ID")
_UNENDED = frozenset({"decision asked", *PRESSED})
AT_WORK = "not ended within this time"


@dataclass
class Decided:
    """One question somebody pressed, and how it ended."""

    document: str
    party: str
    amount: str
    presses: list[str] = field(default_factory=list)
    end: str = AT_WORK
    tone: str = "plain"

    def cells(self) -> tuple[str, ...]:
        """Return it as a line of the table."""
        return self.document, self.party, self.amount, "; ".join(self.presses), self.end


@dataclass
class Decisions:
    """Collects decisions from rows that come in their order."""

    most: int = MOST
    found: list[Decided] = field(default_factory=list)
    more: int = 0
    """Decisions beyond the most a page takes."""
    _open: dict[str, Decided] = field(default_factory=dict)
    _seen: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def add(self, told: Told) -> None:
        """Take in one row."""
        row = told.row
        about = f"{row.company} {row.document}"
        if told.document:
            self._see(about, told.document)
        if row.action in PRESSED:
            at = row.at[:16].replace("T", " ")
            self._pressed(about).presses.append(f"{told.what}: {told.who}, {at}")
        elif row.action.startswith("decision ") and row.action not in _UNENDED:
            self._end(about, told)

    def _see(self, about: str, document: Mapping[str, str]) -> None:
        if about in self._seen or len(self._seen) < 2 * self.most:
            self._seen[about] = document

    def _pressed(self, about: str) -> Decided:
        if about not in self._open:
            seen = self._seen.get(about, {})
            one = Decided(about, _first(seen, _PARTIES), _amount(seen))
            self._open[about] = one
            if len(self.found) < self.most:
                self.found.append(one)
            else:
                self.more += 1
        return self._open[about]

    def _end(self, about: str, told: Told) -> None:
        one = self._open.get(about)
        if one is None:
            return  # nobody pressed it within this time
        one.end, one.tone = told.what, told.tone
        if told.row.action not in ("decision needs_person", "decision confirmed_mismatch"):
            del self._open[about]  # two administrators may still end those


def _amount(seen: Mapping[str, str]) -> str:
    try:
        return money.amount(Decimal(_first(seen, _AMOUNTS)), ENGLISH, seen.get("Currency ID", ""))
    except InvalidOperation:
        return ""  # nothing was read of it within this time


def _first(seen: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((seen[name] for name in names if seen.get(name)), "")
