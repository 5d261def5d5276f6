"""Armed faults: which call they hit, what the client sees, what the ERP did all the same."""

import asyncio
from typing import Any

import aiohttp
import pytest


async def arm(erp: Any, fault: str, times: int = 1, **on: str) -> Any:
    answer = await erp.door("POST", "faults", {"on": on, "fault": fault, "times": times})
    assert answer.status == 200
    return answer


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("status:500", 500, "application/json"),
        ("status:503", 503, "text/html"),
        ("status:400", 400, "application/json"),
        ("status:401", 401, "application/json"),
        ("status:403", 403, "application/json"),
        ("status:404", 404, "application/json"),
        ("status:406", 406, "application/json"),
        ("status:411", 411, "text/html"),
        ("status:412", 412, "application/json"),
        ("status:415", 415, "application/json"),
        ("status:422", 422, "application/json"),
        ("status:429", 429, "text/plain"),
        ("status:502", 502, "text/html"),
        ("px_error", 500, "application/json"),
        ("html", 200, "text/html"),
        ("redirect", 302, "text/plain"),
        ("redirect:login", 302, "text/plain"),
        ("redirect:ui_error", 302, "text/plain"),
        ("login_limit", 429, "text/plain"),
        ("login_limit:html", 200, "text/html"),
    ],
)
async def test_answer_from_before_the_screens_changes_nothing(
    erp: Any, api: Any, fault: str, status: int, kind: str
) -> None:
    await arm(erp, fault, method="POST", path="ReleaseFromHold")

    answer = await api.act("Bill", "ReleaseFromHold", "000154")

    assert answer.status == status
    assert answer.headers["Content-Type"].startswith(kind)
    assert await api.status_of("Bill", "000154") == "On Hold"


@pytest.mark.parametrize("fault", ["reset_before", "refuse"])
async def test_cut_at_the_start_leaves_the_document_alone(erp: Any, api: Any, fault: str) -> None:
    await arm(erp, fault, path="ReleaseFromHold")

    with pytest.raises(aiohttp.ClientError):
        await api.act("Bill", "ReleaseFromHold", "000154")

    assert await api.status_of("Bill", "000154") == "On Hold"
    request = (await erp.events("request"))[1]
    assert (request["status"], request["fault"]) == (None, fault)


@pytest.mark.parametrize("fault", ["reset_after_apply", "half_answer"])
async def test_answer_is_lost_after_the_work_was_done(erp: Any, api: Any, fault: str) -> None:
    await arm(erp, fault, path="ReleaseFromHold")

    with pytest.raises(aiohttp.ClientError):
        await api.act("Bill", "ReleaseFromHold", "000154")

    assert await api.status_of("Bill", "000154") == "Balanced"
    assert [e["fault"] for e in await erp.events("fault")] == [fault]


async def test_half_of_a_body_arrives_under_the_full_length(erp: Any, api: Any) -> None:
    await arm(erp, "half_answer", method="get")

    with pytest.raises(aiohttp.ClientPayloadError):
        await api.get("Bill")


async def test_delay_waits_and_then_answers_as_ever(erp: Any, api: Any) -> None:
    await arm(erp, "delay:2.5", path="Bill")

    answer, waited = await asyncio.gather(api.get("Bill"), erp.clock.end_nap())

    assert (answer.status, waited) == (200, 2.5)


async def test_fault_strikes_as_often_as_told_and_only_where_told(erp: Any, api: Any) -> None:
    await arm(erp, "status:500", times=2, method="GET", path="/Bill/")

    other = await api.get("Vendor/ACMEPAPER")
    statuses = [(await api.get("Bill/Bill/000154")).status for _ in range(3)]

    assert other.status == 200
    assert statuses == [500, 500, 200]


async def test_each_status_has_its_own_body(erp: Any, api: Any) -> None:
    async def answer(status: int) -> Any:
        await arm(erp, f"status:{status}")
        return (await api.get("Bill/Bill/000154")).json

    assert "modelState" in await answer(400)
    assert "insufficient rights" in (await answer(403))["message"]
    assert "No HTTP resource" in (await answer(404))["message"]
    assert "exceptionType" not in await answer(500)
    entity = await answer(422)
    assert entity["error"]
    assert entity["Vendor"]["error"]
    assert entity["Details"][0]["Account"]["error"]


async def test_error_of_the_screen_names_its_exception(erp: Any, api: Any) -> None:
    await arm(erp, "px_error:The period is closed.")

    answer = await api.get("Bill/Bill/000154")

    assert answer.json["exceptionMessage"] == "The period is closed."
    assert answer.json["exceptionType"].startswith("PX.")


@pytest.mark.parametrize(("fault", "text"), [("empty", ""), ("not_json", '{"id": "b6410d82-')])
async def test_unreadable_200_comes_after_the_work(
    erp: Any, api: Any, fault: str, text: str
) -> None:
    await arm(erp, fault, method="PUT")

    answer = await api.put("Bill", Type="Bill", ReferenceNbr="000154", Description="kept")

    assert (answer.status, answer.text) == (200, text)
    assert (await erp.document("000154"))["fields"]["Description"] == "kept"


async def test_wrong_record_is_another_one_of_the_entity(erp: Any, api: Any) -> None:
    await arm(erp, "wrong_record", times=2, path="Bill")

    read = await api.get("Bill/Bill/000154", **{"$select": "ReferenceNbr"})
    written = await api.put("Bill", Type="Bill", ReferenceNbr="000154", Description="x")

    for answer in (read, written):
        assert answer.status == 200
        assert answer.json["ReferenceNbr"]["value"] != "000154"
    assert "Status" not in read.json
    assert (await erp.document("000154"))["fields"]["Description"] == "x"
    assert (await api.get("Bill/Bill/000154")).json["ReferenceNbr"]["value"] == "000154"


