"""Actions and long operations: what runs at once, what runs later, and who may."""

import asyncio
from typing import Any

import pytest

DEFAULT = "/entity/Default/24.200.001"


async def release(erp: Any, user: Any, entity: str, action: str, number: str) -> Any:
    started = await user.act(entity, action, number)
    assert started.status == 202
    await erp.clock.end_nap()
    return await user.call("GET", started.location)


@pytest.mark.parametrize(
    ("entity", "action", "number", "status"),
    [
        ("Bill", "ReleaseBill", "000150", "Open"),
        ("Bill", "Release", "000150", "Open"),
        ("Check", "ReleaseCheck", "000010", "Closed"),
        ("Payment", "ReleasePayment", "000003", "Open"),
        ("Payment", "Release", "000003", "Open"),
    ],
)
async def test_release_is_a_long_operation_that_ends_in_204(
    erp: Any, api: Any, entity: str, action: str, number: str, status: str
) -> None:
    started = await api.act(entity, action, number)
    running = await api.call("GET", started.location)
    await erp.clock.end_nap()
    finished = await api.call("GET", started.location)

    assert started.status == running.status == 202
    assert started.location.startswith(f"{DEFAULT}/{entity}/{action}/status/")
    assert finished.status == 204
    assert await api.status_of(entity, number) == status


async def test_operation_happens_also_when_nobody_polls(erp: Any, api: Any) -> None:
    await api.act("Bill", "ReleaseBill", "000150")

    waited = await erp.clock.end_nap()

    assert waited == 0.6
    assert await api.status_of("Bill", "000150") == "Open"


async def test_bill_without_balance_is_closed_by_its_release(erp: Any, api: Any) -> None:
    await erp.change("000150", set={"Balance": 0})

    await release(erp, api, "Bill", "ReleaseBill", "000150")

    assert await api.status_of("Bill", "000150") == "Closed"


async def test_only_the_session_that_started_it_may_poll(erp: Any, api: Any) -> None:
    other = await erp.new_user()
    await other.sign_in()
    started = await api.act("Bill", "ReleaseBill", "000150")

    stranger = await other.call("GET", started.location)
    unknown = await api.call("GET", started.location[:-4] + "0000")

    assert (stranger.status, unknown.status) == (404, 404)


async def test_form_is_taken_in_the_session_while_its_operation_runs(erp: Any, api: Any) -> None:
    other = await erp.new_user()
    await other.sign_in()
    await api.act("Bill", "ReleaseBill", "000150")

    same = await api.get("Bill/Bill/000150")
    same_other_form = await api.get("Vendor/ACMEPAPER")
    other_session = await other.get("Bill/Bill/000150")

    assert same.status == 500
    assert "not been completed" in same.json["exceptionMessage"]
    assert (same_other_form.status, other_session.status) == (200, 200)


async def test_second_release_of_two_at_once_fails_in_its_status(erp: Any, api: Any) -> None:
    other = await erp.new_user()
    await other.sign_in()
    first = await api.act("Bill", "ReleaseBill", "000150")
    second = await other.act("Bill", "ReleaseBill", "000150")
    await erp.clock.end_nap()
    await erp.clock.end_nap()

    won = await api.call("GET", first.location)
    lost = await other.call("GET", second.location)

    assert won.status == 204
    assert lost.status == 500
    assert lost.json["exceptionType"] == "PX.Data.PXInvalidOperationException"
    statuses = [e["new"] for e in await erp.events("change") if e["field"] == "Status"]
    assert statuses == ["Open"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"PostPeriod": "012020"}, "01-2020 financial period"),
        ({"Details": [{"Amount": 1}], "Amount": 615.20}, "out of the balance"),
    ],
)
async def test_operation_that_fails_shows_its_error_in_the_status(
    erp: Any, api: Any, change: Any, error: str
) -> None:
    await erp.change("000149", set=change)

    finished = await release(erp, api, "Bill", "ReleaseBill", "000149")

    assert finished.status == 500
    assert error in finished.json["exceptionMessage"]
    assert await api.status_of("Bill", "000149") == "Balanced"


async def test_document_deleted_meanwhile_fails_the_operation(erp: Any, api: Any) -> None:
    started = await api.act("Bill", "ReleaseBill", "000150")
    await erp.door("DELETE", "documents", {"entity": "Bill", "keys": {"ReferenceNbr": "000150"}})
    await erp.clock.end_nap()

    finished = await api.call("GET", started.location)

    assert "No entity satisfies" in finished.json["exceptionMessage"]


