"""Who is who: employees of the ERP matched to people of Teams. Two matches are no match. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from acumatica_client.models import Approval
from bot.core.addresses import Addresses
from storage.records import Lookup, StoredContact, StoredDelegate, StoredEmployee, TeamsPerson

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

    by_code: Mapping[str, TeamsPerson]
    """By employee code alone: what approval rows and delegates name."""
    by_employee: Mapping[str, TeamsPerson]
    """By whatever an owner field may show: employee code, login, contact id or name."""
    by_email: Mapping[str, TeamsPerson]
    """Whom the file means by an address, in lower case."""
    by_id: Mapping[str, TeamsPerson]
    overrides: Mapping[str, Override]
    """What the file says, by the address it says it of, in lower case."""
    names: Mapping[str, str]
    """Employee code, login or contact id to name, for cards."""
    delegates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Employee code to the codes of those who may approve for them today."""
    authors: Mapping[str, StoredEmployee] = field(default_factory=dict)
    """Login, employee code or name, in lower case, to the employee, also one who left."""
    told_of: Mapping[str, Override] = field(default_factory=dict)
    """aadObjectId to what the file says of that person, whichever of their addresses it uses."""
    could_be: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Employee code to the aadObjectIds of everybody its address could mean."""

    def override(self, person: TeamsPerson) -> Override:
        """Return what the file says of *person*; nothing special when it says nothing."""
        return self.told_of.get(person.aad_object_id, Override(person.email))

    def approving(self, rows: Iterable[Approval]) -> list[TeamsPerson]:
        """Return who may decide pending rows: the employees named, and their delegates today.

        A row for a workgroup alone names nobody: who is in it, Acumatica does not tell.
        """
        codes = [row.employee for row in rows if row.pending and row.employee]
        acting = [one for code in codes for one in (code, *self.delegates.get(code, ()))]
        found = (self.by_code.get(code) for code in acting)
        return list(dict.fromkeys(person for person in found if person))

    def approvals_of(self, person_id: str, rows: Iterable[Approval]) -> int:
        """Count the rows that a person approved, for themselves or for another."""
        given = (self.by_code.get(row.approved_by) for row in rows if row.approved)
        return sum(one is not None and one.aad_object_id == person_id for one in given)

    def is_author(self, person: TeamsPerson, name: str) -> bool | None:
        """Say whether *name*, a creator or editor as the ERP tells it, is *person*.

        None when that is not certain: nobody known is called so, or the one who is was matched
        to nobody and could be *person*.
        """
        author = self.authors.get(name.strip().lower())
        if author is None:
            return None
        matched = self.by_code.get(author.code)
        if matched is not None:
            return matched == person
        if person.aad_object_id in self.could_be.get(author.code, ()):
            return None
        other_mail = bool(author.email) and author.email.lower() != person.email.lower()
        return False if other_mail and author.name != person.name else None

    def author(self, name: str) -> TeamsPerson | None:
        """Return who *name*, a creator as the ERP tells it, is in Teams; None when not certain."""
        found = self.authors.get(name.strip().lower())
        return self.by_code.get(found.code) if found else None

    def same_author(self, one: str, other: str) -> bool:
        """Say whether two words, as the ERP tells them, certainly mean one author."""
        word, same = one.strip().lower(), other.strip().lower()
        if word == same:
            return bool(word)
        author = self.authors.get(word)
        return author is not None and author == self.authors.get(same)


@dataclass(frozen=True, slots=True)
class Delegation:
    """When somebody may approve for another: on this day, by a row that delegates this."""

    today: date
    of: str = "Approvals"
    """What `DelegationOf` must say; versions that do not tell it delegate no approvals."""

    def holds(self, row: StoredDelegate) -> bool:
        """Say whether *row* lets its employee approve today."""
        day = self.today.isoformat()
        begun, over = row.starts <= day, bool(row.ends) and row.ends < day
        return row.active and row.of == self.of and begun and not over


def match_people(
    employees: Iterable[StoredEmployee],
    teams: Iterable[TeamsPerson],
    overrides: Iterable[Override] = (),
    *,
    contacts: Iterable[StoredContact] = (),
    delegation: Delegation | None = None,
    lookups: Iterable[Lookup] = (),
    settled: Mapping[str, str] | None = None,
) -> People:
    """Match employees to Teams people by e-mail; a mail two people share leads to nobody.

    *lookups* is what Graph found by the addresses of both lists; without Graph there are none.
    *settled* is what an operator said where that leaves doubt: employee code to aadObjectId.
    """
    roster, everybody, cards = list(teams), list(employees), list(contacts)
    addresses, told = Addresses(roster, lookups), list(overrides)
    active = [employee for employee in everybody if employee.active and employee.code]
    # The file counts more than an operator, and both count more than addresses.
    by_operator = _by_operator(active, addresses, settled or {})
    by_file = {**by_operator, **_by_file(told, addresses)}
    taken = frozenset(by_operator.values())
    by_code = {**_by_mail(active, addresses, settled=by_file, taken=taken), **by_file}
    # What means two employees, in one way or in two, active or not, names nobody.
    words = _unique(
        (
            *((code, code) for code in by_code),
            *((word, one.code) for one in everybody for word in (one.code, one.login, one.name)),
            *_codes_of_contacts(cards, active),
        )
    )
    return People(
        by_code,
        {word: by_code[code] for word, code in words.items() if code in by_code},
        _found((address, addresses.named(address)) for address in addresses.known),
        {person.aad_object_id: person for person in roster},
        _strictest((one.email.lower(), one) for one in told),
        _names(everybody, cards),
        _delegates(active, delegation) if delegation else {},
        _authors(everybody),
        _told_of(told, addresses),
        {one.code: _ids(addresses.could_be(one.email)) for one in everybody},
    )


def _codes_of_contacts(
    contacts: Iterable[StoredContact], employees: Iterable[StoredEmployee]
) -> Iterable[tuple[str, str]]:
    """Lead from a contact's id to the one employee with its e-mail, or to the empty code."""
    mails = _unique((one.email.lower(), one.code) for one in employees)
    for contact in contacts:
        yield contact.id, mails.get(contact.email.lower(), "") if contact.active else ""


