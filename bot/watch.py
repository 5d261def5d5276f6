"""The doors of an operator: is the service well, and its numbers.

Both tell which companies there are and how busy they are, so they open to callers on this machine
alone, or, where a token is set, to whoever shows it. Everybody else learns only that the service
answers.
"""

from __future__ import annotations

import hmac
import ipaddress
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web

from acumatica_client.usage import Usage
from bot.board import Board
from bot.clock import Clock
from bot.core.expiries import Expiry
from bot.health import Health
from bot.metrics import Licence, Sources, exposition
from bot.sending.canary import Rounds
from storage import counts, progress
from storage.counts import Count
from storage.database import Database

PARKED = {
    ("inbox", "parked"): "pushes are parked",
    ("hints", "parked"): "documents could not be looked at",
    ("outbox", "dead"): "messages were given up",
    ("notices", "parked"): "replies under cards could not be read",
    ("erp_notes", "parked"): "notes could not be written onto their documents",
    ("decisions", "needs_person"): "decisions need a person",
}
"""What stands somewhere until an operator does something about it."""
TEXT = "text/plain; version=0.0.4; charset=utf-8"


Hints = Callable[[], Awaitable[Sequence[str]]]
"""Tells what is not done, and why, although nothing is broken."""


class Watch:
    """Tells an operator how the service is."""

    def __init__(
        self,
        store: Database,
        clock: Clock,
        boards: Mapping[str, Board],
        usages: Mapping[str, Usage],
        *,
        health: Health,
        token: Callable[[], str],
        hints: Hints | None = None,
        licences: Mapping[str, Licence] | None = None,
        expiries: Callable[[], Sequence[Expiry]] = tuple,
        rounds: Rounds | None = None,
    ) -> None:
        self._rounds = rounds or Rounds()
        self._licences = licences or {}
        self._expiries = expiries
        self._health = health
        self._hints = hints
        self._store = store
        self._clock = clock
        self._boards = boards
        self._usages = usages
        self._token = token

    async def ready(self, request: web.Request) -> web.Response:
        """Say whether the store answers, and to an operator what is wrong with which company."""
        parts = await self._health.parts()
        blocking = [part.reason for part in parts if part.blocks]
        told: dict[str, Any] = {"ready": not blocking}
        if self._may_read(request):
            told["reasons"] = blocking
            told["parts"] = [part.to_json() for part in parts]
            with suppress(sqlite3.Error):  # the parts tell of it
                told |= await self._details()
        return web.json_response(told, status=503 if blocking else 200)

    async def _details(self) -> dict[str, Any]:
        """Tell what stands where, and what is lost although nothing is broken."""
        async with self._store.reading() as conn:
            counted = await counts.everything(conn)
        return {
            "companies": {
                name: _state(board, [one for one in counted if one.company == name])
                for name, board in self._boards.items()
            },
            # Answers in chat and welcomes belong to no company.
            "warnings": _warnings([one for one in counted if not one.company]),
            "hints": list(await self._hints()) if self._hints else [],
        }

    async def metrics(self, request: web.Request) -> web.Response:
        """Tell every number of docs/metrics.md; 404 to whoever may not read them."""
        if not self._may_read(request):
            raise web.HTTPNotFound
        async with self._store.reading() as conn:
            counted, reads = await counts.everything(conn), await progress.everything(conn)
            oldest = await counts.ages(conn)
        sources = Sources(
            self._clock.now(), self._boards, self._usages, counted, reads, oldest,
            parts=await self._health.parts(), licences=self._licences, expiries=self._expiries(),
            rounds=self._rounds,
        )  # fmt: skip
        return web.Response(body=exposition(sources), headers={"Content-Type": TEXT})

    def _may_read(self, request: web.Request) -> bool:
        token = self._token()
        if token:
            shown = request.headers.getall("Authorization", [])
            wanted = f"Bearer {token}".encode()
            return len(shown) == 1 and hmac.compare_digest(_bytes(shown[0]), wanted)
        return _is_local(request)


def _state(board: Board, counted: list[Count]) -> dict[str, Any]:
    reasons = [f"{where}: {reason}" for where, reason in sorted(board.troubles.items())]
    polled = board.polled_at.isoformat() if board.polled_at else None
    return {
        "ready": not reasons,
        "reasons": reasons,
        "warnings": _warnings(counted),
        "last_poll": polled,
    }


def _warnings(counted: list[Count]) -> list[str]:
    return [
        f"{one.number} {PARKED[one.what, one.state]}"
        for one in counted
        if (one.what, one.state) in PARKED
    ]


def _is_local(request: web.Request) -> bool:
    """Say whether the caller itself is on this machine, not a proxy that speaks for somebody."""
    passed_on = any(
        name.lower().startswith(("forwarded", "x-forwarded", "x-real-ip", "via"))
        for name in request.headers
    )
    peer = request.transport.get_extra_info("peername") if request.transport else None
    if passed_on or not peer:
        return False
    return ipaddress.ip_address(peer[0]).is_loopback


def _bytes(header: str) -> bytes:
    return header.encode("utf-8", "surrogateescape")
