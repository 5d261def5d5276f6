"""Where a message goes after one attempt, as a table and as properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_values import NOW, message

from storage.records import (
    Done,
    Later,
    OutboxItem,
    OutboxState,
    Outcome,
    Reject,
    Retry,
    Transition,
    Unknown,
    Wait,
)
from storage.settle import LEGAL_MOVES, MAX_AGE, MAX_UNKNOWN_POSTS, backoff, settle

NOTE = replace(message(), attempts=1, created_at=NOW, state=OutboxState.IN_FLIGHT)
ASKING = replace(NOTE, asks=True)
OLD = replace(NOTE, created_at=NOW - timedelta(hours=24, seconds=1))


@pytest.mark.parametrize(
    ("item", "outcome", "state", "wait"),
    [
        (NOTE, Done("a-1"), OutboxState.DELIVERED, 0),
        (NOTE, Reject("403"), OutboxState.DEAD, 0),
        (NOTE, Wait("channel not bound"), OutboxState.WAITING, 0),
        (NOTE, Later("held back", 90.0), OutboxState.RETRYING, 90),
        (OLD, Later("held back", 90.0), OutboxState.RETRYING, 90),
        (NOTE, Unknown("reset"), OutboxState.MAYBE_DELIVERED, 0),
        (ASKING, Unknown("reset"), OutboxState.RETRYING, 10),
        (replace(ASKING, unknowns=1), Unknown("reset"), OutboxState.RETRYING, 10),
        (replace(ASKING, unknowns=2), Unknown("reset"), OutboxState.MAYBE_DELIVERED, 0),
        (ASKING, Unknown("503", 17.0), OutboxState.RETRYING, 17),
        (ASKING, Unknown("503", 7.0), OutboxState.RETRYING, 10),
        (NOTE, Unknown("503", 17.0), OutboxState.MAYBE_DELIVERED, 0),
        (NOTE, Retry("412", 17.0, tries=6), OutboxState.RETRYING, 17),
        (NOTE, Retry("no token"), OutboxState.RETRYING, 1),
        (NOTE, Retry("412", 17.0, tries=6, at_least=True), OutboxState.RETRYING, 17),
        (replace(NOTE, attempts=6), Retry("503", 17.0, at_least=True), OutboxState.RETRYING, 32),
        (replace(NOTE, attempts=6), Retry("429", 17.0), OutboxState.RETRYING, 17),
        (NOTE, Retry("429", 7.5), OutboxState.RETRYING, 7.5),
        (NOTE, Retry("429", 0), OutboxState.RETRYING, 0),
        (OLD, Retry("no token"), OutboxState.DEAD, 0),
        (OLD, Retry("429", 7.5), OutboxState.DEAD, 0),
        (OLD, Done(), OutboxState.DELIVERED, 0),
        (replace(OLD, created_at=None), Retry("x"), OutboxState.RETRYING, 1),
    ],
)
def test_each_outcome_leads_where_the_table_says(
    item: OutboxItem, outcome: Outcome, state: OutboxState, wait: float
) -> None:
    moved = settle(item, outcome, NOW, 0)

    assert (moved.state, moved.due_at) == (state, NOW + timedelta(seconds=wait))


texts = st.text(max_size=5)
outcomes = st.one_of(
    st.builds(Done, texts),
    st.builds(Reject, texts),
    st.builds(Wait, texts),
    st.builds(Unknown, texts),
    st.builds(Retry, texts, st.none() | st.floats(0, 900)),
)


@settings(deadline=None)
@given(
    outcome=outcomes,
    chance=st.floats(0, 1),
    asks=st.booleans(),
    attempts=st.integers(0, 200_000),
    unknowns=st.integers(0, 5),
    age=st.timedeltas(timedelta(0), timedelta(days=3)),
)
def test_every_move_is_legal_and_every_wait_is_bounded(
    outcome: Outcome, chance: float, asks: bool, attempts: int, unknowns: int, age: timedelta
) -> None:
    item = replace(NOTE, asks=asks, attempts=attempts, unknowns=unknowns, created_at=NOW - age)

    moved = settle(item, outcome, NOW, chance)

    assert moved.state in LEGAL_MOVES[OutboxState.IN_FLIGHT]
    assert NOW <= moved.due_at <= NOW + timedelta(minutes=15)
    assert moved.unknowns == unknowns + isinstance(outcome, Unknown)
    if isinstance(outcome, Retry) and outcome.after is not None:
        assert moved.state is OutboxState.DEAD or moved.due_at >= NOW + timedelta(
            seconds=outcome.after
        )
    if isinstance(outcome, Unknown) and moved.state is OutboxState.RETRYING:
        assert asks
        assert timedelta(seconds=10) <= moved.due_at - NOW <= timedelta(seconds=30)


def test_an_asking_post_without_an_answer_is_sent_at_most_twice_more() -> None:
    item, sent = ASKING, 1
    while (moved := settle(item, Unknown("reset"), NOW, 0.5)).state is OutboxState.RETRYING:
        item, sent = replace(item, unknowns=moved.unknowns), sent + 1

    assert sent == 1 + MAX_UNKNOWN_POSTS == 3
    assert moved == Transition(OutboxState.MAYBE_DELIVERED, NOW, "no answer: reset", 3)


def test_the_wait_doubles_from_a_second_to_five_minutes_and_is_spread_by_half() -> None:
    assert [backoff(n, 0) for n in range(12)] == [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert backoff(1, 1) == 1.5


@settings(deadline=None)
@given(attempts=st.integers(0, 1_000_000), chance=st.floats(0, 1))
def test_no_wait_is_ever_longer_than_seven_and_a_half_minutes(attempts: int, chance: float) -> None:
    assert 1 <= backoff(attempts, chance) <= 450


def test_a_conflict_is_tried_six_times_in_a_row_and_then_given_up() -> None:
    conflict = Retry("412 PreconditionFailed", tries=6)
    item, waits = replace(NOTE, attempts=40), []
    while (moved := settle(item, conflict, NOW, 0)).state is OutboxState.RETRYING:
        item = replace(item, bounded=moved.bounded, attempts=item.attempts + 1)
        waits.append((moved.due_at - NOW).total_seconds())

    assert waits == [1, 2, 4, 8, 16]
    assert moved.reason == "gave up after 6 tries: 412 PreconditionFailed"


def test_another_kind_of_refusal_begins_the_count_anew() -> None:
    item = replace(NOTE, bounded=5)

    assert settle(item, Retry("429", 3.0), NOW, 0).bounded == 0


def test_a_throttled_conversation_is_asked_again_every_minute_at_the_latest() -> None:
    moved = settle(replace(NOTE, attempts=30), Retry("429", ceiling=60.0), NOW, 0)

    assert moved.due_at == NOW + timedelta(seconds=60)


def test_nothing_comes_back_from_delivered_and_everything_parked_can_be_replayed() -> None:
    assert LEGAL_MOVES[OutboxState.DELIVERED] == frozenset()
    for parked in (OutboxState.DEAD, OutboxState.WAITING, OutboxState.MAYBE_DELIVERED):
        assert LEGAL_MOVES[parked] == {OutboxState.PENDING}
    assert set(LEGAL_MOVES) == set(OutboxState)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Done("a-1"), "a-1"),
        (Reject("403"), "403"),
        (Wait("unbound"), "unbound"),
        (Later("held back", 90.0), "held back"),
        (Retry("503"), "503"),
        (Retry("412", tries=1), "gave up after 1 tries: 412"),
        (Unknown("reset"), "no answer: reset"),
    ],
)
def test_the_reason_and_how_often_nobody_answered_go_along(outcome: Outcome, told: str) -> None:
    found = settle(replace(ASKING, unknowns=1), outcome, NOW, 0.0)

    assert found.reason == told
    assert found.unknowns == 1 + isinstance(outcome, Unknown)


def test_giving_up_is_at_once_and_says_why() -> None:
    tired = settle(replace(NOTE, unknowns=2), Retry("412", 17.0, tries=1), NOW, 0.0)
    old = settle(replace(OLD, unknowns=2), Retry("503"), NOW, 0.0)

    assert tired == Transition(OutboxState.DEAD, NOW, "gave up after 1 tries: 412", 2)
    assert old == Transition(OutboxState.DEAD, NOW, "gave up after a day: 503", 2)


def test_a_message_of_a_day_to_the_second_is_tried_once_more() -> None:
    found = settle(replace(NOTE, created_at=NOW - MAX_AGE), Retry("503"), NOW, 0.0)

    assert found.state is OutboxState.RETRYING


def test_no_wait_doubles_beyond_what_a_day_can_hold() -> None:
    assert backoff(10_000, 0.0, ceiling=10_000.0) == 512.0
