"""Looks after what is subscribed at Graph: one subscription for each bound channel, always alive.

Graph's answer is the truth: a few times a day, and at every start, what is listed there is
compared with what is stored here. Ours are known by their address; one whose secret is not known
here is deleted and made anew. Each is renewed at half its life, so that a weekend without anybody
ends none. What may have been missed while one was gone is read again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from bot.clock import Bell, Ports
from bot.core.graph import GraphBusy, GraphError, GraphMissing, segment
from bot.core.notices import LIVE, secret_hash
from bot.deciding.questions import Cause, note
from bot.listening.certificates import Certificates
from bot.listening.graph_door import LIFECYCLE, NOTIFICATIONS
from bot.people.graph import Graph
from storage import conversations, notices, subscriptions
from storage.database import Connection, Database
from storage.records import Json
from storage.subscriptions import Subscription

log = logging.getLogger(__name__)

LIFE = timedelta(minutes=4300)
"""A little less than the 4,320 minutes Graph allows: clocks differ."""
COMPARE = timedelta(hours=6)
START = timedelta(seconds=3)
"""Graph calls back while it creates one, so our doors must be open by then."""
WAITS = (5.0, 15.0, 60.0, 300.0, 900.0)
"""Seconds between tries that failed."""
UNKNOWN_TEAM = "Teams has not told yet which team this channel is in; write to the bot there once"

FindTeam = Callable[[str], Awaitable[str]]
"""Returns the id Graph knows a channel's team by; empty when nobody has told yet."""


