"""A clock, an ERP and a Teams that keep the truth, and misbehave exactly when told to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from acumatica_client.entities import ENTITIES, Entity
from acumatica_client.errors import ErpBusy, ErpUnavailable
from acumatica_client.models import (
    CallClass,
    CallOutcome,
    Document,
    DocumentKey,
    Employee,
    ErpCall,
    Glimpse,
    Value,
    Vendor,
)
from bot.sending.teams import CARD_TYPE, Posted
from storage.records import Json, Outcome, Reading, Retry, Unknown

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
Point = Callable[[str], Awaitable[None]]
"""Awaited wherever a fake is called: there the process may die, or something else may happen."""


class Clock:
    """Time that moves only when told to. A boot starts the clock nobody can set anew."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.boots = 0
        self._booted = 0.0
        self._alarms: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def reading(self) -> Reading:
        return Reading(f"boot-{self.boots}", self.passed - self._booted)

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def boot(self) -> None:
        self.boots += 1
        self._booted = self.passed

    def at(self, seconds: float, alarm: Callable[[], None]) -> None:
        """Have something happen so many *seconds* from now, whoever watches."""
        self._alarms.append((self.passed + seconds, alarm))

    def advance(self, seconds: float) -> None:
        ends = self.passed + seconds
        while due := [one for one in self._alarms if one[0] <= ends]:
            first = min(due, key=lambda one: one[0])
            self._alarms.remove(first)
            self.passed = max(self.passed, first[0])
            first[1]()
        self.passed = ends


# --- the ERP --------------------------------------------------------------------------------

EFFECTS = {
    "ReleaseFromHold": ("On Hold", "Balanced"),
    "ReleaseBill": ("Balanced", "Open"),
    "Approve": ("Pending Approval", "Open"),
    "Reject": ("Pending Approval", "Rejected"),
}
"""Action -> the status it needs, and the status it leads to."""

ACTS = (
    "done",
    "refused",
    "refused 500",
    "done 500",
    "lost after",
    "lost before",
    "late",
    "not sent",
    "busy",
)
LATEST = 590.0
"""Seconds after which a call that got no answer takes effect at the latest."""


@dataclass
class Record:
    """One document as it truly is."""

    key: DocumentKey
    status: str
    amount: Decimal
    owner: str
    changed: datetime = START
    owners: set[str] = field(default_factory=set)
    """Everybody who ever owned it: only they are ever asked."""
    needs_approval: bool = False
    deleted: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        self.owners.add(self.owner)


@dataclass
class Call:
    """One write that reached the ERP, and what the document was like when it came."""

    key: DocumentKey
    action: str
    amount: Decimal
    ran: bool
    """Whether the ERP let it run, or may have: not when it was turned away."""


