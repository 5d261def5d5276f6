"""The keys that sign calls: fetched seldom, bounded, from their own host only."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from acumatica_client.transport import NoAnswer, Reply, Request
from bot.clock import SystemClock
from bot.gate import Proved
from bot.signing_keys import LIMIT, REFETCH_AFTER, RENEW_AFTER, EntraKeys, GateRefused, SigningKeys
from storage.records import Reading

HOME = "https://login.botframework.com/v1/.well-known/openidconfiguration"
KEYS = "https://login.botframework.com/v1/.well-known/keys"


class StillClock(SystemClock):
    """A clock that goes on when a test says so."""

    seconds = 0.0

    def reading(self) -> Reading:
        return Reading("test", self.seconds)


@dataclass
class KeyHost:
    """Answers for every host, and remembers who was asked."""

    pages: dict[str, Any]
    asked: list[Request] = field(default_factory=list)

    async def send(self, request: Request) -> Reply:
        self.asked.append(request)
        await asyncio.sleep(0)
        page = self.pages.get(request.url, NoAnswer("nobody there"))
        if isinstance(page, Exception):
            raise page
        if isinstance(page, Reply):
            return page
        body = page if isinstance(page, bytes) else json.dumps(page).encode()
        return Reply(200, {}, body)

    async def close(self) -> None:
        """There is nothing to close."""


def host(**pages: Any) -> KeyHost:
    good = {HOME: {"jwks_uri": KEYS}, KEYS: {"keys": [{"kid": "one", "kty": "RSA"}]}}
    return KeyHost(good | pages)


def opened(pages: KeyHost) -> tuple[SigningKeys, StillClock]:
    clock = StillClock()
    return SigningKeys(pages, clock, HOME), clock


async def status(keys: SigningKeys, key_id: str = "two") -> int:
    """What a caller hears who shows a key of that id."""
    try:
        return 200 if await keys.find(key_id) else 401
    except GateRefused as error:
        return error.status


BROKEN: dict[str, Any] = {
    "away": NoAnswer("nobody there"),
    "an error": Reply(500, {}, b"{}"),
    "a redirect": Reply(302, {"location": "https://evil.example/keys"}, b""),
    "a web page": b"<!doctype html>",
    "a list": [],
    "too deep": b"[" * 100_000,
    "too large": b'{"keys": [], "more": "' + b"x" * LIMIT + b'"}',
    "no keys": {"keys": []},
    "keys of another form": {"keys": {"kid": "two"}},
    "keys without ids": {"keys": [{"kty": "RSA"}, 7, None]},
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_key_document_that_is_none_leaves_the_known_keys_alone(name: str) -> None:
    pages = host()
    keys, clock = opened(pages)
    await keys.find("one")
    clock.seconds += 61
    pages.pages[KEYS] = BROKEN[name]

    unknown, known = await status(keys, "two"), await status(keys, "one")

    assert (unknown, known) == (503, 200)


REASONS = {
    "away": "the key document cannot be read: nobody there",
    "an error": f"the key document cannot be read: {KEYS} answered 500",
    "a redirect": f"the key document cannot be read: {KEYS} answered 302",
    "too large": f"the key document cannot be read: {KEYS} is larger than {LIMIT} bytes",
    "no keys": "the key document cannot be read: it lists no key",
    "keys of another form": "the key document cannot be read: it lists no key",
}


@pytest.mark.parametrize("name", REASONS)
async def test_why_keys_cannot_be_read_is_told_to_the_log_and_soon_again(name: str) -> None:
    keys, _ = opened(host(**{KEYS: BROKEN[name]}))

    for reason in (REASONS[name], "the key document could not be read a moment ago"):
        with pytest.raises(GateRefused) as caught:
            await keys.find("one")
        assert (caught.value.status, str(caught.value)) == (503, reason)


async def test_keys_of_entra_stand_at_their_tenants_address_and_nowhere_else() -> None:
    at = "https://login.example/tenant/discovery/v2.0/keys"
    pages = host(**{at: {"keys": [{"kid": "of entra", "kty": "RSA"}]}})
    keys = EntraKeys(pages, StillClock(), login_url="https://login.example/", tenant="tenant")

    assert await keys.find("of entra") == {"kid": "of entra", "kty": "RSA"}
    assert [one.url for one in pages.asked] == [at]


@pytest.mark.parametrize(
    "leads_to",
    ["https://evil.example/keys", "http://login.botframework.com/v1/.well-known/keys",
     "https://login.botframework.com:8443/keys", "https://x@login.botframework.com/keys", None, 7],
    ids=str,
)  # fmt: skip
async def test_keys_at_another_host_are_not_asked_for(leads_to: Any) -> None:
    pages = host(**{HOME: {"jwks_uri": leads_to}, str(leads_to): {"keys": [{"kid": "two"}]}})
    keys, _ = opened(pages)

    assert await status(keys) == 503
    assert [one.url for one in pages.asked] == [HOME]


async def test_keys_are_asked_for_with_a_time_limit() -> None:
    pages = host()
    keys, _ = opened(pages)

    await keys.find("one")

    assert [one.url for one in pages.asked] == [HOME, KEYS]
    assert all(one.timeout <= 10 for one in pages.asked)


async def test_invented_key_ids_cost_one_fetch_a_minute() -> None:
    pages = host()
    keys, clock = opened(pages)

    heard = await asyncio.gather(*(status(keys, f"invented {n}") for n in range(20)))
    clock.seconds += 59
    await status(keys, "one more")
    before = len(pages.asked)
    clock.seconds += 1
    await status(keys, "a minute later")

    assert heard == [401] * 20
    assert (before, len(pages.asked)) == (2, 4)


async def test_a_key_server_that_is_away_is_asked_again_after_some_seconds() -> None:
    pages = host(**{HOME: NoAnswer("nobody there")})
    keys, clock = opened(pages)

    heard = [await status(keys, "one") for _ in range(5)]
    asked = len(pages.asked)
    clock.seconds += 5
    pages.pages[HOME] = {"jwks_uri": KEYS}

    assert heard == [503] * 5
    assert asked == 1
    assert await status(keys, "one") == 200


async def test_known_keys_count_for_a_day_without_their_server() -> None:
    pages = host()
    keys, clock = opened(pages)
    await keys.find("one")
    pages.pages[HOME] = NoAnswer("nobody there")

    clock.seconds = 24 * 3600 - 1
    before = await status(keys, "one")
    clock.seconds = 24 * 3600
    after = await status(keys, "one")

    assert (before, after) == (200, 503)


def test_remembered_tokens_are_bounded_and_the_oldest_go_first() -> None:
    proved, key = Proved(), {"kid": "one"}

    for number in range(1025):
        proved.put(f"token {number}", key, {"number": number})

    assert proved.get("token 0", key) is None
    assert proved.get("token 1", key) == {"number": 1}
    assert proved.get("token 1024", key) == {"number": 1024}
    assert proved.get("token 1", {"kid": "another"}) is None


async def test_keys_are_there_before_the_first_press_and_renewed_before_they_are_old() -> None:
    pages = host()
    keys, clock = opened(pages)

    assert await keys.step()
    assert keys.known("one") is not None
    assert not await keys.step()
    clock.seconds += RENEW_AFTER
    assert await keys.step()
    assert len(pages.asked) == 4


async def test_keys_that_could_not_be_fetched_are_tried_again_in_a_minute() -> None:
    pages = host(**{KEYS: NoAnswer("nobody there")})
    keys, clock = opened(pages)

    assert await keys.step()
    assert (await keys.next_due() - clock.now()).total_seconds() == pytest.approx(60, abs=1)
    assert not await keys.step()
    pages.pages[KEYS] = {"keys": [{"kid": "one", "kty": "RSA"}]}
    clock.seconds += REFETCH_AFTER
    assert await keys.step()
    assert keys.known("one") is not None
