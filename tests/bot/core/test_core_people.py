"""Who is who: two matches are no match, and nothing leads from an empty word to a person."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from core_values import ANN, BEN, EMPLOYEES, GUS, people_of
from hypothesis import given
from hypothesis import strategies as st

from bot.core.people import Override, match_people
from storage.records import StoredEmployee, TeamsPerson


def test_an_employee_is_the_person_with_the_same_mail_whatever_its_case() -> None:
    people = people_of()

    assert people.by_employee["E01"] == ANN
    assert people.by_employee["E02"] == BEN


def test_an_owner_field_may_show_the_name() -> None:
    assert people_of().by_employee["Ann Whitfield"] == ANN


def test_a_mail_two_people_share_leads_to_nobody() -> None:
    double = replace(BEN, email="ANN@acme.example")

    people = people_of(ANN, double)

    assert "E01" not in people.by_employee
    assert "ann@acme.example" not in people.by_email


def test_one_person_told_twice_is_still_one() -> None:
    assert people_of(ANN, ANN).by_employee["E01"] == ANN


def test_a_mail_two_employees_share_leads_to_nobody() -> None:
    twin = StoredEmployee("E09", "Ann Other", "ann@acme.example", True)

    people = match_people([*EMPLOYEES, twin], [ANN])

    assert not {"E01", "E09"} & set(people.by_employee)


def test_a_name_two_employees_share_names_nobody_even_when_only_one_is_in_teams() -> None:
    for active in (True, False):
        twin = StoredEmployee("E09", "Ann Whitfield", "", active)

        people = match_people([*EMPLOYEES, twin], [ANN, BEN])

        assert "Ann Whitfield" not in people.by_employee
        assert people.by_employee["E01"] == ANN


def test_somebody_who_left_is_nobody() -> None:
    gone = replace(EMPLOYEES[0], active=False)

    people = match_people([gone], [ANN])

    assert people.by_employee == {}
    assert people.names == {"E01": "Ann Whitfield"}


def test_the_file_may_say_who_an_employee_is() -> None:
    people = people_of(ANN, BEN, overrides=(Override("BEN@acme.example", employee="E01"),))

    assert people.by_employee["E01"] == BEN


def test_the_file_names_nobody_by_a_mail_teams_does_not_know() -> None:
    people = people_of(ANN, overrides=(Override("zoe@acme.example", employee="E01"),))

    assert people.by_employee["E01"] == ANN


def test_what_the_file_says_of_somebody_is_found_by_mail() -> None:
    told = Override("ann@ACME.example", limit=Decimal(5), currency="USD")
    people = people_of(overrides=(told,))

    assert people.override(ANN) is told
    assert people.override(BEN) == Override(BEN.email)


names = st.sampled_from(["", "Ann", "Ben", "E1", "E2"])
mails = st.sampled_from(["", "a@x", "A@x", "b@x"])
employees = st.builds(StoredEmployee, names, names, mails, st.booleans())
teams = st.builds(
    TeamsPerson, st.sampled_from(["p1", "p2", "p3"]), st.just("29:x"), names, mails, st.booleans()
)


@given(st.lists(employees, max_size=5), st.lists(teams, max_size=4))
def test_an_empty_word_never_leads_to_a_person(
    known: list[StoredEmployee], roster: list[TeamsPerson]
) -> None:
    people = match_people(known, roster)

    assert "" not in people.by_employee
    assert "" not in people.by_email


@given(st.lists(employees, max_size=5), st.lists(teams, max_size=4))
def test_nobody_is_matched_whose_mail_another_shares(
    known: list[StoredEmployee], roster: list[TeamsPerson]
) -> None:
    people = match_people(known, roster)

    for person in people.by_employee.values():
        same = {one for one in roster if one.email.lower() == person.email.lower()}
        assert same == {person}


def test_everybody_is_found_by_id_guests_too() -> None:
    assert set(people_of().by_id) == {ANN.aad_object_id, BEN.aad_object_id, GUS.aad_object_id}
