"""Who may be shown what, and where: the rule as a table."""

from __future__ import annotations

from dataclasses import replace

import pytest
from core_values import ANN, BEN, COMPANY, GUS, people_of, route_of

from bot.core.people import Override
from bot.core.routes import Routes
from bot.core.visibility import (
    Asker,
    Insight,
    Place,
    VisibleTo,
    belongs,
    may_see,
    may_tell_here,
    sole_mail,
    told_here,
)
from storage.records import PostedCard, TeamsPerson

EVERYBODY = people_of()
STRANGER = TeamsPerson("aad-zoe", "29:zoe", "Zoe Nobody", "zoe@acme.example")
NARROW = Insight(VisibleTo.APPROVERS, frozenset({"ann@acme.example"}))
ROUTES = Routes(
    [
        route_of(entity="Bill", when="on hold", to=["channel:open", "channel:quiet"]),
        route_of(entity="Bill", when="open", to="channel:quiet", privacy="band"),
        route_of(),
    ]
)
ALONE = Place("a:1ann", alone=True)


def asker(person: TeamsPerson | None) -> Asker:
    """Somebody who belongs to our company and to no other."""
    mail = sole_mail(person, EVERYBODY) if person else ""
    return Asker(person, {COMPANY: EVERYBODY}, mail)


def test_an_employee_belongs_to_the_company() -> None:
    assert belongs(ANN, EVERYBODY)


def test_a_guest_belongs_nowhere_even_as_an_employee() -> None:
    assert not belongs(GUS, EVERYBODY)


def test_a_disabled_account_belongs_nowhere() -> None:
    assert not belongs(replace(ANN, enabled=False), EVERYBODY)


def test_whom_nobody_names_belongs_nowhere() -> None:
    assert not belongs(STRANGER, people_of(ANN, STRANGER))


def test_whom_the_file_names_belongs_to_the_company() -> None:
    people = people_of(ANN, STRANGER, overrides=(Override("Zoe@acme.example"),))

    assert belongs(STRANGER, people)


def test_a_mail_that_two_people_share_makes_neither_belong() -> None:
    twin = replace(STRANGER, aad_object_id="aad-twin", teams_id="29:twin")
    people = people_of(STRANGER, twin, overrides=(Override("zoe@acme.example"),))

    assert not belongs(STRANGER, people)
    assert not belongs(twin, people)


@pytest.mark.parametrize(
    ("person", "company", "insight", "asked", "sees"),
    [
        (BEN, COMPANY, Insight(), (), True),
        (BEN, "other", Insight(), (), False),
        (GUS, COMPANY, Insight(), (), False),
        (None, COMPANY, Insight(), (), False),
        (replace(BEN, enabled=False), COMPANY, Insight(), (), False),
        (BEN, COMPANY, NARROW, (), False),
        (BEN, COMPANY, NARROW, ("aad-ben",), True),
        (BEN, "other", NARROW, ("aad-ben",), False),
        (ANN, COMPANY, NARROW, (), True),
        (GUS, COMPANY, NARROW, ("aad-gus",), False),
    ],
)
def test_who_sees_a_document(
    person: TeamsPerson | None, company: str, insight: Insight, asked: tuple[str, ...], sees: bool
) -> None:
    assert may_see(asker(person), company, insight, asked) is sees


@pytest.mark.parametrize(
    ("place", "targets", "told"),
    [
        (ALONE, (), True),
        (Place("19:x"), ("channel:open",), False),
        (Place("19:x", channels=frozenset({"open"})), ("channel:open",), True),
        (Place("19:x", channels=frozenset({"open"})), ("person:aad-ann",), False),
        (Place("19:x", channels=frozenset({"open"})), ("channel:quiet",), False),
        (Place("19:x", channels=frozenset({"quiet"})), ("channel:quiet",), False),
        (Place("19:x", channels=frozenset({"open", "quiet"})), ("channel:open",), True),
        (Place("19:x", channels=frozenset({"open"})), (), False),
    ],
)
def test_where_a_document_is_told(place: Place, targets: tuple[str, ...], told: bool) -> None:
    cards = [PostedCard(COMPANY, "Bill/Bill/000123", target) for target in targets]

    assert may_tell_here(place, ROUTES, cards) is told


def test_what_only_stands_in_is_told_where_no_route_at_all_keeps_anything_back() -> None:
    place = Place("19:x", channels=frozenset({"open"}))
    card = PostedCard(COMPANY, "Bill/Bill/000123", "channel:open", stood_in=True)
    tells_all = Routes([route_of(entity="Bill", to="channel:open"), route_of()])

    assert not may_tell_here(place, ROUTES, [card])
    assert may_tell_here(place, tells_all, [card])
    assert told_here(place, {COMPANY: tells_all}) == {
        "acme channel:open",
        "acme channel:open standing in",
    }


def test_a_channel_lists_only_the_names_that_tell_everything() -> None:
    place = Place("19:x", channels=frozenset({"open", "quiet"}))

    assert told_here(place, {COMPANY: ROUTES}) == {"acme channel:open"}


def test_a_mail_two_people_have_gives_neither_of_them_anything() -> None:
    twin = TeamsPerson("aad-twin", "29:twin", "Ann Other", ANN.email)

    assert sole_mail(ANN, EVERYBODY) == ANN.email.lower()
    assert sole_mail(twin, EVERYBODY) == ""
    assert not may_see(Asker(twin, {COMPANY: EVERYBODY}, ""), COMPANY, NARROW, ())
