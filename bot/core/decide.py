"""The heart: what should a document, as the ERP shows it now, cause? Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Document
from bot.core.deciders import approvers, ids, seconds, wants_two
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
from bot.core.plans import plan_for
from bot.core.routes import APPROVER_TARGET, Route, Routes
from cards.changes import changed_facts
from storage.records import Decision, DecisionState, PostedCard, TeamsPerson

WAITS = frozenset({"On Hold", "Pending Approval"})
"""Statuses in which a document waits for a person, whether or not a press could help it on."""

BLOCKED = frozenset({DecisionState.CLAIMED, DecisionState.NEEDS_PERSON})
"""While a decision is at work, or its outcome unsettled, no new question is put."""

AGAIN = frozenset(
    {
        DecisionState.REFUSED,
        DecisionState.NOT_APPLIED,
        DecisionState.LAPSED,
        DecisionState.SUPERSEDED,
    }
)
"""After these a claimed plan may be pressed again from wherever it stopped."""


@dataclass(frozen=True, slots=True)
class Known:
    """What we knew, posted and asked before this look."""

    previous: Document | None
    decision: Decision | None
    cards: tuple[PostedCard, ...]
    people: People


@dataclass(frozen=True, slots=True)
class Two:
    """Who must agree where one person is not enough, by aadObjectId."""

    firsts: tuple[str, ...]
    seconds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What a company's file says about looking and asking."""

    company: str
    notes_since: datetime
    """Documents last changed before this are no news at first sight."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a document is about for people, right now."""

    asks: bool
    verbs: tuple[str, ...]
    approvers: tuple[str, ...]
    fingerprint: str
    targets: tuple[str, ...]
    asked_in: str
    resumes: bool
    two: bool = False
    """Whether two different people must agree."""
    handed_on: bool = False
    """One of them did, who still may; *approvers* are who may be the second."""


def decide(document: Document, known: Known, routes: Routes, policy: Policy) -> list[Intent]:
    """Say what *document*, as the ERP shows it, should cause, given what is known already."""
    matter = matter_of(document, known, routes, policy)
    question = _question(document, matter, known)
    return [*question, *_messages(document, matter, known, policy, asked=question)]


def decide_gone(known: Known) -> list[Intent]:
    """Say what it causes that the ERP no longer has a document."""
    close = [CloseDecision("deleted in Acumatica")] if _open(known) else []
    return [*close, *(UpdateCard(card.target) for card in known.cards)]


def is_change(document: Document, previous: Document | None) -> bool:
    """Say whether a person could see a difference; the time stamp alone is none."""
    return previous is None or _told(document) != _told(previous)


def matter_of(document: Document, known: Known, routes: Routes, policy: Policy) -> Matter:
    """Work out what *document* is about: who is asked, for which verbs, and where."""
    asked_in = _asked_in(document, routes, known.decision)
    route = _route_in(asked_in, document, routes)
    verbs = _offered(document, route)
    people = approvers(document, route, known.people)
    matter = Matter(
        asks=bool(verbs) or document.status in WAITS,
        verbs=verbs,
        approvers=ids(people),
        fingerprint=fingerprint(policy.company, document),
        targets=tuple(_targets(route, people)),
        asked_in=asked_in,
        resumes=asked_in != document.status,
        two=wants_two(document, route),
    )
    first = _first(known, matter, people)
    if first is None:
        return matter
    others = seconds(document, route, known.people, first=first.aad_object_id)
    targets = tuple(_targets(route, [first, *others]))
    return replace(matter, approvers=ids(others), targets=targets, handed_on=True)


def approvers_now(
    document: Document, decision: Decision, routes: Routes, people: People
) -> tuple[str, ...]:
    """Return who may decide by the routes and the document as they are now, not as once asked."""
    route = _route_in(decision.asked_in, document, routes)
    if decision.agreed:
        return ids(seconds(document, route, people, first=decision.agreed.person))
    return ids(approvers(document, route, people))


def two_now(document: Document, decision: Decision, routes: Routes, people: People) -> Two | None:
    """Return who must agree where two must, by the stricter of then and now; None: one may."""
    route = _route_in(decision.asked_in, document, routes)
    if not decision.two and not wants_two(document, route):
        return None
    first = decision.agreed.person if decision.agreed else ""
    return Two(
        ids(approvers(document, route, people)), ids(seconds(document, route, people, first=first))
    )


def hand_on(
    document: Document, decision: Decision, routes: Routes, people: People,
    *, to: Iterable[str], cards: Iterable[PostedCard],
) -> list[Message]:  # fmt: skip
    """Tell everybody that one of two agreed, and the others that it waits for one of them now."""
    route = _route_in(decision.asked_in, document, routes)
    others = [people.by_id[one] for one in to if one in people.by_id]
    standing = [card.target for card in cards]
    wanted = [target for target in _targets(route, others) if target != APPROVER_TARGET]
    return [
        *(UpdateCard(target, asks=True) for target in standing),
        *(PostCard(target, asks=True) for target in wanted if target not in standing),
        *(Nudge(target) for target in wanted if target in standing),
    ]


