"""Writing by PUT and DELETE: upsert, preconditions, hold, and what is passed over in silence."""

from typing import Any

import pytest

DEFAULT = "/entity/Default/24.200.001"


async def test_put_without_match_inserts_with_the_next_number_on_hold(api: Any) -> None:
    answer = await api.put("Bill", Vendor="ACMEPAPER", Amount="1250.50", ReferenceNbr="777777")

    assert answer.status == 200
    assert answer.json["ReferenceNbr"] == {"value": "000160"}
    assert answer.json["Status"] == {"value": "On Hold"}
    assert answer.json["Terms"] == {"value": "2%10N30"}
    assert answer.json["Balance"] == {"value": 1250.5}
    assert answer.json["note"] is None


async def test_put_without_hold_lets_the_workflow_choose_the_first_state(api: Any) -> None:
    small = await api.put("Bill", Vendor="ACMEPAPER", Amount=24_999.99, Hold=False)
    large = await api.put("Bill", Vendor="ACMEPAPER", Amount=25_000, Hold=False)

    assert small.json["Status"] == {"value": "Balanced"}
    assert large.json["Status"] == {"value": "Pending Approval"}


@pytest.mark.parametrize(
    ("number", "before", "after"),
    [("000154", "On Hold", "Balanced"), ("000157", "On Hold", "Pending Approval")],
)
async def test_put_hold_false_moves_the_workflow(
    api: Any, number: str, before: str, after: str
) -> None:
    assert await api.status_of("Bill", number) == before

    answer = await api.put("Bill", {"If-Match": "*"}, Type="Bill", ReferenceNbr=number, Hold=False)

    assert answer.json["Status"] == {"value": after}
    assert await api.status_of("Bill", number) == after


async def test_put_hold_true_moves_back_and_takes_edits_with_it(api: Any) -> None:
    answer = await api.put("Bill", Type="Bill", ReferenceNbr="000149", Hold=True, Amount=700)

    assert answer.json["Status"] == {"value": "On Hold"}
    assert answer.json["Balance"] == {"value": 700}


async def test_disabled_fields_are_passed_over_with_200(api: Any) -> None:
    answer = await api.put(
        "Bill",
        Type="Bill",
        ReferenceNbr="000147",
        Amount=1,
        Hold=True,
        Status="Closed",
        Description="Kept",
    )

    assert answer.status == 200
    assert answer.json["Amount"] == {"value": 3105.75}
    assert answer.json["Status"] == {"value": "Open"}
    assert answer.json["Description"] == {"value": "Kept"}


async def test_put_that_changes_nothing_leaves_stamp_and_history_alone(erp: Any, api: Any) -> None:
    before = await erp.document("000154")

    await api.put("Bill", Type="Bill", ReferenceNbr="000154", Amount=4860, Hold=True)

    assert await erp.document("000154") == before
    assert await erp.events("change") == []


async def test_lines_without_id_are_added(api: Any) -> None:
    query = f"{DEFAULT}/Bill?$expand=Details"
    line = {"TransactionDescription": {"value": "Late delivery"}, "Amount": {"value": 10}}
    keys = {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": "000159"}}

    answer = await api.call("PUT", query, {**keys, "Details": [line]})

    assert len(answer.json["Details"]) == 2
    assert answer.json["Amount"] == {"value": 1260}


async def test_record_is_found_by_id_and_by_filter(api: Any) -> None:
    known = (await api.get("Bill/Bill/000154")).json["id"]

    by_id = await api.call("PUT", f"{DEFAULT}/Bill", {"id": known, "note": {"value": "seen"}})
    where = "VendorRef eq 'NF-21002'"
    body = {"Description": {"value": "x"}}
    by_filter = await api.call("PUT", f"{DEFAULT}/Bill", body, params={"$filter": where})

    assert by_id.json["ReferenceNbr"] == by_filter.json["ReferenceNbr"] == {"value": "000154"}
    assert (await api.get("Bill/Bill/000154")).json["note"] == {"value": "seen"}


async def test_preconditions_decide_between_insert_and_update(api: Any) -> None:
    gone = {"Type": "Bill", "ReferenceNbr": "999999", "Vendor": "ACMEPAPER"}

    update_only = await api.put("Bill", {"If-Match": "*"}, **gone)
    insert_only = await api.put(
        "Bill", {"If-None-Match": "*"}, Type="Bill", ReferenceNbr="000154", Hold=False
    )

    assert (update_only.status, insert_only.status) == (412, 412)
    assert await api.status_of("Bill", "000154") == "On Hold"


async def test_bad_fields_give_422_with_errors_where_they_belong(api: Any) -> None:
    answer = await api.put("Bill", Vendor="NOBODY", Amount="much", CurrencyID="XXX")

    assert answer.status == 422
    assert "raised at least one error" in answer.json["error"]
    assert answer.json["Vendor"]["value"] == "NOBODY"
    assert "cannot be found" in answer.json["Vendor"]["error"]
    assert "must be a number" in answer.json["Amount"]["error"]
    assert "USD" in answer.json["CurrencyID"]["error"]


@pytest.mark.parametrize("body", [{"Vendor": "bare"}, {"Vendor": {"value": None}}])
async def test_bill_without_a_usable_vendor_is_not_inserted(api: Any, body: Any) -> None:
    answer = await api.call("PUT", f"{DEFAULT}/Bill", body)

    assert answer.status == 422
    assert "error" in answer.json["Vendor"]


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ("", "application/json", 400),
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ('{"Amount":{"value":NaN}}', "application/json", 400),
        ("{}", "text/plain", 415),
    ],
)
async def test_unusable_bodies_are_refused(api: Any, data: str, kind: str, status: int) -> None:
    answer = await api.call("PUT", f"{DEFAULT}/Bill", data=data, headers={"Content-Type": kind})

    assert answer.status == status
    assert status == 415 or answer.json["modelState"]