async def test_somebody_edits_right_before_the_call_is_carried_out(erp: Any, api: Any) -> None:
    edit = {"entity": "Bill", "keys": {"ReferenceNbr": "000154"}, "set": {"Amount": 1}, "by": "dev"}
    wish = {"fault": "edit", "edit": edit, "on": {"action": "ReleaseFromHold"}}
    assert (await erp.door("POST", "faults", wish)).status == 200

    answer = await api.act("Bill", "ReleaseFromHold", "000154")

    changes = [(e["field"], e["by"]) for e in await erp.events("change")]
    assert answer.status == 204
    assert changes.index(("Amount", "dev")) < changes.index(("Status", "countersign"))


async def test_edit_that_is_refused_by_then_is_told_in_the_history(erp: Any, api: Any) -> None:
    edit = {"entity": "Bill", "keys": {"ReferenceNbr": "000154"}, "set": {"Amount": 1}}
    await erp.door("POST", "faults", {"fault": "edit", "edit": edit})
    await erp.change("000154", set={"Status": "Open"})

    assert (await api.get("Bill/Bill/000154")).status == 200

    assert "cannot change" in (await erp.events("fault"))[-1]["problem"]


async def test_put_can_answer_200_and_keep_nothing(erp: Any, api: Any) -> None:
    before = (await erp.document("000154"))["fields"]["Description"]
    await arm(erp, "not_kept", method="PUT")

    answer = await api.put("Bill", Type="Bill", ReferenceNbr="000154", Description="lost")

    assert answer.status == 200
    assert (await erp.document("000154"))["fields"]["Description"] == before
    assert await erp.events("change") == []


async def test_skewed_clock_shows_in_date_header_and_stamps(erp: Any, api: Any) -> None:
    await arm(erp, "clock_skew:-3600", method="PUT")

    answer = await api.put("Bill", Type="Bill", ReferenceNbr="000154", Description="early")
    later = await api.get("Bill/Bill/000154")

    assert answer.headers["Date"] == "Mon, 02 Nov 2026 13:31:28 GMT"
    assert later.headers["Date"] == "Mon, 02 Nov 2026 14:31:28 GMT"
    assert later.json["LastModifiedDateTime"]["value"].startswith("2026-11-02T13:31:28")


async def test_long_operation_keeps_the_skew_of_the_call_that_started_it(
    erp: Any, api: Any
) -> None:
    await arm(erp, "clock_skew:600", action="ReleaseBill")

    await api.act("Bill", "ReleaseBill", "000150")
    await erp.clock.end_nap()

    stamp = (await api.get("Bill/Bill/000150")).json["LastModifiedDateTime"]["value"]
    assert stamp.startswith("2026-11-02T14:41:2")


async def test_trickle_sends_the_answer_in_pieces_with_waits_between(erp: Any, api: Any) -> None:
    await arm(erp, "trickle:3", path="Bill")

    asked = asyncio.create_task(api.get("Bill/Bill/000154"))
    waits = [await erp.clock.end_nap() for _ in range(8)]
    answer = await asked

    assert waits == [3.0] * 8
    assert answer.json["ReferenceNbr"]["value"] == "000154"


async def test_fault_can_wait_for_an_action_alone(erp: Any, api: Any) -> None:
    await arm(erp, "status:503", action="ReleaseFromHold")

    read = await api.get("Bill/Bill/000154")
    acted = await api.act("Bill", "ReleaseFromHold", "000154")

    assert (read.status, acted.status) == (200, 503)


async def test_identity_server_can_be_hit_too(erp: Any) -> None:
    await arm(erp, "html", path="/identity")

    answer = await erp.user.call("GET", "/identity/.well-known/openid-configuration")

    assert answer.headers["Content-Type"].startswith("text/html")


async def test_login_can_be_hit_too(erp: Any) -> None:
    await arm(erp, "login_limit", path="auth/login")

    first, second = await erp.user.sign_in(), await erp.user.sign_in()

    assert (first.status, second.status) == (429, 204)


async def test_armed_faults_are_shown_and_cleared(erp: Any, api: Any) -> None:
    armed = await arm(erp, "delay:3", path="Bill")
    cleared = await erp.door("DELETE", "faults")

    row = {"fault": "delay:3", "on": {"path": "Bill"}, "times": 1}
    assert armed.json == {"faults": [row]}
    assert cleared.json == {"faults": []}
    assert (await api.get("Bill")).status == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"fault": "explode"}, "'fault' must be one of"),
        ({"fault": "status:999"}, "'fault' must be one of"),
        ({"fault": "html:x"}, "'fault' must be one of"),
        ({"fault": "html", "on": {"header": "x"}}, "'on' may hold"),
        ({"fault": "html", "times": 0}, "'times' must be"),
        ({"fault": "html", "time": 2}, "Unknown: time"),
        ({"fault": "redirect:home"}, "'fault' must be one of"),
        ({"fault": "clock_skew"}, "'fault' must be one of"),
        ({"fault": "edit"}, "'edit' goes with"),
        ({"fault": "html", "edit": {"entity": "Bill"}}, "'edit' goes with"),
        ({"fault": "edit", "edit": {"entity": "Bill", "set": {"X": 1}}}, "no field 'X'"),
        ({"fault": "edit", "edit": {"entity": "Bill"}}, "existing document"),
    ],
)
async def test_bad_fault_is_refused_in_a_sentence(erp: Any, body: Any, words: str) -> None:
    answer = await erp.door("POST", "faults", body)

    assert answer.status == 422
    assert words in answer.json["error"]
