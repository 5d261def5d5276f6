"""The first page: per company when anything last happened, what waits since when, what fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.admin.drawing import draw
from bot.admin.visit import Desk, Visit
from bot.operating.report import MEANING, STATES
from storage import deliveries, ledger, vitals
from storage.database import Connection
from storage.vitals import Signs

Counted = Mapping[str, tuple[int, datetime]]


@dataclass(frozen=True, slots=True)
class Company:
    """One company as the first page shows it."""

    name: str
    signs: Signs
    polled: datetime | None
    open: Counted
    questions: int
    """How many wait for people."""
    oldest_question: datetime | None
    troubles: Mapping[str, str]
    """Where something is wrong now, and what."""

    @property
    def event(self) -> datetime | None:
        """When Acumatica last told or showed us anything."""
        known = [at for at in (self.signs.push, self.signs.look) if at]
        return max(known, default=None)

    @property
    def oldest(self) -> datetime | None:
        """Since when the oldest of all that is not at its end waits."""
        return min((at for _, at in self.open.values()), default=None)

    @property
    def stuck(self) -> int:
        """How much waits for somebody."""
        return sum(number for state, (number, _) in self.open.items() if state != "waiting")


async def show_overview(visit: Visit) -> web.StreamResponse:
    """Show how everything is."""
    desk = visit.desk
    parts = await desk.health.parts()
    async with desk.store.reading() as conn:
        companies = [await _company(conn, desk, name) for name in desk.tenants]
        besides = await deliveries.counts_of_none(conn)
        heard = await vitals.heard(conn)
    return draw(
        visit, "overview", companies=companies, besides=besides, heard=heard,
        failing=[part for part in parts if part.reason and not part.company],
        meaning=MEANING, states=STATES,
    )  # fmt: skip


async def _company(conn: Connection, desk: Desk, name: str) -> Company:
    board = desk.boards[name]
    questions, oldest = await ledger.open_questions(conn, name)
    return Company(
        name,
        await vitals.signs(conn, name),
        board.polled_at,
        await deliveries.counts(conn, name),
        questions,
        oldest,
        dict(sorted(board.troubles.items())),
    )
