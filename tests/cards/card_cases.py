"""The cards whose exact JSON is kept in `tests/golden`: a document, a situation, and a name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from acumatica_client.models import Difference, Differs, Document
from cards import (
    ListingRow,
    Mention,
    Situation,
    State,
    document_card,
    help_card,
    listing_card,
    text_card,
)
from cards.warnings import differences, instructions, same_reference, vendor_status

TESTS = Path(__file__).parents[1]
DOCUMENTS = TESTS / "fixtures" / "documents"
GOLDEN = TESTS / "golden"

CHICAGO = ZoneInfo("America/Chicago")
BRANCHES = {"EAST": "Acme Supply East", "WEST": "Acme Supply West"}
ERP = "https://erp.acme.example/AcumaticaERP/Main?CompanyID=Company"
ANN = Mention("Ann Whitfield", "29:1ann-whitfield-acme")
ERIN = Mention("Erin Walsh", "29:1erin-walsh-acme")
FARID = Mention("Farid Haddad", "29:1farid-haddad-acme")
TOKEN = "b7sX2o9mQmK4u1VtqkzE0w"


def at(hour: int, minute: int, day: int = 22) -> datetime:
    """A moment of November 2026, told in Chicago's time and kept in UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=CHICAGO).astimezone(UTC)


def document(path: str) -> Document:
    """The stored document `entity/case`."""
    return Document.from_json(json.loads((DOCUMENTS / f"{path}.json").read_text("utf-8")))


WAITING = Situation(
    state=State.WAITING,
    now=at(8, 20),
    zone=CHICAGO,
    seen_at=at(8, 14),
    as_of=at(8, 20),
    verbs=("release",),
    approvers=(ANN,),
    token=TOKEN,
    refresh_for=(ANN.teams_id,),
    link=f"{ERP}&ScreenId=AP301000&DocType=INV&RefNbr=000123",
    owner="Ben Ortiz",
    links={"PO001187": f"{ERP}&ScreenId=PO301000&OrderType=RO&OrderNbr=PO001187"},
)
PRESSED = replace(
    WAITING,
    now=at(10, 24),
    as_of=at(10, 24),
    verbs=(),
    refresh_for=(),
    who="Ann Whitfield",
    verb="release",
    at=at(10, 22),
)
APPROVE = replace(WAITING, verbs=("approve", "reject"), approvers=(ERIN, FARID))
ORDER = replace(
    APPROVE,
    link=f"{ERP}&ScreenId=PO301000&OrderType=RO&OrderNbr=PO001190",
    owner="Carla Nyström",
    approvers=(ERIN,),
    refresh_for=(ERIN.teams_id,),
)
NOTE = replace(
    WAITING, state=State.NOTE, verbs=(), approvers=(), token="", refresh_for=(), owner="", links={}
)


@dataclass(frozen=True, slots=True)
class Case:
    """One golden card."""

    name: str
    draw: Callable[[], dict[str, Any]]

    @property
    def golden(self) -> Path:
        """Where the exact card is kept."""
        return GOLDEN / f"{self.name}.json"


