"""Who is who: two matches are no match, and nothing leads from an empty word to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from core_values import ANN, BEN, EMPLOYEES, GUS, people_of
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.models import Approval
from bot.core.people import Delegation, Override, match_people
from storage.records import StoredContact, StoredDelegate, StoredEmployee, TeamsPerson


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


# --- other words for an employee ------------------------------------------------------------

TODAY = date(2026, 11, 22)
LOGINS = tuple(replace(one, login=one.name.split()[0].lower()) for one in EMPLOYEES)
CONTACT = StoredContact("417", "Ann at work", "Ann@acme.example", active=True)


def test_an_owner_may_be_told_by_login() -> None:
    assert match_people(LOGINS, [ANN, BEN]).by_employee["ben"] == BEN


def test_an_owner_may_be_told_by_the_contact_whose_mail_is_one_employees() -> None:
    people = match_people(EMPLOYEES, [ANN, BEN], contacts=[CONTACT])

    assert people.by_employee["417"] == ANN
    assert people.names["417"] == "Ann at work"


def test_a_contact_leads_to_nobody_when_it_is_inactive_or_its_mail_is_shared_or_unknown() -> None:
    twin = StoredEmployee("E09", "Ann Other", "ann@acme.example", active=True)
    for contact, staff in (
        (replace(CONTACT, active=False), EMPLOYEES),
        (replace(CONTACT, email=""), EMPLOYEES),
        (replace(CONTACT, email="zoe@acme.example"), EMPLOYEES),
        (CONTACT, (*EMPLOYEES, twin)),
    ):
        assert "417" not in match_people(staff, [ANN, BEN], contacts=[contact]).by_employee


def test_a_word_that_means_two_people_in_two_ways_names_nobody() -> None:
    one = StoredEmployee("7", "Ann", "ann@acme.example", active=True, login="x")
    two = StoredEmployee("E2", "x", "ben@acme.example", active=True, login="7")
    contact = replace(CONTACT, id="E2")

    people = match_people([one, two], [ANN, BEN], contacts=[contact])

    assert not {"7", "x", "E2"} & set(people.by_employee)
    assert people.by_employee["Ann"] == ANN
    assert people.names["7"] == "Ann"


def test_a_word_that_means_one_person_in_two_ways_names_them() -> None:
    ann = StoredEmployee("7", "7", "ann@acme.example", active=True, login="7")

    people = match_people([ann], [ANN], contacts=[replace(CONTACT, id="7")])

    assert people.by_employee["7"] == ANN


@pytest.mark.parametrize("lost", [{"active": False}, {"email": ""}, {"email": "zoe@acme.example"}])
def test_a_code_that_is_also_the_number_of_an_unknown_contact_names_nobody(
    lost: dict[str, object],
) -> None:
    contact = replace(CONTACT, id="E01", **lost)

    assert "E01" not in match_people(EMPLOYEES, [ANN, BEN], contacts=[contact]).by_employee


def test_an_employee_whom_only_the_file_names_may_own() -> None:
    told = Override("ann@acme.example", employee="E55")

    people = match_people((), [ANN], [told])

    assert people.by_employee["E55"] == people.by_code["E55"] == ANN


# --- approvals ------------------------------------------------------------------------------


def absent(**row: object) -> StoredEmployee:
    told = {"of": "Approvals", "starts": "2026-11-20", "ends": "2026-11-22", **row}
    return replace(EMPLOYEES[0], delegates=(StoredDelegate("E02", **told),))


def approvers(ann: StoredEmployee, today: date = TODAY) -> list[TeamsPerson]:
    people = match_people([ann, *EMPLOYEES[1:]], [ANN, BEN, GUS], delegation=Delegation(today))
    return people.approving([Approval("Pending", "E01")])


def test_everybody_with_a_pending_row_may_approve() -> None:
    rows = [Approval("Pending", "E02"), Approval("Pending", "E01"), Approval("Pending", "E02")]

    assert people_of().approving(rows) == [BEN, ANN]


@pytest.mark.parametrize(
    "row",
    [
        Approval("Approved", "E01"),
        Approval("Rejected", "E01"),
        Approval("pending", "E01"),
        Approval("Pending", workgroup="AP East"),
        Approval("Pending", "E77"),
    ],
)
def test_a_row_that_is_decided_or_names_nobody_we_know_makes_no_approver(row: Approval) -> None:
    assert people_of().approving([row]) == []


def test_a_delegate_may_approve_on_the_days_told() -> None:
    assert approvers(absent()) == [ANN, BEN]
    for day in (date(2026, 11, 20), date(2026, 11, 22)):
        assert approvers(absent(), day) == [ANN, BEN]
    for day in (date(2026, 11, 19), date(2026, 11, 23)):
        assert approvers(absent(), day) == [ANN]
    assert approvers(absent(starts="", ends=""), date(2040, 1, 1)) == [ANN, BEN]


@pytest.mark.parametrize("row", [{"active": False}, {"of": ""}, {"of": "Expenses"}])
def test_who_may_do_something_else_for_them_does_not_approve(row: dict[str, object]) -> None:
    assert approvers(absent(**row)) == [ANN]


def test_what_a_delegation_is_called_is_the_companys_word() -> None:
    people = match_people(
        [absent(of="Genehmigungen"), *EMPLOYEES[1:]],
        [ANN, BEN],
        delegation=Delegation(TODAY, "Genehmigungen"),
    )

    assert people.delegates == {"E01": ("E02",)}


def test_somebody_who_left_delegates_nothing() -> None:
    gone = replace(absent(), active=False)

    assert approvers(gone) == []


ZED = StoredEmployee("417", "Zed Gone", "zed@acme.example", active=True)
NOT_CODES = (
    ("417", CONTACT, "zed@acme.example"),
    ("ben", replace(CONTACT, id="9"), "zed@acme.example"),
    ("Ben Ortiz", replace(CONTACT, id="9"), "zed@acme.example"),
)


@pytest.mark.parametrize(("word", "contact", "mail"), NOT_CODES)
def test_a_row_of_the_approval_list_names_an_employee_by_code_alone(
    word: str, contact: StoredContact, mail: str
) -> None:
    zed = replace(ZED, code=word, email=mail)
    people = match_people([zed, *LOGINS], [ANN, BEN], contacts=[contact])

    assert people.approving([Approval("Pending", word)]) == []
    for person in (ANN, BEN):
        assert not people.approvals_of(
            person.aad_object_id, [Approval("Approved", word, approved_by=word)]
        )


def test_a_delegate_is_named_by_code_alone() -> None:
    away = replace(absent(), delegates=(StoredDelegate("417", "Approvals"),))
    people = match_people(
        [away, *EMPLOYEES[1:], ZED],
        [BEN],
        contacts=[replace(CONTACT, email=BEN.email)],
        delegation=Delegation(TODAY),
    )

    assert people.approving([Approval("Pending", "E01")]) == []


# --- authors --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ann", "ANN ", "E01", "e01", "Ann Whitfield"])
def test_an_author_is_known_by_login_code_or_name(name: str) -> None:
    people = match_people(LOGINS, [ANN, BEN])

    assert people.is_author(ANN, name) is True
    assert people.is_author(BEN, name) is False


@pytest.mark.parametrize("name", ["", " ", "apimport", "b6410d82-9476-ef11-8c65-ac198e472cfe"])
def test_an_author_nobody_is_called_like_is_not_certain(name: str) -> None:
    assert match_people(LOGINS, [ANN, BEN]).is_author(ANN, name) is None


def test_an_author_matched_to_nobody_could_be_the_presser() -> None:
    lost = StoredEmployee("E77", "Ann Whitfield", "", active=True, login="aw")
    other = StoredEmployee("E78", "Zoe", "zoe@acme.example", active=False, login="zoe")
    people = match_people([*EMPLOYEES[1:], lost, other], [ANN, BEN])

    assert people.is_author(ANN, "aw") is None
    assert people.is_author(ANN, "zoe") is False


def test_an_author_whose_code_is_also_somebodys_contact_is_not_that_somebody() -> None:
    people = match_people([ZED, *EMPLOYEES], [ANN, BEN], contacts=[CONTACT])

    assert people.is_author(ANN, "Zed Gone") is False


def test_two_words_mean_one_author_only_when_that_is_certain() -> None:
    people = match_people(LOGINS, [ANN, BEN])

    assert people.same_author("ann", "ANN ")
    assert people.same_author("ann", "Ann Whitfield")
    assert people.same_author("apimport", "APImport")
    for one, other in (("ann", "ben"), ("", ""), ("ann", ""), ("apimport", "other")):
        assert not people.same_author(one, other)


def test_a_login_two_employees_share_names_no_author() -> None:
    twins = [replace(one, login="same") for one in EMPLOYEES[:2]]

    assert match_people(twins, [ANN, BEN]).is_author(ANN, "same") is None


def test_approvals_are_counted_for_who_gave_them_also_for_another() -> None:
    people = people_of(ANN, BEN)
    rows = [
        Approval("Approved", "E01", approved_by="E01"),
        Approval("Approved", "E02", approved_by="E01"),
        Approval("Approved", "E01", approved_by="E02"),
        Approval("Rejected", "E01", approved_by="E01"),
        Approval("Pending", "E01"),
        Approval("Approved", "E09", approved_by="E09"),
        Approval("Approved", "E01"),
    ]

    assert people.approvals_of(ANN.aad_object_id, rows) == 2
    assert people.approvals_of(BEN.aad_object_id, rows) == 1
    assert people.approvals_of("nobody", rows) == 0
