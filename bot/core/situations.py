"""What a card has to tell: record, decisions and steps of a document as one situation. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from urllib.parse import quote

from acumatica_client.entities import ENTITIES, PURCHASE_ORDER
from acumatica_client.models import Document, DocumentKey
from bot.core.decide import WAITS, was_tried
from bot.core.people import People
from bot.core.plans import QUIET_WINDOW
from cards.view import Mention, Situation, State
from storage.records import Decision, DecisionState, PostedCard, Step, StepState, StoredDocument

_STATES = {
    DecisionState.PENDING: State.WAITING,
    DecisionState.CLAIMED: State.WORKING,
    DecisionState.CONFIRMED: State.DONE,
    DecisionState.BY_OTHER: State.CLOSED_ELSEWHERE,
    DecisionState.MISMATCH: State.MISMATCH,
    DecisionState.REFUSED: State.REFUSED,
    DecisionState.NOT_APPLIED: State.REFUSED,
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


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Who looks, when, and where the ERP's screens are."""

    now: datetime
    zone: tzinfo
    instance: str
    tenant: str
    viewer: str = ""
    """aadObjectId; empty for the base card everybody sees."""
    copy: bool = False
    """A copy shown on request: only the posted card can be pressed."""


def situation_of(story: Story, card: PostedCard | None, view: Viewpoint) -> Situation:
    """Tell the story of a document as its card shows it to one viewer."""
    newest = story.decisions[-1] if story.decisions else None
    state = _state(story, card, newest)
    open_question = newest is not None and newest.state is DecisionState.PENDING
    live = open_question and state is not State.REPLACED and not view.copy
    told = _told_decision(story.decisions)
    by_us = told is not None and state not in _ELSEWHERE
    approvers = _mentions(newest.approvers if newest else (), story.people)
    return Situation(
        state=state,
        now=view.now,
        zone=view.zone,
        seen_at=story.record.status_since,
        as_of=story.record.read_at,
        verbs=newest.verbs if newest and live else (),
        approvers=approvers,
        token=newest.token if newest else "",
        for_approver=bool(newest and live and view.viewer in newest.approvers),
        refresh_for=tuple(m.teams_id for m in approvers if m.teams_id) if live else (),
        who=told.person_name if told and by_us else "",
        verb=told.verb if told and (by_us or told.state is DecisionState.BY_OTHER) else "",
        at=_at(state, told),
        until=_until(story.steps),
        reason=_reason(told, story.record),
        changes=newest.changes if newest and live else (),
        link=deep_link(story.document.key, view.instance, view.tenant),
        owner=story.people.names.get(story.document.around.owner, ""),
        links=dict(_order_links(story.document, view)),
        approver_missing="" if approvers or not live else _NOBODY,
    )


def _at(state: State, told: Decision | None) -> datetime | None:
    """Done is told by when it was settled, everything else by when it was pressed."""
    if told is None:
        return None
    return told.settled_at if state in (State.DONE, *_ELSEWHERE) else told.claimed_at


_ELSEWHERE = frozenset({State.CLOSED_ELSEWHERE})
"""States in which whoever pressed here did not bring about what the ERP shows."""

_NOBODY = "Nobody could be found in Teams who may decide this."


def _state(story: Story, card: PostedCard | None, newest: Decision | None) -> State:
    if card is not None and card.replaced:
        return State.REPLACED
    if story.record.gone:
        return State.CLOSED_ELSEWHERE
    if newest is None:
        return State.WAITING if story.document.status in WAITS else State.NOTE
    match newest.state:
        case DecisionState.PENDING:
            return _waiting_state(story.decisions)
        case DecisionState.CLAIMED if any(_in_doubt(step) for step in story.steps):
            return State.IN_DOUBT
        case _ if was_tried(newest):
            return State.REFUSED
        case _:
            return _STATES[newest.state]


def _in_doubt(step: Step) -> bool:
    """Say whether a read-back has failed to settle the step; the first one runs at once."""
    return step.state is StepState.IN_DOUBT and bool(step.reading)


def _waiting_state(decisions: Sequence[Decision]) -> State:
    """A question put again says why: the last try failed, or the document changed."""
    if len(decisions) > 1 and was_tried(decisions[-2]):
        return State.REFUSED
    return State.CHANGED if decisions[-1].changes else State.WAITING


def _told_decision(decisions: Sequence[Decision]) -> Decision | None:
    """Return the decision whose person and outcome the card tells."""
    for decision in reversed(decisions[-2:]):
        if decision.person:
            return decision
    return None


def _reason(told: Decision | None, record: StoredDocument) -> str:
    if record.gone:
        return "Acumatica no longer has this document."
    return told.reason if told else ""


def _until(steps: Sequence[Step]) -> datetime | None:
    sent = [step.sent_at for step in steps if _in_doubt(step) and step.sent_at]
    return sent[-1] + timedelta(seconds=QUIET_WINDOW) if sent else None


def _mentions(ids: Sequence[str], people: People) -> tuple[Mention, ...]:
    found = (people.by_id.get(one) for one in ids)
    return tuple(Mention(person.name, person.teams_id) for person in found if person)


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
