"""Microsoft Graph as the app itself: reads, writes, pages and batches, by app-only tokens.

One request is one attempt: whoever asks has a loop to try again in, and says so by catching
GraphBusy and GraphAway (`bot/core/graph.py`). Only `batch` waits, for the items Graph put off.
Paths begin behind `/v1.0`: `/users/…`. Nobody in front of a person waits for this.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from acumatica_client.transport import NotSent, Request, Transport, TransportError
from bot.clock import Clock
from bot.core.graph import (
    BUSY,
    VERSION,
    Answered,
    Asked,
    GraphAway,
    build_batch,
    chunks,
    headers_of,
    next_path,
    read_batch,
    read_body,
    rows_of,
    wait_of,
)
from bot.tokens import Resource, TokenRefused, Tokens
from storage.records import Json

TIMEOUT = 20.0
MAX_PAGES = 500
ROUNDS = 5
"""How often what a batch was refused for now is asked again."""
PATIENCE = 120.0
"""Seconds one batch waits for Graph at most, all rounds together."""
BACK_OFF = 5.0
"""Seconds to wait where Graph is busy and does not say how long."""


class Graph:
    """Speaks to Microsoft Graph as the app."""

    def __init__(self, transport: Transport, tokens: Tokens, clock: Clock, url: str) -> None:
        self._transport = transport
        self._tokens = tokens
        self._clock = clock
        self._base = url.rstrip("/") + VERSION

    async def get(self, path: str, *, advanced: bool = False) -> Json:
        """Read one object. Raises GraphError."""
        return await self._call(Asked(path, advanced=advanced))

    async def pages(self, path: str, *, advanced: bool = False) -> list[Json]:
        """Read every object of a list, page by page. Raises GraphError."""
        found: list[Json] = []
        for _ in range(MAX_PAGES):
            page = await self._call(Asked(path, advanced=advanced))
            found += rows_of(page)
            following = next_path(self._base, page)
            if following is None:
                return found
            path = following
        raise GraphAway("a list of Graph has no end")

    async def post(self, path: str, body: Json) -> Json:
        """Create something, or have something done. Raises GraphError."""
        return await self._call(Asked(path, "POST", body))

    async def patch(self, path: str, body: Json) -> Json:
        """Change something. Raises GraphError."""
        return await self._call(Asked(path, "PATCH", body))

    async def delete(self, path: str) -> None:
        """Delete something. Raises GraphError."""
        await self._call(Asked(path, "DELETE"))

    async def batch(self, asked: Sequence[Asked]) -> list[Answered]:
        """Ask many things; the answers come in the order of the questions.

        What Graph puts off is asked again after the wait it tells, a few times; then it is among
        the answers as it is. Raises GraphError when a batch as a whole is refused.
        """
        found: dict[int, Answered] = {}
        for chunk in chunks(asked):
            found |= await self._chunk(chunk)
        return [found[number] for number in range(len(asked))]

    async def _chunk(self, chunk: Mapping[int, Asked]) -> dict[int, Answered]:
        found: dict[int, Answered] = {}
        left, patience = dict(chunk), PATIENCE
        for _ in range(ROUNDS):
            answer = await self._call(Asked("/$batch", "POST", build_batch(left)))
            found |= read_batch(answer, left)
            left = {number: one for number, one in left.items() if _is_put_off(found.get(number))}
            wait = _longest(found[number].after for number in left if number in found)
            if not left or wait > patience:
                break
            patience -= wait
            await self._clock.sleep(wait)
        silent = {number: Answered(0, {}, None, one.path) for number, one in chunk.items()}
        return silent | found

    async def _call(self, asked: Asked) -> Json:
        """Send one request; a refused token is renewed once."""
        try:
            answered, token = await self._once(asked)
            if answered.status == 401:
                await self._tokens.forget(Resource.GRAPH, token)
                answered, _ = await self._once(asked)
        except TokenRefused as error:
            raise GraphAway(f"no token for Graph: {error}") from error
        except NotSent as error:
            raise GraphAway(f"not sent: {error}") from error
        except TransportError as error:
            raise GraphAway(str(error), unknown=asked.method != "GET") from error
        return answered.value()

    async def _once(self, asked: Asked) -> tuple[Answered, str]:
        token = await self._tokens.get(Resource.GRAPH)
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            **headers_of(asked),
        }
        data = None
        if asked.body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(asked.body, ensure_ascii=False).encode()
        url = self._base + asked.path
        reply = await self._transport.send(
            Request(asked.method, url, headers, data, timeout=TIMEOUT)
        )
        body = read_body(reply.status, reply.content_type, reply.body)
        after = wait_of(reply.headers.get("retry-after", ""))
        return Answered(reply.status, body, after, asked.path), token


def _is_put_off(answered: Answered | None) -> bool:
    return answered is None or answered.status in BUSY


def _longest(waits: Iterable[float | None]) -> float:
    return max((BACK_OFF if wait is None else wait for wait in waits), default=BACK_OFF)
