"""When a company is compared with its Acumatica: every few minutes, every night, and on demand.

Polling follows time stamps, and stamps do not always move; deletions have none. So every few
minutes what waits is listed (a sweep), and every night, or when an operator asks, each open card is
read by its key as well. A night that was missed is made up for once.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from acumatica_client.errors import ErpBusy, ErpError, ErpSignInFailed
from acumatica_client.sign_in import WrongTenant
from bot.board import Board
from bot.clock import Bell, Ports, on_the_wall
from bot.companies import Tenant
from bot.company_file import Company
from bot.core.differences import Report
from bot.core.nights import latest_night, next_night
from bot.core.pace import Pace, Polled
from bot.deciding.questions import Cause, note
from bot.reading.comparison import Comparison
from storage import documents, inbox, requests
from storage.database import Connection, Database

log = logging.getLogger(__name__)

ASKED_EVERY = timedelta(seconds=2)
"""How often the store is asked whether an operator wants a reconciliation."""
FIRST_SWEEP = timedelta(minutes=1)
PUSHES_KEPT = timedelta(days=7)
"""How long the body of a push that was read is kept; the ERP resends for two days."""
PARKED_KEPT = timedelta(days=30)
"""How long a push that could not be read is kept for an operator."""


class Reconciler:
    """Compares one company with its Acumatica when it is time."""

    def __init__(
        self, tenant: Tenant, store: Database, ports: Ports, *, look_bell: Bell, board: Board
    ) -> None:
        self._company = tenant.company
        self._store = store
        self._ports = ports
        self._board = board
        self._comparison = Comparison(tenant, store, ports, look_bell=look_bell, board=board)
        self._pace = Pace(tenant.company.sweep, tenant.company.sweep)
        self._not_before = now = self._seconds()
        self._sweep_due = now + min(FIRST_SWEEP, tenant.company.sweep).total_seconds()

    async def step(self) -> bool:
        """Do the most urgent comparison that is due; False when none is."""
        if await self._answer_request():
            return True
        if self._seconds() < self._not_before:
            return False
        if await self._night_is_due(self._ports.clock.now()):
            await self.everything("night")
            return True
        if self._seconds() >= self._sweep_due:
            await self._sweep()
            return True
        return False

    async def next_due(self) -> datetime | None:
        """Return when to ask again what is due."""
        clock = self._ports.clock
        night = next_night(clock.now(), self._company.nightly, self._company.zone)
        sweep, rested = (on_the_wall(clock, one) for one in (self._sweep_due, self._not_before))
        return min(max(min(sweep, night), rested), clock.now() + ASKED_EVERY)

    def _seconds(self) -> float:
        """Read the clock nobody can set."""
        return self._ports.clock.reading().seconds

    async def everything(self, occasion: str) -> Report:
        """Compare everything that is open now; what was found is in the audit, too."""
        report = Report(self._company.name)
        try:
            await self._comparison.everything(report)
        except ErpError as error:
            self._put_off(report, error)
        else:
            self._went_well()
        await self._conclude(report, occasion)
        return report

    async def _sweep(self) -> None:
        self._sweep_due = self._seconds() + self._company.sweep.total_seconds()
        report = Report(self._company.name)
        try:
            await self._comparison.sweep(report)
        except ErpError as error:
            self._put_off(report, error)
        else:
            self._went_well()
        self._tell(report, "sweep")

    # --- when ---

    async def _answer_request(self) -> bool:
        async with self._store.reading() as conn:
            if not await requests.waits(conn, self._company.name):
                return False
        async with self._store.transaction() as conn:
            request = await requests.take(conn, self._company.name)
        if request is None:
            return False
        report = await self.everything("request")
        async with self._store.transaction() as conn:
            now = self._ports.clock.now()
            await requests.finish(conn, request, report.to_json(), now=now)
        return True

    async def _night_is_due(self, now: datetime) -> bool:
        company = self._company
        async with self._store.reading() as conn:
            done = await documents.watermark(conn, company.name, documents.RECONCILED)
        return done is not None and done < latest_night(now, company.nightly, company.zone)

    def _put_off(self, report: Report, error: ErpError) -> None:
        report.whole = False
        report.problems.append(in_words(error, self._company))
        self._pace = self._pace.after_failure()
        after = error.after if isinstance(error, ErpBusy) else 0.0
        wait = self._pace.back_off(self._ports.chance(), after=after)
        self._not_before = self._seconds() + wait.total_seconds()
        self._sweep_due = max(self._sweep_due, self._not_before)

    def _went_well(self) -> None:
        self._pace = self._pace.after(Polled(0))
        self._not_before = self._seconds()

    # --- what is told ---

    async def _conclude(self, report: Report, occasion: str) -> None:
        """Write the report into the audit; only a whole comparison settles the night."""
        now = self._ports.clock.now()
        cause = Cause(self._company.name, "", "", self._ports.token(), now)
        async with self._store.transaction() as conn:
            await note(conn, cause, "reconciled", occasion=occasion, **report.to_json())
            if report.whole:
                await documents.raise_watermark(conn, cause.company, documents.RECONCILED, now)
            await self._forget(conn, cause)
        self._tell(report, occasion)

    async def _forget(self, conn: Connection, cause: Cause) -> None:
        """Drop pushes of long ago, also of companies that are served no more; what nobody had
        understood is not dropped silently."""
        now = cause.now
        dropped = await inbox.forget(
            conn, read_before=now - PUSHES_KEPT, parked_before=now - PARKED_KEPT
        )
        for company, count in dropped.items():
            told = {"count": count, "older_than_days": PARKED_KEPT.days}
            await note(conn, replace(cause, company=company), "parked pushes dropped", **told)
            log.warning("parked pushes dropped", extra={"company": company, **told})

    def _tell(self, report: Report, occasion: str) -> None:
        self._board.count("reconciliations", occasion)
        if report.problems:
            self._board.trouble("reconciliation", "; ".join(report.problems[:3]))
        else:
            self._board.fine("reconciliation")
        level = logging.WARNING if report.problems or report.differences else logging.INFO
        log.log(level, "%s: %s", occasion, report)


def in_words(error: ErpError, company: Company) -> str:
    """Say what went wrong, and for a refused sign-in which settings to look at."""
    if not isinstance(error, ErpSignInFailed) or isinstance(error, WrongTenant):
        return str(error)
    above = f"ACUMATICA__{company.name.upper()}__"
    named = "USER, PASSWORD" if company.sign_in == "session" else "CLIENT_ID, CLIENT_SECRET"
    return f"{error}; check {above}… ({named})"
