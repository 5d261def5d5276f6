"""Why each employee is who they are in Teams, and what to write where that is in doubt. Pure.

It explains what `people` decided; it decides nothing itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.addresses import Addresses
from bot.core.people import Override, People, match_people
from storage.records import EntraUser, Lookup, StoredEmployee, TeamsPerson

BY_FILE = "countersign.toml"
BY_OPERATOR = "settled by an operator"
UNSEEN = "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
"""Characters a terminal would act on, or nobody would see."""


@dataclass(frozen=True, slots=True)
class Register:
    """Everything one company's people are matched from."""

    company: str
    employees: Sequence[StoredEmployee]
    people: Sequence[TeamsPerson]
    overrides: Sequence[Override]
    lookups: Sequence[Lookup] = ()
    users: Sequence[EntraUser] = ()
    with_company: bool = False
    """Whether a line for the file must say the company: there are several."""
    settled: Mapping[str, str] = field(default_factory=dict)
    """What an operator said where addresses leave doubt: employee code to aadObjectId."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person a doubtful employee could be."""

    id: str
    """aadObjectId."""
    name: str
    sign_in_name: str


@dataclass(frozen=True, slots=True)
class Match:
    """One employee, or somebody only the file names: who that is in Teams, how, and what is open.

    `code` is empty for somebody only the file names.
    """

    code: str
    name: str
    mail: str
    person: TeamsPerson | None = None
    user: EntraUser | None = None
    how: str = ""
    doubt: str = ""
    """Why nobody was matched; empty when somebody was."""
    lines: tuple[str, ...] = ()
    """Entries for the file, one per person it could be; one of them settles it."""
    refused: str = ""
    """Why this person may approve nothing; empty when they may."""
    could_be: tuple[Candidate, ...] = ()
    """Whom an operator may say that a doubtful employee is."""


def matches(register: Register, named: Iterable[str] = ()) -> list[Match]:
    """Explain every active employee, then whoever is *named* in the file but is no employee."""
    people = match_people(
        register.employees, register.people, register.overrides,
        lookups=register.lookups, settled=register.settled,
    )  # fmt: skip
    desk = _Desk(register, people, Addresses(register.people, register.lookups))
    staff = [desk.employee(one) for one in register.employees if one.active]
    shown = {match.person for match in staff}
    others = [desk.address(one) for one in sorted({one.lower() for one in named})]
    return [*staff, *(one for one in others if one.person is None or one.person not in shown)]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every explanation of one company looks into."""

    register: Register
    people: People
    addresses: Addresses

    def employee(self, one: StoredEmployee) -> Match:
        """Explain one employee."""
        person = self.people.by_code.get(one.code)
        if person is None:
            doubt, lines = self._doubt(one), tuple(self._lines(one))
            found = tuple(self._candidates(one))
            return Match(one.code, one.name, one.email, doubt=doubt, lines=lines, could_be=found)
        how = self._how(one, person)
        return self._known(Match(one.code, one.name, one.email, person, how=how))

    def _how(self, one: StoredEmployee, person: TeamsPerson) -> str:
        if one.code in {own.employee for own in self.register.overrides if own.employee}:
            return BY_FILE
        if self.register.settled.get(one.code) == person.aad_object_id:
            return BY_OPERATOR
        return self.addresses.kind(one.email, person)

    def address(self, address: str) -> Match:
        """Explain somebody the file names by an address."""
        person = self.people.by_email.get(address)
        if person is None:
            return Match("", "", address, doubt=self._doubtful_address(address))
        how = self.addresses.kind(address, person)
        return self._known(Match("", person.name, address, person, how=how))

    def _known(self, match: Match) -> Match:
        assert match.person is not None  # noqa: S101  # whoever calls this found one
        user = self._users().get(match.person.aad_object_id)
        refused = refusal(match.person, self.people)
        return Match(
            match.code, match.name, match.mail, match.person, user, match.how, refused=refused
        )

    def _users(self) -> Mapping[str, EntraUser]:
        return {user.aad_object_id: user for user in self.register.users}

    def _doubt(self, one: StoredEmployee) -> str:
        """Say why an employee is nobody."""
        if not one.email.strip():
            return "Acumatica has no e-mail for this employee"
        sharing = [other.code for other in self._sharing(one) if other.code != one.code]
        if sharing:
            return f"{one.email} is also the e-mail of {', '.join(sharing)}"
        person = self.addresses.one(one.email)
        if person is None:
            return self._doubtful_address(one.email)
        twins = [other.code for other in self._leading_to(person) if other.code != one.code]
        return f"{', '.join(twins)} would be {person.name or person.email} too"

    def _doubtful_address(self, address: str) -> str:
        found = self.addresses.could_be(address)
        if len(found) > 1:
            who = ", ".join(sorted(self._sign_in_name(person) for person in found))
            return f"{address} leads to {len(found)} people: {who}"
        if any(one.address == address.lower() for one in self.register.lookups):
            return f"Entra knows nobody with {address}"
        return f"nobody in a channel of ours has {address}"

    def _sharing(self, one: StoredEmployee) -> list[StoredEmployee]:
        mail = one.email.lower()
        return [
            other
            for other in self.register.employees
            if other.active and other.email.lower() == mail
        ]

    def _leading_to(self, person: TeamsPerson) -> list[StoredEmployee]:
        return [
            other
            for other in self.register.employees
            if other.active and self.addresses.one(other.email) == person
        ]

    def _lines(self, one: StoredEmployee) -> Iterable[str]:
        """Return one entry for the file per person this employee could be."""
        found = sorted(self.addresses.could_be(one.email), key=lambda person: person.name)
        usable = [self._sign_in_name(person) for person in found if person.may_approve]
        company = self.register.company if self.register.with_company else ""
        for email in usable or ["THEIR-SIGN-IN-NAME"]:
            yield entry(email, one.code, company)

    def _candidates(self, one: StoredEmployee) -> Iterable[Candidate]:
        """Return whom an operator may choose; nobody where the file itself is in doubt."""
        if any(own.employee == one.code for own in self.register.overrides):
            return
        for person in sorted(self.addresses.could_be(one.email), key=lambda found: found.name):
            if person.may_approve:
                yield Candidate(person.aad_object_id, person.name, self._sign_in_name(person))

    def _sign_in_name(self, person: TeamsPerson) -> str:
        user = self._users().get(person.aad_object_id)
        return user.upn if user and user.upn else person.email


def refusal(person: TeamsPerson, people: People) -> str:
    """Say why *person* may approve nothing at all, in no words when they may."""
    if person.guest:
        return "a guest of the organisation"
    if not person.enabled:
        return "the account is disabled in Entra"
    return "" if people.override(person).may_decide else "countersign.toml says so"


def entry(email: str, employee: str, company: str) -> str:
    """Return the `[[person]]` entry that says who an employee is."""
    told = {"email": email, "company": company, "employee": employee}
    rows = [f"{key} = {_quoted(value)}" for key, value in told.items() if value]
    return "\n".join(["[[person]]", *rows])


def _quoted(text: str) -> str:
    """Return *text* as a string of TOML in which nothing invisible hides."""
    quoted = json.dumps(text, ensure_ascii=False)
    return re.sub(UNSEEN, lambda sign: f"\\u{ord(sign[0]):04x}", quoted)
