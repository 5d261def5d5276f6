"""Since when is a vendor paid like this? First sight is no change, and silence forgets nothing."""

from __future__ import annotations

from datetime import timedelta

from core_values import NOW

from acumatica_client.models import Vendor
from bot.core.parties import changed_at, seen_again
from storage.records import StoredParty

LATER = NOW + timedelta(days=3)
VENDOR = Vendor("V1", "Acme Paper", "Active", "ACH", "10200", "ar@acme.example", "mark-1")
OTHER = Vendor("V1", "Acme Paper", "On Hold", "ACH", "10200", "ar@acme.example", "mark-2")
UNTOLD = Vendor("V1", "Acme Paper", "Active")
FIRST = seen_again(VENDOR, None, now=NOW)


def test_instructions_seen_for_the_first_time_are_known_since_then_and_not_changed() -> None:
    assert StoredParty("V1", "Acme Paper", NOW, "Active", "mark-1", NOW) == FIRST
    assert changed_at(FIRST) is None


def test_other_instructions_than_before_are_a_change_of_now() -> None:
    changed = seen_again(OTHER, FIRST, now=LATER)

    assert (changed.instructions, changed.status) == ("mark-2", "On Hold")
    assert changed_at(changed) == LATER


def test_a_change_keeps_its_day_while_nothing_else_changes() -> None:
    changed = seen_again(OTHER, FIRST, now=LATER)

    again = seen_again(OTHER, changed, now=LATER + timedelta(days=1))

    assert changed_at(again) == LATER
    assert again.read_at == LATER + timedelta(days=1)


def test_changing_back_is_a_change_too() -> None:
    back = seen_again(VENDOR, seen_again(OTHER, FIRST, now=NOW), now=LATER)

    assert changed_at(back) == LATER


def test_what_is_not_told_for_a_while_is_compared_when_it_is_told_again() -> None:
    silent = seen_again(UNTOLD, FIRST, now=NOW)

    assert silent.instructions == "mark-1"
    assert changed_at(seen_again(VENDOR, silent, now=LATER)) is None
    assert changed_at(seen_again(OTHER, silent, now=LATER)) == LATER


def test_a_vendor_that_never_told_instructions_has_changed_none() -> None:
    silent = seen_again(UNTOLD, None, now=NOW)

    assert silent.instructions_since is None
    assert changed_at(seen_again(VENDOR, silent, now=LATER)) is None
