"""Routes: which document goes where, and who may decide on it. Checked as data. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from acumatica_client.entities import ENTITIES
from acumatica_client.models import Document
from bot.core.plans import plan, verbs_of
from cards.privacy import Privacy, strictest

RELEASED = frozenset({"open", "closed", "reserved"})
"""What *released* means: there is no such status, a released document is open or closed."""

APPROVER_SOURCES = ("approval map", "owner", "buyer")
APPROVER_TARGET = "approver"
CHANNEL = "channel:"
CURRENCY = re.compile(r"[A-Z]{3}")
ALONE = frozenset({"reject"})
"""Verbs that let nothing go: one person is enough whatever the amount."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Condition(BaseModel):
    """One test of a field; all that are given must hold. A field the ERP left empty fails."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str
    equals: str | None = Field(None, alias="is")
    one_of: tuple[str, ...] | None = None
    at_least: Decimal | None = None
    below: Decimal | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if all(v is None for v in (self.equals, self.one_of, self.at_least, self.below)):
            raise ValueError("say one of: is, one_of, at_least, below")
        return self

    def holds(self, document: Document) -> bool:
        """Say whether *document* meets this condition."""
        text, number = document.text(self.field), document.money(self.field)
        return (
            (self.equals is None or text == self.equals)
            and (self.one_of is None or text in self.one_of)
            and (self.at_least is None or (number is not None and number >= self.at_least))
            and (self.below is None or (number is not None and number < self.below))
        )


class Route(BaseModel):
    """One `[[route]]`: what it matches, where the card goes, who decides, by which verbs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    company: str
    entity: str | None = None
    when: Words = ()
    where: tuple[Condition, ...] = ()
    to: Words
    approver: Words = ()
    second_above: Mapping[str, Decimal] = {}
    """Currency to the amount above which a second, different person must agree."""
    second: Words = ()
    actions: Words = ()
    privacy: Privacy = Privacy.FULL

    @model_validator(mode="after")
    def _makes_sense(self) -> Route:
        for target in self.to:
            _check_target(target)
        for source in self.approver:
            _check_source("approver", source)
        _check_second(self)
        if self.entity is not None:
            _check_words(self, self.entity)
        elif self.when or self.where or self.actions:
            raise ValueError("entity: needed for when, where and actions")
        return self

    def matches(self, document: Document) -> bool:
        """Say whether this route is for *document* as it stands."""
        return (
            (self.entity is None or self.entity == document.key.entity)
            and (not self.when or any(_stands(document, word) for word in self.when))
            and all(condition.holds(document) for condition in self.where)
        )


def _check_target(target: str) -> None:
    name = target.removeprefix("channel:").strip()
    if target != APPROVER_TARGET and (not target.startswith("channel:") or not name):
        raise ValueError(f'to: {target!r} is neither "approver" nor "channel:NAME"')


def _check_source(what: str, source: str) -> None:
    if source not in APPROVER_SOURCES and not source.startswith("person:"):
        known = ", ".join(APPROVER_SOURCES)
        raise ValueError(f"{what}: {source!r} is none of {known}, person:MAIL")


def _check_second(route: Route) -> None:
    """Refuse a threshold nobody could agree above, and people nobody ever waits for."""
    for source in route.second:
        _check_source("second", source)
    for currency, amount in route.second_above.items():
        if not CURRENCY.fullmatch(currency):
            raise ValueError(f"second_above: {currency!r} is no currency, such as USD")
        if not amount.is_finite() or amount < 0:
            raise ValueError(f"second_above: {currency} = {amount} is no amount")
    if bool(route.second) != bool(route.second_above):
        raise ValueError("second_above and second: one needs the other")
    if route.second and not set(route.actions) - ALONE:
        raise ValueError("second: no action of this route wants two people")


def _check_words(route: Route, name: str) -> None:
    """Refuse any word the entity does not know, naming those it does."""
    _check_one_of("entity", name, ENTITIES)
    entity = ENTITIES[name]
    statuses = {status.lower() for status in entity.statuses} | {"released"}
    for word in route.when:
        _check_one_of("when", word, statuses)
    for condition in route.where:
        _check_one_of("where: field", condition.field, entity.select)
    for verb in route.actions:
        _check_one_of("actions", verb, verbs_of(name))


def _check_one_of(what: str, word: str, known: Iterable[str]) -> None:
    if word not in known:
        raise ValueError(f"{what}: {word!r} is none of {', '.join(sorted(known))}")


def _stands(document: Document, word: str) -> bool:
    status = document.status.lower()
    return status in RELEASED if word == "released" else status == word


def _waits(route: Route, entity: str, status: str) -> bool:
    """Say whether a document in *status* waits by *route*: named by it, or open to its verbs."""
    doable = any(plan(entity, verb, status) for verb in route.actions)
    if not route.when:
        return doable
    return status.lower() in route.when and (doable or status.lower() not in RELEASED)


class Routes:
    """The routes of one company in file order; the last one matches everything."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = tuple(routes)
        if not self._routes:
            raise ValueError("a company needs at least one route; the last must match everything")
        last = self._routes[-1]
        if last.entity is not None:
            raise ValueError("the last route of a company must match everything (only company, to)")
        for number, route in enumerate(self._routes[:-1], start=1):
            if route.entity is None:
                raise ValueError(f"route {number} matches everything, so those after it never do")

    @property
    def listed(self) -> tuple[Route, ...]:
        """The routes, in file order."""
        return self._routes

    def first_match(self, document: Document) -> Route:
        """Return the first route that matches *document*."""
        return next(route for route in self._routes if route.matches(document))

    def waiting_statuses(self, entity: str) -> tuple[str, ...]:
        """List the statuses in which documents of *entity* wait for a person by these routes."""
        waiting = {
            status
            for route in self._routes
            if route.entity == entity and route.to
            for status in ENTITIES[entity].statuses
            if _waits(route, entity, status)
        }
        return tuple(sorted(waiting))

    def follows(self, entities: Iterable[str]) -> bool:
        """Say whether documents of one of these that wait are brought to anybody at all."""
        return any(self.waiting_statuses(entity) for entity in entities)

    def privacy(self, target: str, *, stands_in: bool = False) -> Privacy:
        """Return how much a card at *target* may tell; a person's own chat is told everything.

        Every card in a channel is as discreet as the strictest route that sends there: a document
        that falls to another route later reveals no more. Where no route sends any longer, or a
        card only stands in for another, the strictest of all routes counts.
        """
        if not target.startswith(CHANNEL):
            return Privacy.FULL
        sending = [route for route in self._routes if target in route.to and not stands_in]
        return strictest(route.privacy for route in sending or self._routes)

    def privacy_of(self, document: Document) -> Privacy:
        """Return how much may be told of *document* where no card of it stands.

        It is the strictest of every route that matches it, and of the channels these send to.
        """
        matching = [route for route in self._routes if route.matches(document)]
        there = [self.privacy(target) for route in matching for target in route.to]
        return strictest([*(route.privacy for route in matching), *there])

    def channels(self) -> frozenset[str]:
        """List the channel names these routes send to."""
        return frozenset(
            target.removeprefix("channel:")
            for route in self._routes
            for target in route.to
            if target.startswith("channel:")
        )
