"""What the screens work out and what their actions make, seen through the API."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from deployment.sandbox.acumatica.values import midnight, moment_text

DEFAULT = "/entity/Default/24.200.001"


def value(row: Any, name: str) -> Any:
    return row[name].get("value")


def wrapped(**values: Any) -> dict[str, Any]:
    return {name: v if isinstance(v, list) else {"value": v} for name, v in values.items()}


async def put(api: Any, entity: str, *lines: dict[str, Any], **values: Any) -> Any:
    body = {**wrapped(**values), "Details": [wrapped(**line) for line in lines]}
    return await api.call("PUT", f"{DEFAULT}/{entity}?$expand=Details", body)


async def test_lines_of_a_new_bill_are_worked_out_and_make_its_total(api: Any) -> None:
    lines = ({"Qty": 1, "UnitCost": 100}, {"Qty": 3, "UnitCost": 2.5, "Amount": 7})

    bill = (await put(api, "Bill", *lines, Vendor="ACMEPAPER", Hold=False)).json

    sums = [(value(x, "ExtendedCost"), value(x, "Amount")) for x in bill["Details"]]
    assert sums == [(100, 100), (7.5, 7)]
    assert (value(bill, "Amount"), value(bill, "Balance")) == (107, 107)


async def test_a_changed_quantity_changes_line_and_total(api: Any) -> None:
    made = (await put(api, "Bill", {"Qty": 1, "UnitCost": 100}, Vendor="ACMEPAPER")).json
    line = {"id": made["Details"][0]["id"], **wrapped(Qty=4)}
    keys = wrapped(Type="Bill", ReferenceNbr=value(made, "ReferenceNbr"))

    bill = (
        await api.call("PUT", f"{DEFAULT}/Bill?$expand=Details", {**keys, "Details": [line]})
    ).json

    assert value(bill["Details"][0], "Amount") == 400
    assert (value(bill, "Amount"), value(bill, "Balance")) == (400, 400)


async def test_lines_of_a_new_order_get_cost_number_and_order(api: Any) -> None:
    lines = [{"OrderQty": 2, "UnitCost": 10}, {"OrderQty": 1, "UnitCost": 5}]

    order = (await put(api, "PurchaseOrder", *lines, VendorID="ACMEPAPER")).json

    names = ("LineNbr", "OrderType", "OrderNbr", "ExtendedCost", "OrderedQty")
    number = value(order, "OrderNbr")
    assert [[value(x, name) for name in names] for x in order["Details"]] == [
        [1, "Normal", number, 20, 2],
        [2, "Normal", number, 5, 1],
    ]
    assert (value(order, "OrderTotal"), value(order, "ControlTotal")) == (25, 25)


async def test_a_bill_without_an_amount_owes_nothing_and_has_no_line(api: Any) -> None:
    answer = await api.call("PUT", f"{DEFAULT}/Bill?$expand=Details", wrapped(Vendor="ACMEPAPER"))

    assert (value(answer.json, "Balance"), answer.json["Details"]) == (0, [])


async def test_a_sum_no_field_can_hold_is_an_error_of_its_line(api: Any) -> None:
    answer = await put(api, "Bill", {"Qty": 1e14, "UnitCost": 1e14}, Vendor="ACMEPAPER")

    assert answer.status == 422
    assert "too large" in answer.json["Details"][0]["ExtendedCost"]["error"]


@pytest.mark.parametrize("period", ["11", "132026x", "2026-11", "142026"])
async def test_a_period_that_is_none_is_refused(api: Any, period: str) -> None:
    answer = await api.put("Bill", Type="Bill", ReferenceNbr="000154", PostPeriod=period)

    assert answer.status == 422
    assert "112026" in answer.json["PostPeriod"]["error"]


async def test_a_void_is_a_second_document_with_the_same_number(erp: Any, api: Any) -> None:
    assert (await api.act("Check", "VoidCheck", "000008")).status == 204

    void = (await api.get("Check/Voided Payment/000008")).json
    assert (value(void, "Status"), value(void, "PaymentAmount")) == ("Closed", -1840)
    assert await api.status_of("Check", "000008") == "Voided"
    assert (await api.act("Check", "VoidCheck", "000008")).status == 500
    changed = await erp.events("change")
    assert {tuple(event["keys"].values()) for event in changed} == {
        ("Payment", "000008"),
        ("Voided Payment", "000008"),
    }


@pytest.mark.parametrize("action", ["ReverseBill", "ReverseInvoice"])
async def test_reversing_a_bill_enters_a_debit_adjustment_and_leaves_the_bill(
    api: Any, action: str
) -> None:
    before = (await api.get("Bill/Bill/000147", **{"$expand": "Details"})).json

    answer = await api.act("Bill", action, "000147")

    after = (await api.get("Bill/Bill/000147", **{"$expand": "Details"})).json
    where = {"$filter": "Type eq 'Debit Adj.'", "$expand": "Details"}
    [made] = (await api.get("Bill", **where)).json
    assert (answer.status, after) == (204, before)
    assert (value(made, "Status"), value(made, "Amount")) == ("On Hold", 3105.75)
    assert value(made, "ReferenceNbr") == "000160"
    assert len(made["Details"]) == len(before["Details"])


async def test_an_invoice_is_voided_by_the_screens_own_name(api: Any) -> None:
    assert (await api.act("Bill", "VoidInvoice", "000147")).status == 204
    assert await api.status_of("Bill", "000147") == "Voided"


async def test_releasing_retainage_is_a_long_operation_that_makes_a_bill(
    erp: Any, api: Any
) -> None:
    body = {
        "entity": wrapped(Type="Bill", ReferenceNbr="000147"),
        "parameters": wrapped(AmtToRelease=100.5),
    }

    answer = await api.call("POST", f"{DEFAULT}/Bill/ReleaseRetainage", body)
    running = await api.call("GET", answer.location)
    await erp.clock.end_nap()
    done = await ended(api, answer.location)

    assert (answer.status, running.status, done.status) == (202, 202, 204)
    assert value((await api.get("Bill/Bill/000160")).json, "Amount") == 100.5


async def test_retainage_without_an_amount_ends_badly(erp: Any, api: Any) -> None:
    answer = await api.act("Bill", "ReleaseRetainage", "000147")
    await erp.clock.end_nap()

    assert answer.status == 202
    assert (await ended(api, answer.location)).status == 500


async def ended(api: Any, status: str) -> Any:
    while (answer := await api.call("GET", status)).status == 202:
        pass
    return answer


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("Bill/Bill/000147", "Document.LastModifiedDateTime", "CustomDateTimeField"),
        ("PurchaseOrder/Normal/PO000112", "Document.RequestApproval", "CustomBooleanField"),
        ("PurchaseOrder/Normal/PO000112", "Document.OwnerID", "CustomStringField"),
        ("PurchaseOrder/Normal/PO000112", "Document.Printed", "CustomBooleanField"),
        ("PurchaseOrder/Normal/PO000112", "Document.Emailed", "CustomBooleanField"),
        ("PurchaseOrder/Normal/PO000112", "Document.DontPrint", "CustomBooleanField"),
        ("PurchaseOrder/Normal/PO000112", "Document.DontEmail", "CustomBooleanField"),
        ("Employee/EP00000005", "CurrentEmployee.UserID", "CustomGuidField"),
    ],
)
async def test_screen_fields_the_endpoint_lacks_are_there_by_custom(
    api: Any, path: str, name: str, kind: str
) -> None:
    view, _, field = name.partition(".")

    shown = (await api.get(path, **{"$custom": name})).json["custom"][view][field]

    assert shown["type"] == kind
    assert "value" in shown


async def test_a_contact_has_one_table_wherever_it_is_shown(erp: Any, api: Any) -> None:
    path = f"{DEFAULT}/swagger.json"
    schemas = (await api.call("GET", path)).json["components"]["schemas"]
    contact = schemas["Contact"]["allOf"][1]["properties"]
    employee = (await api.get("Employee/EP00000005", **{"$expand": "ContactInfo"})).json
    shown = set(employee["ContactInfo"]) - {"id", "note", "custom", "rowNumber"}
    one = (await api.get("Contact", **{"$top": "1", "$expand": "UserInfo,UserInfo/Roles"})).json[0]

    assert shown <= set(contact)
    assert {"Address", "UserInfo", "ContactID"} <= set(contact)
    assert one["UserInfo"]["Roles"] == []


async def test_sign_in_works_in_the_branch_and_language_it_asked_for(erp: Any) -> None:
    asked = await erp.user.sign_in(branch="WEST", locale="de-DE")
    cookies = {c.key: c.value for c in erp.user.client.session.cookie_jar}

    assert asked.status == 204
    assert cookies["UserBranch"] == "17"
    assert cookies["Locale"].startswith("Culture=de-DE&")


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-7))])
def test_years_are_written_with_four_digits(zone: timezone) -> None:
    assert moment_text(midnight(date(1, 1, 2), zone)).startswith("0001-01-02T00:00:00")
    assert moment_text(datetime(987, 6, 5, 4, 3, 2, 100_000, zone)).startswith(
        "0987-06-05T04:03:02.1"
    )
