"""The doors for Graph: prove the item by its secret, store what to read, answer; nothing else.

What is not proved is dropped and answered like the rest, so that nobody learns which secret was
right. Nothing a notice says is believed but that there is something to read.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from aiohttp import web

from bot.bodies import read_body, read_members
from bot.clock import Bell, Ports
from bot.core.notices import (
    LIVE,
    Notice,
    NotNotices,
    is_secret,
    read_handshake,
    read_notices,
    read_proofs,
    replies,
)
from bot.deciding.questions import Cause, note
from bot.listening.notice_tokens import NoticeTokens
from storage import notices, subscriptions
from storage.database import Connection, Database
from storage.notices import ToRead
from storage.records import Json
from storage.subscriptions import Subscription

log = logging.getLogger(__name__)

NOTIFICATIONS = "/api/graph/notifications"
LIFECYCLE = "/api/graph/lifecycle"
BODY_LIMIT = 1024 * 1024
PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class GraphDoor:
    """Takes what Graph tells; counts since the start are for whoever watches."""

    def __init__(
        self,
        store: Database,
        ports: Ports,
        tokens: NoticeTokens,
        *,
        replies_bell: Bell,
        subscriptions_bell: Bell,
    ) -> None:
        self._store = store
        self._ports = ports
        self._tokens = tokens
        self._replies_bell = replies_bell
        self._subscriptions_bell = subscriptions_bell
        self.counts: Counter[str] = Counter()

    async def take(self, request: web.Request) -> web.Response:
        """Answer a handshake, or store what the notices of one body want to be read."""
        shown = request.query.getall("validationToken", [])
        if shown:
            return _handshake(shown)
        body = await read_members(await read_body(request, BODY_LIMIT))
        try:
            told = read_notices(body)
        except NotNotices as error:
            raise web.HTTPBadRequest(text=f"no notices: {error}") from error
        believed = await self._believed(told, body)
        async with self._store.transaction() as conn:
            proved = _proved(told, await subscriptions.everything(conn))
            await self._store_all(conn, proved, enclosed=believed)
        self._count(told, proved)
        if proved:
            self._replies_bell.ring()
            self._subscriptions_bell.ring()
        return web.Response(status=202)

    async def _believed(self, told: Iterable[Notice], body: Json) -> bool:
        """Say whether messages that came along may be opened later."""
        return any(one.enclosed for one in told) and await self._tokens.hold(read_proofs(body))

    async def _store_all(
        self,
        conn: Connection,
        proved: Sequence[tuple[Subscription, Notice]],
        *,
        enclosed: bool,
    ) -> None:
        now = self._ports.clock.now()
        for (channel, root, reply), notice in replies(one for _, one in proved).items():
            sealed = asdict(notice.enclosed) if enclosed and notice.enclosed else None
            await notices.add(conn, ToRead(channel, root, reply, sealed), now=now)
        for channel, identity in {(one.channel, notice.subscription) for one, notice in proved}:
            await subscriptions.noticed(conn, channel, identity, now=now)
        for one, notice in proved:
            if notice.event:
                await self._event(conn, one, notice, now)

    async def _event(
        self, conn: Connection, one: Subscription, notice: Notice, now: datetime
    ) -> None:
        """Do what Graph says about the subscription itself."""
        match notice.event:
            case "reauthorizationRequired":
                await subscriptions.hasten(conn, one.channel, now=now)
            case "subscriptionRemoved":
                await subscriptions.lost(conn, one.channel, notice.subscription, now=now)
            case "missed":
                await notices.add_live_threads(conn, one.channel, since=now - LIVE, now=now)
        cause = Cause("", "", "", self._ports.token(), now)
        told = {"channel": one.channel, "event": notice.event[:40]}
        await note(conn, cause, "Graph told of a subscription", actor="graph", **told)

    def _count(self, told: Sequence[Notice], proved: Sequence[object]) -> None:
        self.counts["taken"] += len(proved)
        dropped = len(told) - len(proved)
        if dropped:
            self.counts["dropped"] += dropped
            # One line a body: a stranger must not fill the log.
            log.warning("notices not proved", extra={"count": dropped, "security": True})


def _handshake(shown: Sequence[str]) -> web.Response:
    text = read_handshake(shown)
    if text is None:
        raise web.HTTPBadRequest(text="that is not said back")
    return web.Response(text=text, content_type="text/plain", headers=PLAIN)


def _proved(
    told: Iterable[Notice], known: Iterable[Subscription]
) -> list[tuple[Subscription, Notice]]:
    """Return the notices that show the secret of the subscription they name, for its channel."""
    subscribed = [one for one in known if one.secret]
    found = []
    for notice in told:
        for one in subscribed:
            # Until the answer to its creation came, a subscription is known by its secret alone.
            named = one.id in ("", notice.subscription) and notice.subscription
            if named and is_secret(notice.secret, one.secret) and _is_of(one, notice):
                found.append((one, replace(notice, channel=one.channel)))
    return found


def _is_of(one: Subscription, notice: Notice) -> bool:
    return notice.channel in ("", one.channel)