@pytest.mark.parametrize(
    ("entity", "action", "number", "status"),
    [
        ("Bill", "ReleaseFromHold", "000154", "Balanced"),
        ("Bill", "ReleaseFromHold", "000157", "Pending Approval"),
        ("Bill", "PutOnHold", "000149", "On Hold"),
        ("PurchaseOrder", "ReleaseFromHold", "PO000121", "Open"),
        ("PurchaseOrder", "ReleaseFromHold", "PO000118", "Pending Printing"),
        ("PurchaseOrder", "PutOnHold", "PO000112", "On Hold"),
        ("Check", "PutOnHold", "000010", "On Hold"),
        ("Payment", "PutOnHold", "000003", "On Hold"),
    ],
)
async def test_hold_actions_are_done_at_once(
    api: Any, entity: str, action: str, number: str, status: str
) -> None:
    answer = await api.act(entity, action, number)

    assert (answer.status, answer.text) == (204, "")
    assert await api.status_of(entity, number) == status


async def test_action_takes_the_id_instead_of_keys(api: Any) -> None:
    known = (await api.get("Bill/Bill/000154")).json["id"]

    answer = await api.call("POST", f"{DEFAULT}/Bill/ReleaseFromHold", {"entity": {"id": known}})

    assert answer.status == 204
    assert await api.status_of("Bill", "000154") == "Balanced"


async def test_other_fields_in_an_action_are_applied_as_edits(erp: Any, api: Any) -> None:
    await api.act("Bill", "ReleaseFromHold", "000154", Amount=1, Description="Slipped in")

    bill = await erp.document("000154")

    assert (bill["fields"]["Amount"], bill["fields"]["Description"]) == (1, "Slipped in")


async def test_default_false_in_an_action_removes_hold(erp: Any, api: Any) -> None:
    started = await api.act("Bill", "ReleaseBill", "000154", Hold=False)
    await erp.clock.end_nap()

    assert started.status == 202
    assert await api.status_of("Bill", "000154") == "Open"


@pytest.mark.parametrize(
    ("entity", "number", "who", "approved"),
    [("Bill", "000151", "erin", "Balanced"), ("PurchaseOrder", "PO000119", "farid", "Open")],
)
async def test_only_the_assigned_approver_approves(
    erp: Any, api: Any, entity: str, number: str, who: str, approved: str
) -> None:
    approver = await erp.new_user()
    await approver.sign_in(who)

    refused = await api.act(entity, "Approve", number)
    done = await approver.act(entity, "Approve", number)

    assert refused.status == 500
    text = "You are not an authorized approver for this document."
    assert refused.json["exceptionMessage"] == text
    assert done.status == 204
    assert done.location.startswith(f"{DEFAULT}/{entity}/")
    assert await api.status_of(entity, number) == approved
    assert (await erp.events("change"))[0]["by"] == who


