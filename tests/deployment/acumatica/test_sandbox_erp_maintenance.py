"""Maintenance and recycling: everything answers otherwise, and nobody is signed in afterwards."""

from typing import Any

import aiohttp
import pytest


@pytest.mark.parametrize(
    ("kind", "status", "words", "location"),
    [("html503", 503, "under maintenance", ""), ("redirect", 302, "", "/ui/error")],
)
@pytest.mark.parametrize(
    "path", ["/entity", "/entity/auth/login", "/identity/.well-known/openid-configuration"]
)
async def test_site_under_maintenance_answers_everything_so(
    erp: Any, kind: str, status: int, words: str, location: str, path: str
) -> None:
    await erp.door("POST", "maintenance", {"kind": kind})

    answer = await erp.user.call("POST" if "login" in path else "GET", path)

    assert answer.status == status
    assert words in answer.text
    assert answer.location.startswith(location)
    assert (await erp.events("request"))[-1]["maintenance"] == kind


async def test_site_under_maintenance_can_cut_connections(erp: Any) -> None:
    await erp.door("POST", "maintenance", {"kind": "reset"})

    with pytest.raises(aiohttp.ClientError):
        await erp.user.call("GET", "/entity")

    assert (await erp.events("request"))[-1]["status"] is None


async def test_sessions_are_gone_after_maintenance(erp: Any, api: Any) -> None:
    await erp.door("POST", "maintenance", {"kind": "html503"})

    over = await erp.door("POST", "maintenance", {"kind": "off"})

    assert over.json == {"kind": "off"}
    assert (await api.get("Bill")).status == 401
    assert (await api.sign_in()).status == 204


async def test_doors_stay_open_during_maintenance(erp: Any) -> None:
    await erp.door("POST", "maintenance", {"kind": "redirect"})

    assert (await erp.door("GET", "maintenance")).json == {"kind": "redirect"}
    assert (await erp.change("000154", set={"Description": "x"})).status == 200


@pytest.mark.parametrize(("running", "status"), [("finishes", "Open"), ("lost", "Balanced")])
async def test_recycle_forgets_sessions_and_the_status_of_operations(
    erp: Any, api: Any, running: str, status: str
) -> None:
    started = await api.act("Bill", "ReleaseBill", "000150")
    nap = await erp.clock.next_nap()

    lost = await erp.door("POST", "recycle", {"running": running})
    signed_out = await api.call("GET", started.location)
    await api.sign_in()
    forgotten = await api.call("GET", started.location)
    if running == "finishes":
        nap.over.set_result(None)

    assert lost.json == {"sessions_lost": 1}
    assert (signed_out.status, forgotten.status) == (401, 404)
    # Whether the work was done nobody can ask any more: only the document tells.
    assert await api.status_of("Bill", "000150") == status


async def test_recycle_needs_no_body(erp: Any, api: Any) -> None:
    assert (await erp.door("POST", "recycle")).json == {"sessions_lost": 1}


@pytest.mark.parametrize(
    ("door", "body", "words"),
    [
        ("maintenance", {"kind": "asleep"}, "html503, redirect, reset, off"),
        ("maintenance", {}, "'kind' must be one of"),
        ("recycle", {"running": "maybe"}, "finishes, lost"),
        ("recycle", {"when": "now"}, "Unknown: when"),
        ("maintenance", {"kind": "off", "until": "noon"}, "Unknown: until"),
        ("habits", {"failing_operations": -5}, "from 0"),
    ],
)
async def test_bad_wish_is_refused_in_a_sentence(
    erp: Any, door: str, body: Any, words: str
) -> None:
    answer = await erp.door("POST", door, body)

    assert answer.status == 422
    assert words in answer.json["error"]
