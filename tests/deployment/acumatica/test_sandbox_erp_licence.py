"""The license: slower past half a minute's requests, a queue past all of them, seats per user."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

ENDPOINTS, BILLS = "/entity", "/entity/Default/24.200.001/Bill"


class Slow:
    """A request whose body has not arrived in full: it is being carried out until released."""

    def __init__(self, erp: Any) -> None:
        self._rest, self._begun = asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(self._send(erp.user))

    async def begun(self, erp: Any) -> "Slow":
        await asyncio.wait_for(self._begun.wait(), 5)
        while (await licence(erp))["concurrent_requests"]["used"] == 0:
            pass
        return self

    async def released(self) -> int:
        self._rest.set()
        return int((await asyncio.wait_for(self.task, 5)).status)

    async def _send(self, user: Any) -> Any:
        json = {"Content-Type": "application/json"}
        return await user.call("PUT", BILLS, data=self._body(), headers=json)

    async def _body(self) -> AsyncIterator[bytes]:
        yield b'{"Type": {"value": "Bill"}, '
        self._begun.set()
        await self._rest.wait()
        yield b'"ReferenceNbr": {"value": "000154"}}'


async def licence(erp: Any) -> Any:
    return (await erp.door("GET", "licence")).json


async def test_no_limit_makes_nobody_wait(erp: Any, api: Any) -> None:
    for _ in range(30):
        assert (await api.get("Vendor/ACMEPAPER")).status == 200

    assert erp.clock.naps.empty()


async def test_past_half_of_a_minutes_requests_each_one_is_delayed(start: Any) -> None:
    erp = await start(requests_per_minute=4)
    erp.clock.at = erp.clock.at.replace(second=0, microsecond=0)
    for _ in range(2):
        await erp.user.call("GET", ENDPOINTS)

    slow = asyncio.create_task(erp.user.call("GET", ENDPOINTS))
    third = await erp.clock.end_nap()
    await slow
    last = asyncio.create_task(erp.user.call("GET", ENDPOINTS))
    fourth = await erp.clock.end_nap()

    # Remaining seconds of the minute ÷ remaining requests.
    assert (third, fourth) == (60 / 2, 30 / 1)
    assert (await last).status == 200
    waited = [e.get("waited") for e in await erp.events("request")]
    assert waited == [None, None, 30, 30]


async def test_past_the_minutes_requests_one_waits_for_the_next_minute(start: Any) -> None:
    erp = await start(requests_per_minute=2)
    erp.clock.at = erp.clock.at.replace(second=0, microsecond=0)
    await erp.user.call("GET", ENDPOINTS)
    second = asyncio.create_task(erp.user.call("GET", ENDPOINTS))
    delay = await erp.clock.next_nap()

    third = asyncio.create_task(erp.user.call("GET", ENDPOINTS))
    wait = await erp.clock.next_nap()

    assert (delay.seconds, wait.seconds) == (60, 60)
    assert (await licence(erp))["waiting"] == 1
    erp.clock.at = erp.clock.at.replace(minute=erp.clock.at.minute + 1)
    delay.over.set_result(None)
    wait.over.set_result(None)
    assert [(await task).status for task in (second, third)] == [200, 200]


async def test_request_beyond_the_concurrent_ones_waits_its_turn(start: Any) -> None:
    erp = await start(concurrent_requests=1)
    await erp.user.sign_in()
    running = await Slow(erp).begun(erp)

    waiting = asyncio.create_task(erp.user.get("Vendor/ACMEPAPER"))
    patience = await erp.clock.next_nap()
    seen = await licence(erp)
    done = await running.released()

    assert (patience.seconds, done) == (600, 200)
    assert (seen["concurrent_requests"], seen["waiting"]) == ({"limit": 1, "used": 1}, 1)
    assert (await waiting).status == 200
    assert (await licence(erp))["concurrent_requests"]["used"] == 0


async def test_patience_of_the_queue_ends_in_429(start: Any) -> None:
    erp = await start(concurrent_requests=1)
    await erp.user.sign_in()
    running = await Slow(erp).begun(erp)

    waiting = asyncio.create_task(erp.user.get("Vendor/ACMEPAPER"))
    await erp.clock.end_nap()

    assert (await waiting).status == 429
    assert await running.released() == 200


async def test_twenty_first_in_the_queue_is_refused_at_once(start: Any) -> None:
    erp = await start(concurrent_requests=1)
    await erp.user.sign_in()
    running = await Slow(erp).begun(erp)
    queue = [asyncio.create_task(erp.user.get("Vendor/ACMEPAPER")) for _ in range(20)]
    naps = [await erp.clock.next_nap() for _ in queue]

    refused = await erp.user.get("Vendor/ACMEPAPER")

    assert refused.status == 429
    assert {nap.seconds for nap in naps} == {600}
    assert await running.released() == 200
    assert {(await task).status for task in queue} == {200}


async def test_logout_is_exempt_from_every_limit(start: Any) -> None:
    erp = await start(concurrent_requests=1)
    await erp.user.sign_in()
    running = await Slow(erp).begun(erp)
    await erp.door("POST", "licence", {"requests_per_minute": 1})

    out = await erp.user.call("POST", "/entity/auth/logout")

    assert out.status == 204
    assert (await licence(erp))["seats"]["used"] == 0
    assert await running.released() == 200


async def test_user_may_have_fewer_logins_than_there_are_seats(start: Any) -> None:
    erp = await start(seats=3, logins_per_user=1)
    await erp.user.sign_in()
    again, other = await erp.new_user(), await erp.new_user()

    assert (await again.sign_in()).status == 429
    assert (await other.sign_in("ann")).status == 204


async def test_limits_are_changed_and_shown(erp: Any, api: Any) -> None:
    wish = {"seats": 1, "login_limit_face": "html", "requests_per_minute": 90}

    shown = (await erp.door("POST", "licence", wish)).json
    late = await (await erp.new_user()).sign_in()

    assert shown["seats"] == {"limit": 1, "used": 1}
    assert shown["requests_per_minute"]["limit"] == 90
    assert shown["sessions"][0]["user"] == "countersign"
    assert "API Login Limit" in late.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"speed": 1}, "Unknown: speed"),
        ({"seats": -1}, "whole number from 0"),
        ({"seats": True}, "whole number from 0"),
        ({"login_limit_face": "smile"}, "must be one of: 429"),
        ({"limit_at_token": 1}, "true or false"),
    ],
)
async def test_bad_limit_is_refused_in_a_sentence(erp: Any, body: Any, words: str) -> None:
    answer = await erp.door("POST", "licence", body)

    assert answer.status == 422
    assert words in answer.json["error"]
