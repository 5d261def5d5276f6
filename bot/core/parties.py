"""What we know of a vendor after reading it again: above all, since when it is paid like this."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from acumatica_client.models import Vendor
from storage.records import StoredParty


def seen_again(vendor: Vendor, known: StoredParty | None, *, now: datetime) -> StoredParty:
    """Return what to remember of *vendor*.

    Instructions seen for the first time are known since now, not changed now: nobody told what
    they were before. Those that are not told leave what we know as it is.
    """
    seen = StoredParty(vendor.code, vendor.name, now, vendor.status)
    if not vendor.instructions:
        return _keep(seen, known)
    if known is not None and known.instructions == vendor.instructions:
        return _keep(seen, known)
    changed = known is not None and bool(known.instructions)
    return replace(
        seen,
        instructions=vendor.instructions,
        instructions_since=now,
        instructions_changed=changed,
    )


def _keep(seen: StoredParty, known: StoredParty | None) -> StoredParty:
    if known is None:
        return seen
    return replace(
        seen,
        instructions=known.instructions,
        instructions_since=known.instructions_since,
        instructions_changed=known.instructions_changed,
    )


def changed_at(party: StoredParty) -> datetime | None:
    """Return when we saw the payment instructions change, None when we never did."""
    return party.instructions_since if party.instructions_changed else None
