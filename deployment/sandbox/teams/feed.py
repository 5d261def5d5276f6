"""The bell of each person: what the app told them outside of any conversation. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field

from deployment.sandbox.teams.directory import Person
from deployment.sandbox.teams.wire import Json


@dataclass(slots=True)
class Feed:
    """Entries by person, newest first. *saved* hears of every change."""

    saved: Callable[[Json], None] = lambda _state: None
    entries: dict[str, list[Json]] = field(default_factory=dict)
    last: int = 0

    def add(self, person: Person, entry: Json) -> None:
        """Put an entry on top; one of the same chain takes the former's place (facts §5.2)."""
        self.last += 1
        chain, known = entry["chainId"], self.of(person)
        kept = [one for one in known if chain is None or one["chainId"] != chain]
        self.entries[person.aad_id] = [{"id": self.last, **entry}, *kept]
        self.saved({"entries": self.entries, "last": self.last})

    def of(self, person: Person) -> list[Json]:
        """What *person* sees."""
        return self.entries.get(person.aad_id, [])

    def restore(self, saved: Json) -> None:
        """Take back what `saved` was given."""
        self.entries, self.last = saved["entries"], saved["last"]
