"""Why a document is where it is, who may decide on it and what happened: plain sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation

from acumatica_client.models import Document
from cards import days
from cards.elements import TextBlock
from cards.language import Language, phrase
from cards.money import amount
from cards.render import LARGEST, page, sheet_of, size, small
from cards.spoken import Spoken
from cards.text import escape, joined, plain

MOST_EVENTS = 14


@dataclass(frozen=True, slots=True)
class Passed:
    """A route that might have matched, and the first thing that kept it from it."""

    number: int
    """Its place in the file, counted from 1."""
    field: str
    """Empty when it was the status."""
    rule: str
    """A key of `RULES`."""
    wanted: str
    shown: str


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the route's approver list, and whom it names."""

    word: str
    """`approval map`, `owner`, `buyer` or `person:MAIL`."""
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, or was said."""

    at: datetime
    kind: str
    """A key of `EVENTS`."""
    who: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Everything there is to explain about one document."""

    document: Document
    route: int
    """Place of the route it goes by, counted from 1."""
    resumed: bool = False
    """It goes by the route it was asked by, because a plan stopped midway."""
    passed: tuple[Passed, ...] = ()
    targets: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    deciders: tuple[str, ...] = ()
    """Names of who may decide now; empty when nobody is asked."""
    asks: bool = False
    """Whether somebody is asked to decide now."""
    events: Sequence[Event] = field(default_factory=tuple)


EVENTS = {
    "document seen": phrase("seen as {detail}"),
    "document gone": phrase("no longer in Acumatica"),
    "decision asked": phrase("{who} asked to decide"),
    "approvers named": phrase("{who} asked from then on"),
    "decision agreed": phrase("{who} pressed {detail}; a second person was asked"),
    "decision claimed": phrase("{who} pressed {detail}"),
    "press refused": phrase("{who} pressed and was refused"),
    "step sent": phrase("asked Acumatica to do it for {who}"),
    "step in doubt": phrase("no certain answer from Acumatica, looked again"),
    "decision confirmed": phrase("done in Acumatica"),
    "decision by_other": phrase("had been done in Acumatica by somebody else"),
    "decision confirmed_mismatch": phrase("done, but not to what had been approved"),
    "decision refused": phrase("refused by Acumatica"),
    "decision stopped": phrase("stopped: somebody else must approve first"),
    "decision not_applied": phrase("nothing was done in Acumatica"),
    "decision needs_person": phrase("an administrator must look"),
    "decision lapsed": phrase("the question was closed"),
    "erp note written": phrase("noted on the document in Acumatica"),
    "erp note parked": phrase("could not be noted on the document in Acumatica"),
    "reply": phrase("{who} wrote: {detail}"),
    "question": phrase("{who} asked: {detail}"),
    "answer": phrase("{who} answered: {detail}"),
    "reason": phrase("{who} gave as reason: {detail}"),
}
"""What can have happened; the audit trail's own words are the keys."""

RULES = {
    "equals": phrase("Route {number} wants {field} {wanted}; it is {shown}."),
    "one_of": phrase("Route {number} wants {field} to be one of {wanted}; it is {shown}."),
    "at_least": phrase("Route {number} wants {field} of at least {wanted}; it is {shown}."),
    "below": phrase("Route {number} wants {field} below {wanted}; it is {shown}."),
}
"""What a route can want of a field."""

_SOURCES = {
    "approval map": phrase("the approval list in Acumatica"),
    "owner": phrase("the owner of the document"),
    "buyer": phrase("the owner of the purchase order behind it"),
}


