"""Whose turn it is: what is remembered of who was served."""

from __future__ import annotations

from bot.core.turns import Turn, Turns


def served(turns: Turns, *names: str) -> list[str]:
    found = []
    for _ in names:
        turn = turns.next(lambda _: True)
        assert turn is not None
        found.append(turn.target)
    return found


def test_who_was_served_long_ago_is_forgotten_when_thousands_were_since() -> None:
    turns = Turns()
    for number in range(1100):
        turns.replace([Turn(f"19:{number}", 1, f"19:{number}")])
        served(turns, "one")
    # The first of all is remembered as long as it waits, the thousand others are not.
    turns.replace([Turn("19:1099", 1, "19:1099"), Turn("19:5", 1, "19:5")])

    assert served(turns, "one", "two") == ["19:5", "19:1099"]


def test_nobody_waits_nobody_has_a_turn() -> None:
    assert Turns().next(lambda _: True) is None
