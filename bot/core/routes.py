"""Routes: which document goes where, and who may decide on it. Checked as data. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from acumatica_client.entities import ENTITIES
from acumatica_client.models import Document
from bot.checked import meant, together
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

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    field: str
    """A field of the entity, by its name in Acumatica."""
    equals: str | None = Field(None, alias="is")
    """Its text is this."""
    one_of: tuple[str, ...] | None = None
    """Its text is one of these."""
    at_least: Decimal | None = None
    """Its number is this or more."""
    below: Decimal | None = None
    """Its number is less than this."""

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

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    company: str
    """The company it is for."""
    entity: str | None = None
    """`Bill`, `PurchaseOrder`, `Check` or `Payment`; the last route of a company has none."""
    when: Words = ()
    """Statuses in lower case; `released` means open, closed or reserved."""
    where: tuple[Condition, ...] = ()
    """Conditions, all of which must hold."""
    to: Words
    """`channel:NAME`, `approver` (their own chat), or both; `[]` posts nothing."""
    approver: Words = ()
    """Who decides: the first of these that names somebody known."""
    second_above: Mapping[str, Decimal] = {}
    """Currency to the amount above which a second, different person must agree."""
    second: Words = ()
    """Who may agree after the first: everybody named."""
    actions: Words = ()
    """What a press may do, as far as the status allows."""
    privacy: Privacy = Privacy.FULL
    """How much everybody in its channels may know."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Route:
        together(
            *(partial(_check_target, target) for target in self.to),
            *(partial(_check_source, "approver", source) for source in self.approver),
            partial(_check_second, self),
            partial(_check_words, self),
        )
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


def _check_words(route: Route) -> None:
    """Refuse any word the entity does not know, naming those it does."""
    name = route.entity
    if name is None:
        if route.when or route.where or route.actions:
            raise ValueError("entity: needed for when, where and actions")
        return
    _check_one_of("entity", name, ENTITIES)
    entity = ENTITIES[name]
    statuses = {status.lower() for status in entity.statuses} | {"released"}
    fields = (condition.field for condition in route.where)
    together(
        *(partial(_check_one_of, "when", word, statuses) for word in route.when),
        *(partial(_check_one_of, "where: field", field, entity.select) for field in fields),
        *(partial(_check_one_of, "actions", verb, verbs_of(name)) for verb in route.actions),
    )


def _check_one_of(what: str, word: str, known: Collection[str]) -> None:
    if word not in known:
        told = f"{what}: {word!r} is none of {', '.join(sorted(known))}"
        raise ValueError(told + meant(word, known))


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
