"""The table of the four documents: what each row must hold for the rest to work."""

import pytest
from erp_fixtures import DOCUMENTS, document

from acumatica_client.entities import (
    BILL,
    CHECK,
    ENTITIES,
    PAYMENT,
    PURCHASE_ORDER,
    Entity,
    entity_of,
)
from acumatica_client.models import DocumentKey
from acumatica_client.values import FLAGS, NUMBERS, TEXTS

ALL = pytest.mark.parametrize("entity", ENTITIES.values(), ids=list(ENTITIES))
MOVES_WITH_THE_WORKFLOW = {
    "Status", "Hold", "Balance", "UnappliedBalance", "ApprovedForPayment", "LastModifiedDateTime",
}  # fmt: skip


@ALL
def test_everything_a_row_speaks_of_is_read(entity: Entity) -> None:
    named = {"Type", entity.number_field, entity.party_field, entity.amount_field}
    named |= {entity.date_field, "Status", "Hold", "CurrencyID", "LastModifiedDateTime"}

    assert named <= set(entity.select)
    assert set(entity.fingerprint) <= set(entity.select)
    assert set(entity.line_fingerprint) <= set(entity.line_select)


@ALL
def test_fingerprint_holds_who_and_how_much_but_nothing_a_release_changes(entity: Entity) -> None:
    assert {entity.party_field, entity.amount_field, "CurrencyID"} <= set(entity.fingerprint)
    assert not MOVES_WITH_THE_WORKFLOW & {*entity.fingerprint, *entity.line_fingerprint}


@ALL
def test_names_are_not_repeated(entity: Entity) -> None:
    for names in (entity.select, entity.line_select, entity.fingerprint, entity.line_fingerprint):
        assert len(set(names)) == len(names)


@ALL
def test_every_type_a_list_is_narrowed_to_has_a_link(entity: Entity) -> None:
    assert set(entity.types) <= set(entity.type_codes)


@ALL
def test_every_field_we_read_has_a_kind(entity: Entity) -> None:
    kinds = (NUMBERS, FLAGS, TEXTS, frozenset(entity.days))
    open_ = {"LastModifiedDateTime", "POLine", "POReceiptType", "POReceiptNbr", "POReceiptLine"}

    for name in {*entity.select, *entity.line_select} - open_:
        assert sum(name in kind for kind in kinds) == 1, name


@ALL
def test_every_type_code_and_label_reads_as_the_label(entity: Entity) -> None:
    for label, code in entity.type_codes.items():
        assert entity.type_label(f"{label}  ") == label
        assert entity.type_codes[entity.type_label(f"{code} ")] == code
    assert entity.type_label("QQQ") == "QQQ"


@ALL
def test_every_status_letter_and_label_reads_as_the_label(entity: Entity) -> None:
    for letter, label in entity.status_letters.items():
        assert entity.status_label(f"{letter} ") == label
        assert entity.status_label(f"{label}   ") == label
        assert label in entity.statuses


@pytest.mark.parametrize("word", ["Released", "on hold", "h", "??", ""])
def test_unknown_status_word_stays_what_it_is(word: str) -> None:
    assert BILL.status_label(word) == word
    assert word not in BILL.statuses


def test_bill_fingerprint_is_the_agreed_list() -> None:
    assert BILL.fingerprint == (
        "Vendor", "LocationID", "VendorRef", "CurrencyID", "Amount", "TaxTotal", "Date", "DueDate",
        "Terms", "PostPeriod", "CashAccount",
    )  # fmt: skip
    money = {"Account", "Qty", "UnitCost", "ExtendedCost", "Amount"}
    assert money | {"Description", "TransactionDescription"} == set(BILL.line_fingerprint)


def test_entities_are_found_by_their_endpoint_names() -> None:
    rows = (BILL, PURCHASE_ORDER, CHECK, PAYMENT)

    assert dict(ENTITIES) == {row.name: row for row in rows}
    assert PURCHASE_ORDER.key("Normal", "PO1") == DocumentKey("PurchaseOrder", "Normal", "PO1")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_leads_back_to_its_row(name: str) -> None:
    found = document(name)

    assert entity_of(found).name == found.key.entity
    assert found.status in entity_of(found).statuses


def test_older_spelling_of_a_status_is_the_same_status() -> None:
    assert ENTITIES["PurchaseOrder"].status_label("Cancelled") == "Canceled"