def _names(
    employees: Iterable[StoredEmployee], contacts: Iterable[StoredContact]
) -> dict[str, str]:
    everybody = list(employees)
    return {
        **{contact.id: contact.name for contact in contacts if contact.name},
        **_unique((one.login, one.name) for one in everybody),
        **{one.code: one.name for one in everybody},
    }


def _delegates(
    employees: Iterable[StoredEmployee], delegation: Delegation
) -> dict[str, tuple[str, ...]]:
    return {
        one.code: acting
        for one in employees
        if (acting := tuple(row.employee for row in one.delegates if delegation.holds(row)))
    }


def _authors(employees: Iterable[StoredEmployee]) -> dict[str, StoredEmployee]:
    return _unique(
        (word.lower(), one) for one in employees for word in (one.login, one.code, one.name)
    )


def _by_mail(
    employees: Iterable[StoredEmployee],
    addresses: Addresses,
    *,
    settled: Mapping[str, TeamsPerson],
    taken: frozenset[TeamsPerson],
) -> dict[str, TeamsPerson]:
    """Match by mail; a person two employees would lead to is nobody, unless the file settled it.

    Whoever is *taken*, as an operator said which employee they are, is no other one.
    """
    mails = _unique((one.email.lower(), one.code) for one in employees)
    found = _found((code, addresses.one(mail)) for mail, code in mails.items())
    left = {
        code: person
        for code, person in found.items()
        if code not in settled and person not in taken
    }
    alone = _unique((person.aad_object_id, code) for code, person in left.items())
    return {code: left[code] for code in alone.values()}


def _by_file(told: Iterable[Override], addresses: Addresses) -> dict[str, TeamsPerson]:
    """Match as the file says; an employee it calls two people is neither."""
    named = [(one.employee, addresses.named(one.email)) for one in told]
    return _unique((code, person) for code, person in named if person)


def _by_operator(
    employees: Iterable[StoredEmployee], addresses: Addresses, settled: Mapping[str, str]
) -> dict[str, TeamsPerson]:
    """Match as an operator said, as long as that person still is one of whom it could be.

    Whom they said to be two employees is neither.
    """
    found = {
        one.code: person
        for one in employees
        for person in addresses.could_be(one.email)
        if person.aad_object_id == settled.get(one.code) and person.may_approve
    }
    alone = _unique((person.aad_object_id, code) for code, person in found.items())
    return {code: found[code] for code in alone.values()}


def _told_of(told: Iterable[Override], addresses: Addresses) -> dict[str, Override]:
    """Return what the file says, by person; of a doubtful address, it binds all it could mean."""
    return _strictest(
        (person.aad_object_id, one) for one in told for person in _meant(one.email, addresses)
    )


def _meant(email: str, addresses: Addresses) -> frozenset[TeamsPerson]:
    named = addresses.named(email)
    return frozenset({named}) if named else addresses.could_be(email)


def _strictest(pairs: Iterable[tuple[str, Override]]) -> dict[str, Override]:
    """Join what the file says twice of one: two limits are no limit anybody may decide within."""
    found: dict[str, list[Override]] = {}
    for key, one in pairs:
        found.setdefault(key, []).append(one)
    return {key: said[0] if len(said) == 1 else _joined(said) for key, said in found.items()}


def _joined(said: Sequence[Override]) -> Override:
    limited = [one for one in said if one.limit is not None]
    agree = len({(one.limit, one.currency) for one in limited}) <= 1
    may = agree and all(one.may_decide for one in said)
    return replace((limited or said)[0], may_decide=may)


def _ids(people: Iterable[TeamsPerson]) -> frozenset[str]:
    return frozenset(person.aad_object_id for person in people)


def _found(pairs: Iterable[tuple[str, T | None]]) -> dict[str, T]:
    return {key: value for key, value in pairs if value is not None}


def _unique(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Keep only what its key names alone; an empty key names nothing."""
    found: dict[str, T] = {}
    twice: set[str] = set()
    for key, value in pairs:
        if key in found and found[key] != value:
            twice.add(key)
        found[key] = value
    return {key: value for key, value in found.items() if key and key not in twice}
