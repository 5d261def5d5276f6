"""The doors over HTTP: what bad callers of each hear, and the push door's own rules."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import aiosqlite
import pytest
import pytest_asyncio
from door_world import BAD_FORMS, BILLS, PREVIOUS, Caller, Json, calling
from world import PUSH_SECRET, eventually

from storage import inbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caller(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Caller]:
    """One running service for the module; the SDK plays no part here."""
    async with calling(tmp_path_factory.mktemp("doors")) as opened:
        yield opened


# --- what is no HTTP ---


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n",
    ],
    ids=["garbage", "TLS", "negative length", "long header", "long path", "bad chunk"],
)
async def test_what_is_no_http_hears_a_status_and_nothing_of_us(
    caller: Caller, sent: bytes
) -> None:
    host, port = caller.world.witness.bot.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)

    async with asyncio.timeout(5):
        heard = await reader.read()
    writer.close()

    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert body == b""
    assert b"server:" not in head.lower()
    assert b"aiohttp" not in heard.lower()


# --- push ---


def notification(transaction: str, query: str = BILLS, **more: Any) -> bytes:
    row = {"Type": "Bill", "ReferenceNbr": "999999"}
    body = {"Query": query, "Id": transaction, "CompanyId": "Company", "Inserted": [row]}
    body |= {"Deleted": [], **more}
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "secrets",
    [[], [""], ["wrong"], [PUSH_SECRET[:-1]], [PUSH_SECRET + "x"], [PUSH_SECRET.upper()],
     [PUSH_SECRET, PUSH_SECRET], [PUSH_SECRET, PREVIOUS], ["sécret"]],
    ids=str,
)  # fmt: skip
async def test_every_bad_secret_hears_the_same(caller: Caller, secrets: list[str]) -> None:
    heard = [
        await caller.push(notification("refused"), *secrets),
        await caller.push(notification("refused"), *secrets, company="nobody"),
        await caller.push(b"not even JSON", *secrets),
        await caller.push(b"", PUSH_SECRET, company="nobody"),
    ]

    assert {(one.status, one.body) for one in heard} == {(401, b"")}
    assert len({frozenset(one.headers.keys()) for one in heard}) == 1
    assert caller.stored("refused") == []


@pytest.mark.parametrize("secret", [PUSH_SECRET, PREVIOUS])
async def test_both_secrets_of_a_rotation_are_valid(caller: Caller, secret: str) -> None:
    heard = await caller.push(notification(f"with {secret[:14]}"), secret)

    assert heard.status == 202


@pytest.mark.parametrize("name", [one for one in BAD_FORMS if "type" not in one])
async def test_a_push_of_a_bad_form_is_told_as_one(caller: Caller, name: str) -> None:
    heard = await caller.push(BAD_FORMS[name], PUSH_SECRET)

    assert heard.status == 400


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, notification("plain"), 415),
        ({"Content-Encoding": "gzip"}, gzip.compress(notification("packed"), mtime=0), 415),
        ({}, notification("large", Inserted=[{"Text": "x" * 5 * 1024 * 1024}]), 413),
    ],
    ids=["plain", "gzip", "large"],
)
async def test_a_push_we_do_not_read_is_refused(
    caller: Caller, headers: Json, body: bytes, status: int
) -> None:
    heard = await caller.push(body, PUSH_SECRET, headers=headers)

    assert heard.status == status


async def test_a_push_is_on_disk_before_it_is_answered(caller: Caller) -> None:
    heard = await caller.push(notification("durable"), PUSH_SECRET)

    assert heard.status == 202
    assert caller.stored("durable") == [BILLS]


async def test_the_same_push_six_times_is_stored_once(caller: Caller) -> None:
    heard = await asyncio.gather(
        *(caller.push(notification("repeated"), PUSH_SECRET) for _ in range(6))
    )

    assert [one.status for one in heard] == [202] * 6
    assert caller.stored("repeated") == [BILLS]


async def test_one_transaction_seen_by_two_inquiries_is_two_pushes(caller: Caller) -> None:
    await caller.push(notification("shared"), PUSH_SECRET)
    await caller.push(notification("shared", "CountersignChecks"), PUSH_SECRET)

    assert caller.stored("shared") == [BILLS, "CountersignChecks"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (notification("unmapped", "SomebodysInquiry"), "'SomebodysInquiry' is not mapped"),
        (b'{"Query": "CountersignBills", "CompanyId": "Company"}', "Query and Id must be texts"),
        (b'{"Query": 5, "Id": ["x"], "CompanyId": "Company"}', "Query and Id must be texts"),
        (notification("rows", Inserted=5), "Inserted must be a list of objects"),
        (notification("keyless", Inserted=[{}]), "1 row names no document"),
    ],
)
async def test_a_push_we_cannot_understand_is_parked_with_its_reason(
    caller: Caller, body: bytes, reason: str
) -> None:
    heard = await caller.push(body, PUSH_SECRET)

    async def parked() -> bool:
        async with aiosqlite.connect(caller.store) as conn:
            conn.row_factory = sqlite3.Row
            return any(company == "acme" and reason in why
                       for company, _, why in await inbox.parked(conn))  # fmt: skip

    assert heard.status == 202
    await eventually(parked, f"a push is parked because {reason}")


# --- below HTTP ---


@pytest.mark.parametrize(
    "said",
    [
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n",
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"BREW /api/messages\r\n\r\n",
    ],
    ids=["broken chunk", "negative length", "no HTTP"],
)
async def test_what_is_no_http_is_refused_and_told_nothing(caller: Caller, said: bytes) -> None:
    port = int(caller.world.witness.bot.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)

    heard = await asyncio.wait_for(reader.read(), 15)
    writer.close()

    assert heard.startswith(b"HTTP/1.1 4") or heard.startswith(b"HTTP/1.0 4")
    assert b"Traceback" not in heard


async def test_the_service_still_answers_after_all_that(caller: Caller) -> None:
    witness = caller.world.witness

    assert (await witness.get(f"{witness.bot}/health/ready"))["ready"] is True
    with contextlib.suppress(aiohttp.ClientError):
        assert await witness.get(f"{witness.bot}/health/live") == {"live": True}
