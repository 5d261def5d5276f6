"""What the tables hold, as frozen records, and the words for their states. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

Json = Mapping[str, Any]


def stamp(moment: datetime) -> str:
    """Write a moment as UTC text of one width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def earlier(by: timedelta) -> str:
    """Write how SQLite's `strftime` takes so much off a moment."""
    return f"-{by.total_seconds():.3f} seconds"


def moment(text: str) -> datetime:
    """Read back what `stamp` wrote."""
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    """Read back a moment that may not have come yet."""
    return moment(text) if text else None


def packed(value: Any) -> str:
    """Write a JSON value the one way we write it, so that equal values are equal text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of the clock that cannot be set and counts suspended time; valid on one boot."""

    boot: str
    seconds: float


# --- inbox and hints ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RawPush:
    """One push notification as it came."""

    id: int
    company: str
    body: bytes
    correlation: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A document somebody said we should look at."""

    company: str
    document: str
    reason: str
    correlation: str
    generation: int = 1
    attempts: int = 0


# --- documents ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as the ERP last showed it. `revision` counts its material changes."""

    company: str
    document: str
    status: str
    status_since: datetime
    fingerprint: str
    last_modified: datetime
    snapshot: Json
    revision: int
    read_at: datetime
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What we know of a document, as far as comparing it with the ERP needs it."""

    document: str
    status: str
    last_modified: datetime
    fingerprint: str
    read_at: datetime
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long read is."""

    company: str
    what: str
    entity: str
    rows: int
    pages: int
    total: int | None
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None
    note: str = ""


# --- decisions ------------------------------------------------------------------------------


class DecisionState(StrEnum):
    """The life of one question put to people."""

    PENDING = "pending"
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    BY_OTHER = "by_other"
    """What was pressed had already been done in the ERP by somebody else."""
    MISMATCH = "confirmed_mismatch"
    MISMATCH_SEEN = "mismatch_seen"
    """Two administrators have seen that what was done is not what was approved."""
    REFUSED = "refused"
    STOPPED = "stopped"
    NOT_APPLIED = "not_applied"
    NEEDS_PERSON = "needs_person"
    LAPSED = "lapsed"
    SUPERSEDED = "superseded"


SUMMONS = "administrator:"
"""How the target of an administrator's own card about one decision begins."""


class Verdict(StrEnum):
    """What administrators record of a decision nobody else can settle; also a button's verb."""

    TOOK_EFFECT = "took_effect"
    NO_EFFECT = "no_effect"
    SEEN = "seen"
    """Of what was done otherwise than approved."""


class StepState(StrEnum):
    """The life of one step of a plan."""

    PENDING = "pending"
    CHECKED = "checked"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    CONFIRMED = "confirmed"
    """This step took effect; the plan goes on, or is done."""
    ENDED = "ended"
    """The plan ended here another way; the decision says how."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the first of two people pressed, where one is not enough."""

    person: str
    """aadObjectId."""
    name: str
    verb: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """One question about one document, the person who answered it, and the end of it."""

    id: str
    company: str
    document: str
    token: str
    state: DecisionState
    verbs: tuple[str, ...]
    approvers: tuple[str, ...]
    """aadObjectIds of the people who may decide."""
    fingerprint: str
    asked_at: datetime
    correlation: str
    asked_in: str = ""
    """Status whose route names the verbs, the people and the places."""
    resumes: bool = False
    """Goes on where a plan that was tried stopped midway."""
    changes: tuple[tuple[str, str, str], ...] = ()
    """(field, was, is): since it was asked before; of a mismatch, approved and done."""
    verb: str = ""
    person: str = ""
    person_name: str = ""
    claimed_at: datetime | None = None
    settled_at: datetime | None = None
    reason: str = ""
    said: str = ""
    """The reason the person gave for what they pressed."""
    claimed: Reading = Reading("", 0.0)
    """When it was pressed, by the clock nobody can set."""
    two: bool = False
    """Whether two different people must agree before anything is let go."""
    agreed: Agreement | None = None
    """The first of them; the question then waits for the second."""

    @property
    def pressers(self) -> Mapping[str, str]:
        """Everybody whose press it took, in order: aadObjectId to name."""
        agreed = self.agreed
        first = {agreed.person: agreed.name} if agreed and agreed.verb == self.verb else {}
        return first | ({self.person: self.person_name} if self.person else {})


@dataclass(frozen=True, slots=True)
class Dialog:
    """A form one person was given to fill in; it works once, for a while."""

    token: str
    kind: str
    """`reject`, `ask` or `answer`."""
    about: str
    """Token of the card, or of the question, it was opened from."""
    person: str
    """aadObjectId."""
    conversation: str
    """Where the button stood that opened it, and on which message."""
    reply_to: str
    opened_at: datetime
    expires_at: datetime
    answer: str = ""
    """What it was answered when it was sent; empty while it was not."""


