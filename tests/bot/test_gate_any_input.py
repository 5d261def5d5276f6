"""Whatever is thrown at the messages door, signed or not, by either SDK: never an answer 5xx."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from door_world import Caller, Card, Heard, Json
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRIES = settings(max_examples=150, deadline=None, database=None, derandomize=True)
LETTERS = st.text(st.characters(codec="utf-8"), max_size=20)
LEAVES = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | LETTERS
LEAVES |= st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LETTERS, inner, max_size=3)
)
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)

KINDS = st.sampled_from(
    ["message", *["invoke"] * 8, "conversationUpdate", "installationUpdate", "messageReaction",
     "messageUpdate", "messageDelete", "event", "typing", "endOfConversation", "anything"]
)  # fmt: skip
NAMES = st.sampled_from(
    ["adaptiveCard/action", "task/fetch", "task/submit", "composeExtension/query",
     "composeExtension/queryLink", "composeExtension/anonymousQueryLink", "signin/verifyState", ""]
)  # fmt: skip
MEMBERS = st.sampled_from(
    ["id", "text", "name", "value", "from", "entities", "attachments", "membersAdded",
     "membersRemoved", "reactionsAdded", "replyToId", "locale", "timestamp", "action",
     "channelData", "conversation", "recipient", "serviceUrl", "channelId"]
)  # fmt: skip
VERBS = st.sampled_from(["release", "approve", "reject", "ask", "look", "refresh"]) | ANYTHING


@st.composite
def values(draw: st.DrawFn, token: str) -> Any:
    """What a button, a form or a search sends, more or less."""
    data = {"token": draw(st.just(token) | ANYTHING), "verb": draw(VERBS)}
    data |= draw(st.dictionaries(LETTERS, ANYTHING, max_size=2))
    if draw(st.booleans()):
        data["msteams"] = draw(st.just({"type": "task/fetch"}) | ANYTHING)
    if draw(st.booleans()):
        data["dialog"] = draw(ANYTHING)
    action = {"type": "Action.Execute", "verb": data["verb"], "data": data}
    # Never `manual`: this must not decide, whatever the token.
    pressed = {"action": draw(st.just(action) | ANYTHING), "trigger": "automatic"}
    query = {
        "commandId": draw(LETTERS),
        "parameters": draw(ANYTHING),
        "queryOptions": draw(ANYTHING),
    }
    return draw(
        st.sampled_from([pressed, {"data": data}, query, {"url": "https://erp.example/?x"}])
        | ANYTHING
    )


@st.composite
def activities(draw: st.DrawFn, usual: Json, token: str) -> Json:
    """A usual activity with some members of any other form."""
    changed = {"type": draw(KINDS), "name": draw(NAMES), "value": draw(values(token))}
    return usual | changed | draw(st.dictionaries(MEMBERS, ANYTHING, max_size=3))


async def thrown(call: Callable[..., Any], *given_: st.SearchStrategy[Any]) -> None:
    """Make many calls, each with something else; a failing one is told as small as it gets."""
    loop = asyncio.get_running_loop()

    @TRIES
    @given(st.tuples(*given_))
    def throw(what: tuple[Any, ...]) -> None:
        heard: Heard = asyncio.run_coroutine_threadsafe(call(*what), loop).result(30)
        assert heard.status < 500, what

    await asyncio.to_thread(throw)


async def test_no_signed_activity_is_answered_5xx(caller: Caller, untouched: Card) -> None:
    usual = caller.activity(replyToId=untouched.message, conversation=untouched.place())
    token = f"Bearer {caller.token()}"

    async def call(activity: Json) -> Heard:
        return await caller.call(activity, token)

    await thrown(call, activities(usual, untouched.token))

    assert caller.claimed(untouched.number) == 0


async def test_no_bytes_are_answered_5xx(caller: Caller) -> None:
    async def call(body: bytes, kind: str) -> Heard:
        return await caller.call(None, raw=body or b" ", headers={"Content-Type": kind})

    bodies = st.binary(max_size=300) | ANYTHING.map(lambda value: json.dumps(value).encode())

    await thrown(call, bodies, st.just("application/json") | PRINTABLE)


async def test_no_proof_is_answered_5xx(caller: Caller) -> None:
    part = ANYTHING.map(lambda value: _coded(json.dumps(value)))
    head = st.fixed_dictionaries({"alg": st.just("RS256") | ANYTHING, "kid": ANYTHING})
    heads = (st.just({"alg": "RS256", "kid": "ours"}) | head).map(
        lambda value: _coded(json.dumps(value))
    )
    tokens = st.tuples(heads | part, part, PRINTABLE.map(_coded)).map(".".join)

    async def call(shown: str) -> Heard:
        return await caller.call(caller.activity(), shown[:4000])

    await thrown(call, tokens.map("Bearer {}".format) | PRINTABLE)


@pytest.mark.parametrize("head", ["[" * 5000, '{"a":' * 1000, '{"alg": "RS256", "kid": [1]}', "7"])
async def test_a_token_with_an_odd_head_is_a_bad_one(caller: Caller, head: str) -> None:
    heard = await caller.call(caller.activity(), f"Bearer {_coded(head)}.{_coded('{}')}.x")

    assert (heard.status, heard.body) == (401, b"")


def _coded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