def route_of(document: Document, routes: Routes, last: Decision | None) -> Route:
    """Return the route a document goes by; *last* is the newest question about it."""
    return _route_in(_asked_in(document, routes, last), document, routes)


def _asked_in(document: Document, routes: Routes, last: Decision | None) -> str:
    """Return the status whose route asks: a plan that stopped midway goes on by its own route."""
    if last is None or routes.first_match(document).actions:
        return document.status
    midway = was_tried(last) or (last.state is DecisionState.PENDING and last.resumes)
    route = _route_in(last.asked_in, document, routes)
    return last.asked_in if midway and _offered(document, route) else document.status


def _route_in(status: str, document: Document, routes: Routes) -> Route:
    return routes.first_match(replace(document, status=status or document.status))


def _offered(document: Document, route: Route) -> tuple[str, ...]:
    """Return the verbs whose plan has a doable first step; no other verb becomes a button."""
    return tuple(verb for verb in route.actions if plan_for(document, verb))


def was_tried(decision: Decision) -> bool:
    """Say whether somebody pressed and it did not come to its end."""
    return bool(decision.person) and decision.state in AGAIN


def _targets(route: Route, approvers: Iterable[TeamsPerson]) -> Iterable[str]:
    named = [f"person:{person.aad_object_id}" for person in approvers]
    for target in route.to:
        if target == APPROVER_TARGET:
            # Nobody known to ask: the card waits in the outbox, where it is seen.
            yield from named or [APPROVER_TARGET]
        else:
            yield target


def _open(known: Known) -> Decision | None:
    decision = known.decision
    return decision if decision and decision.state is DecisionState.PENDING else None


def _question(document: Document, matter: Matter, known: Known) -> list[Intent]:
    if known.decision is not None and known.decision.state in BLOCKED:
        return []
    standing = _open(known)
    if not matter.verbs:
        return [CloseDecision(f"the document is {document.status} now")] if standing else []
    if standing and _is_same(standing, matter):
        same = standing.approvers == matter.approvers
        return [] if same else [NameApprovers(matter.approvers)]
    changed = standing is not None and standing.fingerprint != matter.fingerprint
    facts = changed_facts(known.previous, document) if changed and known.previous else ()
    return [
        AskDecision(
            matter.verbs, matter.approvers, matter.fingerprint, matter.asked_in, matter.resumes,
            facts, matter.two,
        )
    ]  # fmt: skip


def _is_same(standing: Decision, matter: Matter) -> bool:
    """Say whether an open question is still the right one, also to the first of two who agreed."""
    agreed = standing.agreed is not None
    return _goes_on(standing, matter) and agreed == matter.handed_on


def _goes_on(standing: Decision, matter: Matter) -> bool:
    asked = (standing.fingerprint, standing.verbs, standing.two)
    return asked == (matter.fingerprint, matter.verbs, matter.two)


def _first(known: Known, matter: Matter, people: Iterable[TeamsPerson]) -> TeamsPerson | None:
    """Return who agreed first to what is still asked, if they still may."""
    standing = _open(known)
    if standing is None or standing.agreed is None or not _goes_on(standing, matter):
        return None
    first = standing.agreed.person
    return next((one for one in people if one.aad_object_id == first), None)


def _messages(
    document: Document, matter: Matter, known: Known, policy: Policy, *, asked: list[Intent]
) -> list[Message]:
    asked_anew = any(isinstance(intent, AskDecision) for intent in asked)
    # A card Teams gave no id for cannot be edited and perhaps never came: a new question needs one.
    standing = {card.target for card in known.cards if card.activity or not asked_anew}
    wanted = matter.targets if matter.asks or _is_news(document, known, policy) else ()
    posts = [PostCard(target, matter.asks) for target in wanted if target not in standing]
    if not asked and not is_change(document, known.previous):
        return [*posts, *_left_behind(known.cards, matter)]
    updates = [
        UpdateCard(card.target, matter.asks, replaced=_is_replaced(card, matter))
        for card in known.cards
    ]
    nudges = [Nudge(target) for target in wanted if asked_anew and target in standing]
    return [*posts, *updates, *nudges]


def _is_news(document: Document, known: Known, policy: Policy) -> bool:
    if known.previous is None:
        return document.last_modified >= policy.notes_since
    return document.status != known.previous.status


def _left_behind(cards: Iterable[PostedCard], matter: Matter) -> list[Message]:
    """Have cards say that the question is put elsewhere now: the routes changed, nothing else."""
    return [
        UpdateCard(card.target, matter.asks, replaced=True)
        for card in cards
        if _is_replaced(card, matter) and not card.replaced and not card.stood_in
    ]


def _is_replaced(card: PostedCard, matter: Matter) -> bool:
    """A card is replaced when the question is put elsewhere now; a closed matter replaces none."""
    return matter.asks and bool(matter.targets) and card.target not in matter.targets


def _told(document: Document) -> tuple[object, ...]:
    fields = {name: value for name, value in document.fields.items() if name not in _UNSEEN}
    return document.status, fields, document.lines, document.around, document.approvals


_UNSEEN = frozenset({"LastModifiedDateTime", "modified_by"})
"""Fields that no card shows."""
