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
    days,
    document_card,
    help_card,
    listing_card,
    reasons,
    text_card,
)
from cards.backlog import backlog_card
from cards.connect import connect_card
from cards.filling import APPROVED_BY
from cards.language import ENGLISH, Language, language_of
from cards.privacy import Discretion, Privacy
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
    language=ENGLISH,
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
CHECK = replace(
    WAITING,
    verbs=("release_check",),
    owner="",
    links={},
    link=f"{ERP}&ScreenId=AP302000&DocType=CHK&RefNbr=000871",
)
PAYMENT = replace(
    CHECK, verbs=("release_payment",), link=f"{ERP}&ScreenId=AR302000&DocType=PMT&RefNbr=000554"
)
_BY_ANN: dict[str, Any] = {
    "who": "Ann Whitfield", "at": at(10, 22), "now": at(10, 24), "as_of": at(10, 24),
}  # fmt: skip
_BY_ERIN: dict[str, Any] = {**_BY_ANN, "who": "Erin Walsh", "verb": "approve"}
NOTE = replace(
    WAITING, state=State.NOTE, verbs=(), approvers=(), token="", refresh_for=(), owner="", links={}
)


SECOND_WANTED = replace(
    WAITING, two=True, agreed="Ann Whitfield", agreed_verb="release", agreed_at=at(10, 2),
    approvers=(ERIN,), refresh_for=(ERIN.teams_id,), now=at(10, 24),
)  # fmt: skip


def _approved(language: Language) -> tuple[str, str]:
    return APPROVED_BY, days.signed("Erin Walsh", "2026-11-20", language)


def _second_look(language: Language) -> tuple[str, ...]:
    return (
        *vendor_status("Hold Payments", language),
        *instructions(date(2026, 11, 3), date(2026, 11, 22), language),
        *same_reference("INV-77", ["004410"], language),
        *differences(
            [
                Difference(Differs.OVER_RECEIVED, (2,), "12.0000", "10.0000"),
                Difference(Differs.COST, (1,), "105.0000", "100.0000"),
            ],
            language,
        ),
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
            warnings=instructions(date(2026, 11, 20), date(2026, 11, 22), ENGLISH),
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
            decided=(_approved(ENGLISH),),
        ),
    ),
    "bill/worth_a_second_look": (
        "bill/on_hold",
        replace(
            WAITING,
            for_approver=True,
            warnings=_second_look(ENGLISH),
        ),
    ),
    "bill/two_people": ("bill/on_hold", replace(WAITING, for_approver=True, two=True)),
    "bill/second_wanted": ("bill/on_hold", SECOND_WANTED),
    "bill/second_wanted_approver": ("bill/on_hold", replace(SECOND_WANTED, for_approver=True)),
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
            reason="Acumatica refused it. The document's screen there shows why.",
        ),
    ),
    "bill/stopped": (
        "bill/pending_approval",
        replace(
            PRESSED,
            state=State.STOPPED,
            approvers=(ERIN,),
            reason="The hold is removed; it needs approval in Acumatica first.",
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
            changes=(("Amount", "1150.0000 USD", "1250.0000 USD"), ("Terms", "60D", "30D")),
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
            reason="What happened in Acumatica is not clear. An administrator must look.",
        ),
    ),
    "bill/mismatch": (
        "bill/open",
        replace(
            PRESSED,
            state=State.MISMATCH,
            reason="It was done, but the document is not the one that was approved.",
        ),
    ),
    "bill/mismatch_seen": (
        "bill/open",
        replace(PRESSED, state=State.SEEN, reason="Two administrators have seen it."),
    ),
    "bill/amount_missing": (
        "bill/amount_missing",
        replace(WAITING, approvers=(), approver_missing=reasons.NOBODY),
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
    "purchase_order/closed": (
        "purchase_order/closed",
        replace(ORDER, state=State.DONE, verbs=(), refresh_for=(), **_BY_ERIN),
    ),
    "check/balanced": ("check/balanced", CHECK),
    "check/balanced_approver": ("check/balanced", replace(CHECK, for_approver=True)),
    "check/done": (
        "check/released",
        replace(CHECK, state=State.DONE, verbs=(), refresh_for=(), verb="release_check", **_BY_ANN),
    ),
    "check/released": (
        "check/released",
        replace(NOTE, link=f"{ERP}&ScreenId=AP302000&DocType=CHK&RefNbr=000871"),
    ),
    "payment/balanced": ("payment/balanced", PAYMENT),
    "payment/balanced_approver": ("payment/balanced", replace(PAYMENT, for_approver=True)),
    "payment/done": (
        "payment/released",
        replace(
            PAYMENT, state=State.DONE, verbs=(), refresh_for=(), verb="release_payment", **_BY_ANN
        ),
    ),
    "payment/released": (
        "payment/released",
        replace(NOTE, link=f"{ERP}&ScreenId=AR302000&DocType=PMT&RefNbr=000554"),
    ),
    "generic/on_hold": ("generic/on_hold", replace(NOTE, link="")),
    "generic/closed": (
        "generic/closed",
        replace(NOTE, state=State.CLOSED_ELSEWHERE, link="", now=at(10, 24), as_of=at(10, 24)),
    ),
}
DISCREET = {
    "bill/on_hold": DOCUMENT_CASES["bill/on_hold"],
    "bill/worth_a_second_look": DOCUMENT_CASES["bill/worth_a_second_look"],
    "bill/changed": DOCUMENT_CASES["bill/changed"],
    "bill/done": DOCUMENT_CASES["bill/done"],
    "bill/refused": DOCUMENT_CASES["bill/refused"],
    "purchase_order/pending_approval": DOCUMENT_CASES["purchase_order/pending_approval"],
    "check/balanced": DOCUMENT_CASES["check/balanced"],
    "payment/released": DOCUMENT_CASES["payment/released"],
    "generic/on_hold": DOCUMENT_CASES["generic/on_hold"],
}
"""Cases drawn again as a channel with less privacy may see them: everybody's card."""
GERMAN = language_of("de-DE")


