"""The posting table of invariants §3: what each answer of the connector means for a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.posting import (
    PLAIN_REASONS,
    UNHEARD_OF,
    UNREADABLE,
    Answer,
    Gone,
    Indecipherable,
    SignInRefused,
    Throttled,
    TooMuch,
    Unheard,
    Unreachable,
    refused,
)
from storage.records import Outcome, Retry, Unknown, Wait

POST_TABLE: dict[int, type[Outcome]] = {
    301: Unknown, 302: Unknown, 307: Unknown,
    400: TooMuch, 401: SignInRefused, 403: Unreachable, 404: Gone, 412: Retry, 413: TooMuch,
    402: Wait, 405: Wait, 408: Unknown, 409: Wait, 410: Wait, 415: Wait, 422: Wait, 429: Retry,
    499: Wait,
    500: Unknown, 502: Unknown, 503: Unknown, 504: Unknown,
}  # fmt: skip


@pytest.mark.parametrize("status", POST_TABLE)
def test_each_answer_to_a_post_means_what_the_table_says(status: int) -> None:
    assert isinstance(refused(Answer(status), repeatable=False), POST_TABLE[status])


@given(status=st.one_of(st.just(408), st.integers(300, 399), st.integers(500, 599)))
def test_a_post_that_may_have_arrived_is_never_simply_tried_again(status: int) -> None:
    assert isinstance(refused(Answer(status), repeatable=False), Unknown)
    assert isinstance(refused(Answer(status), repeatable=True), Retry)


@given(status=st.integers(300, 599), wait=st.text(max_size=8), code=st.text(max_size=8))
def test_an_edit_is_never_unknown(status: int, wait: str, code: str) -> None:
    outcome = refused(Answer(status, code, wait), repeatable=True)

    assert not isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    ("told", "waits"),
    [
        ("", None), ("7", 7), ("0", 1), ("0.5", 1), ("100000", 900), ("1e9", 900), ("inf", 900),
        ("soon", 60), ("nan", 60), ("NaN", 60), ("-nan", 60), ("-5", 60), ("-inf", 60),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 60),
    ],
)  # fmt: skip
def test_retry_after_is_clamped_and_nonsense_is_a_minute(told: str, waits: float | None) -> None:
    outcome = refused(Answer(429, retry_after=told), repeatable=False)

    assert isinstance(outcome, Retry)
    assert outcome.after == waits


@given(told=st.text())
def test_no_retry_after_waits_less_than_a_second_or_more_than_a_quarter_hour(told: str) -> None:
    outcome = refused(Answer(429, retry_after=told), repeatable=False)

    assert isinstance(outcome, Retry)
    assert outcome.after is None or 1 <= outcome.after <= 900


@pytest.mark.parametrize("status", [408, 412, 429, 500, 502, 503, 504])
def test_whatever_is_tried_again_waits_as_long_as_teams_asked(status: int) -> None:
    edited = refused(Answer(status, retry_after="17"), repeatable=True)
    posted = refused(Answer(status, retry_after="17"), repeatable=False)

    assert isinstance(edited, Retry)
    assert isinstance(posted, Retry | Unknown)
    assert edited.after == posted.after == 17


@pytest.mark.parametrize("status", [402, 405, 409, 410, 415, 422, 499])
def test_a_refusal_nobody_has_documented_parks_the_message_and_says_so(status: int) -> None:
    for repeatable in (True, False):
        outcome = refused(Answer(status), repeatable=repeatable)

        assert outcome == Unheard(f"{status}: {UNHEARD_OF}")
        assert isinstance(outcome, Wait)


def test_a_known_code_is_told_in_plain_words_and_an_unknown_one_as_it_came() -> None:
    for code, words in PLAIN_REASONS.items():
        # Another cloud's host is a mistake of our settings; no place is to blame for it.
        kind = Wait if code == "InvalidBotApiHost" else Unreachable
        assert refused(Answer(403, code), repeatable=False) == kind(f"403 {words}")
    assert refused(Answer(403, "Strange"), repeatable=False) == Unreachable("403 Strange")
    assert refused(Answer(403), repeatable=False) == Unreachable("403")


UNREADABLE_ID = "Failed to decrypt pairwise ID"
EXACTLY: list[tuple[Answer, bool, Outcome]] = [
    (Answer(429, retry_after="17"), False, Throttled("429", 17.0, ceiling=60.0)),
    (Answer(412, retry_after="17"), False, Retry("412", 17.0, tries=6, at_least=True)),
    (Answer(503, retry_after="17"), True, Retry("503", 17.0, at_least=True)),
    (Answer(503, retry_after="17"), False, Unknown("503", 17.0)),
    (
        Answer(400, message=UNREADABLE_ID),
        False,
        Indecipherable(f"400 {UNREADABLE}", 3600.0, tries=2),
    ),
    (
        Answer(403, message="Bad pairwise id"),
        True,
        Indecipherable(f"403 {UNREADABLE}", 3600.0, tries=2),
    ),
    (
        Answer(400, message="Failed to decrypt the id"),
        False,
        Indecipherable(f"400 {UNREADABLE}", 3600.0, tries=2),
    ),
    (Answer(403, message="failed to decrypt the card"), False, Unreachable("403")),
    (Answer(400, message="the id is odd"), False, TooMuch("400")),
    (Answer(404, message=UNREADABLE_ID), False, Gone("404")),
    (Answer(413, "MessageSizeTooBig"), False, TooMuch(f"413 {PLAIN_REASONS['MessageSizeTooBig']}")),
    (Answer(401), False, SignInRefused("401")),
    (Answer(403, "InvalidBotApiHost"), False, Wait(f"403 {PLAIN_REASONS['InvalidBotApiHost']}")),
]


@pytest.mark.parametrize(("answer", "repeatable", "outcome"), EXACTLY)
def test_an_answer_means_exactly_this(answer: Answer, repeatable: bool, outcome: Outcome) -> None:
    found = refused(answer, repeatable=repeatable)

    assert type(found) is type(outcome)
    assert found == outcome
