"""Which names and actions each endpoint version knows, and what an instance lists."""

from typing import Any

import pytest

from deployment.sandbox.acumatica import SandboxOptions

LATER = [  # a name, where it stands, and the version it came with
    ("PurchaseOrder", "IsTaxValid", "22.200.001"),
    ("Payment", "AppliedToOrders", "22.200.001"),
    ("Payment", "NoteID", "22.200.001"),
    ("Payment", "IsCCPayment", "23.200.001"),
    ("Vendor", "LegalName", "22.200.001"),
    ("PurchaseReceipt", "InventoryRefNbr", "22.200.001"),
    ("PurchaseReceipt", "LastModifiedDateTime", "23.200.001"),
]
LATER_IN_LINES = [
    ("PurchaseOrder", "Details/OrderedQty", "22.200.001"),
    ("Bill", "Details/LCNbr", "24.200.001"),
    ("Employee", "Delegates/IsActive", "22.200.001"),
]
LATER_LISTS = [
    ("Payment", "Charges", "23.200.001"),
    ("Bill", "RetainageDocuments", "25.200.001"),
    ("Employee", "CompanyTreeInfo", "25.200.001"),
]
VERSIONS = ("20.200.001", "22.200.001", "23.200.001", "24.200.001", "25.200.001")


def at(version: str, path: str, name: str = "Default") -> str:
    return f"/entity/{name}/{version}/{path}"


@pytest.mark.parametrize(("entity", "name", "since"), LATER)
async def test_field_a_version_lacks_is_refused_and_never_shown(
    api: Any, entity: str, name: str, since: str
) -> None:
    for version in VERSIONS:
        there = since <= version
        shown = (await api.call("GET", at(version, entity))).json
        selected = await api.call("GET", at(version, entity), params={"$select": name})
        filtered = await api.call("GET", at(version, entity), params={"$filter": f"{name} eq null"})

        assert all((name in row) is there for row in shown)
        assert selected.status == filtered.status == (200 if there else 500)
        assert there or "KeyNotFoundException" in selected.json["exceptionType"]
        assert there or "KeyNotFoundException" in filtered.json["exceptionType"]


@pytest.mark.parametrize(("entity", "name", "since"), LATER_IN_LINES)
async def test_column_a_version_lacks_is_missing_from_its_lines(
    api: Any, entity: str, name: str, since: str
) -> None:
    part, _, column = name.partition("/")
    for version in VERSIONS:
        path = at(version, entity)
        rows = (await api.call("GET", path, params={"$expand": part})).json
        selected = await api.call("GET", path, params={"$select": name, "$expand": part})

        lines = [line for row in rows for line in row[part]]
        assert lines
        assert all((column in line) is (since <= version) for line in lines)
        assert selected.status == (200 if since <= version else 500)


@pytest.mark.parametrize(("entity", "name", "since"), LATER_LISTS)
async def test_list_a_version_lacks_cannot_be_expanded(
    api: Any, entity: str, name: str, since: str
) -> None:
    for version in VERSIONS:
        answer = await api.call("GET", at(version, entity), params={"$expand": name})

        assert answer.status == (200 if since <= version else 500)


async def test_bill_of_22_has_no_tax_check_while_20_and_23_have(api: Any) -> None:
    has = [
        "IsTaxValid" in (await api.call("GET", at(version, "Bill/Bill/000154"))).json
        for version in VERSIONS
    ]

    assert has == [True, False, True, True, True]


async def test_unknown_member_of_a_body_is_passed_over(erp: Any, api: Any) -> None:
    keys = {"Type": {"value": "Payment"}, "ReferenceNbr": {"value": "000003"}}
    body = {**keys, "ExternalRef": {"value": "changed"}}

    old = await api.call("PUT", at("20.200.001", "Payment"), body)
    after_old = (await erp.document("000003", "Payment"))["fields"]["ExternalRef"]
    new = await api.call("PUT", at("22.200.001", "Payment"), body)

    assert (old.status, new.status) == (200, 200)
    assert after_old == "ACH 0107"
    assert new.json["ExternalRef"] == {"value": "changed"}


