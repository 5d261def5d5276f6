"""Whom an address leads to when rosters and Graph both speak: doubt leads nowhere."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from core_values import ANN, BEN, EMPLOYEES, NOW, bill
from hypothesis import given
from hypothesis import strategies as st

from bot.core.deciders import approvers
from bot.core.people import Override, People, match_people
from bot.core.routes import Route
from storage.records import Lookup, StoredEmployee, TeamsPerson

MAIL, UPN, OTHER = "mail", "sign-in name", "other mail"
ADMIN = TeamsPerson("aad-admin", "", "Ann (admin)", "admin@acme.example")


def lookup(address: str, *found: tuple[TeamsPerson, str]) -> Lookup:
    return Lookup(address, tuple((person.aad_object_id, kind) for person, kind in found), NOW)


def matched(
    *lookups: Lookup,
    teams: tuple[TeamsPerson, ...] = (ANN, BEN, ADMIN),
    overrides: tuple[Override, ...] = (),
    employees: tuple[StoredEmployee, ...] = EMPLOYEES,
) -> People:
    return match_people(employees, teams, overrides, lookups=lookups)


# --- what Graph adds ---


def test_an_employee_is_found_by_an_address_no_roster_shows() -> None:
    zed = TeamsPerson("aad-zed", "", "Zed", "zed@acme.example")
    staff = (StoredEmployee("E09", "Zed", "z.old@acme.example", True),)

    people = matched(lookup("z.old@acme.example", (zed, OTHER)), teams=(zed,), employees=staff)

    assert people.by_code == {"E09": zed}


def test_what_graph_was_not_asked_yet_is_left_to_the_rosters() -> None:
    assert matched().by_code["E01"] == ANN


def test_an_address_of_two_users_leads_to_nobody_also_when_a_roster_shows_one() -> None:
    doubtful = lookup("ann@acme.example", (ANN, MAIL), (ADMIN, OTHER))

    assert "E01" not in matched(doubtful).by_code


def test_a_roster_and_graph_that_name_different_people_lead_to_nobody() -> None:
    assert "E01" not in matched(lookup("ann@acme.example", (ADMIN, MAIL))).by_code


def test_whom_graph_does_not_know_any_more_a_roster_does_not_bring_back() -> None:
    people = matched(lookup("ann@acme.example"))

    assert "E01" not in people.by_code
    assert "ann@acme.example" not in people.by_email


def test_two_employees_who_would_be_one_user_are_both_nobody() -> None:
    twin = StoredEmployee("E09", "Ann W.", "ann.w@acme.example", True)
    found = lookup("ann.w@acme.example", (ANN, OTHER))

    people = matched(found, employees=(*EMPLOYEES, twin))

    assert not {"E01", "E09"} & set(people.by_code)


def test_the_file_settles_which_employee_a_user_is_besides() -> None:
    twin = StoredEmployee("E09", "Ann W.", "ann.w@acme.example", True)
    found = lookup("ann.w@acme.example", (ANN, OTHER))

    people = matched(
        found, employees=(*EMPLOYEES, twin), overrides=(Override("ann@acme.example", "E09"),)
    )

    assert people.by_code["E09"] == people.by_code["E01"] == ANN


def test_settling_one_of_two_employees_with_one_mail_says_nothing_of_the_other() -> None:
    twin = StoredEmployee("E09", "Ann Other", "ann@acme.example", True)

    people = matched(employees=(*EMPLOYEES, twin), overrides=(Override("ben@acme.example", "E09"),))

    assert people.by_code["E09"] == BEN
    assert "E01" not in people.by_code


# --- the file ---


def test_in_the_file_a_sign_in_name_settles_whom_an_address_means() -> None:
    doubtful = lookup("ann@acme.example", (ANN, UPN), (ADMIN, OTHER))

    people = matched(doubtful, overrides=(Override("Ann@acme.example", "E01"),))

    assert people.by_code["E01"] == ANN
    assert people.by_email["ann@acme.example"] == ANN


def test_an_employee_the_file_calls_two_people_is_neither() -> None:
    told = (Override("ben@acme.example", "E01"), Override("admin@acme.example", "E01"))

    people = matched(overrides=told)

    assert people.by_code.get("E01") == ANN  # as if the file had said nothing
    assert people.by_code["E01"] not in (BEN, ADMIN)


def test_a_limit_binds_somebody_whichever_of_their_addresses_the_file_uses() -> None:
    told = Override("ann.w@home.example", limit=Decimal(5), currency="USD")

    people = matched(lookup("ann.w@home.example", (ANN, OTHER)), overrides=(told,))

    assert people.override(ANN) is told
    assert people.override(BEN) == Override(BEN.email)


def test_what_the_file_says_of_a_doubtful_address_binds_everybody_it_could_mean() -> None:
    told = Override("ann@acme.example", may_decide=False)

    people = matched(lookup("ann@acme.example", (ANN, MAIL), (ADMIN, OTHER)), overrides=(told,))

    assert not people.override(ANN).may_decide
    assert not people.override(ADMIN).may_decide


@pytest.mark.parametrize(
    ("second", "may"),
    [
        (Override("a2@acme.example"), True),
        (Override("a2@acme.example", limit=Decimal(5), currency="USD"), True),
        (Override("a2@acme.example", limit=Decimal(6), currency="USD"), False),
        (Override("a2@acme.example", limit=Decimal(5), currency="EUR"), False),
        (Override("a2@acme.example", may_decide=False), False),
    ],
)
def test_two_entries_about_one_person_are_read_as_the_stricter(second: Override, may: bool) -> None:
    first = Override("ann@acme.example", limit=Decimal(5), currency="USD")

    people = matched(lookup("a2@acme.example", (ANN, OTHER)), overrides=(first, second))

    assert people.override(ANN).may_decide is may
    assert people.override(ANN).limit == Decimal(5)


# --- who may approve ---


@pytest.mark.parametrize("strict", [{"guest": True}, {"enabled": False}])
def test_a_guest_and_a_disabled_account_are_asked_nothing_though_the_file_names_them(
    strict: dict[str, bool],
) -> None:
    barred = replace(ANN, **strict)
    people = matched(teams=(barred, BEN), overrides=(Override(ANN.email, "E01"),))
    route = Route(
        company="acme",
        entity="Bill",
        to=("approver",),
        approver=("person:ann@acme.example", "owner", "person:ben@acme.example"),
    )

    assert approvers(bill(), route, people) == [BEN]


# --- authors ---


def test_an_author_nobody_was_matched_to_could_be_whoever_has_their_address() -> None:
    author = StoredEmployee("E77", "A. Whitfield", "aw@acme.example", False, login="aw")
    found = lookup("aw@acme.example", (ANN, OTHER), (ADMIN, OTHER))

    people = matched(found, employees=(*EMPLOYEES, author))

    assert people.is_author(ANN, "aw") is None
    assert people.is_author(BEN, "aw") is False


# --- nobody is guessed ---

ids = st.sampled_from(["p1", "p2", "p3"])
mails = st.sampled_from(["", "a@x", "A@x", "b@x", "c@x"])
teams = st.lists(
    st.builds(TeamsPerson, ids, st.just("29:x"), st.just("N"), mails),
    max_size=3,
    unique_by=lambda person: person.aad_object_id,
)
found = st.lists(st.tuples(ids, st.sampled_from([MAIL, UPN, OTHER])), max_size=2).map(tuple)
lookups = st.lists(
    st.builds(Lookup, st.sampled_from(["a@x", "b@x", "c@x"]), found, st.just(NOW)),
    max_size=3,
    unique_by=lambda one: one.address,
)
staff = st.lists(
    st.builds(StoredEmployee, st.sampled_from(["E1", "E2"]), st.just("N"), mails, st.just(True)),
    max_size=2,
    unique_by=lambda one: one.code,
)


@given(staff, teams, lookups)
def test_nobody_is_matched_whom_two_could_be(
    known: list[StoredEmployee], roster: list[TeamsPerson], told: list[Lookup]
) -> None:
    people = match_people(known, roster, lookups=told)

    for code, person in people.by_code.items():
        assert people.could_be[code] == {person.aad_object_id}
    assert len({person.aad_object_id for person in people.by_code.values()}) == len(people.by_code)
