"""Who is who and whom cards reach; settling with one press who a doubtful employee is."""

from __future__ import annotations

from aiohttp import web

from bot.admin.drawing import draw, go
from bot.admin.sessions import note
from bot.admin.visit import Visit
from bot.core.matches import BY_OPERATOR
from bot.people.report import Report, report_of
from storage import people
from storage.database import Connection

PAGE = 200
NOT_OPEN = (
    "That is not open any more: somebody settled it, or Acumatica or Entra tell another story by"
    " now. Nothing was done."
)


async def show_people(visit: Visit) -> web.StreamResponse:
    """List a company's people, those in doubt first."""
    company, first = visit.company(), visit.form.number("first", 0)
    async with visit.desk.store.reading() as conn:
        report = await _report(conn, visit, company)
    rows = report.rows[first : first + PAGE]
    more = first + PAGE if len(report.rows) > first + PAGE else 0
    return draw(
        visit, "people", company=company, report=report, rows=rows, more=more,
        settled=visit.form.one("settled"), by_operator=BY_OPERATOR,
    )  # fmt: skip


async def settle_match(visit: Visit) -> web.StreamResponse:
    """Say who an employee is: one of those their address could mean, and nobody else."""
    company, form, desk = visit.company(), visit.form, visit.desk
    employee, person = form.one("employee"), form.one("person")
    async with desk.store.transaction() as conn:
        report = await _report(conn, visit, company)
        named = [
            one
            for row in report.rows
            for one in row.match.could_be
            if row.match.code == employee and one.id == person
        ]
        if not named:
            raise web.HTTPConflict(text=NOT_OPEN)
        await people.settle(conn, company, employee, person, by=visit.who.name, now=desk.now)
        await note(
            conn, visit.who, desk.ports, "match settled", company=company,
            employee=employee, person=person, sign_in_name=named[0].sign_in_name,
        )  # fmt: skip
    desk.directory.look_soon()
    return go("/admin/people", company=company, settled=employee)


async def reopen_match(visit: Visit) -> web.StreamResponse:
    """Take back who an employee was said to be."""
    company, employee, desk = visit.company(), visit.form.one("employee"), visit.desk
    async with desk.store.transaction() as conn:
        if not await people.unsettle(conn, company, employee):
            raise web.HTTPConflict(text=NOT_OPEN)
        await note(
            conn, visit.who, desk.ports, "match reopened", company=company, employee=employee
        )
    desk.directory.look_soon()
    return go("/admin/people", company=company)


async def _report(conn: Connection, visit: Visit, company: str) -> Report:
    teams = visit.desk.settings.teams
    installing = teams.asks_graph and teams.install == "approvers"
    return await report_of(conn, visit.desk.file, company, installing=installing)