class Subscriptions:
    """Keeps the subscriptions of all bound channels alive."""

    def __init__(
        self,
        store: Database,
        graph: Graph,
        ports: Ports,
        *,
        public_url: str,
        find_team: FindTeam,
        certificates: Certificates | None,
        replies_bell: Bell,
    ) -> None:
        self._store = store
        self._graph = graph
        self._ports = ports
        self._address = public_url.rstrip("/")
        self._find_team = find_team
        self._certificates = certificates
        self._replies_bell = replies_bell
        self._compare_at = ports.clock.now() + START
        self._failures = 0
        self._compared = False
        """Whether what Graph has is known: nothing is created before, lest there be two."""
        self.trouble = ""
        """Why Graph would not even list them; empty while it does."""

    async def step(self) -> bool:
        """Compare with Graph, or look after one subscription; False when nothing is due."""
        now = self._ports.clock.now()
        if now >= self._compare_at:
            await self._compare(now)
            return True
        async with self._store.transaction() as conn:
            left = await self._follow(conn, now)
            known = await subscriptions.everything(conn)
        for one in left:
            await self._leave(one)
        waiting = [one for one in known if one not in left and one.due_at <= now]
        if not waiting or not self._compared:
            return bool(left)
        await self._tend(min(waiting, key=lambda one: one.due_at))
        return True

    async def next_due(self) -> datetime | None:
        """Return when something is due next."""
        async with self._store.reading() as conn:
            due = await subscriptions.next_due(conn)
        if due is None or not self._compared:
            return self._compare_at
        return min(due, self._compare_at)

    # --- which there shall be ---

    async def _follow(self, conn: Connection, now: datetime) -> list[Subscription]:
        """Note newly bound channels; return what is subscribed where no channel is bound now."""
        bound = set((await conversations.channels(conn)).values())
        known = await subscriptions.everything(conn)
        for channel in bound - {one.channel for one in known}:
            await subscriptions.add(conn, channel, now=now)
        return [one for one in known if one.channel not in bound]

    async def _compare(self, now: datetime) -> None:
        """Compare what Graph has with what is stored, in both directions."""
        try:
            listed = await self._graph.pages("/subscriptions")
        except GraphError as error:
            self._failed_to_compare(error, now)
            return
        address = self._address + NOTIFICATIONS
        there = {str(one.get("id")): str(one.get("notificationUrl")) for one in listed}
        ours = {identity for identity, told in there.items() if told == address}
        async with self._store.transaction() as conn:
            known = {one.id: one for one in await subscriptions.everything(conn) if one.id}
            for identity in known.keys() - ours:
                await subscriptions.lost(conn, known[identity].channel, identity, now=now)
                await self._note(conn, known[identity].channel, "subscription lost")
        # Nobody here knows the secret of those, or they lead to an address we had before.
        for identity in sorted((ours - known.keys()) | ((known.keys() - ours) & there.keys())):
            await self._delete(identity)
        self._failures, self._compared, self.trouble = 0, True, ""
        self._compare_at = now + COMPARE

    def _failed_to_compare(self, error: GraphError, now: datetime) -> None:
        wait = _wait(error, self._failures)
        self._failures += 1
        self._compare_at = now + timedelta(seconds=wait)
        if self.trouble != str(error):
            log.warning("subscriptions not listed", extra={"reason": str(error)})
        self.trouble = str(error)

    async def _leave(self, one: Subscription) -> None:
        """End what is subscribed in a channel that is bound no more."""
        if one.id and not await self._delete(one.id):
            # Comparing deletes what nobody here knows.
            self._compare_at = min(self._compare_at, self._ports.clock.now() + _seconds(WAITS[2]))
        async with self._store.transaction() as conn:
            await subscriptions.drop(conn, one.channel)
            await notices.forget(conn, one.channel)
            await self._note(conn, one.channel, "subscription ended")

    async def _delete(self, identity: str) -> bool:
        try:
            await self._graph.delete(f"/subscriptions/{segment(identity)}")
        except GraphMissing:
            return True
        except GraphError as error:
            log.warning("subscription not deleted", extra={"reason": str(error)})
            return False
        return True

    # --- one of them ---

    async def _tend(self, one: Subscription) -> None:
        try:
            if await self._is_outdated(one):
                await self._replace(one)
            elif one.id:
                await self._renew(one)
            else:
                await self._create(one)
        except GraphError as error:
            await self._failed(one, str(error), _wait(error, one.attempts))

    async def _is_outdated(self, one: Subscription) -> bool:
        """Say whether messages come sealed to another certificate than the one in use."""
        if not one.id:
            return False
        current = (await self._certificates.current()).id if self._certificates else ""
        return one.certificate != current

    async def _replace(self, one: Subscription) -> None:
        """Make it anew: what messages are sealed to cannot be changed."""
        await self._graph.delete(f"/subscriptions/{segment(one.id)}")
        now = self._ports.clock.now()
        async with self._store.transaction() as conn:
            await subscriptions.lost(conn, one.channel, one.id, now=now)

    async def _renew(self, one: Subscription) -> None:
        now = self._ports.clock.now()
        wish = {"expirationDateTime": _written(now + LIFE)}
        try:
            told = await self._graph.patch(f"/subscriptions/{segment(one.id)}", wish)
        except GraphMissing:
            async with self._store.transaction() as conn:
                await subscriptions.lost(conn, one.channel, one.id, now=now)
                await self._note(conn, one.channel, "subscription lost")
            return
        await self._alive(one, one.id, told, now)

    async def _create(self, one: Subscription) -> None:
        team = one.team or await self._find_team(one.channel)
        if not team:
            await self._failed(one, UNKNOWN_TEAM, WAITS[min(one.attempts, 3)])
            return
        now, secret = self._ports.clock.now(), self._ports.token() + self._ports.token()
        wish = await self._wish(team, one.channel, secret, now)
        async with self._store.transaction() as conn:
            await subscriptions.plan(
                conn,
                one.channel,
                team=team,
                secret=secret_hash(secret),
                certificate=str(wish.get("encryptionCertificateId", "")),
            )
        # Whether it is there after no answer, only Graph can tell: comparing comes before a retry.
        planned, self._compare_at = self._compare_at, now
        told = await self._graph.post("/subscriptions", wish)
        self._compare_at = planned
        await self._alive(one, str(told.get("id", "")), told, now)
        async with self._store.transaction() as conn:
            # What was said while there was none, nobody will tell us.
            await notices.add_live_threads(conn, one.channel, since=now - LIVE, now=now)
            await self._note(conn, one.channel, "subscription created")
        self._replies_bell.ring()

    async def _wish(self, team: str, channel: str, secret: str, now: datetime) -> Json:
        wish = {
            "changeType": "created,updated",
            "resource": f"/teams/{team}/channels/{channel}/messages",
            "notificationUrl": self._address + NOTIFICATIONS,
            "lifecycleNotificationUrl": self._address + LIFECYCLE,
            "expirationDateTime": _written(now + LIFE),
            "clientState": secret,
            "latestSupportedTlsVersion": "v1_2",
        }
        if self._certificates is None:
            return wish
        certificate = await self._certificates.current()
        return {
            **wish,
            "includeResourceData": True,
            "encryptionCertificate": certificate.public,
            "encryptionCertificateId": certificate.id,
        }

    async def _alive(self, one: Subscription, identity: str, told: Json, now: datetime) -> None:
        ends = _read(str(told.get("expirationDateTime", ""))) or now + LIFE
        # At half its life, a little earlier each at its own moment.
        due = now + (ends - now) / 2 * (1 - self._ports.chance() / 10)
        async with self._store.transaction() as conn:
            await subscriptions.alive(conn, one.channel, identity, expires_at=ends, due_at=due)

    async def _failed(self, one: Subscription, reason: str, wait: float) -> None:
        if one.error != reason:
            log.warning("subscription failed", extra={"channel": one.channel, "reason": reason})
        due = self._ports.clock.now() + _seconds(wait)
        async with self._store.transaction() as conn:
            await subscriptions.failed(conn, one.channel, reason, due_at=due)

    async def _note(self, conn: Connection, channel: str, action: str) -> None:
        cause = Cause("", "", "", self._ports.token(), self._ports.clock.now())
        await note(conn, cause, action, channel=channel)

    async def hints(self) -> Mapping[str, str]:
        """Tell an operator what is wrong: channel -> why; an empty name is for all of them."""
        async with self._store.reading() as conn:
            known = await subscriptions.everything(conn)
        found = {one.channel: one.error for one in known if one.error}
        return {"": self.trouble, **found} if self.trouble else found


def _wait(error: GraphError, failures: int) -> float:
    after = error.after if isinstance(error, GraphBusy) else None
    return WAITS[min(failures, len(WAITS) - 1)] if after is None else after


def _seconds(wait: float) -> timedelta:
    return timedelta(seconds=wait)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(told: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
