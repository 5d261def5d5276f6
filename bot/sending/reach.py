"""Which places Teams lets us write to, and whether it lets us in at all.

What refused us for good is marked, in the store and on the boards an operator watches, and is not
asked again before something happens there, an operator replays a message, or a day has passed.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.board import Board
from bot.health import TEAMS
from storage import outbox, unreachable
from storage.database import Connection, Database
from storage.unreachable import Mark

log = logging.getLogger(__name__)

TRY_AGAIN = timedelta(days=1)
"""In case the event was missed that tells of a place we may write to again."""
LOOK_FOR_OVERDUE = timedelta(hours=1)
SIGN_IN = TEAMS


class Reach:
    """Remembers who cannot be written to."""

    def __init__(self, store: Database, boards: Collection[Board] = ()) -> None:
        self._store = store
        self._boards = boards
        self._marks: dict[str, Mark] = {}
        self._looked = datetime.min.replace(tzinfo=UTC)
        self._refused = ""
        self._let_in_again = True  # what was parked in another life of the process is tried again

    async def load(self) -> None:
        """Take over the marks of the time before."""
        async with self._store.reading() as conn:
            for mark in await unreachable.everything(conn):
                self._note(mark)

    @property
    def marked(self) -> frozenset[str]:
        """The targets that cannot be written to."""
        return frozenset(self._marks)

    def refusal(self, target: str, now: datetime) -> str:
        """Return why *target* need not be tried now; empty when it may be."""
        mark = self._marks.get(target)
        return mark.reason if mark and now - mark.tried_at < TRY_AGAIN else ""

    async def refused(self, conn: Connection, target: str, reason: str, now: datetime) -> None:
        """Mark a target that was just refused."""
        await unreachable.mark(conn, target, reason=reason, now=now)
        known = self._marks.get(target)
        self._note(Mark(target, reason, known.since if known else now, now))

    async def try_anew(self, conn: Connection, target: str, now: datetime) -> None:
        """Have the next message to *target* tried: an operator says that it is mended."""
        at = now - TRY_AGAIN
        await unreachable.tried(conn, target, at=at)
        if known := self._marks.get(target):
            self._marks[target] = replace(known, tried_at=at)

    async def answers(self, conn: Connection, target: str, now: datetime) -> None:
        """Take the mark away: we were let in, or something was heard from there."""
        if target not in self._marks:
            return
        await unreachable.clear(conn, target)
        await outbox.wake(conn, target, now=now)
        del self._marks[target]
        for board in self._boards:
            board.fine(target)

    def take_overdue(self, now: datetime) -> list[str]:
        """Name, once an hour, the targets that nobody has tried for a day."""
        if now - self._looked < LOOK_FOR_OVERDUE:
            return []
        self._looked = now
        return [one.target for one in self._marks.values() if now - one.tried_at >= TRY_AGAIN]

    # --- whether Teams takes the bot's token ---

    def signed_in(self, refusal: str) -> None:
        """Note how the last call ended: let in, or why not."""
        if refusal and refusal != self._refused:
            log.error("Teams does not let the bot in", extra={"reason": refusal})
        if self._refused and not refusal:
            self._let_in_again = True
        self._refused = refusal
        for board in self._boards:
            if refusal:
                board.trouble(SIGN_IN, refusal)
            else:
                board.fine(SIGN_IN)

    def take_let_in_again(self) -> bool:
        """Say whether what a refused sign-in parked may go now, and forget it."""
        again, self._let_in_again = self._let_in_again, False
        return again

    def _note(self, mark: Mark) -> None:
        self._marks[mark.target] = mark
        told = f"cannot be written to since {mark.since:%Y-%m-%d %H:%M} UTC: {mark.reason}"
        for board in self._boards:
            board.trouble(mark.target, told)