@dataclass(frozen=True, slots=True)
class Question:
    """A comment that somebody is asked to answer. People by aadObjectId."""

    token: str
    """Carried by the button that answers it."""
    company: str
    document: str
    asker: str
    asker_name: str
    asked: str
    asked_name: str
    text: str
    thread: str = ""
    """Conversation it was put in; empty: the asked person's own chat."""
    service_url: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a claimed decision's plan, with the evidence its outcome is judged by."""

    decision: str
    number: int
    name: str
    state: StepState
    attempts: int = 0
    fence: int = 0
    sent_at: datetime | None = None
    sent: Reading = Reading("", 0.0)
    outcome: str = ""
    reading: str = ""
    reading_since: float = 0.0
    reads: int = 0
    """Read-backs made since the call."""
    detail: str = ""
    approved_before: int = -1
    """Approvals of the presser on the document's list right before the call; -1: never sent."""
    edited_by: str = ""
    """Who had last changed the document before the call, other than steps of this plan."""
    left_at: datetime | None = None
    """When the document was last changed, by the ERP's own clock, where the step did it."""
    erp_id: str = ""
    """The document's id as the check right before the call showed it."""
    sent_there: datetime | None = None
    """When it was sent, by the ERP's own clock."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one administrator recorded of a decision, and which other one confirmed it."""

    decision: str
    token: str
    """Carried by the buttons of the administrators' cards."""
    opened_at: datetime
    verdict: str = ""
    first: str = ""
    """aadObjectId of who recorded it; empty: nobody did."""
    first_name: str = ""
    first_at: datetime | None = None
    second: str = ""
    """aadObjectId of who confirmed it; then it is settled."""
    second_name: str = ""
    second_at: datetime | None = None
    objected_by: str = ""
    """Name of who objected last."""


# --- people's own sign-ins to the ERP -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Consent:
    """A link one person was sent, and what came back of it. `state` and `code` are hashes."""

    state: str
    company: str
    person: str
    expires_at: datetime
    login: str = ""
    """Who signed in to the ERP; empty until somebody did."""
    code: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class PersonGrant:
    """A person who lets us act as them, and their login in the ERP."""

    company: str
    person: str
    login: str
    issuer: str
    """Whose sign-in it was: instance and application. A grant of another is not honoured."""
    secret: str
    """Row of the vault that holds its refresh token."""
    connected_at: datetime


# --- cards and outbox -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PostedCard:
    """The one card of a document at one target. `activity` is empty until Teams told its id."""

    company: str
    document: str
    target: str
    replaced: bool = False
    conversation: str = ""
    activity: str = ""
    service_url: str = ""
    shown: str = ""
    posted_at: datetime | None = None
    stands_in: str = ""
    """The target whose place it takes, because that one cannot be written to."""
    stood_in: bool = False
    """Whether it takes another's place, or once did: it belongs elsewhere, so it tells little."""
    locale: str = ""
    """The language it was made for; empty: that of its company."""


class Lane(IntEnum):
    """How urgent a message is: a person at the screen, a question to decide on, a note."""

    ANSWERS = -1
    ASKS = 0
    INFORMS = 1


class OutboxState(StrEnum):
    """The life of one message to Teams."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    RETRYING = "retrying"
    WAITING = "waiting"
    """Nothing wrong with the message; its channel or person is not known yet."""
    DELIVERED = "delivered"
    MAYBE_DELIVERED = "maybe_delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One message to Teams. `asks` marks cards that wait for somebody; they go first."""

    key: str
    kind: str
    company: str
    document: str
    target: str
    payload: Json
    correlation: str
    asks: bool = False
    id: int = 0
    attempts: int = 0
    unknowns: int = 0
    bounded: int = 0
    """Refusals in a row of a kind that is tried only so often."""
    created_at: datetime | None = None
    replayed_at: datetime | None = None
    """When an operator had it tried anew, which makes it young again."""
    state: OutboxState = OutboxState.PENDING
    reason: str = ""

    @property
    def ordering_key(self) -> str:
        """Items of one document at one target go out in the order they were caused."""
        return f"{self.company}|{self.document}|{self.target}"


