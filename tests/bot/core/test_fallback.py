"""Who gets a question that cannot be put where it belongs."""

from __future__ import annotations

import pytest

from bot.core.fallback import check_fallback, instead, is_seen
from storage.records import PostedCard, TeamsPerson

ERIN = TeamsPerson("aad-erin", "29:erin", "Erin", "erin@x")
GUEST = TeamsPerson("aad-guest", "29:guest", "Guest", "guest@y", guest=True)
PEOPLE = {"erin@x": ERIN, "guest@y": GUEST}
WANTED = ("channel:ap", "person:guest@y", "person:Erin@X")


@pytest.mark.parametrize(
    ("failed", "marked", "found"),
    [
        ("person:aad-ben", set(), "channel:ap"),
        ("channel:ap", set(), "person:aad-erin"),
        ("person:aad-ben", {"channel:ap"}, "person:aad-erin"),
        ("person:aad-ben", {"channel:ap", "person:aad-erin"}, ""),
    ],
)
def test_the_first_place_that_can_be_written_to_is_taken_and_never_a_guest(
    failed: str, marked: set[str], found: str
) -> None:
    assert instead(WANTED, PEOPLE, failed, marked) == found


def card(target: str, **values: object) -> PostedCard:
    return PostedCard("acme", "Bill/1", target, **{"activity": "7", **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "seen"),
    [
        (card("channel:east"), True),
        (card("channel:east", activity=""), False),
        (card("channel:east", replaced=True), False),
        (card("channel:marked"), False),
        (card("person:aad-ann"), False),
    ],
)
def test_a_question_that_stands_in_another_channel_is_seen_there(
    other: PostedCard, seen: bool
) -> None:
    failed = card("person:aad-ben", activity="")

    assert is_seen([failed, other], failed.target, {"channel:marked"}) is seen


@pytest.mark.parametrize("word", ["approver", "channel:", "channel: ", "ann@x", "person:"])
def test_what_is_no_place_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        check_fallback(word)
