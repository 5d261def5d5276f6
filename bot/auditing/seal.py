"""What stands on top of evidence: what an examination of the trail shows, and what it does not.

It never says more than was checked. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from storage.examining import Finding


@dataclass(frozen=True, slots=True)
class Seal:
    """What was found of the whole trail: in a word, and in full."""

    tone: str
    """One of whole, partly, broken."""
    title: str
    told: str


def seal_of(found: Finding, *, beside: bool, weak: bool) -> Seal:
    """Return the seal of a finding.

    *beside*: the anchors lie where the store does; *weak*: the key does.
    """
    told = " ".join(_sentences(found, beside=beside, weak=weak))
    if found.flaw is not None:
        return Seal("broken", "The audit trail is broken", told)
    if not found.rows:
        return Seal("partly", "The audit trail is empty", told)
    if weak:
        return Seal("partly", "Every row fits its proof, but the key lies beside the rows", told)
    if found.former:
        return Seal("partly", "Every row of the chain is as it was written; older ones wait", told)
    if beside or not found.held:
        return Seal("partly", "Every row is as it was written; the end is not proved", told)
    return Seal("whole", "The audit trail is whole", told)


def _sentences(found: Finding, *, beside: bool, weak: bool) -> Iterator[str]:
    if found.flaw is not None:
        yield f"When this was made, {found.flaw}. The {found.rows:,} rows before it fit."
    else:
        yield f"When this was made, each of its {found.rows:,} rows fitted its proof."
    yield _anchored(found)
    if beside and found.held:
        yield "The anchors lie beside the store: who can write both can cut the end off both."
    if weak:
        yield "The key lies beside the store: who can write both can write all of it anew."
    if found.erased:
        yield (
            f"Of {found.erased:,} rows details were erased by who had the key: what stood there is"
            " not proved any more; when, what and how it ended is."
        )
    if found.former:
        yield f"{found.former:,} rows are older than the chain and not proved."


def _anchored(found: Finding) -> str:
    if not found.held:
        return "No anchor was at hand: rows cut off the end would not be seen."
    if found.held == found.rows:
        return f"An anchor told before agrees with the last of them, row {found.held:,}."
    return (
        f"An anchor told before agrees up to row {found.held:,};"
        f" nothing tells whether rows after row {found.rows:,} were cut off."
    )
