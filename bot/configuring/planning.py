"""The command `plan`: which open documents another file would send elsewhere, and their cards.

Reads the store, whether the service runs or not, and asks nobody. What it tells happens when the
service starts with that file: every open document is looked at then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from acumatica_client.models import Document
from bot.companies import people_of, story_of
from bot.company_file import Company, File
from bot.configuring.open_ones import open_documents
from bot.configuring.version import short, version_of
from bot.core.decide import Known, Policy
from bot.core.evidence import rule
from bot.core.foresight import Foreseen, foresee
from bot.core.intents import (
    AskDecision,
    CloseDecision,
    Intent,
    Message,
    NameApprovers,
    Nudge,
    PostCard,
    UpdateCard,
)
from bot.core.people import People
from bot.core.routes import APPROVER_TARGET, CHANNEL
from storage import documents, ledger, posted_cards
from storage.database import Connection, visiting
from storage.records import StoredDocument

PERSON = "person:"


@dataclass(frozen=True, slots=True)
class Way:
    """Where a document goes by one file."""

    route: int
    """Number of the route among those of the company, the first is 1."""
    to: tuple[str, ...]
    approvers: tuple[str, ...]
    """Names of who may decide."""
    verbs: tuple[str, ...]
    two: bool

    def to_json(self) -> dict[str, Any]:
        """Return the way as JSON."""
        return {
            "route": self.route,
            "to": list(self.to),
            "approvers": list(self.approvers),
            "actions": list(self.verbs),
            "two": self.two,
        }


@dataclass(frozen=True, slots=True)
class Move:
    """A document that would go another way."""

    document: str
    status: str
    was: Way
    becomes: Way
    cards: tuple[str, ...]
    """What would happen to its cards and its question, in words."""

    def to_json(self) -> dict[str, Any]:
        """Return the move as JSON."""
        return {
            "document": self.document,
            "status": self.status,
            "was": self.was.to_json(),
            "becomes": self.becomes.to_json(),
            "cards": list(self.cards),
        }


@dataclass(frozen=True, slots=True)
class CompanyPlan:
    """What would change for one company."""

    company: str
    looked_at: int
    moves: tuple[Move, ...]
    served: bool = True
    """False: the other file does not have the company any more."""

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        return {
            "company": self.company,
            "open": self.looked_at,
            "served": self.served,
            "moves": [move.to_json() for move in self.moves],
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What would change for all of them, and by which version of the file."""

    was: str
    becomes: str
    companies: tuple[CompanyPlan, ...]

    @property
    def moves(self) -> int:
        """How many documents would go another way."""
        return sum(len(one.moves) for one in self.companies)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        return {
            "was": self.was,
            "becomes": self.becomes,
            "companies": [one.to_json() for one in self.companies],
        }


async def read_plan(path: Path, old: File, new: File, *, now: datetime) -> Plan:
    """Compare two files over the store at *path*. Raises StoreError."""
    async with visiting(path) as conn:
        companies = [await _company(conn, company, old, new, now) for company in old.company]
    return Plan(short(version_of(old)), short(version_of(new)), tuple(companies))


async def _company(
    conn: Connection, company: Company, old: File, new: File, now: datetime
) -> CompanyPlan:
    name = company.name
    if name not in [one.name for one in new.company]:
        found = await open_documents(conn, name, [old.routes(name)])
        return CompanyPlan(name, len(found), (), served=False)
    files = (old, new)
    found = await open_documents(conn, name, [file.routes(name) for file in files])
    sides = [await _side(conn, file, name, now) for file in files]
    moves = [await _move(conn, document, *sides) for document in found]
    return CompanyPlan(name, len(found), tuple(move for move in moves if move))


@dataclass(frozen=True, slots=True)
class _Side:
    """One file's view of a company."""

    file: File
    company: Company
    people: People
    policy: Policy


async def _side(conn: Connection, file: File, name: str, now: datetime) -> _Side:
    company = next(one for one in file.company if one.name == name)
    people = await people_of(conn, company, file.overrides(name), now=now)
    since = await documents.served_since(conn, name)
    return _Side(file, company, people, Policy(name, since or now))


async def _move(conn: Connection, name: str, old: _Side, new: _Side) -> Move | None:
    record = await documents.get(conn, old.company.name, name)
    if record is None or record.gone:
        return None
    was, becomes = [await _foreseen(conn, record, side) for side in (old, new)]
    before, after = _way(was, old), _way(becomes, new)
    told = tuple(dict.fromkeys(_told(becomes.intents, new.people)))
    same = _rule(was, old) == _rule(becomes, new) and replace(after, route=before.route) == before
    if same and told == tuple(dict.fromkeys(_told(was.intents, old.people))):
        return None
    return Move(name, record.status, before, after, told)


async def _foreseen(conn: Connection, record: StoredDocument, side: _Side) -> Foreseen:
    name, document = side.company.name, Document.from_json(record.snapshot)
    story = await story_of(conn, record, side.people)
    newest = await ledger.latest(conn, name, record.document)
    cards = await posted_cards.of_document(conn, name, record.document)
    known = Known(document, newest, tuple(cards), side.people)
    return foresee(story, known, side.file.routes(name), side.policy)


def _rule(seen: Foreseen, side: _Side) -> Mapping[str, Any]:
    return rule(side.file.routes(side.company.name).listed[seen.why.route - 1])


def _way(seen: Foreseen, side: _Side) -> Way:
    matter = seen.matter
    return Way(
        seen.why.route,
        tuple(_place(one, side.people) for one in matter.targets),
        tuple(_name(one, side.people) for one in matter.approvers),
        matter.verbs,
        matter.two,
    )


# --- in words -------------------------------------------------------------------------------


def _told(intents: Iterable[Intent], people: People) -> Iterator[str]:
    """Say what becomes of the question, then of each card."""
    for intent in intents:
        match intent:
            case AskDecision(_, approvers):
                yield f"asks anew: {_names(approvers, people)}"
            case NameApprovers(approvers):
                yield f"asks from then on: {_names(approvers, people)}"
            case CloseDecision():
                yield "closes its question: nobody is asked any more"
            case PostCard() | UpdateCard() | Nudge():
                yield f"{_does(intent)}: {_place(intent.target, people)}"


def _does(message: Message) -> str:
    match message:
        case PostCard():
            return "new card"
        case UpdateCard(_, _, True):
            return "the card there says that it was replaced"
        case UpdateCard():
            return "the card there is brought up to date"
        case Nudge():
            return "told to look again"


def _place(target: str, people: People) -> str:
    if target == APPROVER_TARGET:
        return "an approver nobody knows"
    if target.startswith(PERSON):
        return _name(target.removeprefix(PERSON), people)
    return target.removeprefix(CHANNEL)


def _names(ids: Iterable[str], people: People) -> str:
    return ", ".join(_name(one, people) for one in ids) or "nobody known"


def _name(identity: str, people: People) -> str:
    person = people.by_id.get(identity)
    return person.name or person.email if person else identity
