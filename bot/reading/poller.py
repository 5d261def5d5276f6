"""Polls Acumatica for changed documents: window reads, page by page, into hints to look.

The watermark is the greatest LastModifiedDateTime *received*, and is stored in one transaction with
the last hints it produced. No clock moves it forward, and it never stays in the ERP's future. Each
window overlaps the last, as late commits carry an earlier stamp; what is known makes no hint.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from acumatica_client.entities import ENTITIES, Entity
from acumatica_client.errors import (
    ErpBusy,
    ErpError,
    ErpMisconfigured,
    ErpMoving,
    ErpRejected,
    ErpUnreadable,
)
from acumatica_client.models import Glimpse
from bot.board import Board
from bot.clock import Bell, Ports, on_the_wall
from bot.companies import Tenant
from bot.core.pace import Pace, Polled
from bot.core.windows import AHEAD, Window, apart, first_mark, window
from bot.deciding.questions import Cause, note
from bot.reading.long_read import FIRST, LongRead
from storage import documents, inbox
from storage.database import Database

log = logging.getLogger(__name__)
_T = TypeVar("_T")

GRACE = timedelta(seconds=15)
"""A push has so long to tell a change before a poll that finds it calls it missed."""
HASTE = timedelta(seconds=5)
"""Even a poll that is wanted at once keeps this distance from the one before."""
OF_ONE_LIST = (ErpRejected, ErpMoving, ErpUnreadable)
"""What can be wrong with one list while the others are fine."""
CHUNK = 500
"""Rows of one transaction: thousands in one would keep other writers waiting."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the pages of one list showed: every document once, as it was shown last."""

    glimpses: Sequence[Glimpse]
    pages: int


