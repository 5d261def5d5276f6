"""Who may be shown what, and where. Pure.

- A guest, and whoever Teams does not name, is shown nothing.
- A person is shown documents of the companies they belong to: matched to an employee there, or
  named by a `[[person]]` of the file. Companies never mix.
- A company may narrow that to its approvers: who is, or was, asked about a document sees that one;
  whom a route names by mail sees all.
- In their own chat they are shown all of that. In a channel only what a route sends to that very
  channel, and only where no route keeps amounts out of it; everything else is told in their own
  chat. What they may not see themselves they are not shown in a channel either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.people import People
from bot.core.routes import CHANNEL, Routes
from cards.privacy import Privacy
from storage.records import PostedCard, TeamsPerson


class VisibleTo(StrEnum):
    """Who of a company is shown its documents."""

    EMPLOYEES = "employees"
    APPROVERS = "approvers"


@dataclass(frozen=True, slots=True)
class Insight:
    """How one company lets its people look: its key in the file, and whom its routes name."""

    visible_to: VisibleTo = VisibleTo.EMPLOYEES
    named: frozenset[str] = frozenset()
    """Mails in lower case."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. `person` is None when Teams tells nobody we may believe."""

    person: TeamsPerson | None
    companies: Mapping[str, People] = field(default_factory=dict)
    """Who is who in each company they belong to; empty when they belong to none."""
    mail: str = ""
    """Their mail in lower case where it is theirs alone; empty where two people could have it."""

    @property
    def is_stranger(self) -> bool:
        """Whether they are shown nothing at all."""
        return self.person is None or not self.person.may_approve


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer would be read, and by whom."""

    conversation: str
    alone: bool = False
    """The asker's own chat with the bot: nobody else reads it."""
    channels: frozenset[str] = frozenset()
    """Names the routes know this channel by; empty in chats and in channels bound to nothing."""


def sole_mail(person: TeamsPerson, people: People) -> str:
    """Return a person's mail in lower case, nothing when somebody else could have it, too."""
    mail = person.email.lower()
    found = people.by_email.get(mail)
    return mail if found and found.aad_object_id == person.aad_object_id else ""


def belongs(person: TeamsPerson, people: People) -> bool:
    """Say whether *person* is one of a company's own people."""
    if not person.may_approve:
        return False
    mail = person.email.lower()
    named = mail in people.overrides and people.by_email.get(mail) == person
    return named or person in people.by_code.values()


def may_see(asker: Asker, company: str, insight: Insight, asked: Collection[str]) -> bool:
    """Say whether the asker may be shown a document; *asked* are all who were to decide on it."""
    if asker.person is None or asker.is_stranger or company not in asker.companies:
        return False
    if insight.visible_to is VisibleTo.EMPLOYEES:
        return True
    return asker.person.aad_object_id in asked or asker.mail in insight.named


def told_fully(routes: Routes, channel: str, *, stands_in: bool = False) -> bool:
    """Say whether everything of the cards in a channel may be told there, or of what stands in."""
    return routes.privacy(f"{CHANNEL}{channel}", stands_in=stands_in) is Privacy.FULL


def may_tell_here(place: Place, routes: Routes, cards: Iterable[PostedCard]) -> bool:
    """Say whether a document whose *cards* stand in channels may be told at *place*."""
    if place.alone:
        return True
    return any(
        told_fully(routes, card.target.removeprefix(CHANNEL), stands_in=card.stood_in)
        for card in cards
        if card.target.startswith(CHANNEL) and card.target.removeprefix(CHANNEL) in place.channels
    )


def told_here(place: Place, routes: Mapping[str, Routes]) -> frozenset[str]:
    """Return which cards may be told at *place*: `COMPANY channel:NAME`, or such as stand in there.

    A card that only stands in, or once did, may be told less: `COMPANY channel:NAME standing in`.
    """
    return frozenset(
        f"{company} {CHANNEL}{name}{' standing in' if stands_in else ''}"
        for company, own in routes.items()
        for name in place.channels
        for stands_in in (False, True)
        if told_fully(own, name, stands_in=stands_in)
    )
