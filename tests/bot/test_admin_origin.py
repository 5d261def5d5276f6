"""Which addresses are ours, and which forms come from a page of ours."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.admin.origin import came_from, origin_of, own_origin

PUBLIC = "https://countersign.example"


def asked(host: str, **more: str) -> web.Request:
    headers = {"Host": host, **{name.replace("_", "-"): value for name, value in more.items()}}
    return make_mocked_request("POST", "/admin", headers=headers)


@pytest.mark.parametrize(
    ("host", "more", "origin"),
    [
        ("countersign.example", {}, PUBLIC),
        ("COUNTERSIGN.example", {}, PUBLIC),
        ("127.0.0.1:3978", {}, "http://127.0.0.1:3978"),  # the end of a tunnel
        ("localhost:3978", {}, "http://localhost:3978"),
        ("127.0.0.1:3978", {"X_Forwarded_For": "203.0.113.9"}, PUBLIC),  # a proxy's own call
        ("evil.example", {}, ""),
        ("evil.example", {"X_Forwarded_For": "203.0.113.9"}, ""),
        ("countersign.example.evil.example", {}, ""),
        ("", {}, ""),
    ],
)
def test_only_our_names_and_this_machine_are_ours(
    host: str, more: dict[str, str], origin: str
) -> None:
    assert own_origin(asked(host, **more), f"{PUBLIC}/") == origin


def test_without_a_public_address_only_this_machine_is_ours() -> None:
    assert own_origin(asked("countersign.example"), "") == ""
    assert own_origin(asked("127.0.0.1:3978", X_Forwarded_For="203.0.113.9"), "") == ""


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"Origin": PUBLIC}, True),
        ({"Origin": PUBLIC, "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": PUBLIC, "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": PUBLIC, "Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://sub.countersign.example"}, False),
        ({"Origin": "http://countersign.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_a_form_counts_only_when_the_browser_says_that_it_is_ours(
    headers: dict[str, str], ours: bool
) -> None:
    assert came_from(make_mocked_request("POST", "/admin", headers=headers), PUBLIC) is ours


def test_an_origin_is_written_as_browsers_write_it() -> None:
    assert origin_of("https://Countersign.example:443/path") == PUBLIC
    assert origin_of("http://127.0.0.1:3978") == "http://127.0.0.1:3978"


@pytest.mark.parametrize(
    "host",
    ["[", "[x", "evil.com@127.0.0.1", "127.0.0.1:4988/x", "localhost#.evil.com", "127.0.0.1:",
     "", "localhost:99x", "127.0.0.1 ", "[::1", "\u0661.0.0.1"],
)  # fmt: skip
def test_what_is_no_host_names_nobody(host: str) -> None:
    request = make_mocked_request("GET", "/admin", headers={"Host": host})

    assert own_origin(request, "https://admin.example") == ""


@pytest.mark.parametrize("host", ["127.0.0.1:4988", "localhost", "[::1]:8080"])
def test_this_machine_is_itself_by_each_name(host: str) -> None:
    request = make_mocked_request("GET", "/admin", headers={"Host": host})

    assert own_origin(request, "") == f"http://{host}"
