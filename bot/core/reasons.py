"""Why a document goes its way: routes that did not match, who decides, what happened. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from acumatica_client.models import Document
from bot.core.decide import route_of
from bot.core.deciders import named_by
from bot.core.people import People
from bot.core.routes import Condition, Route, Routes
from bot.core.situations import Story
from cards.why import EVENTS, Event, Passed, Source, Why
from storage.records import AuditEntry, Comment, DecisionState

MOST_SAID = 200
"""Characters shown of what somebody wrote."""
_RULES = {"equals": "is", "one_of": "one_of", "at_least": "at_least", "below": "below"}
"""Rules of a condition, and how a file writes each."""


def why(story: Story, routes: Routes, trail: Sequence[AuditEntry], said: Sequence[Comment]) -> Why:
    """Explain a document from what is stored about it."""
    document, newest = story.document, story.decisions[-1] if story.decisions else None
    route = route_of(document, routes, newest)
    asked = newest if newest and newest.state is DecisionState.PENDING else None
    return Why(
        document=document,
        route=next(n for n, one in enumerate(routes.listed, 1) if one is route),
        resumed=route is not routes.first_match(document),
        passed=tuple(_passed(document, routes, route)),
        targets=route.to,
        sources=tuple(_sources(document, route, story.people)),
        deciders=_names(asked.approvers, story.people) if asked else (),
        asks=asked is not None,
        events=sorted((*_happened(trail, story.people), *_remarks(said)), key=lambda one: one.at),
    )


# --- routes -----------------------------------------------------------------------------------


def _passed(document: Document, routes: Routes, chosen: Route) -> Iterator[Passed]:
    """Tell of each earlier route for such documents what kept this one from it."""
    earlier = takewhile(lambda route: route is not chosen, routes.listed)
    for number, route in enumerate(earlier, start=1):
        if route.entity == document.key.entity and (missed := _missed(document, route, number)):
            yield missed


def _missed(document: Document, route: Route, number: int) -> Passed | None:
    if not route.model_copy(update={"where": ()}).matches(document):
        return Passed(number, "", "one_of", " / ".join(route.when), document.status)
    broken = (one for one in route.where if not one.holds(document))
    return next((_broken(one, document, number) for one in broken), None)


def _broken(condition: Condition, document: Document, number: int) -> Passed:
    """Tell of the first rule of a condition that does not hold, and what it wants."""
    asked = {rule: getattr(condition, rule) for rule in _RULES}
    rule, wanted = next(
        (rule, wanted)
        for rule, wanted in asked.items()
        if wanted is not None and not _alone(condition.field, rule, wanted).holds(document)
    )
    told = " / ".join(wanted) if isinstance(wanted, tuple) else str(wanted)
    return Passed(number, condition.field, rule, told, document.text(condition.field))


def _alone(field: str, rule: str, wanted: object) -> Condition:
    return Condition.model_validate({"field": field, _RULES[rule]: wanted})


# --- who --------------------------------------------------------------------------------------


def _sources(document: Document, route: Route, people: People) -> Iterator[Source]:
    """Tell whom each entry of the approver list names, up to the one that counts."""
    for word in route.approver:
        found = [one for one in named_by(word, document, people) if one.may_approve]
        yield Source(word, tuple(one.name for one in found))
        if found:
            return


def _names(ids: Iterable[str], people: People) -> tuple[str, ...]:
    found = (people.by_id.get(one) for one in ids)
    return tuple(person.name for person in found if person)


# --- what happened ----------------------------------------------------------------------------


def _happened(trail: Sequence[AuditEntry], people: People) -> Iterator[Event]:
    status = ""
    for entry in trail:
        told = str(entry.detail.get("status", ""))
        same = entry.action == "document seen" and told == status
        if entry.action in EVENTS and not same:
            yield Event(entry.at, entry.action, _who(entry, people), _detail(entry))
        status = told or status


def _who(entry: AuditEntry, people: People) -> str:
    asked = entry.detail.get("approvers")
    ids = asked if isinstance(asked, list) else [entry.detail.get("person") or entry.actor]
    return ", ".join(_names(map(str, ids), people))


def _detail(entry: AuditEntry) -> str:
    return str(entry.detail.get("status") or entry.detail.get("verb") or "")


def _remarks(said: Iterable[Comment]) -> Iterator[Event]:
    for one in said:
        if one.said_at and one.via in EVENTS:
            yield Event(one.said_at, one.via, one.name, one.text[:MOST_SAID])
