"""Which routes no document can ever take, and whom a route could never find. Pure.

Only what is certain is told: a doubt of ours would have somebody change a file that is fine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from acumatica_client.entities import ENTITIES
from bot.core.people import Override
from bot.core.routes import APPROVER_TARGET, RELEASED, Condition, Route

PERSON = "person:"
UNKNOWN = "(any other)"
"""Stands for a status Acumatica may have and we do not know; only a route for all takes it."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something about one route that somebody surely did not want."""

    route: int
    """Its place among the routes of its company, the first is 0."""
    key: str
    told: str


def flaws(routes: Sequence[Route], overrides: Iterable[Override] = ()) -> list[Flaw]:
    """List what is odd about the routes of one company, as the file says them."""
    said = {one.email.lower(): one for one in overrides}
    found = []
    for number, route in enumerate(routes):
        found += [*_never(number, routes), *_nobody(number, route, said)]
    return found


# --- routes nothing reaches -----------------------------------------------------------------


def _never(number: int, routes: Sequence[Route]) -> Iterator[Flaw]:
    route = routes[number]
    if route.entity is None:
        return
    if _contradicts(route):
        yield Flaw(number, "where", "no document can meet all of its conditions")
        return
    takers = _takers(route, routes[:number])
    if takers and routes[takers[0]] == route:
        yield Flaw(number, "", f"is the same as route {takers[0] + 1}, which is before it")
    elif takers:
        named = " and ".join(f"route {one + 1}" for one in takers)
        yield Flaw(number, "", f"is never reached: {named} before it take every such document")


def _takers(route: Route, earlier: Sequence[Route]) -> list[int]:
    """Return the places of the routes that take all *route* is for; none when something is left."""
    left, takers = _statuses(route), []
    for number, other in enumerate(earlier):
        if other.entity == route.entity and _implies(route, other):
            taken = left & _statuses(other)
            takers += [number] if taken else []
            left -= taken
    return [] if left else takers


def _statuses(route: Route) -> frozenset[str]:
    """Return the statuses a route is for, in lower case."""
    known = {status.lower() for status in ENTITIES[route.entity or ""].statuses}
    if not route.when:
        return frozenset({*known, UNKNOWN})
    released = RELEASED & known if "released" in route.when else set()
    return frozenset({*(set(route.when) - {"released"}), *released})


def _implies(route: Route, other: Route) -> bool:
    """Say whether whatever meets the conditions of *route* meets those of *other*."""
    return all(_is_met(condition, route.where) for condition in other.where)


def _is_met(wanted: Condition, given: Sequence[Condition]) -> bool:
    same = [one for one in given if one.field == wanted.field]
    texts = _texts(same)
    if texts is not None:
        return all(_takes(wanted, text) for text in texts)
    if wanted.equals is not None or wanted.one_of is not None:
        return False
    lows = [one.at_least for one in same if one.at_least is not None]
    highs = [one.below for one in same if one.below is not None]
    low_met = wanted.at_least is None or any(low >= wanted.at_least for low in lows)
    return low_met and (wanted.below is None or any(high <= wanted.below for high in highs))


def _texts(conditions: Sequence[Condition]) -> frozenset[str] | None:
    """Return the texts a field may have by *conditions*; None when it may have any."""
    listed = [
        frozenset(told)
        for one in conditions
        for told in ((one.equals,) if one.equals is not None else None, one.one_of)
        if told is not None
    ]
    if not listed:
        return None
    texts = frozenset.intersection(*listed)
    return frozenset(text for text in texts if all(_takes(one, text) for one in conditions))


def _takes(condition: Condition, text: str) -> bool:
    number = _number(text)
    return (
        (condition.equals is None or text == condition.equals)
        and (condition.one_of is None or text in condition.one_of)
        and (condition.at_least is None or (number is not None and number >= condition.at_least))
        and (condition.below is None or (number is not None and number < condition.below))
    )


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _contradicts(route: Route) -> bool:
    """Say whether the conditions on some field can never hold together."""
    for name in {one.field for one in route.where}:
        same = [one for one in route.where if one.field == name]
        lows = [one.at_least for one in same if one.at_least is not None]
        highs = [one.below for one in same if one.below is not None]
        if _texts(same) == frozenset() or (lows and highs and max(lows) >= min(highs)):
            return True
    return False


# --- people nobody could be -----------------------------------------------------------------


def _nobody(number: int, route: Route, said: Mapping[str, Override]) -> Iterator[Flaw]:
    if not route.approver and (route.actions or APPROVER_TARGET in route.to):
        yield Flaw(number, "approver", "names nobody, so nobody could decide")
    for key, words in (("approver", route.approver), ("second", route.second)):
        for word in words:
            if told := _cannot_be(word, route, said):
                yield Flaw(number, key, f"{word!r} could never be anybody: {told}")
    everybody = {word.lower() for word in (*route.approver, *route.second)}
    if route.second and len(everybody) == 1 and everybody != {"approval map"}:
        yield Flaw(number, "second", "is the same one person as approver, and it takes two")


def _cannot_be(word: str, route: Route, said: Mapping[str, Override]) -> str:
    """Return why an entry of an approver list names nobody who could decide; empty: it may."""
    if word == "approval map" and route.when and "pending approval" not in route.when:
        return "an approval map waits for somebody in Pending Approval only"
    if word == "buyer" and route.entity not in (None, "Bill"):
        return "only a bill has a purchase order behind it"
    override = said.get(word.removeprefix(PERSON).lower()) if word.startswith(PERSON) else None
    return _not_allowed(override, route) if override else ""


def _not_allowed(override: Override, route: Route) -> str:
    if not override.may_decide:
        return "[[person]] says may_decide = false"
    least = _least_amount(route)
    if override.limit is not None and least is not None and least > override.limit:
        limit = f"{override.limit} {override.currency}"
        return f"their limit is {limit}, and this route begins at {least}"
    return ""


def _least_amount(route: Route) -> Decimal | None:
    """Return from which amount on a route takes documents, where it says so."""
    name = ENTITIES[route.entity].amount_field if route.entity else ""
    lows = [one.at_least for one in route.where if one.field == name and one.at_least is not None]
    return max(lows, default=None)
