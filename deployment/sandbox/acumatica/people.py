"""The sample people who use this ERP, read from the file both stand-ins share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Person:
    """An employee with a login of the ERP."""

    employee_id: str
    login: str
    name: str
    email: str
    title: str
    department: str
    reports_to: str | None
    branch: str


class People:
    """Finds a person by whatever a caller calls them."""

    def __init__(self, people: tuple[Person, ...]) -> None:
        self.all = people
        self._known = {name.casefold(): p for p in people for name in _names(p)}

    def find(self, name: str) -> Person | None:
        """The person with this login, employee code, e-mail or full name."""
        return self._known.get(name.strip().casefold())

    def employee(self, code: str) -> Person | None:
        """The person behind an employee code."""
        return next((p for p in self.all if p.employee_id == code), None)


def read_people() -> People:
    """Read `people.json`, which lies beside both stand-ins."""
    text = resources.files("deployment.sandbox").joinpath("people.json").read_text("utf-8")
    return People(tuple(_person(row) for row in json.loads(text)["people"]))


def _person(row: Mapping[str, str]) -> Person:
    return Person(**{name: row[name] for name in Person.__dataclass_fields__})


def _names(person: Person) -> tuple[str, ...]:
    return person.login, person.employee_id, person.email, person.name