DOCUMENT_CASES = {
    "bill/on_hold": ("bill/on_hold", WAITING),
    "bill/on_hold_approver": ("bill/on_hold", replace(WAITING, for_approver=True)),
    "bill/pending_approval": ("bill/pending_approval", APPROVE),
    "bill/pending_approval_approver": (
        "bill/pending_approval",
        replace(
            APPROVE,
            for_approver=True,
            warnings=("the vendor's bank account changed 2 days ago.",),
        ),
    ),
    "bill/approval_map": (
        "bill/pending_approval",
        replace(
            APPROVE,
            verbs=(),
            approvers=(),
            token="",
            refresh_for=(),
            waits_for=("Ann Whitfield", "Ben Ortiz"),
            decided=(("Approved by", "Erin Walsh on Fri 20 Nov 2026"),),
        ),
    ),
    "bill/worth_a_second_look": (
        "bill/on_hold",
        replace(
            WAITING,
            for_approver=True,
            warnings=(
                *vendor_status("Hold Payments"),
                *instructions(date(2026, 11, 3), date(2026, 11, 22)),
                *same_reference("INV-77", ["004410"]),
                *differences(
                    [
                        Difference(Differs.OVER_RECEIVED, (2,), "12.0000", "10.0000"),
                        Difference(Differs.COST, (1,), "105.0000", "100.0000"),
                    ]
                ),
            ),
        ),
    ),
    "bill/working": (
        "bill/on_hold",
        replace(PRESSED, state=State.WORKING, refresh_for=(ANN.teams_id,)),
    ),
    "bill/done": ("bill/open", replace(PRESSED, state=State.DONE, at=at(10, 23))),
    "bill/refused": (
        "bill/on_hold",
        replace(
            PRESSED,
            state=State.REFUSED,
            verbs=("release",),
            refresh_for=(ANN.teams_id,),
            reason="Acumatica did not accept it: the financial period 11-2026 is closed.",
        ),
    ),
    "bill/stopped": (
        "bill/pending_approval",
        replace(
            PRESSED,
            state=State.STOPPED,
            approvers=(ERIN,),
            reason="The hold is removed; an approval map now asks for an approval first.",
        ),
    ),
    "bill/in_doubt": (
        "bill/balanced",
        replace(PRESSED, state=State.IN_DOUBT, until=at(10, 38), refresh_for=(ANN.teams_id,)),
    ),
    "bill/changed": (
        "bill/on_hold",
        replace(
            WAITING,
            state=State.CHANGED,
            changes=(("Amount", "1,150.00 USD", "1,250.00 USD"), ("Terms", "60D", "30D")),
        ),
    ),
    "bill/closed_elsewhere": (
        "bill/closed",
        replace(
            PRESSED, state=State.CLOSED_ELSEWHERE, who="Dev Patel", at=at(16, 41, 21), token=""
        ),
    ),
    "bill/closed_elsewhere_unknown": (
        "bill/closed",
        replace(PRESSED, state=State.CLOSED_ELSEWHERE, who="", verb="", at=None, token=""),
    ),
    "bill/replaced": (
        "bill/on_hold",
        replace(WAITING, state=State.REPLACED, verbs=(), refresh_for=()),
    ),
    "bill/needs_person": (
        "bill/balanced",
        replace(
            PRESSED,
            state=State.NEEDS_PERSON,
            reason="Acumatica did not say whether the bill was released.",
        ),
    ),
    "bill/mismatch": (
        "bill/open",
        replace(
            PRESSED,
            state=State.MISMATCH,
            reason="Approved were 1,150.00 USD, Acumatica released 1,250.00 USD.",
        ),
    ),
    "bill/amount_missing": (
        "bill/amount_missing",
        replace(
            WAITING, approvers=(), approver_missing="Nobody is mentioned: the bill has no owner."
        ),
    ),
    "bill/currency_missing": ("bill/currency_missing", replace(WAITING, for_approver=True)),
    "purchase_order/pending_approval": ("purchase_order/pending_approval", ORDER),
    "purchase_order/pending_approval_approver": (
        "purchase_order/pending_approval",
        replace(ORDER, for_approver=True),
    ),
    "purchase_order/open": (
        "purchase_order/open",
        replace(NOTE, link=ORDER.link, owner=ORDER.owner),
    ),
    "check/released": (
        "check/released",
        replace(NOTE, link=f"{ERP}&ScreenId=AP302000&DocType=CHK&RefNbr=000871"),
    ),
    "payment/released": (
        "payment/released",
        replace(NOTE, link=f"{ERP}&ScreenId=AR302000&DocType=PMT&RefNbr=000554"),
    ),
    "generic/on_hold": ("generic/on_hold", replace(NOTE, link="")),
}


def _listing() -> dict[str, Any]:
    rows = [
        ListingRow(document("bill/on_hold"), "waits for Ann Whitfield", WAITING.link),
        ListingRow(document("bill/pending_approval"), "waits for Erin Walsh or Farid Haddad"),
        ListingRow(document("purchase_order/pending_approval"), "waits for Erin Walsh"),
    ]
    return listing_card("Pending bills", rows, more=4, now=WAITING.now, zone=CHICAGO)


def _document_case(name: str) -> Case:
    path, situation = DOCUMENT_CASES[name]
    return Case(name, lambda: document_card(document(path), situation, branches=BRANCHES))


def cases() -> Iterator[Case]:
    """Every card with a golden file."""
    yield from map(_document_case, DOCUMENT_CASES)
    yield Case("chat/listing", _listing)
    yield Case(
        "chat/listing_empty",
        lambda: listing_card("Pending bills", [], more=0, now=WAITING.now, zone=CHICAGO),
    )
    yield Case(
        "chat/help",
        lambda: help_card(
            [
                ("pending bills", "Bills that wait for a decision, the most urgent first."),
                ("why 004512", "Whom the card of a document went to, and why."),
            ]
        ),
    )
    yield Case(
        "chat/text",
        lambda: text_card("Bill 004512", ["Nothing was posted: no route asks for a card."]),
    )
