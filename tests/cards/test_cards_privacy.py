"""A card tells a channel no more than it may know; who was asked to decide sees everything."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from card_cases import ANN, BRANCHES, ERP, WAITING, document
from card_schema import elements, schema_errors, texts

from acumatica_client.models import Around, Document, DocumentKey
from cards import Situation, State, document_card, reasons, summary
from cards.found import preview
from cards.language import ENGLISH, Language, language_of
from cards.nudge import nudge_message
from cards.privacy import BANDS, Discretion, Privacy, band, strictest

LANGUAGES = (ENGLISH, language_of("de"))
BAND, NONE = Discretion(Privacy.BAND), Discretion(Privacy.NONE)
SECRET_MONEY = ("4321.07", "4,321.07", "4.321,07", "91.55", "91,55", "1077.31", "1,077.31", "77.01")
SECRET_WORDS = (
    "Vendora", "V-7700", "REF-8811", "PO-5522", "Linetext", "Descra", "Termsa", "East", "Ownera",
    "998877", "Saida", "Remarka", "Warna", "Approva",
)  # fmt: skip


def secretive(entity: str = "Bill", kind: str = "Bill") -> Document:
    """A document that has something to hide in every place."""
    amounts = dict.fromkeys(("Amount", "OrderTotal", "PaymentAmount"), Decimal("4321.07"))
    line = {
        "TransactionDescription": "Linetext", "LineDescription": "Linetext", "Qty": 2,
        "OrderQty": 2, "UnitCost": Decimal("91.55"), "Amount": Decimal("1077.31"),
        "ExtendedCost": Decimal("1077.31"), "AmountPaid": Decimal("1077.31"),
        "POOrderNbr": "PO-5522", "DocType": "Bill", "ReferenceNbr": "998877",
    }  # fmt: skip
    fields = {
        **amounts, "TaxTotal": Decimal("77.01"), "CurrencyID": "USD", "Vendor": "V-7700",
        "VendorID": "V-7700", "CustomerID": "V-7700", "VendorRef": "REF-8811",
        "PaymentRef": "REF-8811", "Description": "Descra 4,321.07", "Terms": "Termsa",
        "BranchID": "EAST", "Branch": "EAST", "CashAccount": "REF-8811",
    }  # fmt: skip
    key = DocumentKey(entity, kind, "998877")
    moment = datetime(2026, 11, 22, 14, 13, tzinfo=UTC)
    return Document(key, "id", "On Hold", moment, fields, (line,), Around("Vendora", "Ownera"))


def secretive_situation(state: State, discretion: Discretion, language: object) -> Situation:
    return replace(
        WAITING,
        state=state,
        who=ANN.name,
        verb="release",
        at=WAITING.now,
        reason="Approved were 4,321.07 USD of Vendora.",
        changes=(("Amount", "4321.07 USD", "77.01 USD"), ("Terms", "Termsa", "Descra")),
        warnings=("Warna: unit cost 91.55, ordered at 77.01.",),
        owner="Ownera",
        decided=(("Approved by", "Approva"),),
        said="Saida 4,321.07",
        remarks=("Remarka: 4,321.07",),
        link=f"{ERP}&RefNbr=998877",
        links={"PO-5522": f"{ERP}&OrderNbr=PO-5522"},
        discretion=discretion,
        language=language,
    )


KINDS = [
    ("Bill", "Bill"), ("PurchaseOrder", "Normal"), ("Check", "Payment"), ("Payment", "Payment"),
    ("JournalTransaction", "GL"),
]  # fmt: skip


def everything_sent(paper: Document, told: Situation) -> str:
    card = document_card(paper, told, branches=BRANCHES)
    line = summary(paper, told)
    assert schema_errors(card) == []
    return json.dumps([card, line, nudge_message(line, told.approvers, told.language)])


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.code)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[0])
@pytest.mark.parametrize("state", State)
def test_where_no_amount_may_be_told_none_is(
    state: State, kind: tuple[str, str], language: object
) -> None:
    sent = everything_sent(secretive(*kind), secretive_situation(state, BAND, language))

    assert [
        secret
        for secret in (*SECRET_MONEY, "Linetext", "Saida", "Remarka", "Warna")
        if secret in sent
    ] == []


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.code)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[0])
@pytest.mark.parametrize("state", State)
def test_where_nothing_may_be_told_only_kind_people_and_times_are(
    state: State, kind: tuple[str, str], language: object
) -> None:
    sent = everything_sent(secretive(*kind), secretive_situation(state, NONE, language))

    assert [secret for secret in (*SECRET_MONEY, *SECRET_WORDS, ERP) if secret in sent] == []


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.code)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[0])
def test_a_preview_tells_no_more_than_the_card_it_stands_for(
    kind: tuple[str, str], language: Language
) -> None:
    banded, bare = (
        json.dumps(preview(secretive(*kind), "On Hold", language, discretion))
        for discretion in (BAND, NONE)
    )

    assert [secret for secret in SECRET_MONEY if secret in banded] == []
    assert "998877" in banded
    assert [secret for secret in (*SECRET_MONEY, *SECRET_WORDS) if secret in bare] == []
    assert "On Hold" in bare


@pytest.mark.parametrize("discretion", [BAND, NONE], ids=lambda one: str(one.privacy))
def test_a_discreet_card_still_says_for_whom_and_can_be_reviewed(discretion: Discretion) -> None:
    card = document_card(secretive(), replace(WAITING, discretion=discretion))
    said = "\n".join(texts(card["body"]))

    assert "Bill on hold" in said
    assert "<at>Ann Whitfield</at>, this waits for you." in said
    assert "08:14" in said
    assert "Review" in [action["title"] for action in elements(card, "Action.Execute")]


def test_a_band_keeps_the_currency_and_counts_the_warnings() -> None:
    told = secretive_situation(State.WAITING, BAND, ENGLISH)
    said = "\n".join(texts(document_card(secretive(), told)["body"]))

    assert "1,000 to under 5,000 USD" in said
    assert "Warning: the approver's own view names 1 reason to look twice." in said


def test_a_changed_card_names_what_changed_but_not_from_what_to_what() -> None:
    told = secretive_situation(State.CHANGED, BAND, ENGLISH)
    said = "\n".join(texts(document_card(secretive(), told)["body"]))

    assert "Amount changed." in said
    assert "Terms changed." in said


def test_an_amount_without_a_currency_is_not_told_by_its_warning() -> None:
    paper = secretive()
    bare = replace(paper, fields={**paper.fields, "CurrencyID": ""})
    said = "\n".join(texts(document_card(bare, replace(WAITING, discretion=BAND))["body"]))

    assert "amount not told by Acumatica." in said
    assert "4,321" not in said


def test_a_constant_reason_of_ours_may_be_told_anywhere() -> None:
    told = secretive_situation(State.CLOSED_ELSEWHERE, NONE, ENGLISH)
    gone = replace(told, verb="", reason=reasons.GONE)

    assert reasons.GONE in "\n".join(texts(document_card(secretive(), gone)["body"]))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("-3", "under 1,000 USD"), ("0", "under 1,000 USD"), ("999.99", "under 1,000 USD"),
        ("1000", "1,000 to under 5,000 USD"), ("24999.99", "5,000 to under 25,000 USD"),
        ("100000", "100,000 USD or more"), ("1E+9", "100,000 USD or more"),
    ],
)  # fmt: skip
def test_an_amount_falls_into_one_band(value: str, told: str) -> None:
    assert band(Decimal(value), "USD", BANDS, ENGLISH) == told


def test_a_company_with_one_edge_has_two_bands() -> None:
    edges = (Decimal("2500.50"),)

    said = [band(Decimal(value), "EUR", edges, LANGUAGES[1]) for value in (1, 2501)]

    assert said == ["unter 2.500,5 EUR", "2.500,5 EUR oder mehr"]


def test_the_strictest_of_several_counts() -> None:
    assert strictest([Privacy.FULL, Privacy.NONE, Privacy.BAND]) is Privacy.NONE
    assert strictest([Privacy.BAND, Privacy.FULL]) is Privacy.BAND
    assert strictest([]) is Privacy.FULL


def test_the_real_bill_is_told_whole_where_it_may_be() -> None:
    said = "\n".join(texts(document_card(document("bill/on_hold"), WAITING)["body"]))

    assert "1,250.00 USD" in said
