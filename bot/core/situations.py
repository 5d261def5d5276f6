"""What a card has to tell: record, decisions and steps of a document as one situation. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import quote

from acumatica_client.entities import ENTITIES, PURCHASE_ORDER
from acumatica_client.models import Document, DocumentKey
from bot.core.decide import WAITS, was_tried
from bot.core.dialogs import askable, is_open
from bot.core.people import People
from bot.core.plans import QUIET_WINDOW, plan_for
from bot.core.settlements import MISMATCHES, SETTLED_BY_TWO
from cards import days, reasons, warnings
from cards.filling import APPROVED_BY, REJECTED_BY
from cards.language import Language
from cards.privacy import Discretion, Privacy
from cards.remarks import asked_line, replied_line
from cards.text import joined
from cards.view import Mention, Situation, State
from storage.records import (
    Comment,
    Decision,
    DecisionState,
    PostedCard,
    Step,
    StepState,
    StoredDocument,
)

MOST_REMARKS = 2

_SETTLED = frozenset({State.DONE, State.SEEN, State.CLOSED_ELSEWHERE, State.REPLACED})
"""States in which nobody decides any more, so nothing need be warned of."""

_STATES = {
    DecisionState.PENDING: State.WAITING,
    DecisionState.CLAIMED: State.WORKING,
    DecisionState.CONFIRMED: State.DONE,
    DecisionState.BY_OTHER: State.CLOSED_ELSEWHERE,
    DecisionState.MISMATCH: State.MISMATCH,
    DecisionState.MISMATCH_SEEN: State.SEEN,
    DecisionState.REFUSED: State.REFUSED,
    DecisionState.NOT_APPLIED: State.NOT_DONE,
    DecisionState.STOPPED: State.STOPPED,
    DecisionState.NEEDS_PERSON: State.NEEDS_PERSON,
    DecisionState.LAPSED: State.CLOSED_ELSEWHERE,
    DecisionState.SUPERSEDED: State.CLOSED_ELSEWHERE,
}


@dataclass(frozen=True, slots=True)
class Story:
    """Everything stored about one document that its card may tell."""

    record: StoredDocument
    document: Document
    decisions: Sequence[Decision]
    """Newest last."""
    steps: Sequence[Step]
    """The plan of the newest decision."""
    people: People
    comments: Sequence[Comment] = ()
    """What people said of late, oldest first."""
    leads: Sequence[str] = ()
    """Mails of who stands in where nobody else can be reached."""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Who looks, when, and where the ERP's screens are."""

    now: datetime
    zone: tzinfo
    instance: str
    tenant: str
    language: Language
    """What the viewer reads."""
    viewer: str = ""
    """aadObjectId; empty for the base card everybody sees."""
    copy: bool = False
    """A copy shown on request: only the posted card can be pressed."""
    instructions_alert: timedelta = timedelta(days=30)
    """How long a change of a vendor's payment instructions is worth a warning."""
    discretion: Discretion = field(default_factory=Discretion)
    """How much everybody may know where the card stands; who was asked to decide sees all."""


def situation_of(story: Story, card: PostedCard | None, view: Viewpoint) -> Situation:
    """Tell the story of a document as its card shows it to one viewer."""
    newest = story.decisions[-1] if story.decisions else None
    state = _state(story, card, newest)
    return Situation(
        state=state,
        now=view.now,
        zone=view.zone,
        seen_at=story.record.status_since,
        as_of=story.record.read_at,
        until=_until(story.steps),
        link=deep_link(story.document.key, view.instance, view.tenant),
        owner=story.people.names.get(story.document.around.owner, ""),
        warnings=_warnings(story.document, view) if state not in _SETTLED else (),
        waits_for=_waits_for(story.document),
        decided=tuple(_decided(story.document, view.language)),
        links=dict(_order_links(story.document, view)),
        remarks=tuple(_remarks(story, view.language)),
        language=view.language,
        discretion=_discretion(newest, view),
        may_ask=_may_ask(story, card, newest, view),
        **(_question(newest, state, story.people, view) if newest else {}),
        **_deed(story, state, view.language),
    )


