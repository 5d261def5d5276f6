"""Who is who: employees of the ERP matched to people of Teams. Two matches are no match. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from storage.records import StoredEmployee, TeamsPerson

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Override:
    """What the file says of a person: the mail that names them, their limit, their employee."""

    email: str
    employee: str = ""
    limit: Decimal | None = None
    currency: str = ""
    may_decide: bool = True


@dataclass(frozen=True, slots=True)
class People:
    """Everybody one company knows, ready for questions."""

    by_employee: Mapping[str, TeamsPerson]
    by_email: Mapping[str, TeamsPerson]
    by_id: Mapping[str, TeamsPerson]
    overrides: Mapping[str, Override]
    names: Mapping[str, str]
    """Employee code to name, for cards."""

    def override(self, person: TeamsPerson) -> Override:
        """Return what the file says of *person*; nothing special when it says nothing."""
        return self.overrides.get(person.email.lower(), Override(person.email))


def match_people(
    employees: Iterable[StoredEmployee],
    teams: Iterable[TeamsPerson],
    overrides: Iterable[Override] = (),
) -> People:
    """Match employees to Teams people by e-mail; a mail two people share leads to nobody."""
    roster, everybody = list(teams), list(employees)
    by_email = _unique((person.email.lower(), person) for person in roster)
    told = {override.email.lower(): override for override in overrides}
    active = [employee for employee in everybody if employee.active and employee.code]
    by_code = {**_by_mail(active, by_email), **_by_file(told, by_email)}
    # An owner field may show the name instead of the code; a name two employees share, active or
    # not, names nobody.
    names = _unique((employee.name, employee.code) for employee in everybody)
    by_name = {name: by_code[code] for name, code in names.items() if code in by_code}
    return People(
        {**by_name, **by_code},
        by_email,
        {person.aad_object_id: person for person in roster},
        told,
        {employee.code: employee.name for employee in everybody},
    )


def _by_mail(
    employees: Iterable[StoredEmployee], by_email: Mapping[str, TeamsPerson]
) -> dict[str, TeamsPerson]:
    mails = _unique((one.email.lower(), one.code) for one in employees)
    return {code: by_email[mail] for mail, code in mails.items() if mail in by_email}


def _by_file(
    told: Mapping[str, Override], by_email: Mapping[str, TeamsPerson]
) -> dict[str, TeamsPerson]:
    return {o.employee: by_email[m] for m, o in told.items() if o.employee and m in by_email}


def _unique(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Keep only what its key names alone; an empty key names nothing."""
    found: dict[str, T] = {}
    twice: set[str] = set()
    for key, value in pairs:
        if key in found and found[key] != value:
            twice.add(key)
        found[key] = value
    return {key: value for key, value in found.items() if key and key not in twice}
