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
        ("status:401", 401, "application/json"),
        ("html", 200, "text/html"),
        ("redirect", 302, "text/plain"),
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


async def test_reset_before_leaves_the_document_alone(erp: Any, api: Any) -> None:
    await arm(erp, "reset_before", path="ReleaseFromHold")

    with pytest.raises(aiohttp.ClientError):
        await api.act("Bill", "ReleaseFromHold", "000154")

    assert await api.status_of("Bill", "000154") == "On Hold"
    request = (await erp.events("request"))[1]
    assert (request["status"], request["fault"]) == (None, "reset_before")


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
    ],
)
async def test_bad_fault_is_refused_in_a_sentence(erp: Any, body: Any, words: str) -> None:
    answer = await erp.door("POST", "faults", body)

    assert answer.status == 422
    assert words in answer.json["error"]
