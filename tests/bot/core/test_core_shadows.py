"""Routes nothing reaches and people nobody could be are found; what may be fine is left alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from core_values import bill, route_of
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.entities import ENTITIES
from bot.core.people import Override
from bot.core.routes import Routes
from bot.core.shadows import flaws

BIG = [{"field": "Amount", "at_least": 10000}]
BIGGER = [{"field": "Amount", "at_least": 20000}]
SMALL = [{"field": "Amount", "below": 500}]
EAST = [{"field": "BranchID", "is": "EAST"}]
SIDES = [{"field": "BranchID", "one_of": ["EAST", "WEST"]}]
CATCH_ALL: dict[str, Any] = {}


def told(*routes: dict[str, Any], said: tuple[Override, ...] = ()) -> list[tuple[int, str]]:
    made = [route_of(**{"to": "channel:ap", **route}) for route in (*routes, CATCH_ALL)]
    return [(flaw.route, flaw.told) for flaw in flaws(made, said)]


def on(*when: str, where: Any = (), **more: Any) -> dict[str, Any]:
    return {"entity": "Bill", "when": list(when), "where": list(where), **more}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ([on()], on("on hold")),
        ([on()], on()),
        ([on("on hold")], on("on hold", where=EAST)),
        ([on("on hold"), on("balanced")], on("on hold", "balanced")),
        ([on("released")], on("open", "closed")),
        ([on("on hold", where=BIG)], on("on hold", where=BIGGER)),
        ([on("on hold", where=SIDES)], on("on hold", where=EAST)),
        ([on(where=SMALL)], on("on hold", where=[{"field": "Amount", "below": 100}])),
        ([on(where=BIG)], on(where=[{"field": "Amount", "is": "12000"}])),
    ],
)
def test_a_route_behind_others_that_take_all_it_is_for_is_never_reached(
    earlier: list[dict[str, Any]], later: dict[str, Any]
) -> None:
    found = told(*earlier, later)

    assert [number for number, _ in found] == [len(earlier)]
    assert "route 1" in found[0][1]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (on("on hold"), on("balanced")),
        (on("on hold"), on()),
        (on(*(status.lower() for status in ENTITIES["Bill"].statuses)), on()),  # or an unknown one
        (on("on hold", "balanced"), on("on hold", "open")),
        (on("on hold", where=EAST), on("on hold")),
        (on("on hold", where=BIGGER), on("on hold", where=BIG)),
        (on("on hold", where=EAST), on("on hold", where=SIDES)),
        (on(where=BIG), on(where=SMALL)),
        (on(where=[*BIG, *EAST]), on(where=BIG)),
        ({"entity": "PurchaseOrder", "when": "on hold"}, on("on hold")),
    ],
)
def test_a_route_that_something_is_left_for_is_left_alone(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    assert told(earlier, later) == []


def test_a_doubled_row_is_told_as_one() -> None:
    assert told(on("on hold"), on("open"), on("on hold")) == [
        (2, "is the same as route 1, which is before it")
    ]


@pytest.mark.parametrize(
    "where",
    [
        [*BIG, *SMALL],
        [*EAST, {"field": "BranchID", "is": "WEST"}],
        [{"field": "Amount", "at_least": 5, "below": 5}],
    ],
)
def test_conditions_that_contradict_each_other_are_told(where: list[dict[str, Any]]) -> None:
    assert told(on("on hold", where=where)) == [(0, "no document can meet all of its conditions")]


_BRANCH = st.sampled_from([None, "EAST", "WEST"])
_AMOUNTS = [Decimal(n) for n in (0, 99, 100, 499, 500, 1000)]


@st.composite
def _routes(draw: st.DrawFn) -> dict[str, Any]:
    where: list[dict[str, Any]] = []
    if branch := draw(_BRANCH):
        where.append({"field": "BranchID", "is": branch})
    for rule in ("at_least", "below"):
        if draw(st.booleans()):
            where.append({"field": "Amount", rule: draw(st.sampled_from(_AMOUNTS))})
    when = draw(st.lists(st.sampled_from(["on hold", "balanced", "open", "released"]), max_size=2))
    return on(*when, where=where)


@given(st.lists(_routes(), min_size=1, max_size=4))
def test_no_document_ever_takes_a_route_that_is_told_as_never_reached(
    listed: list[dict[str, Any]],
) -> None:
    made = [route_of(to="channel:ap", **route) for route in listed]
    routes = Routes([*made, route_of()])
    dead = {flaw.route for flaw in flaws(routes.listed)}

    for status in sorted(ENTITIES["Bill"].statuses):
        for branch in ("EAST", "WEST", "NORTH", None):
            for amount in _AMOUNTS:
                document = bill(status, BranchID=branch, Amount=amount)
                taken = routes.first_match(document)
                place = next(n for n, one in enumerate(routes.listed) if one is taken)
                assert place not in dead


# --- people ---


@pytest.mark.parametrize(
    ("route", "said", "words"),
    [
        (on("on hold", actions=["release"]), (), "names nobody"),
        (on("on hold", to="approver"), (), "names nobody"),
        (on("on hold", approver=["approval map"]), (), "in Pending Approval only"),
        ({"entity": "Check", "approver": ["buyer"]}, (), "only a bill has"),
        (
            on(approver=["person:Ann@x.example"]),
            (Override("ann@x.example", may_decide=False),),
            "may_decide = false",
        ),
        (
            on(where=BIG, approver=["person:ann@x.example"]),
            (Override("ann@x.example", limit=Decimal(500), currency="USD"),),
            "their limit is 500 USD, and this route begins at 10000",
        ),
        (
            on(
                approver=["person:ann@x.example"],
                second=["person:ANN@x.example"],
                second_above={"USD": 1},
                actions=["release"],
            ),
            (),
            "is the same one person",
        ),
    ],
)
def test_an_approver_nobody_could_be_is_told(
    route: dict[str, Any], said: tuple[Override, ...], words: str
) -> None:
    found = told(route, said=said)

    assert len(found) == 1
    assert words in found[0][1]


@pytest.mark.parametrize(
    "route",
    [
        on("on hold"),
        on("pending approval", approver=["approval map", "owner"], actions=["approve"]),
        on(approver=["approval map"]),
        on("on hold", approver=["buyer", "person:ann@x.example"], actions=["release"]),
        on(where=SMALL, approver=["person:ann@x.example"], actions=["release"]),
    ],
)
def test_approvers_somebody_could_be_are_left_alone(route: dict[str, Any]) -> None:
    ann = Override("ann@x.example", limit=Decimal(500), currency="USD")

    assert told(route, said=(ann,)) == []
