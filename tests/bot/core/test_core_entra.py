"""Users of Entra: asked for by every address they may have, and read without believing too much."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from core_values import NOW

from bot.core.entra import askable, questions, read_found, read_user
from bot.core.graph import Answered, GraphAway, GraphBusy
from storage.records import EntraUser, Lookup

ANN = {
    "id": "u-ann",
    "displayName": "Ann Whitfield",
    "mail": "Ann@acme.example",
    "userPrincipalName": "awhitfield@acme.example",
    "accountEnabled": True,
    "userType": "Member",
    "otherMails": ["ann.w@home.example"],
    "proxyAddresses": ["SMTP:Ann@acme.example", "smtp:aw@acme.example"],
}


def answers(*plain: dict[str, Any], more: tuple[dict[str, Any], ...] = ()) -> tuple[Any, Any]:
    return Answered(200, {"value": list(plain)}), Answered(200, {"value": list(more)})


REFUSED = Answered(400, {"error": {"code": "Request_UnsupportedQuery"}})


# --- asking ---


def test_addresses_are_asked_once_each_whatever_their_case() -> None:
    asked = askable(["Ann@acme.example", "ann@ACME.example ", "o'neil@acme.example", "a+b@x.y"])

    assert asked == ["a+b@x.y", "ann@acme.example", "o'neil@acme.example"]


@pytest.mark.parametrize(
    "address", ["", "ann", "@acme", "ann@", "a b@c", "a@b@c", "a\n@b", "x" * 300]
)
def test_what_cannot_be_an_address_is_not_asked(address: str) -> None:
    assert askable([address]) == []


def test_an_apostrophe_is_doubled_and_a_plus_stays_a_plus() -> None:
    plain, more = questions("o'neil+erp@acme.example")

    for question in (plain, more):
        assert "o%27%27neil%2Berp%40acme.example" in question.path
        assert "'" not in question.path
        assert "+" not in question.path
    assert "mail eq 'o''neil+erp@acme.example' or userPrincipalName eq" in unquote(plain.path)
    assert "proxyAddresses/any(p:p eq 'smtp:o''neil+erp@acme.example')" in unquote(more.path)
    assert not plain.advanced
    assert more.advanced
    assert "$count=true" in more.path


# --- reading ---


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("awhitfield@acme.example", "sign-in name"),
        ("ann@acme.example", "mail"),
        ("ann.w@home.example", "other mail"),
        ("aw@acme.example", "alias"),
    ],
)
def test_it_is_told_by_which_kind_of_address_somebody_was_found(address: str, kind: str) -> None:
    found = read_found(address, answers(ANN), NOW)

    assert found.lookup == Lookup(address, (("u-ann", kind),), NOW)


def test_somebody_both_questions_find_is_found_once() -> None:
    found = read_found("ann@acme.example", answers(ANN, more=(ANN,)), NOW)

    assert [user.aad_object_id for user in found.users] == ["u-ann"]


def test_two_users_with_one_address_are_both_told() -> None:
    other = {**ANN, "id": "u-admin", "userPrincipalName": "admin@acme.example"}

    found = read_found("ann@acme.example", answers(ANN, more=(other,)), NOW)

    assert found.lookup.found == (("u-admin", "mail"), ("u-ann", "mail"))


def test_a_tenant_that_answers_no_advanced_query_still_tells_who_has_a_mail() -> None:
    found = read_found("ann@acme.example", (answers(ANN)[0], REFUSED), NOW)

    assert [user.aad_object_id for user in found.users] == ["u-ann"]
    assert found.certain


def test_nobody_found_by_half_a_search_is_no_answer() -> None:
    assert not read_found("ann@acme.example", (answers()[0], REFUSED), NOW).certain
    assert read_found("ann@acme.example", answers(), NOW).certain


@pytest.mark.parametrize("busy", [0, 1])
def test_a_question_that_was_put_off_leaves_the_address_unanswered(busy: int) -> None:
    both = list(answers(ANN))
    both[busy] = Answered(429, {}, 3.0)

    with pytest.raises(GraphBusy):
        read_found("ann@acme.example", both, NOW)


def test_a_user_is_read_with_what_is_null_as_empty() -> None:
    told = {
        "id": "u",
        "displayName": None,
        "mail": None,
        "userPrincipalName": "u@x",
        "userType": None,
    }

    assert read_user({**told, "accountEnabled": True}) == EntraUser("u", "", "", "u@x", True, False)


@pytest.mark.parametrize("enabled", [False, None, "true", 1])
def test_an_account_that_is_not_said_to_be_enabled_is_not(enabled: object) -> None:
    assert read_user({**ANN, "accountEnabled": enabled}).enabled is False


@pytest.mark.parametrize(
    "told",
    [
        {"userType": "Guest"},
        {"userType": "guest"},
        {"userType": "Member", "userPrincipalName": "gus_else.example#EXT#@acme.example"},
    ],
)
def test_an_account_from_elsewhere_is_a_guest_whatever_its_type_says(told: dict[str, str]) -> None:
    assert read_user({**ANN, **told}).guest


@pytest.mark.parametrize("person", [None, "", 7])
def test_a_user_without_an_id_makes_no_sense(person: object) -> None:
    with pytest.raises(GraphAway):
        read_user({**ANN, "id": person})