async def test_the_api_role_writes_documents_only(api: Any) -> None:
    answer = await api.put("Vendor", VendorID="ACMEPAPER", VendorName="Renamed")

    assert answer.status == 403
    assert "(AP303000)" in answer.json["message"]


async def test_delete_takes_unreleased_documents_only(erp: Any, api: Any) -> None:
    held = await api.call("DELETE", f"{DEFAULT}/Bill/Bill/000154")
    released = await api.call("DELETE", f"{DEFAULT}/Bill/Bill/000147")

    assert (held.status, released.status) == (204, 500)
    assert (await api.get("Bill/Bill/000154")).status == 500
    assert (await erp.events("change"))[-1]["new"] is None


async def test_put_of_nothing_saves_nothing_and_shows_an_empty_form(erp: Any, api: Any) -> None:
    answer = await api.call("PUT", f"{DEFAULT}/Bill", {})

    assert answer.status == 200
    assert answer.json["ReferenceNbr"] == {"value": "<NEW>"}
    assert await erp.events("change") == []


def lined(number: str, *lines: dict[str, Any]) -> dict[str, Any]:
    keys = {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": number}}
    return {**keys, "Details": list(lines)}


async def test_lines_are_changed_and_deleted_by_id_and_decimals_may_be_strings(api: Any) -> None:
    path = f"{DEFAULT}/Bill?$expand=Details"
    lines = (await api.get("Bill/Bill/000154", **{"$expand": "Details"})).json["Details"]
    changed = {"id": lines[0]["id"], "Amount": {"value": "2.00"}}
    gone = [{"id": line["id"], "delete": True} for line in lines[1:]]

    answer = await api.call("PUT", path, lined("000154", changed, *gone))

    assert [line["Amount"]["value"] for line in answer.json["Details"]] == [2]
    description = lines[0]["TransactionDescription"]
    assert answer.json["Details"][0]["TransactionDescription"] == description
    assert answer.json["Amount"] == {"value": 2}


async def test_order_lines_are_found_by_number_and_new_ones_get_the_next(api: Any) -> None:
    await api.act("PurchaseOrder", "PutOnHold", "PO000112")
    keys = {"Type": {"value": "Normal"}, "OrderNbr": {"value": "PO000112"}}
    known = {"LineNbr": {"value": 1}, "LineDescription": {"value": "Bolts, black"}}
    new = {"LineDescription": {"value": "Rush fee"}, "ExtendedCost": {"value": 25}}
    body = {**keys, "Details": [known, new]}

    answer = await api.call("PUT", f"{DEFAULT}/PurchaseOrder?$expand=Details", body)

    lines = {x["LineNbr"]["value"]: x["LineDescription"] for x in answer.json["Details"]}
    assert lines[1] == {"value": "Bolts, black"}
    assert lines[len(lines)] == {"value": "Rush fee"}


async def test_errors_of_lines_stand_on_their_fields(api: Any) -> None:
    there = len((await api.get("Bill/Bill/000159", **{"$expand": "Details"})).json["Details"])
    bad = {"Qty": {"value": "many"}, "TransactionDescription": {"value": "Odd"}}

    answer = await api.call("PUT", f"{DEFAULT}/Bill", lined("000159", bad))

    assert answer.status == 422
    assert "must be a number" in answer.json["Details"][there]["Qty"]["error"]
    assert answer.json["Details"][there]["TransactionDescription"] == {"value": "Odd"}
    assert len((await api.get("Bill/Bill/000159", **{"$expand": "Details"})).json["Details"]) == (
        there
    )


async def test_a_line_that_is_no_object_is_an_error_of_the_line(api: Any) -> None:
    answer = await api.call("PUT", f"{DEFAULT}/Bill", lined("000159", "nonsense"))  # type: ignore[arg-type]

    assert answer.status == 422
    assert answer.json["Details"][-1]["error"] == "A line must be an object."


async def test_refused_method_names_those_that_are_allowed(api: Any) -> None:
    answer = await api.call("PATCH", f"{DEFAULT}/Bill/Bill/000154", {})

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, DELETE")