def _remarks(story: Story, language: Language) -> Iterator[str]:
    for comment in story.comments[-MOST_REMARKS:]:
        if comment.via == "question":
            yield asked_line(comment.name, comment.text, language)
        else:
            edited = comment.changed == "edited"
            yield replied_line(
                comment.name, comment.text, language, guest=comment.guest, edited=edited
            )


def _may_ask(
    story: Story, card: PostedCard | None, newest: Decision | None, view: Viewpoint
) -> bool:
    """Somebody must be known to ask, unless everybody who reads the card may answer."""
    viewer = story.people.by_id.get(view.viewer)
    if card is None or newest is None or viewer is None or viewer.guest:
        return False
    known = askable(
        story.document,
        story.people,
        asker=view.viewer,
        leads=story.leads,
        approvers=newest.approvers,
        privacy=_discretion(newest, view).privacy,
    )
    return bool(known) or is_open(card, view.discretion.privacy)


def _discretion(newest: Decision | None, view: Viewpoint) -> Discretion:
    """Whoever was asked sees everything, in their own view and in the answer to their press."""
    asked = newest is not None and view.viewer in (*newest.approvers, *_first(newest))
    return replace(view.discretion, privacy=Privacy.FULL) if asked else view.discretion


def _first(decision: Decision) -> tuple[str, ...]:
    return (decision.agreed.person,) if decision.agreed else ()


def _question(decision: Decision, state: State, people: People, view: Viewpoint) -> dict[str, Any]:
    """Return what the card asks; a question that is not live has neither verbs nor refresh."""
    approvers = _mentions(decision.approvers, people)
    told = {"approvers": approvers, "token": decision.token}
    pending = decision.state is DecisionState.PENDING
    if not pending or state is State.REPLACED or view.copy:
        return told
    return {
        **told,
        "verbs": decision.verbs,
        "changes": decision.changes,
        "for_approver": view.viewer in decision.approvers,
        "refresh_for": tuple(one.teams_id for one in approvers if one.teams_id),
        "approver_missing": "" if approvers else reasons.NOBODY,
        "two": decision.two,
        "agreed": decision.agreed.name if decision.agreed else "",
        "agreed_at": decision.agreed.at if decision.agreed else None,
        "agreed_verb": decision.agreed.verb if decision.agreed else "",
    }


def _deed(story: Story, state: State, language: Language) -> dict[str, Any]:
    """Return who did what and when; what was done elsewhere is nobody's deed here."""
    reason = reasons.GONE if story.record.gone else ""
    told = _told_decision(story.decisions)
    if told is None:
        return {"reason": reason}
    if state is State.WAITING:
        return {"reason": reason}
    elsewhere = state is State.CLOSED_ELSEWHERE
    return {
        "reason": reason or told.reason,
        "who": "" if elsewhere else joined([*told.pressers.values()], language),
        "said": "" if elsewhere else told.said,
        **({"changes": told.changes} if told.state in MISMATCHES else {}),
        "verb": told.verb if not elsewhere or told.state is DecisionState.BY_OTHER else "",
        "at": _at(state, told),
    }


def _at(state: State, told: Decision) -> datetime | None:
    """Done is told by when it was settled, everything else by when it was pressed."""
    settled = state in (State.DONE, State.CLOSED_ELSEWHERE)
    return told.settled_at if settled else told.claimed_at


def _state(story: Story, card: PostedCard | None, newest: Decision | None) -> State:
    if card is not None and card.replaced:
        return State.REPLACED
    unsettled = newest is not None and newest.state in SETTLED_BY_TWO
    if story.record.gone and not unsettled:
        return State.CLOSED_ELSEWHERE
    if newest is None:
        return State.WAITING if story.document.status in WAITS else State.NOTE
    match newest.state:
        case DecisionState.PENDING:
            return _waiting_state(story.decisions)
        case DecisionState.CLAIMED if any(_in_doubt(step) for step in story.steps):
            return State.IN_DOUBT
        case DecisionState.CLAIMED | DecisionState.NEEDS_PERSON:
            return _STATES[newest.state]
        case DecisionState.MISMATCH | DecisionState.MISMATCH_SEEN:
            return _STATES[newest.state]
        case _:
            return _ended_state(story, newest)


