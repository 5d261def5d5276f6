"""The users of the tenant as Graph knows them, which is not quite as Teams does."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from deployment.sandbox.teams.directory import Directory, Person
from deployment.sandbox.teams.wire import Json, ShapeError, flag, names_in, text_in

DEFAULT_PROPERTIES = (
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
)
# What makes matching interesting: each of them is a case somebody really has.
_DIFFERENT: dict[str, Json] = {
    "carla": {"userPrincipalName": "carla.nystrom@acme.example"},
    "hugo": {
        "mail": None,
        "userPrincipalName": "hugo.martin@acme.example",
        "otherMails": ["hugo@acme.example"],
        "proxyAddresses": [],
    },
}
_OTHERS: tuple[Json, ...] = (
    {
        "id": "aaaaaaaa-0000-4000-8000-000000000071",
        "displayName": "Grace Kim (admin)",
        "mail": "grace@acme.example",
        "userPrincipalName": "grace.admin@acme.example",
    },
    {
        "id": "aaaaaaaa-0000-4000-8000-000000000072",
        "displayName": "Iris Olsen",
        "mail": "iris@acme.example",
        "userPrincipalName": "iris@acme.example",
        "accountEnabled": False,
    },
    {
        "id": "aaaaaaaa-0000-4000-8000-000000000073",
        "displayName": "Nils O'Brien",
        "mail": "nils.o'brien@acme.example",
        "userPrincipalName": "nils.o'brien@acme.example",
    },
)


@dataclass(slots=True)
class Users:
    """Users by id, each with the number of its last change. *saved* hears of every change."""

    saved: Callable[[Json], None] = lambda _state: None
    known: dict[str, Json] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    last: int = 0

    def find(self, ref: str) -> Json | None:
        """A user by id or user principal name, as Graph finds one."""
        wanted = ref.casefold()
        rows = self.known.values()
        names = ("id", "userPrincipalName")
        return next(
            (row for row in rows if wanted in {row[name].casefold() for name in names}), None
        )

    def rows(self) -> list[Json]:
        """Everybody, in the order of their ids."""
        return [self.known[key] for key in sorted(self.known)]

    def put(self, row: Json) -> Json:
        """Add or replace one user."""
        self.last += 1
        self.known[row["id"]] = row
        self.changed[row["id"]] = self.last
        self.removed.pop(row["id"], None)
        self._save()
        return row

    def remove(self, user_id: str) -> None:
        """Delete one user."""
        self.last += 1
        self.known.pop(user_id)
        self.changed.pop(user_id)
        self.removed[user_id] = self.last
        self._save()

    def since(self, number: int) -> Iterable[Json]:
        """Everybody who changed after *number*, the deleted as such (facts §5.2)."""
        yield from (row for row in self.rows() if self.changed[row["id"]] > number)
        for key, when in self.removed.items():
            if when > number:
                yield {"id": key, "@removed": {"reason": "deleted"}}

    def restore(self, saved: Json) -> None:
        """Take back what `saved` was given."""
        self.known, self.changed = saved["known"], saved["changed"]
        self.removed, self.last = saved["removed"], saved["last"]

    def _save(self) -> None:
        parts = {"known": self.known, "changed": self.changed, "removed": self.removed}
        self.saved({**parts, "last": self.last})


def seeded(directory: Directory, saved: Callable[[Json], None]) -> Users:
    """The users of a fresh tenant."""
    users = Users()
    for person in directory.people:
        users.put(_of(person) | _DIFFERENT.get(person.login, {}))
    for other in _OTHERS:
        users.put(new_user(other))
    users.saved = saved
    return users


def new_user(facts: Json) -> Json:
    """A user with these facts and nothing remarkable besides, or ShapeError."""
    mail = facts.get("mail")
    upn = text_in(facts.get("userPrincipalName", mail), "userPrincipalName")
    given, _, family = str(facts.get("displayName", upn)).partition(" ")
    plain = {
        **dict.fromkeys(DEFAULT_PROPERTIES),
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, upn)),
        "businessPhones": [],
        "displayName": upn,
        "givenName": given,
        "surname": family,
        "userPrincipalName": upn,
        "accountEnabled": True,
        "userType": "Member",
        "department": None,
        "employeeId": None,
        "otherMails": [],
        "proxyAddresses": [f"SMTP:{mail}"] if mail else [],
    }
    return changed_user(plain, facts)


def changed_user(row: Json, facts: Json) -> Json:
    """The user with these facts changed, or ShapeError."""
    unknown = sorted(set(facts) - set(row))
    if unknown:
        raise ShapeError(f"A user has no “{unknown[0]}”. Known: {', '.join(sorted(row))}.")
    return row | {name: _checked(name, value) for name, value in facts.items()}


def _checked(name: str, value: Any) -> Any:
    if name in {"otherMails", "proxyAddresses", "businessPhones"}:
        return names_in(value, name)
    if name == "accountEnabled":
        return flag(value, name)
    return (
        None if value is None and name not in {"id", "userPrincipalName"} else text_in(value, name)
    )


def _of(person: Person) -> Json:
    return new_user(
        {
            "id": person.aad_id,
            "displayName": person.name,
            "jobTitle": person.title,
            "mail": person.email,
            "userPrincipalName": person.upn,
            "userType": "Guest" if person.role == "guest" else "Member",
        }
    )
