"""The sandbox doors: history, documents, and the sentences for bad input."""

from typing import Any

import pytest

ON_HOLD = "000154"


async def test_health_says_ready(erp: Any) -> None:
    assert (await erp.door("GET", "health")).json == {"ready": True}


async def test_history_tells_requests_and_changes_in_order(erp: Any, api: Any) -> None:
    await api.act("Bill", "ReleaseFromHold", ON_HOLD)
    await api.call("POST", "/entity/auth/logout")

    events = (await erp.door("GET", "history")).json["events"]

    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    kinds = [(e["kind"], e.get("path") or e["field"], e.get("status")) for e in events]
    assert kinds == [
        ("request", "/entity/auth/login", 204),
        ("change", "Status", None),
        ("change", "Hold", None),
        ("request", "/entity/Default/24.200.001/Bill/ReleaseFromHold", 204),
        ("request", "/entity/auth/logout", 204),
    ]
    login, status, _, action, logout = events
    assert login["session"] == action["session"] == logout["session"]
    assert action["action"] == "ReleaseFromHold"
    assert action["body"]["entity"]["ReferenceNbr"] == {"value": ON_HOLD}
    assert "body" not in login
    assert (status["old"], status["new"], status["by"]) == ("On Hold", "Balanced", "countersign")
    assert status["keys"] == {"Type": "Bill", "ReferenceNbr": ON_HOLD}


async def test_history_goes_on_after_a_sequence_number(erp: Any, api: Any) -> None:
    await api.get("Bill")

    later = await erp.door("GET", "history?after=1")
    wrong = await erp.door("GET", "history?after=x")

    assert [e["seq"] for e in later.json["events"]] == [2]
    assert wrong.status == 400
    assert "sequence number" in wrong.json["error"]


async def test_reads_at_the_doors_are_not_history(erp: Any) -> None:
    await erp.door("GET", "documents")

    assert (await erp.door("GET", "history")).json["events"] == []


async def test_documents_are_plain_values_with_the_products_own_names(erp: Any) -> None:
    bill = await erp.document(ON_HOLD)

    assert bill["fields"]["Status"] == "On Hold"
    assert bill["fields"]["Amount"] == 4860
    assert bill["fields"]["DueDate"] == "2026-11-23"
    assert bill["owner"] == "EP00000002"
    assert bill["link"].startswith("/Main?CompanyID=Company&ScreenId=AP301000")
    assert bill["details"]["Details"][0]["POOrderNbr"] == "PO000112"


async def test_document_is_created_with_the_next_number_and_sensible_defaults(erp: Any) -> None:
    wish = {"Vendor": "V000000021", "Amount": 1250, "DueDate": "2026-11-20"}

    made = (await erp.change("", set=wish, by="carla")).json

    assert made["keys"] == {"Type": "Bill", "ReferenceNbr": "000160"}
    assert made["fields"]["Status"] == "On Hold"
    assert made["fields"]["BranchID"] == "WEST"
    assert (made["fields"]["Balance"], made["fields"]["DueDate"]) == (1250, "2026-11-20")
    assert (made["owner"], made["created_by"]) == ("EP00000003", "carla")
    assert made["details"]["Details"][0]["Amount"] == 1250


async def test_given_number_is_kept_and_numbering_goes_on_behind_it(erp: Any) -> None:
    wish = {"Vendor": "ACMEPAPER", "Amount": 10}

    first = (await erp.change("000500", set=wish)).json
    second = (await erp.change("", set=wish)).json

    assert first["keys"]["ReferenceNbr"] == "000500"
    assert second["keys"]["ReferenceNbr"] == "000501"


async def test_bill_from_an_order_belongs_to_the_orders_buyer(erp: Any) -> None:
    line = {"POOrderType": "Normal", "POOrderNbr": "PO000116", "Amount": 5}

    made = (await erp.change("", set={"Vendor": "V000000023", "Details": [line]}, by="dev")).json

    assert made["owner"] == "EP00000003"
    assert made["fields"]["Amount"] == 5


@pytest.mark.parametrize(
    ("entity", "number", "target", "steps"),
    [
        ("Bill", "000154", "Open", ["Balanced", "Open"]),
        ("Bill", "000157", "Open", ["Pending Approval", "Balanced", "Open"]),
        ("Bill", "000147", "Closed", ["Closed"]),
        ("PurchaseOrder", "PO000118", "Open", ["Pending Printing", "Open"]),
        ("PurchaseOrder", "PO000112", "Closed", ["Completed", "Closed"]),
        ("Check", "000009", "Closed", ["Printed", "Open", "Closed"]),
        ("Payment", "000003", "Closed", ["Open", "Closed"]),
    ],
)
async def test_status_is_reached_the_way_the_workflow_goes(
    erp: Any, entity: str, number: str, target: str, steps: list[str]
) -> None:
    answer = await erp.change(number, entity, set={"Status": target}, by="ann")

    changes = [e["new"] for e in await erp.events("change") if e["field"] == "Status"]
    assert answer.json["fields"]["Status"] == target
    assert [s for s in steps if s in changes] == steps or changes == [target]
    assert changes[-1] == target


