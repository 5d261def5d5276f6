"""What trying a delivery again means, and for which it means nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.replays import ON_ITS_WAY, promise, refusal
from storage.records import Delivery

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def delivery(what: str, state: str, item: str = "m1") -> Delivery:
    return Delivery(item, what, "acme", "Bill/Bill/1", "channel:ap", state, state, "", 1, NOW, None)


@pytest.mark.parametrize("what", ["post", "update", "nudge", "tell", "push", "look"])
@pytest.mark.parametrize("state", ["parked", "maybe"])
def test_what_is_parked_or_perhaps_delivered_can_be_tried_again(what: str, state: str) -> None:
    assert refusal(delivery(what, state)) == ""
    assert promise(delivery(what, state))


@pytest.mark.parametrize("what", ["post", "say", "push"])
def test_what_is_on_its_way_is_left_alone(what: str) -> None:
    assert refusal(delivery(what, "waiting")) == ON_ITS_WAY


@pytest.mark.parametrize("state", ["waiting", "person"])
def test_a_decision_is_never_replayed(state: str) -> None:
    assert "never replayed" in refusal(delivery("release", state, "d7"))


@pytest.mark.parametrize("what", ["say", "connect"])
@pytest.mark.parametrize("state", ["parked", "maybe"])
def test_what_was_true_only_then_is_not_sent_later(what: str, state: str) -> None:
    assert refusal(delivery(what, state))


def test_who_has_a_message_posted_again_that_may_be_there_is_told_of_the_second_copy() -> None:
    assert "twice" in promise(delivery("post", "maybe"))
    assert "twice" not in promise(delivery("post", "parked"))