def why_card(why: Why, *, now: datetime, zone: tzinfo, language: Language) -> Spoken:
    """Return the explanation; the oldest events are left out first when there are many."""
    sheet = sheet_of(why.document)
    title = language.say("Why {document}", document=sheet.headed(why.document, language))
    head = TextBlock(escape(title), size="Large", weight="Bolder", style="heading")
    routing = [TextBlock(escape(line, 400)) for line in routing_lines(why, language)]
    parts = [head, *routing, *_deciding(why, language)]
    shown = list(why.events)[-MOST_EVENTS:]
    while True:
        told = [_event(event, now, zone, language) for event in shown]
        left = len(why.events) - len(shown)
        body = [*parts, *_history(told, left, language)]
        card = page(body, title, language).json()
        if size(card) <= LARGEST or not shown:
            return Spoken(card, plain(title))
        shown = shown[len(shown) // 4 + 1 :]


def routing_lines(why: Why, language: Language) -> list[str]:
    """Say by which route a document goes, where its card goes, and what each earlier one wants."""
    status = why.document.status
    return [
        language.say("It is {status} and goes by route {number}.", status=status, number=why.route)
        if not why.resumed
        else language.say(
            "It is {status}. What was begun goes on by route {number}.",
            status=status,
            number=why.route,
        ),
        _targets(why.targets, language),
        *(passed_line(one, language) for one in why.passed),
    ]


def _targets(targets: Sequence[str], language: Language) -> str:
    named = [
        language.say("the approver's own chat")
        if target == "approver"
        else language.say("channel {name}", name=target.removeprefix("channel:"))
        for target in targets
    ]
    if not named:
        return language.say("That route posts no card.")
    return language.say("Its card goes to {places}.", places=joined(named, language))


def passed_line(one: Passed, language: Language) -> str:
    """Say what kept a document from a route."""
    if not one.field:
        return language.say(
            "Route {number} is for {wanted}; it is {shown}.",
            number=one.number,
            wanted=one.wanted,
            shown=one.shown,
        )
    return language.term(RULES[one.rule]).format(
        number=one.number,
        field=one.field,
        wanted=_as_amount(one, one.wanted, language),
        shown=_as_amount(one, one.shown, language) or language.say("empty"),
    )


def _as_amount(one: Passed, text: str, language: Language) -> str:
    """Write a number that was compared as cards write amounts; other words as they are."""
    if one.rule not in ("at_least", "below"):
        return text
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return amount(value, language) if value.is_finite() else text


def _deciding(why: Why, language: Language) -> list[TextBlock]:
    return [
        TextBlock(escape(line, 400), **({"spacing": "Medium"} if not n else {}))
        for n, line in enumerate(deciding_lines(why, language))
    ]


def deciding_lines(why: Why, language: Language) -> list[str]:
    """Say who is asked to decide, and how they were found."""
    lines = []
    if not why.asks:
        lines.append(language.say("Nobody is asked to decide on it now."))
    elif why.deciders:
        names = joined(why.deciders, language)
        lines.append(language.say("Who may decide: {names}.", names=names))
    else:
        lines.append(language.say("Nobody could be found in Teams who may decide."))
    lines += [_source(source, language) for source in why.sources] if why.asks else []
    return lines


def _source(source: Source, language: Language) -> str:
    word = _SOURCES.get(source.word)
    named = language.term(word) if word else source.word.removeprefix("person:")
    if not source.names:
        return language.say("Asked first: {source}, which names nobody in Teams.", source=named)
    return language.say(
        "Found by {source}: {names}.", source=named, names=joined(source.names, language)
    )


def _history(told: list[TextBlock], left: int, language: Language) -> list[TextBlock]:
    if not told:
        return [small(language.say("Nothing has happened to it here yet."), spacing="Medium")]
    earlier = language.count("and {n} earlier event", "and {n} earlier events", left)
    return [*([small(earlier, spacing="Medium")] if left else []), *told]


def _event(event: Event, now: datetime, zone: tzinfo, language: Language) -> TextBlock:
    what = language.term(EVENTS[event.kind]).format(
        who=event.who or language.say("somebody"), detail=event.detail
    )
    when = days.clock(event.at, now, zone, language)
    return small(f"{when} · {what}", spacing="Small")
