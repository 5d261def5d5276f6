"""Who is let in at the messages door, by either SDK: proof, address, tenant, keys."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from door_world import (
    ABSENT,
    APP_ID,
    FOREIGN,
    FOREIGN_KEY,
    STRANGERS_SECRET,
    TENANT,
    Caller,
    Json,
    listed,
    new_key,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


# --- messages: the proof ---


async def test_a_call_that_teams_signed_is_taken(caller: Caller) -> None:
    heard = await caller.call(caller.activity())

    assert heard.status == 202
    assert heard.body == b""


Headers = Callable[[Caller], list[str]]
BAD_PROOFS: dict[str, Headers] = {
    "empty": lambda _: [""],
    "two headers": lambda c: [f"Bearer {c.token()}"] * 2,
    "lower case": lambda c: [f"bearer {c.token()}"],
    "no space": lambda c: [f"Bearer{c.token()}"],
    "Basic": lambda _: ["Basic Ym90OnNlc2FtZQ=="],
    "two in one": lambda c: [f"Bearer {c.token()}, Bearer {c.token()}"],
    "junk": lambda _: ["Bearer junk"],
    "three junks": lambda _: ["Bearer a.b.c"],
    "no ascii": lambda _: ["Bearer ü.ü.ü"],
    "HS256": lambda c: [f"Bearer {c.token(key=STRANGERS_SECRET, alg='HS256')}"],
    "RS512": lambda c: [f"Bearer {c.token(alg='RS512')}"],
    "none": lambda c: [f"Bearer {c.token(key=None, alg='none')}"],
    "not signed": lambda c: [f"Bearer {c.token().rpartition('.')[0]}."],
    "another's key": lambda c: [f"Bearer {c.token(key=FOREIGN_KEY)}"],
    "no kid": lambda c: [f"Bearer {c.token(kid=None)}"],
    "unknown kid": lambda c: [f"Bearer {c.token(kid='of nobody')}"],
    "key of another channel": lambda c: [f"Bearer {c.token(kid='for skype')}"],
    "key without endorsements": lambda c: [f"Bearer {c.token(kid='for nobody')}"],
    "wrong issuer": lambda c: [f"Bearer {c.token(iss='https://sts.windows.net/x/')}"],
    "no issuer": lambda c: [f"Bearer {c.token(iss=None)}"],
    "wrong audience": lambda c: [f"Bearer {c.token(aud='another-app')}"],
    "several audiences": lambda c: [f"Bearer {c.token(aud=[APP_ID, 'another-app'])}"],
    "no audience": lambda c: [f"Bearer {c.token(aud=None)}"],
    "expired": lambda c: [f"Bearer {c.token(exp=int(time.time()) - 301)}"],
    "no expiry": lambda c: [f"Bearer {c.token(exp=None)}"],
    "expiry is no number": lambda c: [f"Bearer {c.token(exp='never')}"],
    "expiry is no time": lambda c: [f"Bearer {c.token(exp='nan')}"],
    "not yet valid": lambda c: [f"Bearer {c.token(nbf=int(time.time()) + 600)}"],
    "no service address": lambda c: [f"Bearer {c.token(serviceurl=None)}"],
    "other service address": lambda c: [f"Bearer {c.token(serviceurl='https://evil.example/')}"],
    "last slash": lambda c: [f"Bearer {c.token(serviceurl=c.service_url.rstrip('/'))}"],
}


@pytest.mark.parametrize("name", BAD_PROOFS)
async def test_a_bad_proof_is_refused_without_a_word(caller: Caller, name: str) -> None:
    heard = await caller.call(caller.activity(), *BAD_PROOFS[name](caller))

    assert heard.status == 401
    assert heard.body == b""


async def test_a_missing_proof_is_refused_without_a_word(caller: Caller) -> None:
    headers = [("Content-Type", "application/json")]

    heard = await caller.post("/api/messages", headers, json.dumps(caller.activity()).encode())

    assert (heard.status, heard.body) == (401, b"")


@pytest.mark.parametrize("claims", [{"exp": -200}, {"nbf": 200}, {"iat": 200}])
async def test_clocks_may_differ_a_little(caller: Caller, claims: dict[str, int]) -> None:
    moved = {name: int(time.time()) + seconds for name, seconds in claims.items()}

    heard = await caller.call(caller.activity(), f"Bearer {caller.token(**moved)}")

    assert heard.status == 202


WRONG_ADDRESSES: dict[str, tuple[Json, int]] = {
    "foreign tenant": (
        {
            "channelData": {"tenant": {"id": FOREIGN}},
            "conversation": {"id": "a:1ben", "tenantId": FOREIGN},
        },
        403,
    ),
    "tenants that differ": ({"channelData": {"tenant": {"id": FOREIGN}}}, 403),
    "no tenant in channelData": ({"channelData": ABSENT}, 403),
    "conversation's tenant is no text": (
        {"conversation": {"id": "a:1ben", "tenantId": [TENANT]}},
        403,
    ),
    "conversation's tenant is empty": ({"conversation": {"id": "a:1ben", "tenantId": ""}}, 403),
    "tenant in conversation only": (
        {"channelData": {}, "conversation": {"id": "a:1ben", "tenantId": TENANT}},
        403,
    ),
    "tenant is no text": ({"channelData": {"tenant": {"id": [TENANT]}}}, 403),
    "channelData is a list": ({"channelData": [TENANT]}, 403),
    "other recipient": ({"recipient": {"id": "28:another-bot"}}, 403),
    "recipient without its mark": ({"recipient": {"id": APP_ID}}, 403),
    "no recipient": ({"recipient": ABSENT}, 403),
    "other channel": ({"channelId": "emulator"}, 403),
    "no channel": ({"channelId": ABSENT}, 403),
    "channel is a list": ({"channelId": ["msteams"]}, 403),
    "no service address": ({"serviceUrl": ABSENT}, 401),
    "empty service address": ({"serviceUrl": ""}, 401),
    "service address is a list": ({"serviceUrl": ["https://smba.trafficmanager.net"]}, 401),
}


@pytest.mark.parametrize("name", WRONG_ADDRESSES)
async def test_a_call_that_is_not_about_us_is_refused(caller: Caller, name: str) -> None:
    changes, status = WRONG_ADDRESSES[name]

    heard = await caller.call(caller.activity(**changes))

    assert (heard.status, heard.body) == (status, b"")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/teams/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://smba.trafficmanager.net@evil.example/",
        "https://user@smba.trafficmanager.net/emea/",
        "http://smba.trafficmanager.net/emea/",
        "https://[smba/",
    ],
)
async def test_a_signed_service_address_must_still_be_on_the_list(caller: Caller, url: str) -> None:
    token = caller.token(serviceurl=url)

    heard = await caller.call(caller.activity(serviceUrl=url), f"Bearer {token}")

    assert (heard.status, heard.body) == (403, b"")


# --- messages: a token that was proved before ---


async def test_a_token_proved_before_is_still_judged_at_every_call(caller: Caller) -> None:
    token = f"Bearer {caller.token()}"
    foreign = {"channelData": {"tenant": {"id": FOREIGN}}, "conversation": {"id": "a:1ben"}}
    elsewhere = "https://smba.trafficmanager.net/emea/"

    first = await caller.call(caller.activity(), token)
    others = [
        await caller.call(caller.activity(**foreign), token),
        await caller.call(caller.activity(recipient={"id": "28:another-bot"}), token),
        await caller.call(caller.activity(serviceUrl=elsewhere), token),
        await caller.call(caller.activity(), token + "x"),
    ]

    assert first.status == 202
    assert [one.status for one in others] == [403, 403, 401, 401]


async def test_a_token_proved_before_still_ends(caller: Caller) -> None:
    token = f"Bearer {caller.token()}"
    before = await caller.call(caller.activity(), token)

    caller.clock.late = timedelta(minutes=66)
    after = await caller.call(caller.activity(), token)
    caller.clock.late = timedelta()

    assert (before.status, after.status) == (202, 401)


async def test_a_token_proved_before_does_not_outlive_its_key(caller: Caller) -> None:
    caller.clock.ahead += 61
    old, new = new_key(), new_key()
    token = f"Bearer {caller.token(key=old, kid='reused')}"
    whole = caller.keys.keys
    caller.keys.keys = [*whole, listed(old, "reused", "msteams")]
    before = await caller.call(caller.activity(), token)

    caller.keys.keys = [*whole, listed(new, "reused", "msteams")]
    caller.clock.ahead += 25 * 3600
    after = await caller.call(caller.activity(), token)
    caller.keys.keys = whole

    assert (before.status, after.status) == (202, 401)


# --- messages: the keys ---


async def test_a_rotated_key_is_fetched_once_for_everybody(caller: Caller) -> None:
    caller.clock.ahead += 61
    fresh = new_key()
    caller.keys.keys = [*caller.keys.keys, listed(fresh, "rotated", "msteams")]
    before = caller.keys.fetched
    token = caller.token(key=fresh, kid="rotated")

    heard = await asyncio.gather(
        *(caller.call(caller.activity(), f"Bearer {token}") for _ in range(12))
    )

    assert [one.status for one in heard] == [202] * 12
    assert caller.keys.fetched == before + 1


async def test_invented_key_ids_do_not_make_us_fetch(caller: Caller) -> None:
    caller.clock.ahead += 61
    before = caller.keys.fetched

    for number in range(12):
        token = caller.token(kid=f"invented {number}")
        heard = await caller.call(caller.activity(), f"Bearer {token}")
        assert heard.status == 401

    assert caller.keys.fetched == before + 1


async def test_without_the_key_server_known_keys_still_count(caller: Caller) -> None:
    await caller.call(caller.activity())
    caller.clock.ahead += 61
    caller.keys.away = True
    unknown = f"Bearer {caller.token(kid='not yet seen')}"

    known, other = await caller.call(caller.activity()), await caller.call({"type": "x"}, unknown)
    caller.keys.away = False
    caller.clock.ahead += 6

    assert (known.status, other.status) == (202, 503)
    assert (await caller.call(caller.activity())).status == 202


async def test_old_keys_count_no_more_until_the_key_server_answers(caller: Caller) -> None:
    await caller.call(caller.activity())
    caller.clock.ahead += 25 * 3600
    caller.keys.away = True

    gone = await caller.call(caller.activity())
    caller.keys.away = False
    hasty = await caller.call(caller.activity())
    caller.clock.ahead += 6
    back = await caller.call(caller.activity())

    assert (gone.status, hasty.status, back.status) == (503, 503, 202)


async def test_a_key_that_is_no_longer_listed_counts_no_more(caller: Caller) -> None:
    caller.clock.ahead += 61
    retired = new_key()
    token = f"Bearer {caller.token(key=retired, kid='retired')}"
    whole = caller.keys.keys
    caller.keys.keys = [*whole, listed(retired, "retired", "msteams")]
    before = await caller.call(caller.activity(), token)

    caller.keys.keys = whole
    caller.clock.ahead += 25 * 3600
    after = await caller.call(caller.activity(), token)

    assert (before.status, after.status) == (202, 401)
