"""Who may decide on a document by its route, and when two of them must agree. Pure.

Above a threshold (invariant I4) the first press is kept, and the question is handed on to those who
may be the second. Nothing is called before that.
"""

from __future__ import annotations

from collections.abc import Mapping

from acumatica_client.entities import entity_of
from acumatica_client.models import Document
from bot.core.people import People
from bot.core.routes import Route
from storage.records import TeamsPerson


def wants_two(document: Document, route: Route) -> bool:
    """Say whether two different people must agree; whatever cannot be compared wants two."""
    if not route.second_above:
        return False
    amount = document.money(entity_of(document).amount_field)
    threshold = route.second_above.get(document.text("CurrencyID"))
    return amount is None or threshold is None or abs(amount) > threshold


def approvers(document: Document, route: Route, people: People) -> list[TeamsPerson]:
    """Return the people of the first source that names somebody who may decide."""
    for source in route.approver:
        found = [one for one in named_by(source, document, people) if one.may_approve]
        if found:
            return found
    return []


def seconds(
    document: Document, route: Route, people: People, *, first: str = ""
) -> list[TeamsPerson]:
    """Return everybody who may agree after *first*, who is never among them."""
    named = (one for source in route.second for one in named_by(source, document, people))
    return [
        one
        for one in dict.fromkeys(named)
        if one.may_approve and not (first and same_person(people, one.aad_object_id, first))
    ]


def same_person(
    people: People, one: str, other: str, logins: Mapping[str, str] | None = None
) -> bool:
    """Say whether two accounts of Entra are, or could be, one human: in doubt they are."""
    if one == other:
        return True
    connected = [(logins or {}).get(person, "").lower() for person in (one, other)]
    if connected[0] and connected[0] == connected[1]:
        return True
    if any({one, other} <= accounts for accounts in people.could_be.values()):
        return True
    return bool(_marks(people, one) & _marks(people, other))


def _marks(people: People, person_id: str) -> set[str]:
    """Return what tells somebody from others: their address, and the employees they stand for."""
    person = people.by_id.get(person_id)
    if person is None:
        return set()
    codes = {code for code, found in people.by_code.items() if found.aad_object_id == person_id}
    told = {people.override(person).employee, *codes} - {""}
    return {*(f"employee {code}" for code in told), f"mail {person.email.lower()}"}


def named_by(source: str, document: Document, people: People) -> list[TeamsPerson]:
    """Return whom one source of a route's approver list names."""
    if source == "approval map":
        waits = document.status == "Pending Approval"
        return people.approving(document.approvals) if waits else []
    if source == "owner":
        found = people.by_employee.get(document.around.owner)
    elif source == "buyer":
        found = people.by_employee.get(document.around.buyer)
    else:
        found = people.by_email.get(source.removeprefix("person:").lower())
    return [found] if found else []


def ids(people: list[TeamsPerson]) -> tuple[str, ...]:
    """Return the aadObjectIds of *people*."""
    return tuple(person.aad_object_id for person in people)
