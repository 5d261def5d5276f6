"""Reads the body of a request within bounds of size and time, and as JSON within its own."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from aiohttp import web

from bot.strict_json import NotJson, read_object

Body = TypeVar("Body", bytes, bytearray)
BODY_SECONDS = 10.0
LARGE = 64 * 1024
"""Bytes from which JSON is read on a thread: five megabytes would keep the loop for a second."""


async def read_body(
    request: web.Request,
    limit: int,
    *,
    seconds: float = BODY_SECONDS,
    kind: str = "application/json",
) -> bytes:
    """Return the body of a request, JSON unless *kind* says. Raises HTTPException 408, 413, 415."""
    if request.content_type != kind:
        raise web.HTTPUnsupportedMediaType(text=f"send {kind}")
    if request.headers.get("Content-Encoding"):
        raise web.HTTPUnsupportedMediaType(text="send it without Content-Encoding")
    if request.content.is_eof():  # nothing to wait for: a push is small, and comes in one piece
        return _within(request.content.read_nowait(), limit)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.content.iter_chunked(65536):
                body += chunk
                _within(body, limit)
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(text="the body came too slowly") from error
    return bytes(body)


def _within(body: Body, limit: int) -> Body:
    if len(body) > limit:
        raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(body))
    return body


async def read_members(body: bytes) -> dict[str, Any]:
    """Return the JSON object in *body*. Raises HTTPException 400."""
    try:
        if len(body) < LARGE:
            return read_object(body)
        return await asyncio.to_thread(read_object, body)
    except NotJson as error:
        raise web.HTTPBadRequest(text=f"no JSON: {error}") from error