async def test_approval_on_the_way_is_the_approvers(erp: Any) -> None:
    await erp.change("000157", set={"Status": "Open"}, by="ann")

    statuses = [e for e in await erp.events("change") if e["field"] == "Status"]

    assert [(e["new"], e["by"]) for e in statuses] == [
        ("Pending Approval", "ann"),
        ("Balanced", "erin"),
        ("Open", "ann"),
    ]


async def test_changed_total_takes_a_line_along(erp: Any) -> None:
    answer = await erp.change(ON_HOLD, set={"Amount": 5000, "Description": "More bolts"})

    lines = answer.json["details"]["Details"]
    assert sum(line["Amount"] for line in lines) == 5000
    assert answer.json["fields"]["Balance"] == 5000
    fields = {e["field"] for e in await erp.events("change")}
    assert fields == {"Amount", "Balance", "Description", "Details"}


async def test_stamp_can_be_back_dated_as_a_late_commit_would(erp: Any) -> None:
    wish = {"Description": "late", "LastModifiedDateTime": "2026-11-02T14:29:00Z"}

    answer = await erp.change(ON_HOLD, set=wish)

    assert answer.json["fields"]["LastModifiedDateTime"] == "2026-11-02T14:29:00+00:00"


async def test_hold_and_screen_actions_work_as_for_a_user(erp: Any) -> None:
    unheld = await erp.change(ON_HOLD, set={"Hold": False})
    held = await erp.change(ON_HOLD, action="PutOnHold")
    refused = await erp.change("000151", action="Approve", by="ann")
    approved = await erp.change("000151", action="Approve", by="Erin Walsh")

    assert unheld.json["fields"]["Status"] == "Balanced"
    assert held.json["fields"]["Status"] == "On Hold"
    assert (refused.status, approved.status) == (422, 200)
    assert "authorized approver" in refused.json["error"]


@pytest.mark.parametrize(
    ("number", "members", "words"),
    [
        (ON_HOLD, {"entity": "Invoice"}, "'entity' must be one of: Bill"),
        (ON_HOLD, {"keys": {"Number": "1"}}, "Type and ReferenceNbr"),
        (ON_HOLD, {"keys": "000154"}, "'keys' must be an object"),
        (ON_HOLD, {"by": "nobody"}, "'by' must be one of: ann"),
        (ON_HOLD, {"set": {"Colour": "red"}}, "no field 'Colour'"),
        (ON_HOLD, {"set": {"Amount": "much"}}, "'Amount' must be a number"),
        (ON_HOLD, {"set": {"Amount": -1}}, "must not be negative"),
        (ON_HOLD, {"set": {"DueDate": "soon"}}, "such as 2026-11-02"),
        (ON_HOLD, {"set": {"Hold": "perhaps"}}, "true or false"),
        (ON_HOLD, {"set": {"Vendor": "V9"}}, "cannot be found"),
        (ON_HOLD, {"set": {"BranchID": "NORTH"}}, "EAST, WEST"),
        (ON_HOLD, {"set": {"CurrentDocument.EmployeeID": "EP9"}}, "employee EP9"),
        (ON_HOLD, {"set": {"ReferenceNbr": "1"}}, "is a key"),
        (ON_HOLD, {"set": {"Details": "x"}}, "list of lines"),
        (ON_HOLD, {"set": {"Details": [{"X": 1}]}}, "A line of 'Details'"),
        (ON_HOLD, {"set": {"Status": "Released"}}, "'Status' of Bill must be one of"),
        (ON_HOLD, {"set": {"Status": "Rejected"}}, "From here it can become"),
        (ON_HOLD, {"action": "Release"}, "Release is not possible"),
        ("000147", {"set": {"Amount": 1}}, "Amount cannot change"),
        ("000147", {"set": {"Hold": True}}, "'Hold' cannot change"),
        ("", {"set": {"Amount": 1}}, "'Vendor' cannot be empty"),
    ],
)
async def test_bad_wishes_are_refused_in_a_sentence(
    erp: Any, number: str, members: Any, words: str
) -> None:
    answer = await erp.change(number, **members)

    assert answer.status == 422
    assert words in answer.json["error"]
    assert await erp.events("change") == []


@pytest.mark.parametrize("data", ["", "{", "[1]"])
async def test_body_of_a_door_must_be_an_object(erp: Any, data: str) -> None:
    answer = await erp.user.call("POST", "/_sandbox/documents", data=data)

    assert answer.status == 400
    assert "JSON" in answer.json["error"]


async def test_unknown_door_and_missing_document_are_404_in_a_sentence(erp: Any) -> None:
    door = await erp.door("GET", "nothing")
    gone = await erp.door("DELETE", "documents", {"entity": "Bill", "keys": {}})

    assert (door.status, gone.status) == (404, 404)
    assert "/_sandbox/nothing" in door.json["error"]


async def test_pages_of_other_origins_stay_out(erp: Any) -> None:
    evil = {"Origin": "https://evil.example"}

    answer = await erp.user.call("POST", "/_sandbox/push", {"on": False}, headers=evil)

    assert answer.status == 403
    assert (await erp.door("GET", "push")).json["on"] is True