def _held_back(language: Language) -> dict[str, Any]:
    rows = [
        ListingRow(document("bill/on_hold"), "On Hold", WAITING.link),
        ListingRow(document("purchase_order/pending_approval"), "Pending Approval"),
    ]
    return backlog_card(
        rows, 480, at_once=20, now=WAITING.now, zone=CHICAGO, language=language
    ).card


def _listing(language: Language) -> dict[str, Any]:
    def waits(whom: str) -> str:
        return language.say("waits for {whom}", whom=whom)

    rows = [
        ListingRow(document("bill/on_hold"), waits(ANN.name), WAITING.link),
        ListingRow(document("bill/pending_approval"), waits(ERIN.name)),
        ListingRow(document("purchase_order/pending_approval"), waits(ERIN.name)),
    ]
    title = language.say("Pending bills: {n}", n=7)
    return listing_card(title, rows, more=4, now=WAITING.now, zone=CHICAGO, language=language)


def _document_case(name: str, told: tuple[str, Situation]) -> Case:
    path, situation = told
    return Case(name, lambda: document_card(document(path), situation, branches=BRANCHES))


def _kept_back(privacy: Privacy, told: tuple[str, Situation]) -> tuple[str, Situation]:
    path, situation = told
    return path, replace(situation, for_approver=False, discretion=Discretion(privacy))


def in_language(told: Situation, language: Language) -> Situation:
    """The same situation for a reader of another language."""
    return replace(
        told,
        language=language,
        warnings=_second_look(language) if told.warnings else (),
        decided=(_approved(language),) if told.decided else (),
    )


def documents() -> dict[str, tuple[str, Situation]]:
    """Every document and situation that is drawn, by the name of its golden file."""
    english = dict(DOCUMENT_CASES)
    for privacy in (Privacy.BAND, Privacy.NONE):
        english |= {
            f"{name}_{privacy}": _kept_back(privacy, told) for name, told in DISCREET.items()
        }
    german = {
        f"de/{name}": (path, in_language(told, GERMAN)) for name, (path, told) in english.items()
    }
    return english | german


def cases() -> Iterator[Case]:
    """Every card with a golden file."""
    for name, told in documents().items():
        yield _document_case(name, told)
    yield Case("chat/listing", lambda: _listing(ENGLISH))
    yield Case("de/chat/listing", lambda: _listing(GERMAN))
    yield Case("chat/held_back", lambda: _held_back(ENGLISH))
    yield Case("de/chat/held_back", lambda: _held_back(GERMAN))
    yield Case(
        "chat/listing_empty",
        lambda: listing_card(
            "Pending bills", [], more=0, now=WAITING.now, zone=CHICAGO, language=ENGLISH
        ),
    )
    yield Case("chat/help", lambda: help_card(_HELP, ENGLISH))
    yield Case(
        "chat/text",
        lambda: text_card(
            "Bill 004512", ["Nothing was posted: no route asks for a card."], ENGLISH
        ),
    )
    yield Case("chat/connect", lambda: connect_card("acme", _SIGN_IN, "15:04", ENGLISH))
    yield Case("de/chat/connect", lambda: connect_card("acme", _SIGN_IN, "15:04", GERMAN))


_SIGN_IN = "https://erp.acme.example/AcumaticaERP/identity/connect/authorize?state=s"
_HELP = [
    ("pending bills", "Bills that wait for a decision, the most urgent first."),
    ("why 004512", "Whom the card of a document went to, and why."),
]
