"""Receipts behind orders, payment instructions of vendors, and the door that changes masters."""

from typing import Any

import pytest

DEFAULT = "/entity/Default/24.200.001"


def value(line: dict[str, Any], name: str) -> Any:
    return line[name].get("value")


async def lines(api: Any, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(path, **{"$expand": "Details"})).json["Details"]
    return found


async def test_orders_count_what_their_receipts_say(api: Any) -> None:
    receipts = (await api.get("PurchaseReceipt", **{"$expand": "Details"})).json

    assert {value(r, "Status") for r in receipts} == {"Released"}
    assert len(receipts) == 3
    for receipt in receipts:
        for line in receipt["Details"]:
            order = await lines(api, f"PurchaseOrder/Normal/{value(line, 'POOrderNbr')}")
            bought = order[value(line, "POLineNbr") - 1]
            assert value(line, "ReceiptQty") == value(bought, "QtyOnReceipts")
            assert value(line, "UnitCost") == value(bought, "UnitCost")
            assert value(line, "ExtendedCost") == value(bought, "ReceivedAmount")
        total = sum(value(line, "ExtendedCost") for line in receipt["Details"])
        assert value(receipt, "TotalCost") == pytest.approx(total)


async def mismatches(api: Any, number: str) -> list[str]:
    wrong = []
    for line in await lines(api, f"Bill/Bill/{number}"):
        kind, receipt = value(line, "POReceiptType"), value(line, "POReceiptNbr")
        arrived = await lines(api, f"PurchaseReceipt/{kind}/{receipt}")
        other = arrived[value(line, "POReceiptLine") - 1]
        if (value(line, "Qty"), value(line, "UnitCost")) != (
            value(other, "ReceiptQty"),
            value(other, "UnitCost"),
        ):
            wrong.append(value(line, "InventoryID"))
    return wrong


async def test_one_bill_asks_for_more_than_arrived_and_the_others_match(api: Any) -> None:
    assert await mismatches(api, "000150") == []
    assert await mismatches(api, "000159") == []
    assert await mismatches(api, "000156")


async def test_bill_of_an_order_repeats_its_lines(api: Any) -> None:
    order = await lines(api, "PurchaseOrder/Normal/PO000112")
    bill = await lines(api, "Bill/Bill/000154")

    assert [value(x, "POLine") for x in bill] == [value(x, "LineNbr") for x in order]
    assert [value(x, "Qty") for x in bill] == [value(x, "OrderQty") for x in order]
    assert [value(x, "UnitCost") for x in bill] == [value(x, "UnitCost") for x in order]


@pytest.mark.parametrize("action", ["ReleasePurchaseReceipt", "CreateAPBill"])
async def test_receipt_that_is_done_with_refuses_its_actions(api: Any, action: str) -> None:
    keys = {"Type": {"value": "Receipt"}, "ReceiptNbr": {"value": "000301"}}

    answer = await api.call("POST", f"{DEFAULT}/PurchaseReceipt/{action}", {"entity": keys})

    assert (answer.status, answer.json["exceptionMessage"]) == (500, "Operation failed")


async def test_vendor_paid_by_transfer_has_payment_instructions(api: Any) -> None:
    expand = {"$expand": "PaymentInstructions"}

    paid = (await api.get("Vendor/ACMEPAPER", **expand)).json["PaymentInstructions"]
    by_check = (await api.get("Vendor/V000000025", **expand)).json["PaymentInstructions"]

    names = {"Description", "LocationID", "PaymentInstructionsID", "PaymentMethod", "Value"}
    assert names < set(paid[0])
    assert [value(row, "PaymentInstructionsID") for row in paid] == ["1", "2"]
    assert by_check == []


async def test_changed_payment_instructions_stamp_the_vendor(erp: Any, api: Any) -> None:
    row = {"PaymentMethod": "ACH", "PaymentInstructionsID": "1", "Value": "999999999"}
    wish = {"PaymentInstructions": [row], "MainContact": {"Email": "new@paper.example"}}

    answer = await erp.door(
        "POST",
        "masters",
        {"entity": "Vendor", "keys": {"VendorID": "ACMEPAPER"}, "set": wish, "by": "dev"},
    )

    query = {"$expand": "PaymentInstructions,MainContact"}
    vendor = (await api.get("Vendor/ACMEPAPER", **query)).json
    assert answer.status == 200
    assert value(vendor["PaymentInstructions"][0], "Value") == "999999999"
    assert vendor["MainContact"]["Email"] == {"value": "new@paper.example"}
    assert value(vendor, "LastModifiedDateTime") == "2026-11-02T14:31:28.407+00:00"
    assert "PaymentInstructions" in {e["field"] for e in await erp.events("change")}


async def test_delegate_can_be_made_active(erp: Any, api: Any) -> None:
    row = {"Delegate": "EP00000001", "IsActive": True, "StartsOn": "2026-11-01"}
    body = {"entity": "Employee", "keys": {"EmployeeID": "EP00000006"}, "set": {"Delegates": [row]}}

    await erp.door("POST", "masters", body)

    employee = (await api.get("Employee/EP00000006", **{"$expand": "Delegates"})).json
    assert value(employee["Delegates"][0], "Delegate") == "EP00000001"
    assert value(employee["Delegates"][0], "IsActive") is True


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"entity": "Bill"}, "must be one of"),
        ({"entity": "Vendor", "keys": {"Code": "x"}}, "VendorID"),
        ({"entity": "Vendor", "keys": {"VendorID": "NOBODY"}}, "no such record"),
        (
            {"entity": "Vendor", "keys": {"VendorID": "ACMEPAPER"}, "set": {"VendorID": "Y"}},
            "cannot be set",
        ),
        (
            {
                "entity": "Vendor",
                "keys": {"VendorID": "ACMEPAPER"},
                "set": {"PaymentInstructions": ["x"]},
            },
            "Unknown",
        ),
        (
            {"entity": "Vendor", "keys": {"VendorID": "ACMEPAPER"}, "set": {"PaySeparately": 3}},
            "true or false",
        ),
    ],
)
async def test_wrong_change_of_a_master_gets_a_sentence(erp: Any, body: Any, word: str) -> None:
    answer = await erp.door("POST", "masters", body)

    assert answer.status in (404, 422)
    assert word in answer.json["error"]


async def test_masters_are_listed_in_plain_values(erp: Any) -> None:
    rows = (await erp.door("GET", "masters")).json["masters"]

    kinds = {row["entity"] for row in rows}
    assert kinds == {"Vendor", "Employee", "Contact", "PurchaseReceipt"}