async def test_reject_takes_a_reason_and_hold_leads_back(erp: Any, api: Any) -> None:
    erin = await erp.new_user()
    await erin.sign_in("erin@acme.example")
    reason = {"Reason": {"type": "CustomStringField", "value": "Wrong price"}}
    keys = {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": "000151"}}
    body = {"entity": keys, "parameters": {"custom": {"ReasonApproveRejectParams": reason}}}

    rejected = await erin.call("POST", f"{DEFAULT}/Bill/Reject", body)
    status = await api.status_of("Bill", "000151")
    await api.act("Bill", "PutOnHold", "000151")

    assert (rejected.status, status) == (204, "Rejected")
    assert await api.status_of("Bill", "000151") == "On Hold"


@pytest.mark.parametrize(
    ("entity", "action", "number"),
    [
        ("Bill", "ReleaseBill", "000154"),
        ("Bill", "ReleaseBill", "000147"),
        ("Bill", "ReleaseFromHold", "000149"),
        ("Bill", "Approve", "000154"),
        ("Bill", "PutOnHold", "000147"),
        ("Check", "ReleaseCheck", "000009"),
        ("PurchaseOrder", "ReleaseFromHold", "PO000112"),
    ],
)
async def test_action_the_state_does_not_allow_says_operation_failed(
    api: Any, entity: str, action: str, number: str
) -> None:
    answer = await api.act(entity, action, number)

    assert answer.status == 500
    assert answer.json["exceptionType"] == "PX.Data.PXInvalidOperationException"
    assert answer.json["exceptionMessage"] == "Operation failed"


@pytest.mark.parametrize(
    ("entity", "action"),
    [
        ("PurchaseOrder", "Release"),
        ("PurchaseOrder", "ReleaseOrder"),
        ("Bill", "ReleaseCheck"),
        ("Bill", "Pay"),
        ("Vendor", "Approve"),
    ],
)
async def test_action_the_screen_does_not_have_is_404(api: Any, entity: str, action: str) -> None:
    assert (await api.act(entity, action, "000154")).status == 404


async def test_action_needs_an_entity_that_exists(api: Any) -> None:
    empty = await api.call("POST", f"{DEFAULT}/Bill/ReleaseBill", data=b"")
    nameless = await api.call("POST", f"{DEFAULT}/Bill/ReleaseBill", {})
    gone = await api.act("Bill", "ReleaseBill", "999999")

    assert (empty.status, nameless.status, gone.status) == (400, 400, 500)
    assert empty.json["modelState"] == {"": ["The request body should not be empty."]}


async def test_bodiless_post_without_length_is_411(erp: Any) -> None:
    port = erp.server.port
    for path in ("/entity/auth/logout", f"{DEFAULT}/Bill/ReleaseBill"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())

        answer = await reader.read()

        writer.close()
        await writer.wait_closed()
        assert b" 411 " in answer.splitlines()[0]


@pytest.mark.parametrize(("habit", "status"), [("record", 200), ("none", None), ("nonsense", 500)])
async def test_location_of_a_204_leads_to_the_record_or_nowhere(
    start: Any, habit: str, status: int | None
) -> None:
    erp = await start(action_location=habit)
    await erp.user.sign_in()

    answer = await erp.user.act("Bill", "ReleaseFromHold", "000154")

    assert answer.status == 204
    if status is None:
        assert answer.location == ""
    else:
        assert (await erp.user.call("GET", answer.location)).status == status
    assert await erp.user.status_of("Bill", "000154") == "Balanced"


async def test_release_can_fail_at_the_end_of_its_operation(erp: Any, api: Any) -> None:
    await erp.door("POST", "habits", {"failing_operations": 1})

    failed = await release(erp, api, "Bill", "ReleaseBill", "000150")
    went = await release(erp, api, "Bill", "ReleaseBill", "000149")

    assert failed.status == 500
    assert "has not been processed" in failed.json["exceptionMessage"]
    assert await api.status_of("Bill", "000150") == "Balanced"
    assert went.status == 204


async def test_map_that_requires_a_reason_refuses_a_bare_approve(start: Any) -> None:
    erp = await start(reason_required=True)
    await erp.user.sign_in("erin")
    keys = {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": "000151"}}
    reason = {"Reason": {"type": "CustomStringField", "value": "As agreed"}}
    body = {"entity": keys, "parameters": {"custom": {"ReasonApproveRejectParams": reason}}}

    bare = await erp.user.act("Bill", "Approve", "000151")
    given = await erp.user.call("POST", f"{DEFAULT}/Bill/Approve", body)

    assert (bare.status, given.status) == (500, 204)
    assert "Reason" in bare.json["exceptionMessage"]
    assert (await erp.document("000151"))["details"]["Approvals"][0]["Reason"] == "As agreed"


@pytest.mark.parametrize(
    ("entity", "action", "number", "status"),
    [
        ("Bill", "ReverseBill", "000154", 500),
        ("Bill", "ReleaseRetainage", "000154", 500),
        ("Bill", "PostToGL", "000147", 404),
        ("PurchaseOrder", "Reopen", "PO000112", 500),
        ("Employee", "ChangeEmployeeID", "", 403),
    ],
)
async def test_declared_action_is_known_even_where_it_cannot_be_done(
    api: Any, entity: str, action: str, number: str, status: int
) -> None:
    assert (await api.act(entity, action, number)).status == status


async def test_void_turns_the_payment_voided(api: Any) -> None:
    answer = await api.act("Check", "VoidCheck", "000008")

    assert answer.status == 204
    assert await api.status_of("Check", "000008") == "Voided"


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({"action_location": "moon"}, "record, none, nonsense"),
        ({"hidden_branches": "WEST"}, "list of branches"),
        ({"unstable_order": 1}, "like false"),
        ({"no_such_habit": True}, "Unknown: no_such_habit"),
    ],
)
async def test_habit_that_makes_no_sense_gets_a_sentence(erp: Any, wish: Any, word: str) -> None:
    answer = await erp.door("POST", "habits", wish)

    assert answer.status == 422
    assert word in answer.json["error"]