@pytest.mark.parametrize(
    ("entity", "action", "since"),
    [
        ("Bill", "ReleaseBill", "20.200.001"),
        ("Bill", "ReleaseRetainage", "23.200.001"),
        ("Payment", "VoidCardPayment", "22.200.001"),
        ("Vendor", "CreateContactFromVendor", "23.200.001"),
        ("Contact", "CreateAccountFromContact", "23.200.001"),
    ],
)
async def test_action_a_version_does_not_declare_is_404(
    api: Any, entity: str, action: str, since: str
) -> None:
    body = {"entity": {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": "000147"}}}
    for version in VERSIONS:
        answer = await api.call("POST", at(version, f"{entity}/{action}"), body)

        assert (answer.status == 404) is (version < since)


async def test_only_the_versions_asked_for_are_served(start: Any) -> None:
    erp = await start(versions=("20.200.001", "22.200.001"))
    await erp.user.sign_in()

    listed = (await erp.user.call("GET", "/entity")).json
    newer = await erp.user.call("GET", at("24.200.001", "Bill"))

    defaults = [row["version"] for row in listed["endpoints"] if row["name"] == "Default"]
    assert defaults == ["22.200.001", "20.200.001"]
    assert listed["version"]["acumaticaBuildVersion"].startswith("22.")
    assert newer.status == 404


@pytest.mark.parametrize(
    "wrong", [{"versions": ("19.200.001",)}, {"versions": ()}, {"action_location": "moon"}]
)
def test_options_nobody_knows_do_not_start(wrong: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        SandboxOptions(password="p", **wrong)


async def test_own_endpoint_is_listed_for_who_is_signed_in(erp: Any) -> None:
    outside = (await erp.user.call("GET", "/entity/")).json["endpoints"]
    await erp.user.sign_in()
    inside = (await erp.user.call("GET", "/entity/")).json["endpoints"]

    own = [row for row in inside if row not in outside]
    assert [(row["name"], row["version"]) for row in own] == [("Countersign", "24.200.001")]
    assert own[0]["href"] == "/entity/Countersign/24.200.001/"


async def test_other_system_endpoints_stand_in_the_list_too(erp: Any) -> None:
    rows = (await erp.user.call("GET", "/entity")).json["endpoints"]

    assert {"Default", "eCommerce"} == {row["name"] for row in rows}


async def test_old_builds_answer_with_the_bare_rows(start: Any) -> None:
    erp = await start(bare_endpoints=True)

    rows = (await erp.user.call("GET", "/entity")).json

    assert {"name", "version", "href"} == set(rows[0])
    assert rows[0]["version"] == "25.200.001"


async def test_extension_shows_people_that_default_hides(api: Any) -> None:
    bill = (await api.call("GET", at("24.200.001", "Bill/Bill/000154", "Countersign"))).json
    employee = await api.call("GET", at("24.200.001", "Employee/EP00000002", "Countersign"))
    found = await api.call(
        "GET",
        at("24.200.001", "Employee", "Countersign"),
        params={"$filter": "Login eq 'carla'", "$select": "EmployeeID"},
    )

    assert bill["CreatedBy"] == {"value": "dev"}
    assert bill["LastModifiedBy"] == {"value": "dev"}
    assert bill["Owner"] == {"value": "EP00000002"}
    assert bill["Workgroup"] == {}
    assert employee.json["Login"] == {"value": "ben"}
    assert [row["EmployeeID"]["value"] for row in found.json] == ["EP00000003"]


@pytest.mark.parametrize("name", ["CreatedBy", "LastModifiedBy", "Owner", "Workgroup"])
async def test_default_refuses_what_only_the_extension_has(api: Any, name: str) -> None:
    answer = await api.get("Bill", **{"$select": name})

    assert "KeyNotFoundException" in answer.json["exceptionType"]


async def test_extension_fields_cannot_be_written(erp: Any, api: Any) -> None:
    keys = {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": "000154"}}
    body = {**keys, "CreatedBy": {"value": "nobody"}, "Approvals": [{"Status": {"value": "x"}}]}

    answer = await api.call("PUT", at("24.200.001", "Bill", "Countersign"), body)

    assert answer.json["CreatedBy"] == {"value": "dev"}
    assert await erp.events("change") == []
