"""Contract version 5 behind its switch: other shapes and literals, nothing of version 4."""

from typing import Any

import pytest

V5 = "/entity/Default/26.200.001"


@pytest.fixture
async def new(start: Any) -> Any:
    """An instance that has contract 5, its API user signed in."""
    erp = await start(contract5=True)
    await erp.user.sign_in()
    return erp


async def rows(erp: Any, entity: str = "Bill", **query: str) -> Any:
    return await erp.user.call("GET", f"{V5}/{entity}", params=query)


async def test_it_is_listed_only_when_switched_on(erp: Any, new: Any) -> None:
    off = (await erp.user.call("GET", "/entity")).json
    on = (await new.user.call("GET", "/entity")).json

    assert "26.200.001" not in {row["version"] for row in off["endpoints"]}
    assert "26.200.001" in {row["version"] for row in on["endpoints"]}
    assert on["version"]["acumaticaBuildVersion"].startswith("26.")
    assert (await erp.user.call("GET", f"{V5}/Bill")).status in (401, 404)


async def test_drop_downs_carry_id_and_description_and_days_are_days(new: Any) -> None:
    bill = (await new.user.call("GET", f"{V5}/Bill/INV/000154")).json

    assert bill["Status"] == {"value": {"id": "H", "description": "On Hold"}}
    assert bill["Type"] == {"value": {"id": "INV", "description": "Bill"}}
    assert bill["DueDate"] == {"value": "2026-11-23"}
    assert bill["LastModifiedDateTime"]["value"].endswith("+00:00")
    assert bill["Amount"] == {"value": 4860}


async def test_version_4_of_the_same_instance_keeps_its_labels(new: Any) -> None:
    bill = (await new.user.get("Bill/Bill/000154")).json

    assert bill["Status"] == {"value": "On Hold"}
    assert bill["DueDate"]["value"].endswith("T00:00:00+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "ReferenceNbr eq '000154' and Status eq 'H' and Type eq 'INV'",
        "contains(VendorRef,'21002')",
        "LastModifiedDateTime gt 2026-09-01T10:31:28.402+03:00 and VendorRef eq 'NF-21002'",
        "DueDate eq 2026-11-23",
        "cf.Decimal('Document.CuryOrigDocAmt') eq 4860.00",
        "startswith(VendorRef,'NF-21') and Hold eq true",
    ],
)
async def test_filters_have_new_literals_and_ids(new: Any, text: str) -> None:
    found = await rows(new, **{"$filter": text})

    assert [row["ReferenceNbr"]["value"] for row in found.json] == ["000154"]


async def test_label_in_a_filter_finds_nothing(new: Any) -> None:
    assert (await rows(new, **{"$filter": "Status eq 'On Hold'"})).json == []


@pytest.mark.parametrize(
    "text",
    [
        "LastModifiedDateTime gt datetimeoffset'2026-09-01'",
        "substringof('NF',VendorRef)",
        "Amount gt 12M",
        "cf.String(f='CurrentDocument.EmployeeID') eq 'x'",
        "LastModifiedDateTime gt 2026-09-01T10:31:28 03:00",
    ],
)
async def test_literals_of_version_4_are_refused(new: Any, text: str) -> None:
    answer = await rows(new, **{"$filter": text})

    assert answer.status == 500
    assert "ODataException" in answer.json["exceptionType"]


async def test_literals_of_version_5_are_refused_by_version_4(new: Any) -> None:
    answer = await new.user.get("Bill", **{"$filter": "DueDate eq 2026-11-23"})

    assert answer.status == 500


async def test_expand_nests_with_a_selection_of_its_own(new: Any) -> None:
    expand = "MainContact($expand=Address($select=City);$select=Email),PaymentInstructions"

    vendor = (await new.user.call("GET", f"{V5}/Vendor/ACMEPAPER", params={"$expand": expand})).json

    contact = vendor["MainContact"]
    assert {"Email", "Address"} < set(contact)
    assert "Phone1" not in contact
    assert set(contact["Address"]) - {"id", "note", "custom"} == {"City"}
    assert len(vendor["PaymentInstructions"]) == 2
    assert vendor["VendorName"] == {"value": "Acme Paper & Packaging"}


async def test_custom_fields_move_into_select(new: Any) -> None:
    refused = await rows(new, **{"$custom": "Document.CuryDocBal"})
    select = {"$select": "*,Document.CuryDocBal", "$filter": "ReferenceNbr eq '000154'"}

    row = (await rows(new, **select)).json[0]

    assert refused.status == 400
    assert row["custom"]["Document"]["CuryDocBal"]["value"] == 4860
    assert row["Amount"] == {"value": 4860}


@pytest.mark.parametrize("expand", ["Details(", "Details($top=1)", "Nothing"])
async def test_expand_that_cannot_be_read_is_a_500(new: Any, expand: str) -> None:
    assert (await rows(new, **{"$expand": expand})).status == 500


@pytest.mark.parametrize("kind", ["INV", {"id": "INV"}, {"id": "INV", "description": "Bill"}])
async def test_requests_name_drop_downs_by_id(new: Any, kind: Any) -> None:
    body = {"entity": {"Type": {"value": kind}, "ReferenceNbr": {"value": "000154"}}}

    answer = await new.user.call("POST", f"{V5}/Bill/ReleaseFromHold", body)

    assert answer.status == 204
    assert await new.user.status_of("Bill", "000154") == "Balanced"


async def test_label_in_a_request_is_not_taken_for_an_id(new: Any) -> None:
    body = {"entity": {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": "000154"}}}

    answer = await new.user.call("POST", f"{V5}/Bill/ReleaseFromHold", body)

    assert answer.status == 500
    assert await new.user.status_of("Bill", "000154") == "On Hold"


async def test_it_has_the_fields_that_came_with_it(new: Any) -> None:
    payments = (await rows(new, "Payment")).json

    assert all("CCProcessingStatus" in row for row in payments)
    assert "CCProcessingStatus" not in (await new.user.get("Payment")).json[0]
