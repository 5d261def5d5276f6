"""Reading by the contract API: shapes, queries, and the errors that are 500."""

from datetime import timedelta
from typing import Any

import pytest

DEFAULT = "/entity/Default/24.200.001"


async def test_endpoints_are_listed_without_sign_in_with_and_without_slash(erp: Any) -> None:
    bare, slashed = [await erp.user.call("GET", path) for path in ("/entity", "/entity/")]

    assert bare.status == slashed.status == 200
    assert bare.json == slashed.json
    assert set(bare.json["version"]) == {"acumaticaBuildVersion", "databaseVersion"}
    versions = {row["version"] for row in bare.json["endpoints"]}
    assert versions == {"20.200.001", "22.200.001", "23.200.001", "24.200.001"}


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
        "/entity/Default/25.200.001/Bill",
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