@dataclass
class FakeErp:
    """One company's ERP: its documents, and everything that was done to them."""

    clock: Clock
    point: Point
    records: dict[DocumentKey, Record] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    effects: Counter[tuple[DocumentKey, str]] = field(default_factory=Counter)
    """(document, action) -> how often a call of ours took effect."""
    next_acts: list[str] = field(default_factory=list)
    next_reads: list[str] = field(default_factory=list)

    def touch(self, record: Record, **changes: Any) -> None:
        """Change a document as its own user or workflow does."""
        for name, value in changes.items():
            setattr(record, name, value)
        record.owners.add(record.owner)
        newest = max(one.changed for one in self.records.values())
        record.changed = max(self.clock.now(), newest + timedelta(milliseconds=3))

    # --- reading ---

    async def read(self, key: DocumentKey) -> Document | None:
        await self.point("erp read")
        match self.next_reads.pop(0) if self.next_reads else "":
            case "unavailable":
                raise ErpUnavailable("no answer")
            case "busy":
                raise ErpBusy("429", after=5.0)
        record = self.records.get(key)
        told = None if record is None or record.deleted else _document(record)
        await self.point("erp told")
        return told

    async def read_for_press(self, key: DocumentKey) -> Document | None:
        return await self.read(key)

    async def read_by_id(self, key: DocumentKey, _erp_id: str) -> Document | None:
        return await self.read(key)

    async def read_back(
        self, key: DocumentKey, _erp_id: str
    ) -> tuple[Document | None, Document | None]:
        told = await self.read(key)
        return told, told

    @property
    def around(self) -> FakeErp:
        return self

    async def vendor(self, code: str) -> Vendor:
        return Vendor(code, f"Name of {code}")

    async def employees(self) -> list[Employee]:
        return []

    async def changed(
        self, entity: Entity, since: datetime, before: datetime
    ) -> AsyncIterator[list[Glimpse]]:
        await self.point("erp list")
        yield [g for g in self._glimpses(entity) if since <= g.last_modified < before]

    async def standing_in(
        self, entity: Entity, statuses: tuple[str, ...]
    ) -> AsyncIterator[list[Glimpse]]:
        await self.point("erp list")
        yield [glimpse for glimpse in self._glimpses(entity) if glimpse.status in statuses]

    def _glimpses(self, entity: Entity) -> list[Glimpse]:
        return [
            Glimpse(record.key, _id(record), record.status, record.changed)
            for record in self.records.values()
            if record.key.entity == entity.name and not record.deleted
        ]

    async def check_version(self) -> None:
        return None

    def server_time(self) -> datetime:
        return self.clock.now()

    # --- acting ---

    @asynccontextmanager
    async def acting(self, _grant: object) -> AsyncIterator[FakeErp]:
        yield self

    async def sign_in(self) -> None:
        await self.point("erp sign in")

    async def act(
        self,
        call: ErpCall,
        key: DocumentKey,
        *,
        since: float | None = None,  # noqa: ARG002
    ) -> CallOutcome:
        how = self.next_acts.pop(0) if self.next_acts else "done"
        record = self.records[key]
        ran = how not in ("not sent", "busy")
        self.calls.append(Call(key, call.action, record.amount, ran))
        await self.point("erp act")
        if how in ("done", "done 500", "lost after"):
            done = self._take_effect(record, call.action)
            if how == "done" and not done:
                how = "refused"
        elif how == "late":
            self.clock.at(LATEST, lambda: self._take_effect(record, call.action))
        await self.point("erp acted")
        return _ANSWERS[how]

    def _take_effect(self, record: Record, action: str) -> bool:
        needs, leads_to = EFFECTS[action]
        if action == "ReleaseBill" and self.effects[record.key, action]:
            self.effects[record.key, action] += 1  # nothing in the ERP keeps us from doing it twice
        if record.status != needs or record.deleted:
            return False
        if action == "ReleaseFromHold" and record.needs_approval:
            leads_to = "Pending Approval"
        self.effects[record.key, action] += 1
        self.touch(record, status=leads_to)
        return True


_ANSWERS = {
    "done": CallOutcome(CallClass.CLAIMS_DONE, "204"),
    "refused": CallOutcome(CallClass.REFUSED, "422 no"),
    "refused 500": CallOutcome(CallClass.REFUSED_IN_DOUBT, "500 PX.Data"),
    "done 500": CallOutcome(CallClass.REFUSED_IN_DOUBT, "500 PX.Data"),
    "lost after": CallOutcome(CallClass.UNKNOWN, "reset"),
    "lost before": CallOutcome(CallClass.UNKNOWN, "reset"),
    "late": CallOutcome(CallClass.UNKNOWN, "timeout"),
    "not sent": CallOutcome(CallClass.NOT_SENT, "connection refused"),
    "busy": CallOutcome(CallClass.TURNED_AWAY, "429", after=120.0),
}


def _id(record: Record) -> str:
    return f"id-{record.key.number}"


