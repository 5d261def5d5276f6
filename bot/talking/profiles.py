"""Tells who approves for whom, and what is known of somebody who asks about themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.clock import Clock
from bot.companies import Tenant
from bot.core.commands import WhoCovers
from bot.core.people import People
from bot.talking.answers import Answer, Question
from cards import money
from cards.language import Language
from cards.spoken import nobody_called
from cards.who import Cover, Membership, Profile, cover_card, settings_card
from storage import people
from storage.database import Connection
from storage.records import StoredEmployee, TeamsPerson


class Profiles:
    """Answers questions about people; always in the asker's own chat."""

    def __init__(self, tenants: Mapping[str, Tenant], clock: Clock) -> None:
        self._tenants = tenants
        self._clock = clock

    async def covers(self, conn: Connection, wish: WhoCovers, asked: Question) -> Answer:
        """Say who may approve for each employee called so, in the asker's companies."""
        found = [
            _cover(one, known, self._tenants[company])
            for company, known in asked.asker.companies.items()
            for one in _called(wish.name, await people.employees(conn, company))
        ]
        if not found:
            return Answer(nobody_called(wish.name, asked.language), here=False)
        return Answer(cover_card(wish.name, found, asked.language), here=False)

    async def settings(
        self, conn: Connection, asked: Question, *, channels: Iterable[str]
    ) -> Answer:
        """Tell the asker what is known of them; *channels* are those of the place they asked in."""
        person = asked.asker.person
        members = [
            await self._member(conn, self._tenants[company], person, known, asked.language)
            for company, known in asked.asker.companies.items()
            if person is not None
        ]
        profile = Profile(
            person.name if person else "",
            person.email if person else "",
            asked.locale,
            tuple(members),
            None if asked.place.alone else tuple(sorted(channels)),
            next(iter(self._tenants.values())).version,
        )
        return Answer(settings_card(profile, asked.language), here=False)

    async def _member(
        self,
        conn: Connection,
        tenant: Tenant,
        person: TeamsPerson,
        known: People,
        language: Language,
    ) -> Membership:
        rule = known.override(person)
        codes = [code for code, one in known.by_code.items() if one == person]
        limit = money.amount(rule.limit, language, rule.currency) if rule.limit is not None else ""
        logins = await tenant.grants.logins(conn) if tenant.grants else {}
        return Membership(
            tenant.name,
            ", ".join(f"{known.names.get(code, '')} ({code})".strip() for code in codes),
            limit,
            rule.may_decide,
            logins.get(person.aad_object_id, ""),
            tenant.grants is not None,
        )


def _called(name: str, employees: Iterable[StoredEmployee]) -> list[StoredEmployee]:
    """Return the employees a name means: code, login or mail exactly, or a part of the name."""
    wanted = name.casefold()
    everybody = list(employees)
    exact = [
        one
        for one in everybody
        if wanted in (one.code.casefold(), one.login.casefold(), one.email.casefold())
    ]
    return exact or [one for one in everybody if wanted in one.name.casefold()]


def _cover(employee: StoredEmployee, known: People, tenant: Tenant) -> Cover:
    delegates = (known.names.get(code, code) for code in known.delegates.get(employee.code, ()))
    return Cover(
        employee.name,
        employee.active,
        employee.code in known.by_code,
        tuple(delegates),
        tuple(_beside(employee, known, tenant)),
    )


def _beside(employee: StoredEmployee, known: People, tenant: Tenant) -> Iterable[str]:
    """Name the others of every approver list this employee stands in by mail."""
    mail = f"person:{employee.email.lower()}"
    lists = ([word.lower() for word in route.approver] for route in tenant.routes.listed)
    others = dict.fromkeys(
        word.removeprefix("person:")
        for words in lists
        if employee.email and mail in words
        for word in words
        if word.startswith("person:") and word != mail
    )
    for other in others:
        person = known.by_email.get(other)
        yield person.name if person else other
