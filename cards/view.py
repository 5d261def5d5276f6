"""What a card says, before it is a card: the situation it tells and the parts it has.

`Situation` is what the rest of the product knows about a document and its decision, in words a card
needs. `CardView` is the anatomy every card shares; one module per document type fills it, `render`
turns it into Adaptive Card JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum

from acumatica_client.models import Document
from cards.language import Language
from cards.privacy import Discretion


class State(StrEnum):
    """Where a document's matter stands, as its card tells it."""

    NOTE = "note"
    """Nothing to decide: the card informs."""
    WAITING = "waiting"
    CHANGED = "changed"
    """Waiting again, because what was to be decided on has changed."""
    WORKING = "working"
    DONE = "done"
    REFUSED = "refused"
    NOT_DONE = "not done"
    """Pressed, and nothing was done: no answer came, or the document had changed."""
    STOPPED = "stopped"
    """A plan ended early: somebody else must approve first."""
    IN_DOUBT = "in doubt"
    NEEDS_PERSON = "needs a person"
    MISMATCH = "mismatch"
    """Done in the ERP, but not to the document that was approved: an administrator must look."""
    SEEN = "mismatch seen"
    """The same, and two administrators have looked."""
    CLOSED_ELSEWHERE = "closed elsewhere"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Mention:
    """A person a card may address. `teams_id` empty: the name is shown, nobody is notified."""

    name: str
    teams_id: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """All a card needs to know besides the document itself."""

    state: State
    now: datetime
    zone: tzinfo
    seen_at: datetime
    """When Countersign first saw the document in its present status."""
    as_of: datetime
    """When the ERP was last read."""
    verbs: tuple[str, ...] = ()
    """Verbs a press could do now, e.g. `release`; which of them are buttons is up to the view."""
    approvers: tuple[Mention, ...] = ()
    token: str = ""
    """The card token every button carries; empty when nothing can be decided."""
    for_approver: bool = False
    """Render the personal view with the verbs as buttons, not the base card."""
    refresh_for: tuple[str, ...] = ()
    """`29:` ids whose clients shall ask for their own view."""
    who: str = ""
    """Who pressed, or who did it elsewhere."""
    verb: str = ""
    """What was pressed."""
    at: datetime | None = None
    """When it was pressed, or done."""
    until: datetime | None = None
    """In doubt: when checking ends."""
    reason: str = ""
    """Refused, stopped, needs a person: one plain sentence of ours."""
    changes: tuple[tuple[str, str, str], ...] = ()
    """Changed: (field, was, is), as `cards.changes` keeps them."""
    link: str = ""
    """Deep link to the document's screen."""
    warnings: tuple[str, ...] = ()
    approver_missing: str = ""
    """Why nobody is mentioned, when nobody is: one plain sentence of ours."""
    owner: str = ""
    """Who asked for the document or owns it, by name, where somebody could tell."""
    waits_for: tuple[str, ...] = ()
    """Who must approve by the approval map, by name."""
    decided: tuple[tuple[str, str], ...] = ()
    """Approvals and rejections given: *Approved by*, *Erin Walsh on Tue 3 Nov 2026*."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Deep links of other documents the card names, such as the purchase order, by number."""
    said: str = ""
    """Why, in the words of who pressed."""
    two: bool = False
    """Two different people must agree before anything is let go."""
    agreed: str = ""
    """Who was the first of them, while the second is waited for, …"""
    agreed_at: datetime | None = None
    """… when, …"""
    agreed_verb: str = ""
    """… and to what."""
    remarks: tuple[str, ...] = ()
    """What people last said about it, a plain line each: *Ann asked: …*"""
    may_ask: bool = False
    """In somebody's own view: they can ask about the document."""
    language: Language = field(kw_only=True)
    """What the reader reads."""
    discretion: Discretion = field(default_factory=Discretion)
    """How much of the document everybody who sees this card may know."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a fact's value; with a `link` it opens what it names."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the facts: a label and its value, in one piece or several."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """One action. A button with a `verb` asks the bot; one with a `url` opens the ERP."""

    title: str
    verb: str = ""
    url: str = ""
    opens_form: bool = False
    """Whether the bot asks for more in a form before it does anything."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the document, folded behind *Lines (n)*."""

    text: str
    quantity: str
    amount: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a state adds to a card: a sentence, what follows from it, and whom it asks."""

    headline: str = ""
    """The state in one sentence: *Releasing for Ann Whitfield…*"""
    notes: tuple[str, ...] = ()
    """What else there is to know: why, what to do, what the ERP says now."""
    tone: str = ""
    """Container style that goes with the words and never stands for them."""
    ask: str = ""
    """Follows the mentions: *this waits for you.*"""


@dataclass(frozen=True, slots=True)
class CardView:
    """The anatomy every document's card shares, top to bottom. All texts are plain, unescaped."""

    kind: str
    """*Bill on hold · Acme Supply East*"""
    party: str
    party_code: str
    amount: str
    due: str
    facts: tuple[Fact, ...] = ()
    lines: tuple[Line, ...] = ()
    more_lines: int = 0
    warnings: tuple[str, ...] = ()
    told: Told = field(default_factory=Told)
    mentions: tuple[Mention, ...] = ()
    nobody: str = ""
    """Why nobody is mentioned, said in their place."""
    promise: str = ""
    """What a press will do."""
    remarks: tuple[str, ...] = ()
    """What people last said, a line each."""
    buttons: tuple[Button, ...] = ()
    history: str = ""
    summary: str = ""
    """One line for the toast, the fallback text and a screen reader."""
    token: str = ""
    refresh_for: tuple[str, ...] = ()
    language: Language = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class ListingRow:
    """One document in a chat answer."""

    document: Document
    status: str
    """What to know about it, in words: *waits for Ann Whitfield*."""
    link: str = ""
