"""Each approver's chain: one person of Teams, allowed, reached, with the app, cards arriving."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from bot.company_file import Company
from bot.core.apps import catalog_path, installed_path, read_catalog_id, read_installation
from bot.core.graph import INSTALL, GraphError
from bot.examining import catalogue
from bot.examining.findings import Finding, Who
from bot.examining.instruments import Instruments
from bot.examining.runner import Probe
from bot.people.report import Report, Row, age, read_reports
from storage import vitals
from storage.database import visiting

_OF_PEOPLE = (catalogue.KNOWN, catalogue.ALLOWED, catalogue.REACHED)


def probes(see: Instruments, company: Company) -> list[Probe]:
    """List the looks at one company's approvers."""
    found = [
        Probe(_OF_PEOPLE, partial(_people, see, company), company.name),
        Probe((catalogue.DELIVERED,), partial(_delivered, see, company), company.name),
    ]
    if _installs(see):
        installed = partial(_installed, see, company)
        found.insert(1, Probe((catalogue.INSTALLED,), installed, company.name))
    return found


def _installs(see: Instruments) -> bool:
    teams = see.settings.teams
    return teams.asks_graph and teams.install == "approvers"


async def _report(see: Instruments, company: Company) -> Report:
    found = await read_reports(see.store, see.file, [company.name], installing=_installs(see))
    return found[0]


def _named(row: Row) -> str:
    match = row.match
    return " ".join(part for part in (match.code, match.name or match.mail) if part)


# --- as the store has them ------------------------------------------------------------------


async def _people(see: Instruments, company: Company) -> AsyncIterator[Finding]:
    report = await _report(see, company)
    asked = [row for row in report.rows if row.asked]
    if not report.parts:
        for check in _OF_PEOPLE:
            yield check.unknown("nobody was read yet", "start the service once, for a minute")
        return
    if not asked:
        for check in _OF_PEOPLE:
            yield check.ok("no route names a person, and nobody is asked just now")
    for row in asked:
        for finding in _chain(row):
            yield finding


def _chain(row: Row) -> list[Finding]:
    """Judge one approver, up to the first link that is broken."""
    who = _named(row)
    if row.match.person is None:
        return [_unknown(row, who)]
    known = catalogue.KNOWN.ok(
        f"{row.match.person.name}, by {row.match.how or 'roster'}", subject=who
    )
    if row.match.refused:
        return [known, _not_allowed(row, who)]
    allowed = catalogue.ALLOWED.ok("may approve", subject=who)
    if row.reach.fine:
        return [known, allowed, catalogue.REACHED.ok(row.reach.told, subject=who)]
    step = "have the person open the app in Teams, unblock it, or add it again"
    return [known, allowed, catalogue.REACHED.failed(row.reach.told, step, subject=who)]


def _unknown(row: Row, who: str) -> Finding:
    match = row.match
    if match.code and not match.mail:
        return catalogue.KNOWN.failed(
            f"the employee has no e-mail: {match.doubt}", "fill in Email, or name the person",
            subject=who, who=Who.ACUMATICA, place="Employees (EP203000): Email",
        )  # fmt: skip
    lines = " or ".join(line.replace("\n", "; ") for line in match.lines)
    step = f"add: {lines}" if lines else "correct the address, or add a [[person]] for it"
    return catalogue.KNOWN.failed(match.doubt, step, subject=who)


def _not_allowed(row: Row, who: str) -> Finding:
    told = row.match.refused
    if "countersign.toml" in told:
        step, place = "take may_decide = false out, or name somebody else", "countersign.toml"
        return catalogue.ALLOWED.failed(told, step, subject=who, who=Who.OPERATOR, place=place)
    step = "enable the account, or have the routes name somebody else"
    return catalogue.ALLOWED.failed(told, step, subject=who)


# --- as Graph has them now ------------------------------------------------------------------


async def _installed(see: Instruments, company: Company) -> AsyncIterator[Finding]:
    """Ask Graph whether each approver has the app."""
    if not INSTALL.granted(await see.tokens.roles()):
        yield catalogue.INSTALLED.unknown(f"without {INSTALL.name} nobody can look")
        return
    app = see.settings.teams.app_catalog_id or read_catalog_id(
        await see.graph.get(catalog_path(see.settings.teams.app_id))
    )
    if not app:
        yield catalogue.INSTALLED.unknown("because of graph.catalog")
        return
    rows = [row for row in (await _report(see, company)).rows if row.asked and row.match.person]
    for row in rows:
        yield await _has_app(see, row, app)
    if not rows:
        yield catalogue.INSTALLED.ok("nobody is asked just now")


async def _has_app(see: Instruments, row: Row, app: str) -> Finding:
    who, person = _named(row), row.match.person
    identity = person.aad_object_id if person else ""
    try:
        found = read_installation(await see.graph.get(installed_path(identity, app)))
    except GraphError as error:
        return catalogue.INSTALLED.unknown(str(error), subject=who)
    if found:
        return catalogue.INSTALLED.ok("has the app", subject=who)
    return catalogue.INSTALLED.warning(
        "does not have the app",
        "nothing, where they never had it: it is added before their first card. Who removed it"
        " must add it again, or a setup policy does",
        subject=who,
        lost=catalogue.INSTALLED.lost,
    )


async def _delivered(see: Instruments, company: Company) -> AsyncIterator[Finding]:
    now = see.ports.clock.now()
    rows = [row for row in (await _report(see, company)).rows if row.asked and row.match.person]
    async with visiting(see.store) as conn:
        for row in rows:
            identity = row.match.person.aad_object_id if row.match.person else ""
            at = await vitals.last_card(conn, f"person:{identity}")
            told = f"a card came {age(at, now)}" if at else "no card was for their own chat yet"
            yield catalogue.DELIVERED.ok(told, subject=_named(row))
    if not rows:
        yield catalogue.DELIVERED.ok("nobody is asked just now")
