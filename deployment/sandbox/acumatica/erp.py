"""The ERP itself: one book, one way of changing it. Every change is one transaction: it is stamped,
stored with its history, and told to the push sender only after it is safe.
"""

import uuid
from collections.abc import Iterable

from aiohttp import web

from . import entry, workflow
from .book import Book, Record
from .entry import Desk
from .faults import Faults
from .fields import DOCUMENTS, Entity
from .history import History, changes
from .masters import masters
from .operations import Operations
from .options import SandboxOptions
from .people import read_people
from .push import Clerk, Sender, Settings, read_settings, settings_row
from .sample import sample_documents
from .sessions import Sessions
from .store import Store
from .values import moment_text, sql_moment
from .wire import Draft, Json


class Erp:
    """Everything one stand-in holds while it runs."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.people = read_people()
        self.book = Book()
        self.history = History(options.now)
        self.sessions = Sessions(options)
        self.operations = Operations(options)
        self.faults = Faults()
        self.sender = Sender(options, self.note_event)
        self._clerk = Clerk(options.tenant)
        self._store: Store | None = None

    def open(self) -> None:
        """Read the book from its folder; an empty one gets its first entries."""
        self._store = Store(self.options.data)
        self.history.load(self._store)
        self.sender.settings = read_settings(self._store.setting("push"))
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

    def set_push(self, settings: Settings) -> None:
        """Change how notifications are sent."""
        self.store.write(settings={"push": settings_row(settings)})
        self.sender.settings = settings

    def insert(self, entity: Entity, draft: Draft, by: str) -> Record:
        """Enter a new document; its first state is the workflow's choice."""
        guid = self._guid()
        record = entry.new_record(self.desk(), entity, draft, id=guid, by=by)
        return self._commit(None, workflow.born(record), by)

    def edit(self, record: Record, draft: Draft, by: str) -> Record:
        """Type into a document and move it as its Hold box says; nothing new changes nothing."""
        hold, after = draft.fields.pop("Hold", None), record
        if hold is True and workflow.HOLD in workflow.actions_of(after):
            after = workflow.run(after, workflow.HOLD)
        after = entry.apply(after, draft)
        if hold is False and workflow.REMOVE_HOLD in workflow.actions_of(after):
            after = workflow.run(after, workflow.REMOVE_HOLD)
        return record if after == record else self._commit(record, after, by)

    def act(self, record: Record, action: str, by: str, reason: str = "") -> Record:
        """Run an action of the screen as *by*, or raise NotAllowed or NotApprover."""
        after = workflow.run(record, action)
        workflow.check_approver(record, action, self.employee_of(by))
        if reason:
            after = after.with_hidden(Reason=reason)
        return self._commit(record, after, by)

    def move(self, record: Record, status: str, by: str) -> Record:
        """Bring a document to a state, a transaction per step, approvals by who may give them."""
        way = workflow.path(record, status)
        if way is None:
            raise workflow.NotAllowed(f"No way leads from {record.status} to {status}.")
        for action in way:
            record = self.act(record, action, self._actor(record, action, by))
        return record

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
        stamped = self._stamped(before, after, by)
        self._write(before, stamped, by)
        self.book.put(stamped)
        return stamped

    def _stamped(self, before: Record | None, after: Record, by: str) -> Record:
        now, name = sql_moment(self.options.now()), "LastModifiedDateTime"
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
        events = self.history.number(changes(before, after, by))
        self.store.write(
            records=[after] if after else [],
            gone=[before] if before and not after else [],
            events=events,
            settings={"numbers": self.book.numbers},
        )
        self.history.keep(events)
        now, split = self.options.now(), self.sender.settings.split
        self.sender.offer(self._clerk.notices(before, after, id=self._guid(), now=now, split=split))

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


def documents(book: Book) -> Iterable[Record]:
    """Every document of the book, newest change first."""
    found = [record for name in DOCUMENTS for record in book.all(name)]
    return sorted(found, key=_changed_at, reverse=True)


def _changed_at(record: Record) -> str:
    return str(record.fields.get("LastModifiedDateTime"))
