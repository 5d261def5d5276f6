"""Whose turn it is among the conversations that have something to send. Pure.

Urgent before less urgent: an answer to somebody at the screen (few, and small), a question somebody
must decide on, a note. Among equals whoever was served longest ago, so that a channel with a
thousand messages and a chat with one take turns. But one turn in four goes to whoever has most
left: its own windows let it go slowly, so all would end later if it began late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Turn:
    """What one target has to send of one urgency."""

    target: str
    lane: int
    conversation: str
    peer: str = ""
    """The connector address it is reached at."""
    left: int = 1
    """How many messages it has."""


TO_THE_LONGEST = 4
"""One turn in so many goes to whoever has most left."""


class Turns:
    """Keeps who waits, and who was served when."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int], Turn] = {}
        self._served: dict[str, int] = {}
        self._count = 0

    def replace(self, turns: Iterable[Turn]) -> None:
        """Take over who waits now; who was served when is kept for those who still do."""
        self._waiting = {(turn.target, turn.lane): turn for turn in turns}
        known = {turn.conversation for turn in self._waiting.values()}
        if len(self._served) > 2 * len(known) + 1000:
            self._served = {name: at for name, at in self._served.items() if name in known}

    def next(self, may: Callable[[Turn], bool]) -> Turn | None:
        """Return whose turn it is among those who *may*, and count them as served."""
        longest = self._count % TO_THE_LONGEST == TO_THE_LONGEST - 1
        order = self._by_length if longest else self._by_turn
        turn = next(filter(may, sorted(self._waiting.values(), key=order)), None)
        if turn is not None:
            self._count += 1
            self._served[turn.conversation] = self._count
            self._waiting[turn.target, turn.lane] = replace(turn, left=turn.left - 1)
            if turn.left <= 1:
                self.empty(turn)
        return turn

    def empty(self, turn: Turn) -> None:
        """Note that a target has nothing of that urgency left."""
        self._waiting.pop((turn.target, turn.lane), None)

    def waiting(self) -> tuple[Turn, ...]:
        """List who waits."""
        return tuple(self._waiting.values())

    def _by_turn(self, turn: Turn) -> tuple[int, int, str]:
        return turn.lane, self._served.get(turn.conversation, 0), turn.target

    def _by_length(self, turn: Turn) -> tuple[int, int, str]:
        return turn.lane, -turn.left, turn.target
