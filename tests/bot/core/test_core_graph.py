"""Graph without I/O: which answer means what, pages stay at Graph, batches find their questions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.graph import (
    BATCH,
    FEED,
    INSTALL,
    PERMISSIONS,
    REPLIES,
    USERS,
    Answered,
    Asked,
    GraphAway,
    GraphBusy,
    GraphError,
    GraphForbidden,
    GraphMissing,
    GraphRefused,
    Permission,
    build_batch,
    chunks,
    literal,
    missing,
    next_path,
    read_batch,
    read_body,
    rows_of,
    wait_of,
)

BASE = "https://graph.microsoft.com/v1.0"


def told(status: int, code: str = "", *, path: str = "/users/x", after: float | None = None) -> Any:
    return Answered(status, {"error": {"code": code}} if code else {}, after, path)


def error_of(answered: Answered) -> GraphError:
    with pytest.raises(GraphError) as raised:
        answered.value()
    return raised.value


# --- answers ---


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_its_body(status: int) -> None:
    assert Answered(status, {"id": "1"}).value() == {"id": "1"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, GraphRefused),
        (401, GraphRefused),
        (403, GraphForbidden),
        (404, GraphMissing),
        (409, GraphRefused),
        (429, GraphBusy),
        (500, GraphAway),
        (502, GraphAway),
        (503, GraphBusy),
        (504, GraphBusy),
        (302, GraphAway),
        (0, GraphAway),
    ],
)
def test_every_other_answer_says_whether_to_try_again(status: int, kind: type) -> None:
    assert type(error_of(told(status))) is kind


def test_a_busy_graph_says_for_how_long() -> None:
    busy = error_of(told(429, after=7.0))

    assert isinstance(busy, GraphBusy)
    assert busy.after == 7.0


def test_a_write_that_failed_inside_graph_may_have_happened_all_the_same() -> None:
    error = error_of(told(500))

    assert isinstance(error, GraphAway)
    assert error.unknown


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/users?$filter=x", "User.Read.All"),
        ("/users/u1", "User.Read.All"),
        ("/users/u1/teamwork/installedApps", "TeamsAppInstallation.ReadWriteSelfForUser.All"),
        ("/users/u1/teamwork/sendActivityNotification", "TeamsActivity.Send"),
        ("/appCatalogs/teamsApps?$filter=x", "AppCatalog.Read.All"),
        ("/subscriptions", "ChannelMessage.Read.All"),
    ],
)
def test_a_403_names_the_permission_that_is_missing(path: str, name: str) -> None:
    error = error_of(told(403, "Authorization_RequestDenied", path=path))

    assert f"permission {name}," in str(error)
    assert isinstance(error, GraphForbidden)
    assert error.code == "Authorization_RequestDenied"


def test_a_403_of_something_else_names_no_permission() -> None:
    assert str(error_of(told(403, path="/groups"))) == "Graph answered 403"


@pytest.mark.parametrize("body", [b"", b"  "])
def test_an_empty_body_is_an_empty_object(body: bytes) -> None:
    assert read_body(201, "", body) == {}


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"null", b"\xff", b"[" * 100_000])
def test_a_success_that_is_no_json_object_makes_no_sense(body: bytes) -> None:
    with pytest.raises(GraphAway):
        read_body(200, "text/html", body)


def test_a_refusal_needs_no_json() -> None:
    assert read_body(403, "text/html", b"<html>") == {}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("7", 7.0),
        ("0", 1.0),
        ("-3", 1.0),
        ("86400", 900.0),
        ("soon", 60.0),
        ("nan", 60.0),
    ],
)
def test_retry_after_is_kept_within_bounds(header: str, seconds: float | None) -> None:
    assert wait_of(header) == seconds


# --- pages ---


def test_the_next_page_is_a_path_of_graph() -> None:
    assert next_path(BASE, {"@odata.nextLink": f"{BASE}/users?$skiptoken=a%2Bb"}) == (
        "/users?$skiptoken=a%2Bb"
    )
    assert next_path(BASE, {}) is None


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/users",
        "http://graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com@evil.example/v1.0/users",
        "https://graph.microsoft.com/v1.0evil/users",
        "https://graph.microsoft.com/v1.0/../beta/users",
        "https://graph.microsoft.com/v1.0/%2E%2E/beta",
        "/v1.0/users",
        7,
    ],
)
def test_a_link_that_leads_away_from_graph_is_not_followed(link: object) -> None:
    with pytest.raises(GraphAway, match="leads away"):
        next_path(BASE, {"@odata.nextLink": link})


@pytest.mark.parametrize("page", [{}, {"value": None}, {"value": {}}, {"value": [1]}])
def test_a_page_without_rows_makes_no_sense(page: dict[str, Any]) -> None:
    with pytest.raises(GraphAway):
        rows_of(page)


# --- batches ---


def test_a_batch_is_never_longer_than_graph_takes() -> None:
    asked = [Asked(f"/users/{number}") for number in range(2 * BATCH + 1)]

    split = chunks(asked)

    assert [len(one) for one in split] == [BATCH, BATCH, 1]
    assert {number: one for part in split for number, one in part.items()} == dict(enumerate(asked))


def test_an_advanced_query_says_so_in_its_own_headers() -> None:
    plain, advanced = build_batch({0: Asked("/a"), 1: Asked("/b", advanced=True)})["requests"]

    assert plain == {"id": "0", "method": "GET", "url": "/a"}
    assert advanced["headers"] == {"ConsistencyLevel": "eventual"}


def test_answers_find_their_questions_in_whatever_order_they_come() -> None:
    asked = {4: Asked("/a"), 5: Asked("/b")}
    body = {
        "responses": [
            {"id": "5", "status": 429, "headers": {"Retry-After": "3"}},
            {"id": "4", "status": 200, "body": {"value": []}},
            {"id": "6", "status": 200},
            {"id": "../4", "status": 403},
            "nonsense",
        ]
    }

    found = read_batch(body, asked)

    assert found == {
        4: Answered(200, {"value": []}, None, "/a"),
        5: Answered(429, {}, 3.0, "/b"),
    }


def test_a_batch_without_responses_makes_no_sense() -> None:
    with pytest.raises(GraphAway):
        read_batch({}, {0: Asked("/a")})


# --- permissions ---


@pytest.mark.parametrize("one", [FEED, REPLIES])
def test_what_a_team_or_a_person_may_grant_is_never_called_missing(one: Permission) -> None:
    assert one.alone not in one.instead
    assert one.absence.startswith(
        f"is not in the token; a team or person may have granted {one.alone}"
    )
    assert "not granted" not in one.absence


def test_what_is_missing_is_named_with_what_is_lost() -> None:
    found = missing({"TeamsAppInstallation.ReadWriteForUser.All"}, [USERS, INSTALL, FEED])

    assert found == [USERS, FEED]
    assert all(one.lost for one in PERMISSIONS)


# --- words in a query ---


@given(st.text(max_size=40))
def test_no_text_breaks_out_of_a_literal(text: str) -> None:
    from urllib.parse import unquote

    quoted = literal(text.encode("utf-8", "replace").decode())

    assert not set(quoted) & set("'&#+ ?/")
    inner = unquote(quoted)[1:-1]
    assert inner.replace("''", "").count("'") == 0


def test_what_a_request_of_a_batch_sends_is_named_as_json() -> None:
    (sent,) = build_batch({7: Asked("/a", "POST", {"one": 1})})["requests"]

    assert sent == {
        "id": "7", "method": "POST", "url": "/a", "body": {"one": 1},
        "headers": {"Content-Type": "application/json"},
    }  # fmt: skip
