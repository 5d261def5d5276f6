"""The push door: prove the sender, store the push as it came, answer; work begins afterwards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from acumatica_client.notifications import PushRejected, check_secret, push_identity
from bot.board import Board
from bot.bodies import LARGE, read_body, read_members
from bot.clock import Bell, Ports
from bot.deciding.questions import Cause, note
from bot.tracing import about
from storage.database import Database
from storage.intake import Arrival, Crowded, Intake

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Countersign-Secret"  # noqa: S105  # the header's name, not its value
PUSH_LIMIT = 5 * 1024 * 1024
REASONS = {400: "no JSON", 408: "too slow", 413: "too large", 415: "wrong form"}
STORED = {True: b'{"stored": true}', False: b'{"stored": false}'}
COME_AGAIN = {"Retry-After": "5"}
SHOWN = 64
"""Characters of a stranger's tenant that log and audit quote."""


@dataclass(frozen=True, slots=True)
class Company:
    """What the push door needs of a company."""

    push_secrets: Callable[[], tuple[bytes, ...]]
    """Tells the header values that are valid now."""
    tenant: str
    look_bell: Bell
    board: Board


class PushDoor:
    """Takes push notifications of every company."""

    def __init__(self, store: Database, ports: Ports, companies: Mapping[str, Company]) -> None:
        self._store = store
        self._intake = Intake(store)
        self._ports = ports
        self._companies = companies

    async def push(self, request: web.Request) -> web.Response:
        """Store one push notification as it came; the work begins after the answer."""
        name = request.match_info["company"]
        company = self._companies.get(name)
        if not _is_proved(request, company) or company is None:
            # An unknown company answers exactly like a wrong secret.
            if company:
                company.board.count("push refused", "wrong secret")
            return web.Response(status=401)
        try:
            body = await read_body(request, PUSH_LIMIT)
            data = await read_members(body)
        except web.HTTPException as refusal:
            await self._refuse(name, company, refusal.status)
            raise
        if not _is_of(company.tenant, data.get("CompanyId")):
            await self._refuse_tenant(name, company, data.get("CompanyId"))
            return web.Response(status=422, text="this is the door of another tenant")
        try:
            fresh = await self._store_push(name, data, body)
        except Crowded:
            company.board.count("push refused", "crowded")
            return web.Response(status=503, headers=COME_AGAIN)
        company.board.count("push", "received" if fresh else "repeated")
        company.look_bell.ring()
        return web.Response(status=202, body=STORED[fresh], content_type="application/json")

    async def _refuse(self, name: str, company: Company, status: int) -> None:
        """Note a push of bad form; of one that is too large nobody will know unless we ask."""
        reason = REASONS.get(status, str(status))
        company.board.count("push refused", reason)
        log.warning("push refused", extra={"company": name, "reason": reason})
        if status == 413:
            company.board.poll_now()
            await self._audit(name, reason=reason, limit=PUSH_LIMIT)

    async def _refuse_tenant(self, name: str, company: Company, shown: Any) -> None:
        company.board.count("push refused", "wrong tenant")
        told = {"reason": "wrong tenant", "shown": str(shown)[:SHOWN], "wanted": company.tenant}
        log.warning("push refused", extra={"company": name, **told})
        await self._audit(name, **told)

    async def _audit(self, name: str, **detail: object) -> None:
        cause = Cause(name, "", "", self._ports.token(), self._ports.clock.now())
        async with self._store.transaction() as conn:
            await note(conn, cause, "push refused", **detail)

    async def _store_push(self, name: str, data: Mapping[str, Any], body: bytes) -> bool:
        correlation = self._ports.token()
        with about("push", correlation, company=name):
            fresh = await self._stored(name, data, body, correlation)
            log.debug("push stored" if fresh else "push repeated")
            return fresh

    async def _stored(
        self, name: str, data: Mapping[str, Any], body: bytes, correlation: str
    ) -> bool:
        identity = (
            push_identity(data, body)
            if len(body) < LARGE
            else await asyncio.to_thread(push_identity, data, body)
        )
        return await self._intake.add(
            Arrival(
                company=name,
                identity=identity,
                body=body,
                correlation=correlation,
                received_at=self._ports.clock.now(),
                order=_ticks(data.get("TimeStamp")),
            )
        )


def _is_proved(request: web.Request, company: Company | None) -> bool:
    try:
        secrets = company.push_secrets() if company else ()
        check_secret(request.headers.getall(SECRET_HEADER, []), secrets)
    except PushRejected:
        return False
    return True


def _is_of(tenant: str, shown: Any) -> bool:
    return isinstance(shown, str) and shown.strip().casefold() == tenant.strip().casefold()


def _ticks(shown: Any) -> int:
    return shown if isinstance(shown, int) and not isinstance(shown, bool) else 0
