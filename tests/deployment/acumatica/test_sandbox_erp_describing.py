"""What an endpoint says about itself: `$adHocSchema` and OpenAPI, both from its tables."""

from collections.abc import Iterator
from typing import Any

import pytest

VERBS = {"get", "put", "post", "delete"}
CONTRACT5 = "26.200.001"


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


async def described(erp: Any, version: str, name: str = "Default") -> Any:
    path = f"/entity/{name}/{version}/swagger.json?company=Company"
    return (await erp.user.call("GET", path)).json


@pytest.mark.parametrize(
    ("version", "mark", "place"),
    [
        ("20.200.001", ("swagger", "2.0"), "#/definitions/"),
        ("22.200.001", ("swagger", "2.0"), "#/definitions/"),
        ("23.200.001", ("swagger", "2.0"), "#/definitions/"),
        ("24.200.001", ("openapi", "3.0.1"), "#/components/schemas/"),
        ("25.200.001", ("openapi", "3.0.1"), "#/components/schemas/"),
        (CONTRACT5, ("openapi", "3.0.1"), "#/components/schemas/"),
    ],
)
async def test_every_reference_of_a_description_leads_somewhere(
    start: Any, version: str, mark: tuple[str, str], place: str
) -> None:
    document = await described(await start(contract5=True), version)
    known = document["definitions"] if mark[0] == "swagger" else document["components"]["schemas"]

    assert document[mark[0]] == mark[1]
    names = {ref.removeprefix(place) for ref in references(document)}
    assert names
    assert names <= set(known)


async def test_operations_are_complete_unique_and_tagged_by_entity(erp: Any) -> None:
    paths = (await described(erp, "24.200.001"))["paths"]
    operations = [o for path in paths.values() for verb, o in path.items() if verb in VERBS]

    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert all(op["operationId"].startswith(f"{op['tags'][0]}_") for op in operations)
    assert all(op["responses"] for op in operations)
    assert {
        "Bill_GetList",
        "Bill_PutEntity",
        "Bill_GetById",
        "Bill_DeleteById",
        "Bill_GetByKeys",
        "Bill_DeleteByKeys",
        "Bill_PutFile",
        "Bill_GetAdHocSchema",
        "Bill_InvokeAction_ReleaseBill",
        "Bill_InvokeAction_CustomAction",
        "PurchaseOrder_InvokeAction_CustomAction",
    } <= set(ids)
    assert "post" not in paths.get("/PurchaseOrder/Approve", {})
    assert set(paths["/Bill/{ids}/files/{filename}"]) == {"put"}


async def test_path_parameters_are_declared(erp: Any) -> None:
    paths = (await described(erp, "24.200.001"))["paths"]

    for path, operations in paths.items():
        wanted = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for operation in operations.values():
            told = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert told == wanted


async def test_swagger_2_keeps_bodies_among_the_parameters(erp: Any) -> None:
    document = await described(erp, "22.200.001")
    put = document["paths"]["/Bill"]["put"]

    body = next(p for p in put["parameters"] if p["in"] == "body")
    assert body["schema"] == {"$ref": "#/definitions/Bill"}
    assert put["responses"]["200"]["schema"] == {"$ref": "#/definitions/Bill"}
    assert "requestBody" not in put
    assert all("schema" not in p for p in put["parameters"] if p["in"] != "body")


async def properties(erp: Any, version: str, schema: str, name: str = "Default") -> dict[str, Any]:
    schemas = (await described(erp, version, name))["components"]["schemas"]
    found: dict[str, Any] = schemas[schema]["allOf"][1]["properties"]
    return found


async def test_schemas_are_those_of_the_version(erp: Any) -> None:
    bill = await properties(erp, "24.200.001", "Bill")
    extended = await properties(erp, "24.200.001", "Bill", "Countersign")
    newest = await properties(erp, "25.200.001", "Bill")
    contact = await properties(erp, "24.200.001", "Contact")

    assert bill["Amount"] == {"$ref": "#/components/schemas/DecimalValue"}
    assert bill["Details"]["items"] == {"$ref": "#/components/schemas/BillDetail"}
    assert "Approvals" not in bill
    assert {"Approvals", "CreatedBy", "Owner"} <= set(extended)
    assert set(newest) - set(bill) == {"RetainageDocuments"}
    assert "ContactID" in contact


async def test_contract_5_describes_its_drop_downs(start: Any) -> None:
    bill = await properties(await start(contract5=True), CONTRACT5, "Bill")

    assert bill["Status"] == {"$ref": "#/components/schemas/DropDownValue"}
    assert bill["DueDate"] == {"$ref": "#/components/schemas/DateOnlyValue"}


async def test_unknown_version_has_no_description(erp: Any) -> None:
    answer = await erp.user.call("GET", "/entity/Default/19.200.001/swagger.json")

    assert answer.status == 404


async def test_instance_describes_its_own_paths(erp: Any) -> None:
    document = (await erp.user.call("GET", "/entity/swagger.json")).json

    assert {"/entity", "/entity/auth/login", "/entity/auth/logout"} == set(document["paths"])


async def test_ad_hoc_schema_names_all_fields_and_the_actions_of_the_screen(api: Any) -> None:
    schema = (await api.get("Bill/$adHocSchema")).json
    bill = (await api.get("Bill/Bill/000154", **{"$expand": "Details"})).json

    system = {"id", "rowNumber", "note", "_links"}
    assert set(bill) - system <= set(schema)
    assert set(bill["Details"][0]) - system <= set(schema["Details"][0])
    assert schema["Amount"] == {}
    custom = schema["custom"]["CurrentDocument"]
    assert custom["EmployeeID"] == {"type": "CustomStringField"}
    actions = {action["name"] for action in schema["_workflowActions"]}
    assert {"Approve", "Reject", "Release", "ReleaseFromHold", "PutOnHold"} <= actions


async def test_action_named_by_the_schema_is_no_404(api: Any) -> None:
    for entity, number in (("PurchaseOrder", "PO000112"), ("Check", "000008")):
        schema = (await api.get(f"{entity}/$adHocSchema")).json
        for action in schema["_workflowActions"]:
            assert (await api.act(entity, action["name"], number)).status != 404


async def test_ad_hoc_schema_shows_nested_parts(api: Any) -> None:
    vendor = (await api.get("Vendor/$adHocSchema")).json

    assert vendor["MainContact"]["Address"]["City"] == {}
    assert vendor["PaymentInstructions"][0]["Value"] == {}
