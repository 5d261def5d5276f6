"""What the ERP says waits against what we think waits: every way the two can disagree."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from acumatica_client.entities import BILL
from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Document, Glimpse
from acumatica_client.values import UNDATED
from bot.core.differences import EXAMPLES, Difference, Kind, Report, difference, differences
from storage.records import Seen

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)
KEY = BILL.key("Bill", "000150")
NAME = str(KEY)
WAITING = ("On Hold", "Pending Approval")
GLIMPSE = Glimpse(KEY, "id", "On Hold", EARLIER)
SEEN = Seen(NAME, "On Hold", EARLIER, "f", read_at=EARLIER)
DOCUMENT = Document(KEY, "id", "On Hold", EARLIER, {"Amount": Decimal("12.50")})
KNOWN = replace(SEEN, fingerprint=fingerprint("acme", DOCUMENT))


def compare(there: list[Glimpse], here: list[Seen]) -> list[tuple[str, Kind]]:
    found = differences(there, {one.document: one for one in here}, WAITING, NOW)
    return [(one.document, one.kind) for one in found]


def test_what_is_the_same_on_both_sides_is_no_difference() -> None:
    assert compare([GLIMPSE], [SEEN]) == []
    assert compare([], []) == []


@pytest.mark.parametrize(
    ("there", "here", "kind"),
    [
        ([GLIMPSE], [], Kind.UNKNOWN_HERE),
        ([GLIMPSE], [replace(SEEN, gone=True)], Kind.UNKNOWN_HERE),
        ([], [SEEN], Kind.NOT_THERE),
        ([replace(GLIMPSE, status="Pending Approval")], [SEEN], Kind.STATUS),
        ([GLIMPSE], [replace(SEEN, status="Open")], Kind.STATUS),
        ([replace(GLIMPSE, last_modified=NOW)], [SEEN], Kind.STAMP),
        ([replace(GLIMPSE, last_modified=EARLIER - timedelta(1))], [SEEN], Kind.STAMP),
    ],
)
def test_every_way_to_differ_has_its_name(
    there: list[Glimpse], here: list[Seen], kind: Kind
) -> None:
    assert compare(there, here) == [(NAME, kind)]


def test_what_is_gone_or_waits_no_more_here_is_not_missed_there() -> None:
    assert compare([], [replace(SEEN, gone=True)]) == []
    assert compare([], [replace(SEEN, status="Open")]) == []


def test_what_was_looked_at_since_the_list_was_begun_is_known_better_than_the_list_tells() -> None:
    fresh = replace(SEEN, status="Open", read_at=NOW)

    assert compare([GLIMPSE], [fresh]) == []
    assert compare([], [replace(SEEN, read_at=NOW)]) == []


def test_a_row_without_a_stamp_is_compared_by_its_status() -> None:
    undated = replace(GLIMPSE, last_modified=UNDATED)

    assert compare([undated], [SEEN]) == []
    assert compare([replace(undated, status="Balanced")], [SEEN]) == [(NAME, Kind.STATUS)]


@pytest.mark.parametrize(
    ("document", "seen", "kind"),
    [
        (DOCUMENT, KNOWN, None),
        (None, KNOWN, Kind.GONE),
        (None, replace(KNOWN, gone=True), None),
        (replace(DOCUMENT, status="Open"), KNOWN, Kind.STATUS),
        (replace(DOCUMENT, last_modified=NOW), KNOWN, Kind.STAMP),
        (replace(DOCUMENT, fields={"Amount": Decimal("99")}), KNOWN, Kind.CONTENT),
    ],
)
def test_a_card_is_compared_with_its_document_down_to_the_amount(
    document: Document | None, seen: Seen, kind: Kind | None
) -> None:
    found = difference(document, seen, "acme")

    assert (found and found.kind) == kind


def test_a_report_counts_by_kind_and_shows_the_first() -> None:
    report = Report("acme", compared=40)
    many = [Difference(f"Bill/Bill/{n}", Kind.STATUS, "Open", "On Hold") for n in range(9)]

    report.add(many)

    assert report.differences == 9
    assert report.to_json()["differences"] == {"status": 9}
    assert len(report.to_json()["examples"]) == EXAMPLES
    assert str(report) == "acme: 40 compared, 9 differences (9 status)"


def test_a_report_says_what_could_not_be_compared() -> None:
    report = Report("acme", problems=["Bill: 403"], whole=False)

    assert str(report) == "acme: 0 compared, no difference; it broke off; Bill: 403"