@dataclass(frozen=True, slots=True)
class Done:
    """The attempt reached its end; `receipt` says what was done."""

    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Nothing happened; try again, after so many seconds where the peer asked for them."""

    reason: str
    after: float | None = None
    tries: int = 0
    """Give up after so many refusals in a row like this one; 0: only after a day."""
    ceiling: float = 300.0
    """Seconds our own back-off grows to."""
    at_least: bool = False
    """Whether *after* is but the least wait: our own back-off grows beyond it."""


@dataclass(frozen=True, slots=True)
class Reject:
    """It will never work like this; park it where a person sees it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have happened; nobody knows. Trying it again waits so many seconds at least."""

    reason: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """It cannot go out before somebody binds the channel or names the person."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """It was not tried: its turn comes after so many seconds, however old it is by then."""

    reason: str
    after: float


Outcome = Done | Retry | Reject | Unknown | Wait | Later


@dataclass(frozen=True, slots=True)
class Transition:
    """Where an item goes after one attempt."""

    state: OutboxState
    due_at: datetime
    reason: str = ""
    unknowns: int = 0
    bounded: int = 0


# --- notes in the ERP ------------------------------------------------------------------------


class ErpNoteState(StrEnum):
    """The life of one note on a document in the ERP."""

    WANTED = "wanted"
    DONE = "done"
    DROPPED = "dropped"
    """Not wanted any more."""
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class ErpNote:
    """A note about one matter that is over, wanted on its document in the ERP."""

    company: str
    document: str
    matter: str
    """Its newest decision; empty: nobody was ever asked."""
    correlation: str
    wanted_at: datetime
    due_at: datetime
    state: ErpNoteState = ErpNoteState.WANTED
    claimed: bool = False
    """The ERP said that it took the note; it was not read back yet."""
    attempts: int = 0
    reason: str = ""


# --- people and audit -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conversation:
    """A place in Teams the bot may write to, as the last activity from it told."""

    conversation: str
    kind: str
    service_url: str
    person: str = ""
    team: str = ""
    locale: str = ""
    """In a personal chat: the language of the person's client, such as `de-DE`."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about a document; it decides nothing."""

    company: str
    document: str
    source: str
    """Which message it was, so that the same one twice is one comment."""
    person: str
    """aadObjectId."""
    name: str
    text: str
    via: str
    """`reply`, `question`, `answer` or `reason`."""
    said_at: datetime | None = None
    guest: bool = False
    """Whether a guest of the organisation said it."""
    changed: str = ""
    """`edited` or `deleted` in Teams since; the text stays as it was first."""


@dataclass(frozen=True, slots=True)
class TeamsPerson:
    """A person as a Teams roster told, or Graph where no roster did: then `teams_id` is empty."""

    aad_object_id: str
    teams_id: str
    name: str
    email: str
    guest: bool = False
    enabled: bool = True
    """False once Graph said that the account is disabled."""
    role: str = field(default="", compare=False)
    """`owner`, `user` or `guest` in the place that was just asked; the store keeps none."""

    @property
    def may_approve(self) -> bool:
        """Whether this could be an approver at all: no guest, and nobody whose account is off."""
        return self.enabled and not self.guest


@dataclass(frozen=True, slots=True)
class EntraUser:
    """A user as Graph told."""

    aad_object_id: str
    name: str
    mail: str
    upn: str
    enabled: bool
    guest: bool


@dataclass(frozen=True, slots=True)
class Lookup:
    """Whom Graph found by one address, in lower case: aadObjectIds, and which kind each was."""

    address: str
    found: tuple[tuple[str, str], ...]
    asked_at: datetime


class InstallState(StrEnum):
    """How far the app is on its way to a person who has to approve something."""

    WANTED = "wanted"
    SENT = "sent"
    """Teams was asked to install it; its news, or the chat, have not come yet."""
    THERE = "there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Install:
    """The app on its way to one person, by aadObjectId."""

    person: str
    state: InstallState
    attempts: int
    due_at: datetime
    since: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A line for somebody's activity feed: about which question, and for whom."""

    decision: str
    company: str
    document: str
    person: str
    """aadObjectId."""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class StoredDelegate:
    """Somebody who may act for an employee; days are ISO text, empty where there is none."""

    employee: str
    of: str = ""
    starts: str = ""
    ends: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class StoredEmployee:
    """An employee as the ERP told."""

    code: str
    name: str
    email: str
    active: bool
    login: str = ""
    department: str = ""
    reports_to: str = ""
    delegates: tuple[StoredDelegate, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredContact:
    """A contact as the ERP told."""

    id: str
    name: str
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class StoredParty:
    """A vendor as last read. `instructions` is a hash of how they are paid."""

    code: str
    name: str
    read_at: datetime
    status: str = ""
    instructions: str = ""
    instructions_since: datetime | None = None
    instructions_changed: bool = False
    """Whether they were others before; at first sight they are merely known since then."""


@dataclass(frozen=True, slots=True)
class StoredMatch:
    """What was found when a bill was compared with its orders and receipts."""

    mark: str
    found: Json
    read_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that happened, to be committed with the change it tells of."""

    at: datetime
    correlation: str
    actor: str
    action: str
    company: str = ""
    document: str = ""
    detail: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that is on its way, parked, perhaps delivered, or a person's to settle."""

    id: str
    """`m` and a number for a message to Teams, `p` a push, `l` a look, `d` a decision."""
    what: str
    """The kind of message, or `push`, `look`, or the verb of a decision."""
    company: str
    document: str
    target: str
    """Where a message goes; who pressed, for a decision."""
    state: str
    """`waiting`, `parked`, `maybe` (no answer told whether it arrived) or `person`."""
    stage: str
    """Its own state in its own table."""
    reason: str
    attempts: int
    since: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries are asked for; what is empty does not matter."""

    company: str = ""
    document: str = ""
    state: str = ""
    since: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """What somebody asked to be tried once more."""

    id: int
    items: tuple[str, ...]
    asked_by: str
    preview: bool
