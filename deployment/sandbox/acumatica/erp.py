"""The ERP itself: one book, one way of changing it. Every change is one transaction: it is stamped,
stored with its history, and told to the push sender only after it is safe.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from decimal import Decimal

from aiohttp import web

from . import approvals, entry, workflow
from .book import Book, Record
from .entry import Desk
from .faults import Faults
from .fields import DOCUMENTS, Entity
from .history import History, changes
from .licence import Licence
from .maintenance import OFF
from .masters import masters
from .meddling import meddling
from .notices import Clerk, Commit
from .oauth import Authority
from .offspring import makes, offspring
from .operations import Operations
from .options import SandboxOptions
from .people import read_people
from .push import Settings, read_settings, settings_row
from .sample import sample_documents
from .sender import Sender
from .sessions import Sessions
from .signing import SigningKey
from .store import Store
from .undelivered import Undelivered
from .values import moment_text, sql_moment
from .wire import Draft, Json


@dataclass(frozen=True, slots=True)
class _Change:
    """One record before and after, and who did it."""

    before: Record | None
    after: Record | None
    by: str


class Erp:
    """Everything one stand-in holds while it runs."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.people = read_people()
        self.book = Book()
        self.history = History(options.now)
        self.licence = Licence(options)
        self.sessions = Sessions(options, self.licence)
        self.authority = Authority(options, lambda rows: self.remember("grants", rows))
        self.signing = SigningKey(
            lambda: options.identity_key or self.store.setting("identity_key"),
            lambda key: self.remember("identity_key", key),
        )
        self.operations = Operations(options)
        self.faults = Faults()
        self.maintenance = OFF
        self.undelivered = Undelivered(options.now, lambda: self.store)
        self.sender = Sender(options, self.note_event, self.undelivered)
        self._clerk = Clerk(options.tenant)
        self._store: Store | None = None
        self._open: list[_Change] | None = None  # of the transaction that collects changes now

    def open(self) -> None:
        """Read the book from its folder; an empty one gets its first entries."""
        self._store = Store(self.options.data)
        self.history.load(self._store)
        self.sender.settings = read_settings(self._store.setting("push"))
        self.undelivered.load()
        self.authority.load(self._store.setting("grants"))
        records = self._store.records() or self._first_records()
        for record in records:
            self._enter(record)
        numbers = self._store.setting("numbers")
        if isinstance(numbers, dict):
            self.book.numbers |= numbers

    def close(self) -> None:
        """Close the file."""
        if self._store:
            self._store.close()

    @property
    def store(self) -> Store:
        """The open file."""
        if self._store is None:
            raise RuntimeError("the book is not open")
        return self._store

    def desk(self) -> Desk:
        """What data entry refers to now."""
        return Desk(self.book, self.people, self.options.day())

    def employee_of(self, login: str) -> str:
        """The employee linked to a user; the API user has none, so it approves nothing."""
        person = self.people.find(login)
        return person.employee_id if person else ""

    def note_event(self, kind: str, members: Json) -> None:
        """Write one event that changes no record."""
        events = self.history.number([(kind, members)])
        self.store.write(events=events)
        self.history.keep(events)

    def remember(self, name: str, value: object) -> None:
        """Keep a setting of the stand-in over restarts."""
        self.store.write(settings={name: value})

    def recycle(self) -> None:
        """Lose who is signed in, and so what operations came to: only their session may ask."""
        self.sessions.close_all()

    def set_push(self, settings: Settings) -> None:
        """Change how notifications are sent."""
        self.remember("push", settings_row(settings))
        self.sender.settings = settings

    def insert(self, entity: Entity, draft: Draft, by: str) -> Record:
        """Enter a new document; its first state is the workflow's choice."""
        guid = self._guid()
        record = entry.new_record(self.desk(), entity, draft, id=guid, by=by)
        return self._commit(None, workflow.born(record), by)

    def edit(self, record: Record, draft: Draft, by: str) -> Record:
        """Type into a document and move it as its Hold box says; nothing new changes nothing."""
        if not meddling().keeps:
            return record
        hold, after = draft.fields.pop("Hold", None), record
        if hold is True and workflow.HOLD in workflow.actions_of(after):
            after = workflow.run(after, workflow.HOLD)
        after = entry.apply(after, draft)
        if hold is False and workflow.REMOVE_HOLD in workflow.actions_of(after):
            after = workflow.run(after, workflow.REMOVE_HOLD)
        return record if after == record else self._commit(record, after, by)

    def act(
        self,
        record: Record,
        action: str,
        by: str,
        reason: str = "",
        *,
        amount: Decimal | None = None,
    ) -> Record:
        """Run an action of the screen as *by*, or raise NotAllowed or NotApprover."""
        after = workflow.run(record, action)
        who, day = self.employee_of(by), self.options.day()
        acts_for = approvals.acts_for(self.book.all("Employee"), who, day)
        workflow.check_approver(record, action, acts_for)
        if reason:
            after = after.with_hidden(Reason=reason)
        signed = approvals.signed(after, who, day=day, reason=reason)
        if not makes(record, action):
            return self._commit(record, signed, by)
        made = self._made(record, action, amount)
        with self._together():
            self._commit(None, made.with_hidden(CreatedBy=by), by)
            return record if signed == record else self._commit(record, signed, by)

    def _made(self, record: Record, action: str, amount: Decimal | None) -> Record:
        """What the action makes beside the record; never over a document that is there already."""
        id, number = self._guid(), self.book.free_number(record.shape)
        made = offspring(record, action, id=id, number=number, amount=amount)
        if self.book.by_keys(made.entity, tuple(made.keys.values())):
            raise workflow.NotAllowed("The document this action would make exists already.")
        return made

    @contextmanager
    def _together(self) -> Iterator[None]:
        """One transaction: the one that is open, or one of its own."""
        with nullcontext() if self._open is not None else self.transaction():
            yield

    def move(self, record: Record, status: str, by: str) -> Record:
        """Bring a document to a state, a transaction per step, approvals by who may give them."""
        way = workflow.path(record, status)
        if way is None:
            raise workflow.NotAllowed(f"No way leads from {record.status} to {status}.")
        for action in way:
            record = self.act(record, action, self._actor(record, action, by))
        return record

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make one transaction of what is changed inside; an error leaves all as it was."""
        collected: list[_Change] = []
        self._open = collected
        try:
            yield
            self._settle(collected)
        except BaseException:
            self._undo(collected)
            raise
        finally:
            self._open = None

    def delete(self, record: Record, by: str) -> None:
        """Strike a document out."""
        self._write(record, None, by)
        self.book.drop(record)

    def _actor(self, record: Record, action: str, by: str) -> str:
        if action not in (workflow.APPROVE, workflow.REJECT):
            return by
        approver = self.people.employee(record.hidden.get("Approver", ""))
        return approver.login if approver else by

    def _commit(self, before: Record | None, after: Record, by: str) -> Record:
        stamped = approvals.named(self._stamped(before, after, by), self.people)
        self._write(before, stamped, by)
        self.book.put(stamped)
        return stamped

    def _stamped(self, before: Record | None, after: Record, by: str) -> Record:
        now, name = sql_moment(self.options.now() + meddling().skew), "LastModifiedDateTime"
        owner = self.people.employee(after.hidden.get("Owner", ""))
        hidden = {"LastModifiedBy": by, "OwnerName": owner.name if owner else ""}
        if before is None:
            hidden["CreatedDateTime"] = moment_text(now)
        after = after.with_hidden(**hidden)
        given = after.fields.get(name)
        # Only a tester back-dates a stamp: a late commit carries an earlier one.
        typed = given is not None and given != (before.fields.get(name) if before else None)
        return after if typed else after.with_fields(**{name: now})

    def _write(self, before: Record | None, after: Record | None, by: str) -> None:
        if after and not before:
            self.book.note_number(after.shape, after.keys[after.shape.keys[-1]])
        change = _Change(before, after, by)
        if self._open is None:
            self._settle([change])
        else:
            self._open.append(change)

    def _settle(self, done: list[_Change]) -> None:
        """One transaction of the database; told to nobody before it is safe."""
        events = self.history.number([e for c in done for e in changes(c.before, c.after, c.by)])
        last = {r.id: (c.after, r) for c in done if (r := c.after or c.before)}
        self.store.write(
            records=[after for after, _ in last.values() if after],
            gone=[record for after, record in last.values() if not after],
            events=events,
            settings={"numbers": self.book.numbers},
        )
        self.history.keep(events)
        rows = tuple((c.before, c.after) for c in done)
        commit = Commit(self._guid(), self.options.now() + meddling().skew, rows)
        self.sender.offer(self._clerk.notices(commit, self.sender.settings))

    def _undo(self, done: list[_Change]) -> None:
        for change in reversed(done):
            if change.after:
                self.book.drop(change.after)
            if change.before:
                self.book.put(change.before)

    def _first_records(self) -> list[Record]:
        records = [*masters(self.people, self.options)]
        if self.options.sample:
            records = [*records, *sample_documents(records, self.people, self.options)]
        self.store.write(records=records)
        return records

    def _enter(self, record: Record) -> None:
        self.book.put(record)
        if record.shape.number:
            self.book.note_number(record.shape, record.keys[record.shape.keys[-1]])

    def _guid(self) -> str:
        return str(uuid.UUID(int=self.options.random.getrandbits(128), version=4))


ERP = web.AppKey("ERP", Erp)


def site_path(request: web.Request) -> str:
    """The path under the site, which may live in a folder of the web server."""
    return request.path.removeprefix(request.app[ERP].options.site)


def documents(book: Book) -> Iterable[Record]:
    """Every document of the book, newest change first."""
    found = [record for name in DOCUMENTS for record in book.all(name)]
    return sorted(found, key=_changed_at, reverse=True)


def _changed_at(record: Record) -> str:
    return str(record.fields.get("LastModifiedDateTime"))
