"""What an operator says of a doubtful employee counts: among whom it could be, below the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from bot.core.matches import BY_OPERATOR, Register, matches
from bot.core.people import Override, People, match_people
from storage.records import Lookup, StoredEmployee, TeamsPerson

NOW = datetime(2026, 11, 23, tzinfo=UTC)
MAIL = "zoe@acme.example"
ZOE = StoredEmployee("E1", "Zoe Zimmer", MAIL, active=True)
HERS, ADMIN = (
    TeamsPerson("aad-zoe", "29:z", "Zoe Zimmer", MAIL),
    TeamsPerson("aad-admin", "29:a", "Zoe (admin)", MAIL),
)
STRANGER = TeamsPerson("aad-ben", "29:b", "Ben Ortiz", "ben@acme.example")
EVERYBODY = (HERS, ADMIN, STRANGER)


def people(
    settled: Mapping[str, str],
    *,
    employees: Iterable[StoredEmployee] = (ZOE,),
    known: Iterable[TeamsPerson] = EVERYBODY,
    overrides: Iterable[Override] = (),
) -> People:
    return match_people(employees, known, overrides, settled=settled)


def test_without_a_word_of_an_operator_doubt_leads_nowhere() -> None:
    assert people({}).by_code == {}


def test_an_operator_says_which_of_two_it_is() -> None:
    assert people({"E1": "aad-admin"}).by_code == {"E1": ADMIN}


def test_whom_the_address_could_not_mean_is_never_the_one() -> None:
    assert people({"E1": "aad-ben"}).by_code == {}


def test_who_became_a_guest_or_was_switched_off_is_not_the_one_any_more() -> None:
    for change in ({"guest": True}, {"enabled": False}):
        gone = TeamsPerson("aad-zoe", "29:z", "Zoe Zimmer", MAIL, **change)
        assert people({"E1": "aad-zoe"}, known=(gone, ADMIN)).by_code == {}


def test_the_file_counts_more_than_an_operator() -> None:
    told = Override("ben@acme.example", employee="E1")
    assert people({"E1": "aad-zoe"}, overrides=[told]).by_code == {"E1": STRANGER}


def test_whom_an_operator_calls_two_employees_is_neither() -> None:
    twin = StoredEmployee("E2", "Zoe Zimmer", MAIL, active=True)
    both = {"E1": "aad-zoe", "E2": "aad-zoe"}
    assert people(both, employees=(ZOE, twin)).by_code == {}


def test_who_is_one_employee_by_an_operator_is_no_other_by_mail() -> None:
    # Both mails lead to one account: which employee that is, nobody could say.
    other = StoredEmployee("E2", "Z. Zimmer", "z@acme.example", active=True)
    found = Lookup("z@acme.example", (("aad-zoe", "other mail"),), NOW)
    known = match_people((ZOE, other), (HERS,), lookups=[found], settled={"E1": "aad-zoe"}).by_code
    assert known == {"E1": HERS}


def test_a_doubtful_line_names_everybody_an_operator_may_choose() -> None:
    register = Register("acme", (ZOE,), EVERYBODY, ())
    (line,) = matches(register)
    assert {one.id for one in line.could_be} == {"aad-zoe", "aad-admin"}
    settled = Register("acme", (ZOE,), EVERYBODY, (), settled={"E1": "aad-zoe"})
    (line,) = matches(settled)
    assert (line.person, line.how, line.could_be) == (HERS, BY_OPERATOR, ())


def test_where_the_file_itself_is_in_doubt_an_operator_chooses_nothing() -> None:
    told = (Override(MAIL, employee="E1"),)
    (line,) = matches(Register("acme", (ZOE,), EVERYBODY, told))
    assert line.person is None
    assert line.could_be == ()
