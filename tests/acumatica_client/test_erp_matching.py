"""Is a bill what was ordered and received? Every difference with its numbers, and no false one."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from erp_world import bill
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.errors import ErpUnreadable
from acumatica_client.matching import (
    MOST_SOURCES,
    differences,
    is_matched,
    match_mark,
    wanted,
)
from acumatica_client.models import Difference, Differs, Document, DocumentKey, Value
from acumatica_client.orders import (
    Papers,
    Source,
    SourceLine,
    orders_behind,
    read_same_reference,
    read_source,
    receipts_behind,
)

ORDER = Source("PurchaseOrder", "Normal", "PO1")
RECEIPT = Source("PurchaseReceipt", "Receipt", "R1")
NONE = Decimal(0)


def line(quantity: Any = 12, cost: Any = 100, at: Any = 1, **more: Value) -> dict[str, Value]:
    told: dict[str, Value] = {
        "Qty": None if quantity is None else Decimal(quantity),
        "UnitCost": None if cost is None else Decimal(cost),
        "UOM": "EA", "POOrderType": "Normal", "POOrderNbr": "PO1", "POLine": at,
    }  # fmt: skip
    return {**told, **more}


def received_line(quantity: Any = 12, at: int = 1) -> dict[str, Value]:
    return line(quantity, POReceiptType="Receipt", POReceiptNbr="R1", POReceiptLine=at)


def billed(*lines: dict[str, Value], **fields: Value) -> Document:
    told: dict[str, Value] = {"Vendor": "V1", "VendorRef": "INV-77", "CurrencyID": "USD", **fields}
    at = datetime(2026, 11, 3, tzinfo=UTC)
    return Document(bill("000123"), "id", "On Hold", at, told, lines)


def order(quantity: Any = 12, cost: Any = 100, **more: Any) -> Papers:
    there = SourceLine(
        None if quantity is None else Decimal(quantity),
        "EA",
        None if cost is None else Decimal(cost),
    )
    return Papers({1: replace(there, **more)}, "USD", "EP1")


def found(document: Document, tolerance: Any = 0, **papers: Any) -> list[Difference]:
    sources = {"order": ORDER, "receipt": RECEIPT}
    told = {sources[name]: what for name, what in papers.items()}
    return list(differences(document, told, Decimal(tolerance)))


# --- quantities -----------------------------------------------------------------------------


def test_more_billed_than_the_named_receipt_received_is_told_with_both_numbers() -> None:
    receipt = Papers({1: SourceLine(Decimal(10), "EA")})

    assert found(billed(line(1), received_line(12)), receipt=receipt) == [
        Difference(Differs.OVER_RECEIVED, (2,), "12", "10", "receipt R1")
    ]


def test_a_receipt_says_more_than_the_order_behind_it() -> None:
    receipt = Papers({1: SourceLine(Decimal(12), "EA")})

    assert found(billed(received_line(12)), receipt=receipt, order=order(5)) == []


def test_without_a_receipt_the_order_says_what_may_be_billed() -> None:
    assert found(billed(line(12)), order=order(10)) == [
        Difference(Differs.OVER_ORDERED, (1,), "12", "10", "purchase order PO1")
    ]


def test_what_the_order_received_so_far_counts_as_soon_as_something_came() -> None:
    assert found(billed(line(12)), order=order(12, received=Decimal(4))) == [
        Difference(Differs.OVER_RECEIVED, (1,), "12", "4", "purchase order PO1")
    ]


@pytest.mark.parametrize(("kind", "count"), [("Goods for IN", 1), ("Service", 0), ("", 0)])
def test_nothing_received_is_a_difference_for_goods_alone(kind: str, count: int) -> None:
    there = order(12, received=NONE, kind=kind)

    assert len(found(billed(line(12)), order=there)) == count


def test_lines_that_bill_one_line_of_an_order_count_together() -> None:
    assert found(billed(line(6), line(1, at=2), line(6)), order=order(10)) == [
        Difference(Differs.OVER_ORDERED, (1, 3), "12", "10", "purchase order PO1")
    ]


def test_part_of_an_order_is_daily_business() -> None:
    assert found(billed(line(3)), order=order(10)) == []


@pytest.mark.parametrize(("tolerance", "count"), [(0, 1), ("19.9", 1), (20, 0), (100, 0)])
def test_a_tolerance_lets_so_many_percent_pass(tolerance: Any, count: int) -> None:
    assert len(found(billed(line(12)), tolerance, order=order(10))) == count


def test_other_units_are_told_and_not_compared() -> None:
    other = billed(line(12, UOM="BOX", cost=5000))

    assert found(other, order=order(1)) == [
        Difference(Differs.UNIT, (1,), "BOX", "EA", "purchase order PO1")
    ]


@pytest.mark.parametrize("missing", [{"quantity": None}, {"at": None}, {"at": 7}, {"at": "x"}])
def test_what_the_erp_does_not_tell_is_no_difference(missing: dict[str, Any]) -> None:
    assert found(billed(line(**missing)), order=order(1)) == []
    assert found(billed(line(12)), order=order(None)) == []


# --- prices ---------------------------------------------------------------------------------


def test_a_higher_unit_cost_is_told_with_both_prices() -> None:
    assert found(billed(line(12, "105.00")), order=order(12, "100.00")) == [
        Difference(Differs.COST, (1,), "105.00", "100.00", "purchase order PO1")
    ]


@pytest.mark.parametrize(
    ("cost", "ordered", "currency"),
    [("99", "100", "USD"), ("105", "100", "EUR"), (None, "100", "USD"), ("105", None, "USD")],
)
def test_a_lower_or_incomparable_price_is_no_difference(
    cost: Any, ordered: Any, currency: str
) -> None:
    assert found(billed(line(12, cost), CurrencyID=currency), order=order(12, ordered)) == []


# --- what could not be compared -------------------------------------------------------------


def test_papers_that_cannot_be_read_are_told() -> None:
    document = billed(received_line(12))

    told = found(document, order=Differs.UNREADABLE, receipt=Differs.NOT_THERE)

    assert told == [
        Difference(Differs.UNREADABLE, of="purchase order PO1"),
        Difference(Differs.NOT_THERE, of="receipt R1"),
    ]


def test_only_so_many_papers_are_read_and_the_rest_is_told() -> None:
    document = billed(*(line(POOrderNbr=f"PO{n}") for n in range(5)))

    assert len(wanted(document)) == MOST_SOURCES
    assert found(document) == [
        Difference(Differs.TOO_MANY, billed="5", other="3", of="purchase orders")
    ]


def test_orders_and_receipts_are_named_once_with_the_usual_type_where_none_is_told() -> None:
    bare: dict[str, Value] = {"POOrderNbr": "PO1 ", "POReceiptNbr": "R1"}
    document = billed(bare, line(), received_line(), {"POOrderNbr": None}, {})

    assert orders_behind(document) == (ORDER,)
    assert receipts_behind(document) == (RECEIPT,)
    assert wanted(document) == (ORDER, RECEIPT)


def test_an_adjustment_is_not_compared() -> None:
    adjustment = replace(billed(), key=DocumentKey("Bill", "Debit Adj.", "000123"))

    assert is_matched(billed())
    assert not is_matched(adjustment)
    assert not is_matched(replace(billed(), key=DocumentKey("Check", "Bill", "1")))


def test_the_mark_moves_with_whatever_the_comparison_depends_on() -> None:
    document = billed(line())
    others = [
        billed(line(13)), billed(line(POOrderNbr="PO2")), billed(line(at=2)),
        billed(line(), line()),
        billed(line(), VendorRef="INV-78"), billed(line(), CurrencyID="EUR"),
        billed(received_line()),
    ]  # fmt: skip

    assert match_mark(document) == match_mark(replace(document, status="Open"))
    assert match_mark(document) not in {match_mark(other) for other in others}


quantities = st.decimals(0, 50, places=1)


@given(st.lists(quantities, min_size=1, max_size=4), quantities, quantities)
def test_a_quantity_is_told_exactly_when_the_sum_is_over(
    each: list[Decimal], ordered: Decimal, tolerance: Decimal
) -> None:
    document = billed(*(line(quantity, None) for quantity in each))

    told = found(document, tolerance, order=order(ordered, None))

    assert bool(told) is (sum(each) > ordered * (1 + tolerance / 100))


# --- reading --------------------------------------------------------------------------------


def test_an_order_is_read_with_what_is_compared() -> None:
    row = {
        "LineNbr": {"value": 3},
        "OrderQty": {"value": Decimal("2.0000")},
        "UOM": {"value": "EA "},
    }

    papers = read_source({"Details": [row], "Owner": {"value": "EP1"}}, ORDER)

    assert papers == Papers({3: SourceLine(Decimal(2), "EA")}, "", "EP1")


@pytest.mark.parametrize(
    "data", [[1], "x", {"Details": "x"}, {"Details": [{"OrderQty": {"value": "many"}}]}]
)
def test_papers_of_another_shape_name_the_order(data: Any) -> None:
    with pytest.raises(ErpUnreadable, match="PurchaseOrder/Normal/PO1"):
        read_source(data, ORDER)


def test_bills_that_no_longer_count_do_not_block_their_reference() -> None:
    rows = [
        {"ReferenceNbr": {"value": number}, "Status": {"value": status}}
        for number, status in [("000123", "On Hold"), ("1", "Open"), ("2", "Voided"), ("", "Open")]
    ]

    assert read_same_reference(rows, billed()) == ["1"]
