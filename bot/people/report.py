"""Who is who, as the store has it: for the command `people`. Reads the store, asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.companies import PERSON
from bot.company_file import File
from bot.core.matches import Match, Register, matches
from storage import entra, installs, people, unreachable
from storage.database import Connection, StoreError, visiting
from storage.records import Install, InstallState, TeamsPerson
from storage.unreachable import Mark


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether cards reach somebody's chat, in words."""

    fine: bool
    told: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report. `asked`: named by a route, or asked something just now."""

    match: Match
    reach: Reach
    asked: bool

    @property
    def blocks(self) -> bool:
        """Whether somebody is asked, or will be, who cannot answer."""
        return self.asked and not (self.match.person and self.reach.fine and not self.match.refused)

    @property
    def open(self) -> bool:
        """Whether an operator should look at this line."""
        return bool(self.match.doubt) or self.blocks

    def to_json(self) -> dict[str, Any]:
        """Return the line as JSON."""
        match, person, user = self.match, self.match.person, self.match.user
        return {
            "employee": match.code,
            "name": match.name,
            "mail": match.mail,
            "entra": None
            if person is None
            else {
                "id": person.aad_object_id,
                "name": person.name,
                "mail": user.mail if user else person.email,
                "upn": user.upn if user else "",
                "enabled": person.enabled,
                "guest": person.guest,
            },
            "how": match.how,
            "doubt": match.doubt,
            "lines": list(match.lines),
            "reachable": self.reach.fine,
            "reach": self.reach.told,
            "may_approve": person is not None and not match.refused,
            "why_not": match.refused,
            "asked": self.asked,
            "blocks": self.blocks,
        }


@dataclass(frozen=True, slots=True)
class Part:
    """When one part of the directory was last read, and what went wrong."""

    name: str
    at: datetime
    trouble: str


@dataclass(frozen=True, slots=True)
class Report:
    """One company's people, those in doubt first."""

    company: str
    rows: tuple[Row, ...]
    parts: tuple[Part, ...]
    lacking: Mapping[str, str]
    """Permissions no token of the app has, what is known of each and what is lost without it."""

    @property
    def blocked(self) -> bool:
        """Whether somebody in an approver list cannot be reached or may not approve."""
        return any(row.blocks for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "company": self.company,
            "read": {
                one.name: {"at": one.at.isoformat(), "trouble": one.trouble} for one in self.parts
            },
            "lacking": dict(self.lacking),
            "people": [row.to_json() for row in self.rows],
        }


async def read_reports(
    path: Path, file: File, companies: Sequence[str], *, installing: bool
) -> list[Report]:
    """Report the people of *companies* from the store at *path*, whether a service runs or not.

    *installing*: whether the app is brought to who lacks it. Raises StoreError.
    """
    _check_there(path)
    async with visiting(path) as conn:
        return [
            await report_of(conn, file, company, installing=installing) for company in companies
        ]


async def report_of(conn: Connection, file: File, company: str, *, installing: bool) -> Report:
    """Report the people of one company; *installing* as above."""
    return await _report(conn, file, company, await _places(conn, installing=installing))


def _check_there(path: Path) -> None:
    if not path.exists():
        raise StoreError(f"{path} is not there yet: people are read when the service first runs")


@dataclass(frozen=True, slots=True)
class _Places:
    """What is known of reaching people's chats."""

    chats: frozenset[str]
    installs: Mapping[str, Install]
    marks: Mapping[str, Mark]
    installing: bool

    def of(self, person: TeamsPerson | None) -> Reach:
        """Say whether cards reach *person*."""
        if person is None:
            return Reach(fine=False, told="nobody to reach")
        mark = self.marks.get(f"{PERSON}{person.aad_object_id}")
        if mark is not None:
            return Reach(fine=False, told=f"since {mark.since:%Y-%m-%d %H:%M}: {mark.reason}")
        if person.aad_object_id in self.chats:
            return Reach(fine=True, told="chat known")
        return self._without_chat(person)

    def _without_chat(self, person: TeamsPerson) -> Reach:
        install = self.installs.get(person.aad_object_id)
        state = install.state if install else None
        if install is not None and state is InstallState.THERE:
            return Reach(fine=True, told="app installed")
        if install is not None and state is not InstallState.REFUSED:
            return Reach(fine=True, told="the app is on its way")
        if install is not None and not person.teams_id:
            return Reach(fine=False, told=install.note or "the app was refused")
        if person.teams_id:
            return Reach(fine=True, told="in a team with the app, no chat yet")
        told = "gets the app before the first card" if self.installing else "has to add the app"
        return Reach(fine=self.installing, told=told)


async def _places(conn: Connection, *, installing: bool) -> _Places:
    return _Places(
        await people.with_chat(conn),
        {one.person: one for one in await installs.listed(conn)},
        {one.target: one for one in await unreachable.everything(conn)},
        installing,
    )


async def _report(conn: Connection, file: File, company: str, places: _Places) -> Report:
    told = await entra.told(conn)
    register = Register(
        company,
        await people.employees(conn, company),
        await people.people(conn),
        file.overrides(company),
        await entra.lookups(conn),
        await entra.users(conn),
        with_company=len(file.company) > 1,
        settled=await people.settled(conn, company),
    )
    by_route = _by_route(file, company)
    named = {*by_route, *(one.email.lower() for one in register.overrides)}
    asked = await people.asked_now(conn, company)
    rows = [
        Row(match, places.of(match.person), _is_asked(match, asked, by_route))
        for match in matches(register, named)
    ]
    lacking, _ = told.get("lacking", ({}, None))
    parts = tuple(
        Part(name, at, trouble)
        for name, (trouble, at) in told.items()
        if name in ("rosters", "graph", f"employees of {company}")
    )
    return Report(company, tuple(_open_first(rows)), parts, lacking)


def _by_route(file: File, company: str) -> frozenset[str]:
    words = (word for route in file.routes(company).listed for word in route.approver)
    return frozenset(word.removeprefix(PERSON).lower() for word in words if word.startswith(PERSON))


def _is_asked(match: Match, asked: frozenset[str], by_route: frozenset[str]) -> bool:
    by_name = match.mail.lower() in by_route
    return by_name or (match.person is not None and match.person.aad_object_id in asked)


def _open_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(
        rows, key=lambda row: (not row.blocks, not row.open, row.match.code, row.match.mail)
    )


def age(at: datetime, now: datetime) -> str:
    """Say in words how long ago something was read."""
    passed = max(now - at, timedelta())
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(hours=2):
        return f"{passed // timedelta(minutes=1)} min ago"
    if passed < timedelta(days=2):
        return f"{passed // timedelta(hours=1)} h ago"
    return f"{passed.days} days ago"
