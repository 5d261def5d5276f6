"""The pure parts of doctor: lines of the file, clocks compared, secrets hidden, times left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.examining import catalogue
from bot.examining.bot_registration import CAUSES, refused
from bot.examining.findings import Report, State, Who, concealed
from bot.examining.peers import judged
from bot.examining.secrets import lasting
from bot.examining.store import room
from bot.tokens import TokenRefused
from bot.toml_lines import line_of

FILE = """\
# a comment: tenant = "nothing"
[[company]]
name = "acme"     # the first
tenant = "Company"

[company.calls.Bill]
release = "POST ReleaseBill"

[[company]]
tenant = "Other"
name = 'west'

[[channel]]
name = "acme"
conversation = "19:x@thread.tacv2"
"""


@pytest.mark.parametrize(
    ("table", "name", "key", "line"),
    [
        ("company", "acme", "tenant", 4),
        ("company", "west", "tenant", 10),
        ("company", "acme", "calls.Bill", 6),
        ("company", "acme", "calls.Bill.release", 7),
        ("company", "acme", "not written", 2),
        ("company", "west", "calls.Bill", 9),
        ("channel", "acme", "conversation", 15),
        ("company", "nobody", "tenant", 0),
    ],
)
def test_a_key_is_found_in_the_table_it_belongs_to(
    table: str, name: str, key: str, line: int
) -> None:
    assert line_of(FILE, table, name, key) == line


def skews(**seconds: float) -> dict[str, timedelta]:
    return {name: timedelta(seconds=value) for name, value in seconds.items()}


@pytest.mark.parametrize(
    ("told", "blamed"),
    [
        (skews(erp=0, entra=1, teams=-1), set()),
        (skews(erp=600, entra=1, teams=-1), {"clock.peer erp"}),
        (skews(erp=600, entra=0), {"clock.peer erp"}),
        (skews(erp=600), {"clock.peer erp"}),
        (skews(erp=600, entra=601, teams=599), {"clock.own "}),
        (skews(erp=0, entra=601, teams=599), {"clock.own ", "clock.peer erp"}),
    ],
)
def test_a_clock_is_blamed_by_most_of_the_others(
    told: dict[str, timedelta], blamed: set[str]
) -> None:
    found = [one for one in judged(told) if one.state is not State.OK]

    assert {f"{one.check} {one.subject}" for one in found} == blamed


def test_our_clock_fails_only_where_tokens_would_be_refused() -> None:
    for seconds, state in ((90, State.WARNING), (400, State.FAILED)):
        assert judged(skews(erp=seconds, entra=seconds))[0].state is state


def test_without_a_peer_nobody_tells_the_time() -> None:
    assert {one.state for one in judged({})} == {State.UNKNOWN}


@pytest.mark.parametrize(
    ("days", "state"), [(-1, State.FAILED), (3, State.WARNING), (40, State.OK)]
)
def test_what_ends_is_told_thirty_days_before(days: int, state: State) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    ends = now + timedelta(days=days)

    found = lasting(catalogue.APP_SECRET, "the certificate", ends, now, "make a new one")

    assert found.state is state
    assert f"{ends:%Y-%m-%d}" in found.cause + found.seen


@pytest.mark.parametrize(
    ("left", "state"),
    [(10_000_000, State.FAILED), (500_000_000, State.WARNING), (5_000_000_000, State.OK)],
)
def test_a_disk_that_fills_is_told_before_it_is_full(left: int, state: State) -> None:
    assert room(left).state is state


def test_secrets_are_hidden_the_longer_one_first() -> None:
    found = catalogue.SITE.failed("it says abcdef-and-more", "ask abcdef", seen="abcdef")

    (hidden,) = concealed([found], ["abcdef", "abcdef-and-more", ""])

    assert (hidden.cause, hidden.step, hidden.seen) == ("it says •••", "ask •••", "•••")


@pytest.mark.parametrize("code", CAUSES)
def test_each_code_of_entra_has_who_where_and_what(code: str) -> None:
    error = TokenRefused(f"invalid_client: AADSTS{code}: Something. Trace ID: 1 Correlation ID: 2")

    found = refused(catalogue.BOT_TOKEN, error)

    assert (found.who, found.place, found.step) == CAUSES[code]
    assert "Trace" not in found.cause


def test_a_code_nobody_wrote_down_leads_to_microsofts_own_page() -> None:
    found = refused(catalogue.BOT_TOKEN, TokenRefused("invalid: AADSTS99999: odd"))

    assert "AADSTS99999" in found.step
    assert found.who is Who.ENTRA


def test_what_blocks_stands_before_what_warns() -> None:
    warned = catalogue.TENANT.warning("a", "b")
    failed = catalogue.SITE.failed("c", "d")

    assert Report((warned, failed)).to_mend(Who.OPERATOR) == (failed, warned)
    assert Report((warned,)).blocked is False
    assert Report((warned, failed)).blocked is True
