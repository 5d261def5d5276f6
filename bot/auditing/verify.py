"""The command `audit verify`: is the trail as it was written, and does it end where anchors say.

It reads only, so it works while the service runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.auditing.anchors import Anchors, anchor_file, read_anchors, read_head
from bot.auditing.keys import known_keys, weaknesses
from bot.auditing.seal import Seal, seal_of
from bot.settings import Settings
from storage.chain import Anchor, Key
from storage.database import StoreError
from storage.examining import Finding, Show, examine, has_rows

BESIDE = "the anchors lie beside the store: who can write both can cut both; set AUDIT__ANCHOR"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found, and against what."""

    found: Finding
    anchors: Anchors
    file: Path | None
    """Where the anchors came from; None when there are none."""
    weak: Sequence[str] = ()
    beside: bool = False
    """Whether that is the store's own folder."""

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.found.flaw is None

    @property
    def seal(self) -> Seal:
        """What evidence may say of it."""
        return seal_of(self.found, beside=self.beside, weak=bool(self.weak))

    def lines(self) -> Iterator[str]:
        """Yield what a person reads."""
        found = self.found
        if found.flaw is None:
            yield f"✓ {found.rows:,} rows are as they were written; the last proof is {found.mac}"
        else:
            yield f"✗ {found.flaw}"
            yield f"  {found.rows:,} rows before that are as they were written."
        if found.erased:
            yield f"  Of {found.erased:,} rows personal details were erased, by who had the key."
        if found.former:
            yield f"  {found.former:,} rows from before the chain are chained at the next start."
        yield f"  {self._anchored()}"
        for line in self.anchors.damaged:
            yield f"  {self.file}: line {line} cannot be read; a stop in the middle leaves one"
        if self.beside:
            yield f"  ! {BESIDE}"
        for told in self.weak:
            yield f"  ! {told}"

    def _anchored(self) -> str:
        if self.file is None and not self.anchors.told:
            return "No anchor was given: a tail that was cut off would not be seen."
        return f"{self.found.met:,} of {len(self.anchors.told):,} anchors were met and agree."


def verify(settings: Settings, anchor: Path | None, head: str, show: Show) -> Verified:
    """Examine the store of *settings* against its anchors. Raises StoreError, OSError.

    Anchors that were named and are gone are no proof of anything: that is told, not passed over.
    """
    file = anchor or anchor_file(settings)
    named = bool(anchor or settings.audit.anchor)
    known = read_anchors(file) if named or file.exists() else None
    if named and known is not None and not known.told and has_rows(settings.storage.path):
        raise StoreError(f"{file} holds no anchor, though it should: it was emptied, or is another")
    told: tuple[Anchor, ...] = known.told if known else ()
    if head:
        told = (*told, read_head(head))
    store = settings.storage.path
    found = examine(store, keys_of(settings), told, show)
    shown = Anchors(told, known.damaged if known else ())
    return Verified(
        found, shown, file if known else None, weaknesses(settings),
        beside=known is not None and file.resolve().is_relative_to(store.resolve().parent),
    )  # fmt: skip


def keys_of(settings: Settings) -> tuple[Key, ...]:
    """Return the keys of the trail. Raises StoreError when there are none."""
    keys = known_keys(settings)
    if not keys:
        raise StoreError("there is no key: set AUDIT__KEYS or ENCRYPTION__KEYS to what signed it")
    return keys
