"""Approval rows of the extension: who was asked, who answered, in steps where the map has steps."""

from typing import Any

import pytest

OWN = "/entity/Countersign/24.200.001"


async def rows_of(user: Any, entity: str, keys: str) -> list[dict[str, Any]]:
    answer = await user.call("GET", f"{OWN}/{entity}/{keys}", params={"$expand": "Approvals"})
    return [
        {name: row[name].get("value") for name in ("Approver", "ApprovedBy", "Status", "Reason")}
        for row in answer.json["Approvals"]
    ]


async def signed_in(erp: Any, name: str) -> Any:
    user = await erp.new_user()
    await user.sign_in(name)
    return user


async def test_row_appears_when_the_document_enters_pending_approval(api: Any) -> None:
    before = await rows_of(api, "Bill", "Bill/000157")

    await api.act("Bill", "ReleaseFromHold", "000157")

    pending = {"Approver": "EP00000005", "ApprovedBy": None, "Status": "Pending", "Reason": None}
    assert before == []
    assert await rows_of(api, "Bill", "Bill/000157") == [pending]


async def test_answered_row_names_who_and_when(erp: Any, api: Any) -> None:
    erin = await signed_in(erp, "erin")

    await erin.act("Bill", "Approve", "000151")

    path = f"{OWN}/Bill/Bill/000151"
    row = (await api.call("GET", path, params={"$expand": "Approvals"})).json["Approvals"][0]
    assert row["Status"] == {"value": "Approved"}
    assert row["ApprovedBy"] == row["Approver"] == {"value": "EP00000005"}
    assert row["ApprovedByName"] == row["ApproverName"] == {"value": "Erin Walsh"}
    assert row["Date"] == {"value": "2026-11-02T00:00:00+00:00"}
    assert row["Workgroup"]["value"]


async def test_rejected_row_keeps_the_reason_and_hold_forgets_it(erp: Any, api: Any) -> None:
    farid = await signed_in(erp, "farid")
    keys = {"Type": {"value": "Normal"}, "OrderNbr": {"value": "PO000119"}}
    reason = {"Reason": {"type": "CustomStringField", "value": "Too early"}}
    body = {"entity": keys, "parameters": {"custom": {"ReasonApproveRejectParams": reason}}}

    await farid.call("POST", f"{OWN}/PurchaseOrder/Reject", body)
    rejected = await rows_of(api, "PurchaseOrder", "Normal/PO000119")
    await api.act("PurchaseOrder", "PutOnHold", "PO000119")

    assert [(row["Status"], row["Reason"]) for row in rejected] == [("Rejected", "Too early")]
    assert await rows_of(api, "PurchaseOrder", "Normal/PO000119") == []


async def test_one_approve_may_leave_a_large_bill_pending(erp: Any, api: Any) -> None:
    made = await api.put("Bill", Vendor="ACMEPAPER", Amount=50_000, Hold=False)
    number = made.json["ReferenceNbr"]["value"]
    erin, farid = await signed_in(erp, "erin"), await signed_in(erp, "farid")

    too_early = await farid.act("Bill", "Approve", number)
    first = await erin.act("Bill", "Approve", number)
    between = (await api.status_of("Bill", number), await rows_of(api, "Bill", f"Bill/{number}"))
    twice = await erin.act("Bill", "Approve", number)
    second = await farid.act("Bill", "Approve", number)

    assert (too_early.status, first.status, twice.status, second.status) == (500, 204, 500, 204)
    assert between[0] == "Pending Approval"
    assert [row["Status"] for row in between[1]] == ["Approved", "Pending"]
    assert await api.status_of("Bill", number) == "Balanced"


async def test_tester_moves_a_document_through_all_its_approvals(erp: Any, api: Any) -> None:
    made = await api.put("Bill", Vendor="ACMEPAPER", Amount=60_000)
    number = made.json["ReferenceNbr"]["value"]

    moved = await erp.change(number, set={"Status": "Open"})

    approved = [row["ApprovedByName"] for row in moved.json["details"]["Approvals"]]
    assert moved.json["fields"]["Status"] == "Open"
    assert approved == ["Erin Walsh", "Farid Haddad"]


async def test_default_does_not_know_approvals(api: Any) -> None:
    for entity in ("Bill", "PurchaseOrder", "Check", "Payment"):
        answer = await api.get(entity, **{"$expand": "Approvals"})

        assert "KeyNotFoundException" in answer.json["exceptionType"]


async def delegate(erp: Any, **row: Any) -> None:
    wish = {"Delegates": [{"Delegate": "EP00000001", "IsActive": True, **row}]}
    keys = {"EmployeeID": "EP00000005"}
    await erp.door("POST", "masters", {"entity": "Employee", "keys": keys, "set": wish})


async def test_delegate_answers_and_is_named(erp: Any, api: Any) -> None:
    await delegate(erp, StartsOn="2026-11-02", ExpiresOn="2026-11-02")
    ann = await signed_in(erp, "ann")

    answer = await ann.act("Bill", "Approve", "000151")

    row = (await rows_of(api, "Bill", "Bill/000151"))[0]
    assert answer.status == 204
    assert (row["Approver"], row["ApprovedBy"]) == ("EP00000005", "EP00000001")


@pytest.mark.parametrize(
    "row", [{"IsActive": False}, {"ExpiresOn": "2026-11-01"}, {"StartsOn": "2026-11-03"}]
)
async def test_delegation_that_does_not_hold_today_gives_no_right(
    erp: Any, api: Any, row: dict[str, Any]
) -> None:
    await delegate(erp, **row)
    ann = await signed_in(erp, "ann")

    answer = await ann.act("Bill", "Approve", "000151")

    assert "not an authorized approver" in answer.json["exceptionMessage"]
