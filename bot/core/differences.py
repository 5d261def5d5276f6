"""What the ERP says waits, compared with what we think waits. Pure.

Time stamps do not always move (an approval may leave them), so polling alone cannot see everything:
this is what sees the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Document, Glimpse
from storage.records import Seen

NO_YEAR = 1900
"""The year of the ERP's empty date: a row without a stamp is compared by its status."""
EXAMPLES = 5


class Kind(StrEnum):
    """How the ERP and the store can differ about a document."""

    UNKNOWN_HERE = "unknown here"
    NOT_THERE = "not there"
    """It waits by what we know, and is not among those that wait in the ERP."""
    STATUS = "status"
    STAMP = "stamp"
    CONTENT = "content"
    """Same status, same stamp, and yet another amount, vendor, date or line."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Difference:
    """One document the two do not agree about, and what each says."""

    document: str
    kind: Kind
    there: str
    here: str

    def __str__(self) -> str:
        return f"{self.document}: {self.there or 'nothing'} there, {self.here or 'nothing'} here"


@dataclass(slots=True)
class Report:
    """What one reconciliation found."""

    company: str
    compared: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What could not be compared, and why."""
    whole: bool = True
    """False when it broke off."""

    def add(self, found: Iterable[Difference]) -> None:
        """Take in differences."""
        for one in found:
            self.counts[one.kind] += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(f"{one.kind}: {one}")

    @property
    def differences(self) -> int:
        """How many documents differ."""
        return self.counts.total()

    def __str__(self) -> str:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.counts.items()))
        found = f"{self.differences} differences ({kinds})" if kinds else "no difference"
        ended = "" if self.whole else "; it broke off"
        trouble = f"; {'; '.join(self.problems)}" if self.problems else ""
        return f"{self.company}: {self.compared} compared, {found}{ended}{trouble}"

    def to_json(self) -> dict[str, Any]:
        """Return this report as the audit and the command show it."""
        return {
            "compared": self.compared,
            "differences": dict(self.counts),
            "examples": list(self.examples),
            "problems": list(self.problems),
            "whole": self.whole,
        }


def differences(
    there: Iterable[Glimpse], here: Mapping[str, Seen], waiting: Iterable[str], since: datetime
) -> list[Difference]:
    """Compare the documents that wait in the ERP with those seen *here*.

    *here* holds what we know of them, and of every document that stands in a *waiting* status by
    our knowledge. What we looked at after the list was begun, at *since*, we know better than it.
    """
    listed = {str(glimpse.key): glimpse for glimpse in there}
    older = {name: seen for name, seen in here.items() if seen.read_at < since}
    compared = [
        _compared(glimpse, older.get(name))
        for name, glimpse in listed.items()
        if name in older or name not in here
    ]
    statuses = frozenset(waiting)
    left = [
        Difference(name, Kind.NOT_THERE, "", seen.status)
        for name, seen in older.items()
        if name not in listed and not seen.gone and seen.status in statuses
    ]
    return [*filter(None, compared), *left]


def difference(document: Document | None, seen: Seen, company: str) -> Difference | None:
    """Compare a document, as just read by its key, with what we know of it."""
    if document is None:
        return None if seen.gone else Difference(seen.document, Kind.GONE, "", seen.status)
    glimpse = Glimpse(document.key, document.erp_id, document.status, document.last_modified)
    found = _compared(glimpse, seen)
    if found is None and fingerprint(company, document) != seen.fingerprint:
        return Difference(seen.document, Kind.CONTENT, "other content", seen.status)
    return found


def _compared(glimpse: Glimpse, seen: Seen | None) -> Difference | None:
    name = str(glimpse.key)
    if seen is None or seen.gone:
        return Difference(name, Kind.UNKNOWN_HERE, glimpse.status, "")
    if glimpse.status != seen.status:
        return Difference(name, Kind.STATUS, glimpse.status, seen.status)
    told, known = glimpse.last_modified, seen.last_modified
    if told != known and told.year != NO_YEAR:
        return Difference(name, Kind.STAMP, f"changed {told}", f"changed {known}")
    return None