class Poller:
    """Asks one company's Acumatica on a schedule."""

    def __init__(
        self,
        tenant: Tenant,
        store: Database,
        ports: Ports,
        *,
        look_bell: Bell,
        board: Board | None = None,
    ) -> None:
        self._tenant = tenant
        self._store = store
        self._ports = ports
        self._bell = look_bell
        self._board = board or Board(ports.clock)
        company = tenant.company
        self._pace = Pace(company.poll, company.poll_with_push, company.requests_per_minute)
        self._due = self._not_before = self._wish_from = self._seconds()
        self._wished = False
        self._pushes = 0
        self._checked = False
        self._audited = False
        """Whether the audit knows of the setting that does not fit; once is enough."""

    async def step(self) -> bool:
        """Poll every entity once when it is time, or wanted; False when it is not."""
        now = self._seconds()
        if self._board.take_wish():
            self._wished = True
            self._due = min(self._due, max(self._not_before, self._wish_from))
        if now < self._due:
            return False
        if self._wished:
            # An inquiry nobody described may push every second: its wishes come true once in so
            # long as a poll is due anyway, or they would drain the budget. None is forgotten.
            self._wished = False
            self._wish_from = now + self._tenant.company.poll.total_seconds()
        await self._poll_company(now)
        return True

    async def next_due(self) -> datetime | None:
        """Return when the next poll is due."""
        return on_the_wall(self._ports.clock, self._due)

    def _seconds(self) -> float:
        """Read the clock nobody can set: one that is set back must not put off a poll."""
        return self._ports.clock.reading().seconds

    async def _poll_company(self, started: float) -> None:
        try:
            await self._check()
            polled = await self._poll_entities()
        except ErpError as error:
            await self._failed(error)
            return
        self._pace = self._pace.after(polled)
        self._compare_clocks()
        self._board.fine("Acumatica")
        self._audited = False
        self._board.count("polls", "done")
        self._board.polled_at = self._ports.clock.now()
        self._board.poll_every = self._pace.wait()
        self._due = self._seconds() + self._board.poll_every.total_seconds()
        self._not_before = started + min(HASTE, self._board.poll_every).total_seconds()

    async def _failed(self, error: ErpError) -> None:
        """Poll later: patiently where somebody has to change a setting first."""
        for_a_person = isinstance(error, ErpMisconfigured)
        self._checked = False
        self._pace = self._pace.after_failure()
        after = error.after if isinstance(error, ErpBusy) else 0.0
        wait = self._pace.back_off(self._ports.chance(), after=after, patient=for_a_person)
        self._due = self._not_before = self._seconds() + wait.total_seconds()
        self._board.count("polls", "failed")
        log.warning("poll failed", extra={"company": self._tenant.name, "reason": str(error)})
        self._board.trouble("Acumatica", str(error))
        if for_a_person and not self._audited:
            await self._tell_auditor(str(error))

    async def _tell_auditor(self, reason: str) -> None:
        cause = Cause(self._tenant.name, "", "", self._ports.token(), self._ports.clock.now())
        async with self._store.transaction() as conn:
            await note(conn, cause, "endpoint missing", reason=reason)
        self._audited = True

    async def _check(self) -> None:
        """Before the first poll, and after any trouble: is the pinned version there?"""
        if not self._checked:
            await self._tenant.erp.check_version()
            self._checked = True

    async def _poll_entities(self) -> Polled:
        """Poll one entity after the other; one that fails does not hold up the rest."""
        came = self._board.counts["push", "received"]
        told = []
        for entity in ENTITIES.values():
            where = f"poll {entity.name}"
            try:
                told.append(await self.poll(entity))
            except OF_ONE_LIST as error:
                told.append(Polled(1))
                if self._board.trouble(where, str(error)):
                    told_of = {"company": self._tenant.name, "reason": str(error)}
                    log.warning("%s failed", where, extra=told_of)
            else:
                self._board.fine(where)
        pushes, self._pushes = came - self._pushes, came
        return Polled(
            calls=sum(one.calls for one in told),
            told=sum(one.told for one in told),
            missed=sum(one.missed for one in told),
            pushes=pushes,
        )

    async def poll(self, entity: Entity) -> Polled:
        """Poll one entity. Raises ErpError."""
        async with self._store.reading() as conn:
            seen = await documents.watermark(conn, self._tenant.name, entity.name)
        if seen is None:
            return await self._first(entity)
        told, now = self._tenant.erp.server_time(), self._ports.clock.now()
        asked = window(seen, told, now, self._tenant.company.look_back)
        found = await _collected(self._tenant.erp.changed(entity, asked.since, asked.before))
        mark = asked.mark_after(glimpse.last_modified for glimpse in found.glimpses)
        hinted = await self._store_found(entity, found, mark)
        self._tell_jump(entity, asked)
        return _judged(found, hinted, seen=seen, told_by=asked.before - AHEAD - GRACE)

    def _tell_jump(self, entity: Entity, asked: Window) -> None:
        where = f"watermark {entity.name}"
        if not asked.jumped:
            self._board.fine(where)
            return
        reason = f"lay {asked.jumped} in Acumatica's future, and was moved back to {asked.mark}"
        self._board.trouble(where, reason)
        log.warning("%s %s", where, reason, extra={"company": self._tenant.name})

    def _compare_clocks(self) -> None:
        reason = apart(self._tenant.erp.server_time(), self._ports.clock.now())
        if not reason:
            self._board.fine("clock")
        elif self._board.trouble("clock", reason):
            log.warning("clock", extra={"company": self._tenant.name, "reason": reason})

    async def _first(self, entity: Entity) -> Polled:
        """The first time there is no window: look at what waits for people by the routes."""
        erp = self._tenant.erp
        statuses = self._tenant.routes.waiting_statuses(entity.name)
        # Later changes are found from here on, however long the pages take to read.
        start = first_mark(erp.server_time(), self._ports.clock.now())
        found = Found((), 0)
        if statuses:
            async with LongRead(
                self._store, self._ports, self._tenant.name, what=FIRST, entity=entity.name
            ) as read:
                found = await _collected(erp.standing_in(entity, statuses), read)
        await self._store_found(entity, found, start)
        return Polled(found.pages)

    async def _store_found(self, entity: Entity, found: Found, seen: datetime) -> frozenset[str]:
        """Store hints in several transactions, and how far we have *seen* in the last of them.

        The watermark moves only after the last page: a window that broke off is read again.
        """
        company, correlation, now = self._tenant.name, self._ports.token(), self._ports.clock.now()
        rows = [(str(one.key), one.status, one.last_modified) for one in found.glimpses]
        waiting = self._tenant.routes.waiting_statuses(entity.name)
        hinted: list[str] = []
        for chunk, last in _chunks(rows):
            async with self._store.transaction() as conn:
                hinted += await inbox.hint_unknown(
                    conn, company, chunk,
                    waiting=waiting, reason="poll", correlation=correlation, now=now,
                )  # fmt: skip
                if last:
                    await documents.move_watermark(conn, company, entity.name, seen)
        if hinted:
            self._bell.ring()
        return frozenset(hinted)


async def _collected(pages: AsyncIterator[list[Glimpse]], read: LongRead | None = None) -> Found:
    found: dict[str, Glimpse] = {}
    number = 0
    async for page in pages:
        found |= {str(glimpse.key): glimpse for glimpse in page}
        number += 1
        if read:
            await read.page(len(page))
    return Found(tuple(found.values()), number)


def _judged(found: Found, hinted: frozenset[str], *, seen: datetime, told_by: datetime) -> Polled:
    """Say what the pushes were worth: which fresh changes they told, which they should have."""
    fresh = [one for one in found.glimpses if one.last_modified > seen]
    news = [one for one in fresh if str(one.key) in hinted]
    missed = sum(one.last_modified < told_by for one in news)
    return Polled(found.pages, told=len(fresh) - len(news), missed=missed)


def _chunks(rows: Sequence[_T]) -> Iterator[tuple[Sequence[_T], bool]]:
    """Cut *rows* into chunks, the last of them marked; nothing is one empty chunk."""
    for start in range(0, max(len(rows), 1), CHUNK):
        yield rows[start : start + CHUNK], start + CHUNK >= len(rows)
