"""Reading by the contract API: shapes, queries, and the errors that are 500."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deployment.sandbox.acumatica.values import moment_text

DEFAULT = "/entity/Default/24.200.001"


async def test_endpoints_are_listed_without_sign_in_with_and_without_slash(erp: Any) -> None:
    bare, slashed = [await erp.user.call("GET", path) for path in ("/entity", "/entity/")]

    assert bare.status == slashed.status == 200
    assert bare.json == slashed.json
    assert set(bare.json["version"]) == {"acumaticaBuildVersion", "databaseVersion"}
    versions = {row["version"] for row in bare.json["endpoints"]}
    assert versions == {"20.200.001", "22.200.001", "23.200.001", "24.200.001", "25.200.001"}


async def test_record_has_wrapped_values_and_bare_system_members(api: Any) -> None:
    bill = (await api.get("Bill/Bill/000154")).json

    assert bill["Status"] == {"value": "On Hold"}
    assert bill["Hold"] == {"value": True}
    assert bill["CashAccount"] == {"value": "10200"}
    assert bill["note"] == {"value": ""}
    assert bill["rowNumber"] == 1
    assert bill["custom"] == {}
    assert bill["_links"]["self"] == f"{DEFAULT}/Bill/{bill['id']}"
    assert bill["_links"]["files:put"].endswith("/{filename}")
    assert bill["Date"]["value"].endswith("T00:00:00+00:00")
    assert "Details" not in bill


async def test_decimals_are_numbers_with_four_digits_and_empty_is_an_empty_object(api: Any) -> None:
    payment = await api.get("Payment/Payment/000002")

    assert '"PaymentAmount":{"value":15300.0000}' in payment.text
    assert payment.json["OrigTransaction"] == {}


async def test_dates_come_as_midnight_in_the_zone_of_the_server(start: Any) -> None:
    erp = await start(utc_offset=timedelta(hours=3))
    await erp.user.sign_in()

    bill = (await erp.user.get("Bill/Bill/000154")).json

    assert bill["DueDate"]["value"] == "2026-11-23T00:00:00+03:00"
    assert bill["LastModifiedDateTime"]["value"].endswith("+03:00")


async def test_details_come_under_expand_only_and_have_no_note(api: Any) -> None:
    bill = (await api.get("Bill/Bill/000154", **{"$expand": "Details,TaxDetails,files"})).json

    assert bill["Details"][0]["note"] is None
    assert bill["Details"][0]["POOrderNbr"] == {"value": "PO000112"}
    assert bill["TaxDetails"] == []
    assert bill["files"] == []


async def test_select_narrows_fields_of_record_and_lines(api: Any) -> None:
    query = {"$select": "ReferenceNbr,Details/POOrderNbr", "$expand": "Details"}

    bill = (await api.get("Bill/Bill/000154", **query)).json

    system = {"id", "rowNumber", "note", "custom", "_links"}
    assert set(bill) == {*system, "ReferenceNbr", "Details"}
    assert set(bill["Details"][0]) == {"id", "rowNumber", "note", "custom", "POOrderNbr"}


async def test_custom_reads_screen_fields_the_endpoint_lacks(api: Any) -> None:
    names = "CurrentDocument.EmployeeID,CurrentDocument.EmployeeID_description,Document.CuryDocBal"

    bill = (await api.get("Bill/Bill/000154", **{"$custom": names})).json

    owner = bill["custom"]["CurrentDocument"]
    assert owner["EmployeeID"] == {"type": "CustomStringField", "value": "EP00000002"}
    assert owner["EmployeeID_description"]["value"] == "Ben Ortiz"
    assert bill["custom"]["Document"]["CuryDocBal"]["value"] == 4860


async def test_available_balance_is_readable_by_custom_only(api: Any) -> None:
    payment = (await api.get("Payment/Payment/000002", **{"$custom": "Document.CuryDocBal"})).json

    assert payment["AvailableBalance"] == {}
    assert payment["custom"]["Document"]["CuryDocBal"]["value"] == 15300


@pytest.mark.parametrize("path", ["Bill|000154", "{id}"])
async def test_record_is_found_by_joined_keys_and_by_id(api: Any, path: str) -> None:
    known = (await api.get("Bill/Bill/000154")).json["id"]

    found = await api.get(f"Bill/{path.format(id=known)}")

    assert found.json["ReferenceNbr"] == {"value": "000154"}


async def test_employee_vendor_and_contact_can_be_read(api: Any) -> None:
    filter_ = {"$filter": "ContactInfo/Email eq 'ben@acme.example'", "$expand": "ContactInfo"}
    employees = (await api.get("Employee", **filter_)).json
    login = (await api.get("Employee/EP00000002", **{"$custom": "User.Username"})).json
    vendor = (await api.get("Vendor/ACMEPAPER", **{"$expand": "MainContact"})).json
    contacts = (await api.get("Contact")).json

    assert [e["EmployeeID"]["value"] for e in employees] == ["EP00000002"]
    assert employees[0]["ContactInfo"]["Email"] == {"value": "ben@acme.example"}
    assert login["custom"]["User"]["Username"]["value"] == "ben"
    assert vendor["VendorName"] == {"value": "Acme Paper & Packaging"}
    assert vendor["MainContact"]["Email"]["value"].startswith("receivables@")
    assert isinstance(contacts[0]["ContactID"]["value"], int)


async def test_skip_comes_before_top_and_the_end_is_a_short_page(api: Any) -> None:
    everything = [row["id"] for row in (await api.get("Bill")).json]

    second = (await api.get("Bill", **{"$top": "4", "$skip": "4"})).json
    last = (await api.get("Bill", **{"$top": "4", "$skip": "14"})).json
    beyond = (await api.get("Bill", **{"$top": "4", "$skip": "99"})).json

    assert [row["id"] for row in second] == everything[4:8]
    assert [row["rowNumber"] for row in second] == [1, 2, 3, 4]
    assert (len(last), beyond) == (1, [])


async def test_filter_on_a_window_of_changes_finds_what_changed(erp: Any, api: Any) -> None:
    await erp.change("000154", set={"Description": "Bolts"})
    window = "LastModifiedDateTime ge datetimeoffset'2026-11-02T14:31:28.000+00:00'"

    found = (await api.get("Bill", **{"$filter": window})).json

    assert [row["ReferenceNbr"]["value"] for row in found] == ["000154"]
    assert found[0]["LastModifiedDateTime"]["value"] == "2026-11-02T14:31:28.407+00:00"


async def test_plus_sign_sent_bare_makes_a_bad_literal(api: Any) -> None:
    bare = "LastModifiedDateTime gt datetimeoffset'2026-11-02T00:00:00+00:00'".replace(" ", "%20")

    answer = await api.call("GET", f"{DEFAULT}/Bill?$filter={bare}")

    assert answer.status == 500
    assert "Edm.DateTimeOffset" in answer.json["exceptionMessage"]


@pytest.mark.parametrize(
    ("path", "query", "error"),
    [
        ("Bill/Bill/999999", {}, "NoEntitySatisfiesTheConditionException"),
        ("Bill/00000000-0000-0000-0000-000000000000", {}, "NoEntitySatisfiesTheCondition"),
        ("Bill", {"$filter": "Hold eq 'true'"}, "ODataException"),
        ("Bill", {"$filter": "Owner eq 'x'"}, "KeyNotFoundException"),
        ("Bill", {"$select": "Owner"}, "KeyNotFoundException"),
        ("Bill", {"$expand": "Approvals"}, "KeyNotFoundException"),
        ("Bill", {"$custom": "Document.Nothing"}, "KeyNotFoundException"),
        ("Payment", {"$expand": "ApplicationHistory"}, "CannotOptimizeException"),
    ],
)
async def test_reading_errors_are_500_with_a_type(
    api: Any, path: str, query: dict[str, str], error: str
) -> None:
    answer = await api.get(path, **query)

    assert answer.status == 500
    assert error in answer.json["exceptionType"]
    assert answer.json["message"] == "An error has occurred."


async def test_what_breaks_a_list_works_by_key(api: Any) -> None:
    answer = await api.get("Payment/Payment/000001", **{"$expand": "ApplicationHistory"})

    assert answer.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/entity/Default/26.200.001/Bill",
        "/entity/eCommerce/24.200.001/Bill",
        "/entity/Own/24.200.001/Bill",
        f"{DEFAULT}/Invoice",
        f"{DEFAULT}/bill",
        f"{DEFAULT}/",
        "/entity/nothing",
    ],
)
async def test_unknown_endpoint_version_or_entity_is_404(api: Any, path: str) -> None:
    answer = await api.call("GET", path)

    assert answer.status == 404
    assert "No HTTP resource was found" in answer.json["message"]


async def test_older_versions_answer_with_the_same_code(api: Any) -> None:
    answer = await api.call("GET", "/entity/Default/20.200.001/Bill/Bill/000154")

    assert answer.json["_links"]["self"].startswith("/entity/Default/20.200.001/Bill/")


async def test_top_must_be_a_number_and_patch_is_not_offered(api: Any) -> None:
    assert (await api.get("Bill", **{"$top": "many"})).status == 400
    assert (await api.call("PATCH", f"{DEFAULT}/Bill", {})).status == 405


async def test_filter_over_fields_of_two_views_finds_nothing_though_each_half_does(
    api: Any,
) -> None:
    halves = ("Status eq 'On Hold'", "ApprovedForPayment eq false")

    alone = [len((await api.get("Bill", **{"$filter": half})).json) for half in halves]
    together = (await api.get("Bill", **{"$filter": " and ".join(halves)})).json

    assert all(alone)
    assert together == []


@pytest.mark.parametrize(
    "text",
    [
        "cf.Decimal(f='Document.CuryOrigDocAmt') eq 4860.00M and Type eq 'Bill'",
        "cf.String(f='CurrentDocument.EmployeeID') eq 'EP00000002' and Amount eq 4860",
        "cf.DateTime(f='Document.CreatedDateTime') eq null and Amount eq 4860",
    ],
)
async def test_filter_reads_fields_of_the_screen(api: Any, text: str) -> None:
    found = (await api.get("Bill", **{"$filter": text})).json

    assert [row["ReferenceNbr"]["value"] for row in found] == ["000154"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("cf.String(f='Document.CuryOrigDocAmt') eq '4860'", "ODataException"),
        ("cf.String(f='Document.Nothing') eq 'x'", "KeyNotFoundException"),
        ("contains(VendorRef,'NF')", "ODataException"),
    ],
)
async def test_filter_on_screen_fields_is_strict(api: Any, text: str, error: str) -> None:
    answer = await api.get("Bill", **{"$filter": text})

    assert answer.status == 500
    assert error in answer.json["exceptionType"]


async def test_custom_fields_come_on_lists_and_on_lines(api: Any) -> None:
    query = {
        "$custom": "Document.CuryDocBal,Transactions.CuryLineAmt",
        "$expand": "Details",
        "$filter": "ReferenceNbr eq '000154'",
    }

    bill = (await api.get("Bill", **query)).json[0]

    assert bill["custom"] == {
        "Document": {"CuryDocBal": {"type": "CustomDecimalField", "value": 4860}}
    }
    amounts = [x["custom"]["Transactions"]["CuryLineAmt"]["value"] for x in bill["Details"]]
    assert sum(amounts) == 4860


async def test_nested_expand_brings_what_it_lies_in(api: Any) -> None:
    vendor = (await api.get("Vendor/ACMEPAPER", **{"$expand": "MainContact/Address"})).json
    receipt = await api.get("PurchaseReceipt/Receipt/000301", **{"$expand": "Details/Allocations"})

    assert vendor["MainContact"]["Address"]["City"] == {}
    assert receipt.json["Details"][0]["Allocations"] == []


async def test_key_that_holds_a_slash_is_read_by_id_only(erp: Any, api: Any) -> None:
    keys = {"Type": "Bill", "ReferenceNbr": "12/34"}
    made = await erp.door(
        "POST", "documents", {"entity": "Bill", "keys": keys, "set": {"Vendor": "ACMEPAPER"}}
    )

    by_keys = [await api.get(f"Bill/Bill/{number}") for number in ("12/34", "12%2F34")]
    by_id = await api.get(f"Bill/{made.json['id']}")

    assert [answer.status for answer in by_keys] == [500, 500]
    assert by_id.json["ReferenceNbr"] == {"value": "12/34"}


async def test_pages_shift_under_writes_when_the_order_is_unstable(start: Any) -> None:
    erp = await start(unstable_order=True)
    await erp.user.sign_in()
    before = [r["id"] for r in (await erp.user.get("Bill", **{"$top": "5"})).json]
    numbers = [r["ReferenceNbr"]["value"] for r in (await erp.user.get("Bill")).json]

    erp.clock.at += timedelta(minutes=5)
    await erp.change(numbers[0], set={"Description": "touched"})
    rest = [r["id"] for r in (await erp.user.get("Bill", **{"$skip": "5"})).json]

    everything = {r["id"] for r in (await erp.user.get("Bill")).json}
    assert before[0] in rest
    assert everything - {*before, *rest}  # one row was never on a page


async def test_rows_of_a_branch_the_api_user_lacks_are_hidden_without_a_word(
    erp: Any, api: Any
) -> None:
    everything = (await api.get("Bill")).json
    await erp.door("POST", "habits", {"hidden_branches": ["WEST"]})
    ben = await erp.new_user()
    await ben.sign_in("ben")

    shown = (await api.get("Bill")).json
    hidden = next(r for r in everything if r["BranchID"]["value"] == "WEST")
    by_id = await api.get(f"Bill/{hidden['id']}")

    assert {r["BranchID"]["value"] for r in shown} == {"EAST"}
    assert "NoEntitySatisfies" in by_id.json["exceptionType"]
    assert len((await ben.get("Bill")).json) == len(everything)


async def test_only_json_is_on_offer(api: Any) -> None:
    refused = await api.call("GET", f"{DEFAULT}/Bill", headers={"Accept": "application/xml"})
    taken = await api.call("GET", f"{DEFAULT}/Bill", headers={"Accept": "text/html, */*;q=0.1"})

    assert (refused.status, taken.status) == (406, 200)


@pytest.mark.parametrize(
    ("microsecond", "fraction"), [(0, ""), (790_000, ".79"), (60_000, ".06"), (837_000, ".837")]
)
def test_fraction_of_a_second_is_trimmed(microsecond: int, fraction: str) -> None:
    moment = datetime(2026, 11, 2, 14, 31, 28, microsecond, UTC)

    assert moment_text(moment) == f"2026-11-02T14:31:28{fraction}+00:00"


async def test_a_screen_the_api_users_role_lacks_is_403_for_nobody_else(erp: Any, api: Any) -> None:
    await erp.door("POST", "habits", {"closed_screens": ["AP301000"]})
    ben = await erp.new_user()
    await ben.sign_in("ben")

    answer = await api.get("Bill")

    assert answer.status == 403
    assert "(AP301000)" in answer.json["message"]
    assert (await api.get("PurchaseOrder")).status == 200
    assert (await ben.get("Bill")).status == 200
