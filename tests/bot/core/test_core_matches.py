"""Every employee is explained, and what is in doubt comes with the very line that settles it."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from core_values import ANN, BEN, EMPLOYEES, GUS, NOW
from hypothesis import given
from hypothesis import strategies as st

from bot.core.matches import Match, Register, entry, matches
from bot.core.people import Override, match_people
from storage.records import EntraUser, Lookup, StoredEmployee, TeamsPerson

ADMIN = TeamsPerson("aad-admin", "", "Ann (admin)", "admin@acme.example")
USER = EntraUser("aad-ann", "Ann Whitfield", "ann@acme.example", "awhit@acme.example", True, False)
ADMIN_USER = replace(USER, aad_object_id="aad-admin", upn="admin@acme.example")
DOUBTFUL = Lookup("ann@acme.example", (("aad-ann", "mail"), ("aad-admin", "other mail")), NOW)
REGISTER = Register("acme", EMPLOYEES, (ANN, BEN, GUS, ADMIN), (), (), (USER, ADMIN_USER))


def explained(code: str = "E01", **changes: object) -> Match:
    found = {match.code: match for match in matches(replace(REGISTER, **changes))}
    return found[code]


def test_it_is_told_how_somebody_was_found() -> None:
    by_graph = Lookup("ann@acme.example", (("aad-ann", "sign-in name"),), NOW)

    assert explained().how == "roster"
    assert explained(lookups=(by_graph,)).how == "sign-in name"
    assert explained(overrides=(Override(BEN.email, "E01"),)).how == "countersign.toml"
    assert explained().user == USER


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        (
            {"lookups": (DOUBTFUL,)},
            "ann@acme.example leads to 2 people: admin@acme.example, awhit@acme.example",
        ),
        (
            {"lookups": (Lookup("ann@acme.example", (), NOW),)},
            "Entra knows nobody with ann@acme.example",
        ),
        ({"people": (BEN,)}, "nobody in a channel of ours has ann@acme.example"),
        (
            {"employees": (*EMPLOYEES, StoredEmployee("E09", "Twin", "ANN@acme.example", True))},
            "ann@acme.example is also the e-mail of E09",
        ),
        (
            {"employees": (replace(EMPLOYEES[0], email=" "),)},
            "Acumatica has no e-mail for this employee",
        ),
        (
            {
                "employees": (*EMPLOYEES, StoredEmployee("E09", "Twin", "aw@x.y", True)),
                "lookups": (Lookup("aw@x.y", (("aad-ann", "alias"),), NOW),),
            },
            "E09 would be Ann Whitfield too",
        ),
    ],
)
def test_every_doubt_is_told_in_words(changes: dict[str, object], doubt: str) -> None:
    match = explained(**changes)

    assert match.doubt == doubt
    assert match.person is None
    assert match.lines


def test_each_person_it_could_be_has_a_line_that_settles_it() -> None:
    doubtful = explained(lookups=(DOUBTFUL,))

    assert doubtful.lines == (
        '[[person]]\nemail = "admin@acme.example"\nemployee = "E01"',
        '[[person]]\nemail = "awhit@acme.example"\nemployee = "E01"',
    )
    for line, wanted in zip(doubtful.lines, (ADMIN, ANN), strict=True):
        told = tomllib.loads(line)["person"][0]
        asked_again = Lookup(told["email"], ((wanted.aad_object_id, "sign-in name"),), NOW)
        people = match_people(
            EMPLOYEES, REGISTER.people, [Override(**told)], lookups=[DOUBTFUL, asked_again]
        )
        assert people.by_code["E01"] == wanted


def test_where_nobody_could_be_meant_the_line_has_a_place_to_fill_in() -> None:
    assert explained(people=()).lines == (
        '[[person]]\nemail = "THEIR-SIGN-IN-NAME"\nemployee = "E01"',
    )


def test_of_several_companies_the_line_says_which() -> None:
    assert 'company = "acme"' in explained(people=(), with_company=True).lines[0]


def test_nobody_who_may_approve_nothing_is_offered_as_an_answer() -> None:
    twins = (replace(ANN, enabled=False), replace(ADMIN, guest=True))

    (line,) = explained(people=twins, lookups=(DOUBTFUL,)).lines

    assert "THEIR-SIGN-IN-NAME" in line


@pytest.mark.parametrize(
    ("person", "overrides", "refused"),
    [
        (ANN, (), ""),
        (replace(ANN, guest=True), (), "a guest of the organisation"),
        (replace(ANN, enabled=False), (), "the account is disabled in Entra"),
        (ANN, (Override(ANN.email, may_decide=False),), "countersign.toml says so"),
    ],
)
def test_who_may_approve_nothing_is_told_why(
    person: TeamsPerson, overrides: tuple[Override, ...], refused: str
) -> None:
    assert explained(people=(person,), overrides=overrides).refused == refused


def test_somebody_only_the_file_names_is_explained_too() -> None:
    found = matches(REGISTER, ["Admin@acme.example", "ann@acme.example", "zoe@acme.example"])

    shown = {match.mail: (match.name, match.doubt) for match in found if not match.code}
    assert shown == {
        "admin@acme.example": ("Ann (admin)", ""),
        "zoe@acme.example": ("", "nobody in a channel of ours has zoe@acme.example"),
    }


def test_who_left_is_not_listed() -> None:
    gone = tuple(replace(one, active=False) for one in EMPLOYEES)

    assert matches(replace(REGISTER, employees=gone)) == []


@given(st.text(max_size=30), st.text(min_size=1, max_size=10))
def test_no_name_breaks_the_line_for_the_file(email: str, code: str) -> None:
    told = {"email": email, "employee": code}
    kept = {name: value for name, value in told.items() if value}

    assert tomllib.loads(entry(email, code, ""))["person"] == [kept]
