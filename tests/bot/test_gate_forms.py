"""What the messages door makes of odd forms, by either SDK: never a crash, never a 5xx."""

from __future__ import annotations

import gzip
import json
import time

import aiohttp
import pytest
from door_world import ABSENT, BAD_FORMS, TENANT, Caller, Json

pytestmark = pytest.mark.asyncio(loop_scope="module")


# --- messages: the form ---


@pytest.mark.parametrize("name", BAD_FORMS)
async def test_a_bad_form_is_told_as_one(caller: Caller, name: str) -> None:
    # An empty body would be replaced by a good one in `call`.
    heard = await caller.post(
        "/api/messages", [("Content-Type", "application/json")], BAD_FORMS[name]
    )

    assert heard.status == 400
    assert len(heard.body) < 200


async def test_characters_outside_the_basic_plane_are_taken(caller: Caller) -> None:
    whole = json.dumps(caller.activity(locale="💩 \\ud83d")).encode()

    heard = await caller.call(None, raw=whole)

    assert heard.status == 202


async def test_a_text_that_never_ends_is_refused_quickly(caller: Caller) -> None:
    # In a quadratic check this would hold up everybody for minutes.
    body = b'{"type": "' + b'\\"' * 125_000
    started = time.monotonic()

    heard = await caller.call(None, raw=body)

    assert heard.status == 400
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", ""])
async def test_a_wrong_content_type_is_told_as_one(caller: Caller, kind: str) -> None:
    heard = await caller.call(caller.activity(), headers={"Content-Type": kind})

    assert heard.status == 415


async def test_compressed_bodies_are_not_unpacked(caller: Caller) -> None:
    body = gzip.compress(json.dumps(caller.activity()).encode())

    heard = await caller.call(None, raw=body, headers={"Content-Encoding": "gzip"})

    assert heard.status == 415


async def test_a_message_beyond_the_limit_is_refused(caller: Caller) -> None:
    heard = await caller.call(caller.activity(text="x" * 256 * 1024))

    assert heard.status == 413


@pytest.mark.parametrize("path", ["/api/messages", "/api/acumatica/push/acme"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_the_doors_take_posts_only(caller: Caller, method: str, path: str) -> None:
    witness = caller.world.witness

    async with witness.session.request(method, witness.bot + path) as answer:
        assert answer.status == 405


async def test_no_web_socket_is_opened(caller: Caller) -> None:
    witness = caller.world.witness

    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await witness.session.ws_connect(f"{witness.bot}/api/messages")

    assert refused.value.status == 405


@pytest.mark.parametrize(
    "path", ["/api/messages", "/api/acumatica/push/acme", "/health/live", "/nowhere"]
)
async def test_no_answer_tells_what_serves_it(caller: Caller, path: str) -> None:
    witness = caller.world.witness

    for method in ("GET", "POST"):
        async with witness.session.request(method, witness.bot + path) as answer:
            assert "Server" not in answer.headers
            assert b"aiohttp" not in await answer.read()


ODD_MEMBERS: list[Json] = [
    {"type": "message", "text": None},
    {"type": "message", "text": {"a": 1}, "entities": 7},
    {"type": "message", "text": "help", "entities": [None, 1, {"mentioned": 3}]},
    {"type": "message", "value": "yes"},
    {"type": "message", "value": []},
    {"type": "conversationUpdate", "membersAdded": 7},
    {"type": "conversationUpdate", "membersAdded": [{"id": 3}], "membersRemoved": "x"},
    {"type": "installationUpdate", "action": ["add"]},
    {"type": "messageReaction", "reactionsAdded": "like"},
    {"type": "messageUpdate", "channelData": {"tenant": {"id": TENANT}, "eventType": 9}},
    {"type": "event", "name": 5, "value": 0.1},
    {"type": "endOfConversation", "code": 1},
    {"type": "handoff"},
    {"type": "somethingNew", "value": 12345678901234567890123},
    {"id": 17},
    {"id": ABSENT},
    {"from": ABSENT},
    {"from": "Ben"},
    {"from": {"aadObjectId": 5}},
    {"timestamp": "yesterday", "localTimestamp": 7, "locale": {"en": 1}},
    {"attachments": "none", "entities": {"type": "mention"}},
    {"conversation": {"id": 5, "conversationType": ["personal"], "tenantId": TENANT}},
    {"channelData": {"tenant": {"id": TENANT}, "team": "General"}},
    {"replyToId": 9, "value": 1.5},
]


@pytest.mark.parametrize("members", ODD_MEMBERS, ids=str)
async def test_odd_members_of_a_signed_activity_break_nothing(
    caller: Caller, members: Json
) -> None:
    heard = await caller.call(caller.activity(**members))

    assert heard.status == 202
