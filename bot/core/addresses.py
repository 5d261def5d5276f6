"""Whom an address leads to, by channel rosters and by Graph together. Doubt leads nowhere. Pure.

Graph looks at every address a user has; a roster shows one. Where both speak, both must mean one
person: the stricter wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from storage.records import Lookup, TeamsPerson

SIGN_IN_NAME = "sign-in name"
"""The kind of address no two users of a tenant share."""
NOBODY: frozenset[TeamsPerson] = frozenset()


class Addresses:
    """Everybody known, by the addresses that could be theirs."""

    def __init__(self, people: Iterable[TeamsPerson], lookups: Iterable[Lookup] = ()) -> None:
        everybody = list(people)
        self._by_id = {person.aad_object_id: person for person in everybody}
        self._lookups = {one.address: one for one in lookups}
        shown: defaultdict[str, set[TeamsPerson]] = defaultdict(set)
        for person in everybody:
            shown[person.email.lower()].add(person)
        self._shown = {address: frozenset(found) for address, found in shown.items()}

    @property
    def known(self) -> frozenset[str]:
        """Every address that leads to somebody, or could."""
        return frozenset(address for address in {*self._shown, *self._lookups} if address)

    def could_be(self, address: str) -> frozenset[TeamsPerson]:
        """Return everybody an address could mean; an empty one means nobody."""
        asked = address.lower()
        if not asked:
            return NOBODY
        lookup = self._lookups.get(asked)
        found = lookup.found if lookup else ()
        by_graph = {self._by_id[person] for person, _ in found if person in self._by_id}
        return self._shown.get(asked, NOBODY) | by_graph

    def one(self, address: str) -> TeamsPerson | None:
        """Return the one person an address can mean, None when there are more or it is unsure."""
        lookup = self._lookups.get(address.lower())
        if lookup is not None and not lookup.found:
            return None  # Graph knows every user of the tenant; a roster may remember who left
        found = self.could_be(address)
        return next(iter(found)) if len(found) == 1 else None

    def named(self, address: str) -> TeamsPerson | None:
        """Return whom the file means by an address: there a sign-in name settles it."""
        lookup = self._lookups.get(address.lower())
        found = lookup.found if lookup else ()
        own = [person for person, kind in found if kind == SIGN_IN_NAME]
        settled = self._by_id.get(own[0]) if len(own) == 1 else None
        return settled or self.one(address)

    def kind(self, address: str, person: TeamsPerson) -> str:
        """Say which kind of address led to *person*; `roster` where only a roster did."""
        lookup = self._lookups.get(address.lower())
        kinds = dict(lookup.found) if lookup else {}
        return kinds.get(person.aad_object_id, "roster")