def _ended_state(story: Story, decision: Decision) -> State:
    """The ERP may have gone on since a decision ended: the card tells what is true now."""
    ended = _tried_state(decision) if was_tried(decision) else _STATES[decision.state]
    document = story.document
    if story.record.read_at <= (decision.settled_at or story.record.read_at):
        return ended  # what is stored of the document is older than the decision's end
    waits = document.status in WAITS
    if ended is State.STOPPED:
        return ended if waits else State.CLOSED_ELSEWHERE
    if ended in (State.REFUSED, State.NOT_DONE) and plan_for(document, decision.verb):
        return ended
    if waits:
        return State.WAITING
    return ended if ended is State.DONE else State.CLOSED_ELSEWHERE


def _in_doubt(step: Step) -> bool:
    """Say whether a read-back has failed to settle the step; the first one runs at once."""
    return step.state is StepState.IN_DOUBT and bool(step.reading)


def _tried_state(decision: Decision) -> State:
    return State.REFUSED if decision.state is DecisionState.REFUSED else State.NOT_DONE


def _waiting_state(decisions: Sequence[Decision]) -> State:
    """A question put again says why: the last try failed, or the document changed."""
    if len(decisions) > 1 and was_tried(decisions[-2]):
        return _tried_state(decisions[-2])
    return State.CHANGED if decisions[-1].changes else State.WAITING


def _told_decision(decisions: Sequence[Decision]) -> Decision | None:
    """Return the decision whose person and outcome the card tells."""
    for decision in reversed(decisions[-2:]):
        if decision.person:
            return decision
    return None


def _until(steps: Sequence[Step]) -> datetime | None:
    sent = [step.sent_at for step in steps if _in_doubt(step) and step.sent_at]
    return sent[-1] + timedelta(seconds=QUIET_WINDOW) if sent else None


def _mentions(ids: Sequence[str], people: People) -> tuple[Mention, ...]:
    found = (people.by_id.get(one) for one in ids)
    return tuple(Mention(person.name, person.teams_id) for person in found if person)


def _warnings(document: Document, view: Viewpoint) -> tuple[str, ...]:
    around, today, language = document.around, days.today(view.now, view.zone), view.language
    changed = around.instructions_changed
    recent = changed if changed and view.now - changed <= view.instructions_alert else None
    return (
        *warnings.vendor_status(around.party_status, language),
        *(warnings.instructions(days.today(recent, view.zone), today, language) if recent else ()),
        *warnings.same_reference(document.text("VendorRef"), around.same_reference, language),
        *warnings.differences(around.differences, language),
    )


def _waits_for(document: Document) -> tuple[str, ...]:
    """Name who must approve by the approval map; a whole workgroup by its own name."""
    if document.status != "Pending Approval":
        return ()
    names = (row.name or row.employee or row.workgroup for row in document.approvals if row.pending)
    return tuple(dict.fromkeys(filter(None, names)))


_DECIDED = {"Approved": APPROVED_BY, "Rejected": REJECTED_BY}


def _decided(document: Document, language: Language) -> Iterator[tuple[str, str]]:
    for row in document.approvals:
        who = row.approved_by_name or row.approved_by or row.name or row.employee
        if row.status in _DECIDED and who:
            yield _DECIDED[row.status], days.signed(who, row.day, language)


def _order_links(document: Document, view: Viewpoint) -> Iterator[tuple[str, str]]:
    """Link the purchase orders behind a bill's lines."""
    for line in document.lines:
        number = str(line.get("POOrderNbr") or "")
        if number:
            kind = str(line.get("POOrderType") or "Normal")
            yield number, deep_link(PURCHASE_ORDER.key(kind, number), view.instance, view.tenant)


def deep_link(key: DocumentKey, instance: str, tenant: str) -> str:
    """Return the address of a document's screen; the screens want the type's code."""
    entity = ENTITIES[key.entity]
    code = entity.type_codes.get(key.type)
    if code is None:
        return ""
    kind, number = entity.link_fields
    return (
        f"{instance}/Main?CompanyID={quote(tenant, safe='')}&ScreenId={entity.screen}"
        f"&{kind}={code}&{number}={quote(key.number, safe='')}"
    )