def _document(record: Record) -> Document:
    entity = ENTITIES[record.key.entity]
    fields: dict[str, Value] = {
        "Status": record.status,
        entity.amount_field: record.amount,
        entity.party_field: "V1",
        "CurrencyID": "USD",
        "Description": record.note,
        "Owner": record.owner,
        "CurrentDocument.EmployeeID": record.owner,
    }
    return Document(record.key, _id(record), record.status, record.changed, fields)


# --- Teams ----------------------------------------------------------------------------------

POSTS = ("429", "lost after", "lost before", "no id")


@dataclass
class Message:
    """One message that truly stands in Teams."""

    conversation: str
    activity: str
    card: dict[str, Any]
    told: bool = False
    """Whether the bot was given its id, and lived to store it."""


@dataclass
class FakeTeams:
    """The connector: what stands where, as people see it."""

    point: Point
    messages: list[Message] = field(default_factory=list)
    replies: int = 0
    lost_posts: int = 0
    """Cards that never came, and whose post got no answer either."""
    next_sends: list[str] = field(default_factory=list)
    fresh: list[Message] = field(default_factory=list)
    """Posted with a clear answer in the step that is running."""

    async def new_thread(self, _url: str, channel: str, activity: Json) -> Posted | Outcome:
        number = f"m{len(self.messages) + 1}"
        return await self._post(f"{channel};messageid={number}", number, activity)

    async def open_chat(self, _url: str, teams_id: str) -> str | Outcome:
        await self.point("open chat")
        return f"chat-{teams_id}"

    async def send(self, _url: str, conversation: str, activity: Json) -> Posted | Outcome:
        return await self._post(conversation, f"m{len(self.messages) + 1}", activity)

    async def _post(self, conversation: str, number: str, activity: Json) -> Posted | Outcome:
        how = self.next_sends.pop(0) if self.next_sends else "ok"
        await self.point("post")
        if how == "429":
            return Retry("429", after=7.0)
        card = card_in(activity)
        if how == "lost before":
            self.lost_posts += card is not None
            return Unknown("reset")
        if card is None:
            self.replies += 1
            return Posted(conversation, f"r{self.replies}")
        message = Message(conversation, number, card)
        self.messages.append(message)
        await self.point("posted")
        if how == "lost after":
            return Unknown("reset")
        if how == "no id":
            return Posted(conversation.partition(";")[0], "")
        self.fresh.append(message)
        return Posted(conversation, number)

    async def edit(self, _url: str, posted: Posted, activity: Json) -> Posted | Outcome:
        how = self.next_sends.pop(0) if self.next_sends else "ok"
        await self.point("edit")
        if how == "429":
            return Retry("429", after=7.0)
        if how == "lost before":
            return Retry("reset")
        card = card_in(activity)
        message = next(m for m in self.messages if m.activity == posted.activity)
        assert message.conversation == posted.conversation
        assert card is not None
        message.card = card
        await self.point("edited")
        return Retry("reset") if how == "lost after" else posted


def card_in(activity: Json) -> dict[str, Any] | None:
    """Return the card of a message, None for a plain reply."""
    for attachment in activity.get("attachments", ()):
        if attachment["contentType"] == CARD_TYPE:
            return dict(attachment["content"])
    return None


def buttons(card: Any) -> list[dict[str, Any]]:
    """List the buttons on a card that ask the bot, wherever they stand in it."""
    if isinstance(card, list):
        return [button for part in card for button in buttons(part)]
    if not isinstance(card, dict):
        return []
    own = [card] if card.get("type") == "Action.Execute" else []
    inner = [part for name, part in card.items() if name != "refresh"]
    return own + [button for part in inner for button in buttons(part)]


def says(card: dict[str, Any], words: str) -> bool:
    """Say whether *words* stand anywhere on a card."""
    return words in json.dumps(card)


def is_about(message: Message, key: DocumentKey) -> bool:
    """Say whether a message is the card of *key*: its number stands in the fallback line."""
    return key.number in str(message.card.get("fallbackText"))
