"""The doors: prove the sender, store or hand over, answer. Bad input is never answered 5xx."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from acumatica_client.notifications import PushRejected, check_secret
from bot.clock import Bell, Ports
from bot.gate import Gate, GateRefused
from bot.sdk import Sdk
from bot.strict_json import NotJson, read_object
from storage import inbox
from storage.database import Database

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Countersign-Secret"  # noqa: S105  # the header's name, not its value
MESSAGE_LIMIT = 256 * 1024
BODY_SECONDS = 10.0
PUSH_LIMIT = 5 * 1024 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Company:
    """What the push door needs of a company."""

    push_secrets: tuple[bytes, ...]
    look_bell: Bell


class Doors:
    """The HTTP handlers."""

    def __init__(
        self,
        gate: Gate,
        sdk: Sdk,
        store: Database,
        ports: Ports,
        companies: Mapping[str, Company],
    ) -> None:
        self._gate = gate
        self._sdk = sdk
        self._store = store
        self._ports = ports
        self._companies = companies

    async def messages(self, request: web.Request) -> web.Response:
        """Take one activity from Teams."""
        activity = await _read_json(request, MESSAGE_LIMIT)
        if not isinstance(activity.get("type"), str) or not activity["type"]:
            raise web.HTTPBadRequest(text="an activity needs a type")
        try:
            proof = await self._gate.check(request.headers.getall("Authorization", []), activity)
            answer = await self._sdk.run(activity, proof)
        except GateRefused as error:
            log.warning("call refused at the gate", extra={"reason": str(error)})
            return web.Response(status=error.status)
        if answer is None:
            return web.Response(status=202)
        return web.json_response(answer.body, status=answer.status)

    async def push(self, request: web.Request) -> web.Response:
        """Store one push notification as it came; the work begins after the answer."""
        company = self._companies.get(request.match_info["company"])
        try:
            # An unknown company answers exactly like a wrong secret.
            secrets = company.push_secrets if company else ()
            check_secret(request.headers.getall(SECRET_HEADER, []), secrets)
        except PushRejected:
            return web.Response(status=401)
        if company is None:
            return web.Response(status=401)
        body = await _read_body(request, PUSH_LIMIT)
        data = _parsed(body)
        fresh = await self._store_push(request.match_info["company"], data, body)
        company.look_bell.ring()
        return web.json_response({"stored": fresh}, status=202)

    async def _store_push(self, company: str, data: Mapping[str, Any], body: bytes) -> bool:
        query, transaction = data.get("Query"), data.get("Id")
        named = isinstance(query, str) and isinstance(transaction, str) and transaction
        identity = f"{query}|{transaction}" if named else hashlib.sha256(body).hexdigest()
        async with self._store.transaction() as conn:
            return await inbox.add_push(
                conn,
                company=company,
                identity=identity,
                body=body,
                correlation=self._ports.token(),
                now=self._ports.clock.now(),
            )

    async def live(self, request: web.Request) -> web.Response:
        """Say that the process answers."""
        del request
        return web.json_response({"live": True})

    async def ready(self, request: web.Request) -> web.Response:
        """Say whether the store answers."""
        del request
        async with self._store.reading() as conn:
            await conn.execute("SELECT 1")
        return web.json_response({"ready": True})


@web.middleware
async def plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 503 when nothing can be stored, so that the sender comes again."""
    try:
        return await handler(request)
    except sqlite3.Error:
        log.exception("the store failed")
        return web.Response(status=503, headers={"Retry-After": "5"})


async def hide_version(request: web.Request, response: web.StreamResponse) -> None:
    """Do not tell the server's software and version."""
    del request
    response.headers.pop("Server", None)


async def _read_body(request: web.Request, limit: int) -> bytes:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send application/json")
    if request.headers.get("Content-Encoding"):
        raise web.HTTPUnsupportedMediaType(text="send it without Content-Encoding")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_chunked(65536):
                body += chunk
                if len(body) > limit:
                    raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(body))
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(text="the body came too slowly") from error
    return bytes(body)


async def _read_json(request: web.Request, limit: int) -> dict[str, Any]:
    return _parsed(await _read_body(request, limit))


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return read_object(body)
    except NotJson as error:
        raise web.HTTPBadRequest(text=f"no JSON: {error}") from error
