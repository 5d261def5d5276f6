"""Routes are data: bad words are refused with the known ones named, the first match wins."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from core_values import bill, document_of, route_of
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from acumatica_client.entities import ENTITIES
from bot.core.plans import plan, verbs_of
from bot.core.routes import APPROVER_SOURCES, Condition, Routes


def refusal_of(**values: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        route_of(**values)
    return str(caught.value)


# --- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "known"),
    [
        ({"entity": "Bil"}, sorted(ENTITIES)),
        ({"entity": "Bill", "when": "on holt"}, ["balanced", "on hold", "released"]),
        ({"entity": "Bill", "when": "On Hold"}, ["on hold"]),
        ({"entity": "Bill", "where": [{"field": "Amuont", "is": "1"}]}, ["Amount", "BranchID"]),
        ({"entity": "Bill", "actions": ["pay"]}, ["approve", "reject", "release"]),
        ({"entity": "Payment", "actions": ["release"]}, ["release_payment"]),
        ({"approver": ["boss"]}, [*APPROVER_SOURCES, "person:MAIL"]),
        ({"to": ["#general"]}, ["approver", "channel:NAME"]),
        ({"to": ["channel:"]}, ["approver", "channel:NAME"]),
        ({"to": ["channel: "]}, ["approver", "channel:NAME"]),
    ],
)
def test_a_bad_word_is_refused_and_the_known_ones_are_named(
    bad: dict[str, Any], known: list[str]
) -> None:
    told = refusal_of(**bad)

    for word in known:
        assert word in told


@pytest.mark.parametrize(
    "rest",
    [{"when": "on hold"}, {"where": [{"field": "Amount", "is": "1"}]}, {"actions": "release"}],
)
def test_words_of_an_entity_need_the_entity(rest: dict[str, Any]) -> None:
    assert "entity: needed" in refusal_of(**rest)


def test_a_key_nobody_knows_is_refused() -> None:
    assert "aproach" in refusal_of(aproach="email")
    assert "size" in refusal_of(entity="Bill", where=[{"field": "Amount", "is": "1", "size": 3}])


def test_a_condition_says_at_least_one_thing() -> None:
    assert "is, one_of, at_least, below" in refusal_of(entity="Bill", where=[{"field": "Amount"}])


def test_a_single_word_may_stand_without_a_list() -> None:
    route = route_of(entity="Bill", when="on hold", to="channel:ap", approver="owner")

    assert (route.when, route.to, route.approver) == (("on hold",), ("channel:ap",), ("owner",))


@pytest.mark.parametrize("source", [*APPROVER_SOURCES, "person:ann@acme.example"])
def test_every_source_of_approvers_is_accepted(source: str) -> None:
    assert route_of(approver=[source]).approver == (source,)


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_status_word_and_every_verb_of_an_entity_is_accepted(entity: str) -> None:
    words = sorted(status.lower() for status in ENTITIES[entity].statuses)

    route = route_of(entity=entity, when=[*words, "released"], actions=verbs_of(entity))

    assert route.actions == verbs_of(entity)


# --- matching -------------------------------------------------------------------------------


def condition(**values: Any) -> Condition:
    return Condition.model_validate({"field": "Amount", **values})


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        ({"field": "BranchID", "is": "EAST"}, True),
        ({"field": "BranchID", "is": "WEST"}, False),
        ({"field": "BranchID", "one_of": ["WEST", "EAST"]}, True),
        ({"field": "BranchID", "one_of": ["WEST"]}, False),
        ({"at_least": Decimal(1250)}, True),
        ({"at_least": Decimal("1250.01")}, False),
        ({"below": Decimal("1250.01")}, True),
        ({"below": Decimal(1250)}, False),
        ({"at_least": Decimal(1000), "below": Decimal(2000)}, True),
        ({"at_least": Decimal(1000), "below": Decimal(1100)}, False),
        ({"at_least": Decimal(1000), "is": "EAST"}, False),
    ],
)
def test_all_that_a_condition_says_must_hold(values: dict[str, Any], holds: bool) -> None:
    assert condition(**values).holds(bill()) is holds


@given(bound=st.decimals(allow_nan=False, allow_infinity=False))
@pytest.mark.parametrize("empty", [None, "", "many", True])
def test_a_field_that_is_no_number_meets_no_bound(empty: Any, bound: Decimal) -> None:
    document = bill(Amount=empty)

    assert not condition(at_least=bound).holds(document)
    assert not condition(below=bound).holds(document)


@pytest.mark.parametrize("status", sorted(ENTITIES["Check"].statuses))
def test_released_means_open_closed_or_reserved(status: str) -> None:
    route = route_of(entity="Check", when="released")

    assert route.matches(document_of("Check", status)) is (status in {"Open", "Closed", "Reserved"})


def test_a_route_matches_its_entity_status_and_conditions_together() -> None:
    route = route_of(
        entity="Bill", when=["on hold", "balanced"], where=[{"field": "BranchID", "is": "EAST"}]
    )

    assert route.matches(bill("On Hold"))
    assert route.matches(bill("Balanced"))
    assert not route.matches(bill("Open"))
    assert not route.matches(bill("On Hold", BranchID="WEST"))
    assert not route.matches(document_of("PurchaseOrder", "On Hold"))


def test_a_status_the_erp_invents_is_matched_by_no_word() -> None:
    route = route_of(entity="Bill", when=sorted(s.lower() for s in ENTITIES["Bill"].statuses))

    assert not route.matches(bill("Frobnicated"))


def test_the_first_route_that_matches_wins() -> None:
    held = {"entity": "Bill", "when": "on hold"}
    first, second = route_of(**held, to="channel:a"), route_of(**held, to="channel:b")
    routes = Routes([first, second, route_of()])

    assert routes.first_match(bill()) is first


def test_a_company_without_routes_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one route"):
        Routes([])


def test_the_last_route_must_match_everything() -> None:
    with pytest.raises(ValueError, match="must match everything"):
        Routes([route_of(), route_of(entity="Bill")])


def test_a_route_behind_one_that_matches_everything_is_refused() -> None:
    with pytest.raises(ValueError, match="route 2 matches everything"):
        Routes([route_of(entity="Bill"), route_of(), route_of(entity="Check"), route_of()])


words_of = st.sampled_from(sorted(ENTITIES)).flatmap(
    lambda name: st.fixed_dictionaries(
        {
            "entity": st.just(name),
            "when": st.lists(
                st.sampled_from(
                    sorted({s.lower() for s in ENTITIES[name].statuses} | {"released"})
                ),
                max_size=3,
            ),
            "to": st.sampled_from([[], ["approver"], ["channel:ap"]]),
            "actions": st.lists(st.sampled_from(verbs_of(name)), unique=True, max_size=2),
        }
    )
)


@given(
    rows=st.lists(words_of, max_size=4),
    entity=st.sampled_from(sorted(ENTITIES)),
    status=st.one_of(st.sampled_from(["On Hold", "Pending Approval", "Open"]), st.text()),
)
def test_every_document_has_a_route(rows: list[dict[str, Any]], entity: str, status: str) -> None:
    routes = Routes([*(route_of(**row) for row in rows), route_of()])

    assert routes.first_match(document_of(entity, status))


@given(rows=st.lists(words_of, max_size=4), entity=st.sampled_from(sorted(ENTITIES)))
def test_what_waits_for_a_press_by_some_route_is_looked_for_at_the_first_start(
    rows: list[dict[str, Any]], entity: str
) -> None:
    routes = Routes([*(route_of(**row) for row in rows), route_of()])
    looked_for = routes.waiting_statuses(entity)

    for status in ENTITIES[entity].statuses:
        route = routes.first_match(document_of(entity, status))
        pressable = any(plan(entity, verb, status) for verb in route.actions)
        assert not (route.to and pressable) or status in looked_for


def test_released_documents_are_not_looked_for_at_the_first_start() -> None:
    told = route_of(entity="Bill", when=["on hold", "released", "open"], to="channel:ap")
    unposted = route_of(entity="Bill", when="balanced", actions="release")
    routes = Routes([told, unposted, route_of()])

    assert routes.waiting_statuses("Bill") == ("On Hold",)
    assert routes.waiting_statuses("Check") == ()


def test_the_channels_of_routes_are_listed_once() -> None:
    routes = Routes(
        [
            route_of(entity="Bill", to=["channel:ap", "approver"]),
            route_of(entity="Check", to=["channel:ap", "channel:pay"]),
            route_of(),
        ]
    )

    assert routes.channels() == {"ap", "pay"}
