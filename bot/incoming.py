"""Takes one proved activity of Teams to whom it concerns. Knows no SDK.

An SDK in front of this only proves the sender and tells kinds of activities apart, so that another
SDK costs nothing here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.arrivals import Arrivals
from bot.core.activity import (
    Wire,
    read_conversation,
    read_invoked,
    read_said,
    read_submitted,
)
from bot.pressed import Presses
from bot.showing import text_answer
from bot.talk import Talk
from storage.records import Json

InvokeHandler = Callable[[Wire], Awaitable[Json]]
"""Answers one kind of invoke with the body of the answer, which is never empty."""


class Incoming:
    """Where activities go once the gate let them in."""

    def __init__(
        self,
        presses: Presses,
        talk: Talk,
        arrivals: Arrivals,
        invokes: Mapping[str, InvokeHandler] | None = None,
    ) -> None:
        self._presses = presses
        self._talk = talk
        self._arrivals = arrivals
        self._invokes = {"adaptiveCard/action": self._pressed, **(invokes or {})}
        """Invoke name to who answers it: dialogs, searches and presses."""

    async def seen(self, wire: Wire) -> None:
        """Remember where an activity came from, whatever it is."""
        await self._arrivals.seen(read_conversation(wire))

    async def invoked(self, wire: Wire) -> Json:
        """Return the body of the answer to an invoke; the HTTP status is 200 whatever it says."""
        handler = self._invokes.get(str(wire.get("name")))
        if handler is None:
            return text_answer("Countersign does not know this kind of request.")
        return await handler(wire)

    async def message(self, wire: Wire) -> None:
        """Answer a typed message, or a press of a client without Action.Execute."""
        received = read_submitted(wire)
        if received is None:
            await self._talk.answer(read_said(wire))
            return
        answer = await self._presses.answer(received)
        if isinstance(answer["value"], str):  # a card cannot be returned here; it is edited instead
            await self._talk.notice(read_said(wire), answer["value"])

    async def installed(self, wire: Wire) -> None:
        """Note an installation or new members: cards may wait for this place."""
        await self._arrivals.installed(read_conversation(wire))

    async def _pressed(self, wire: Wire) -> Json:
        received = read_invoked(wire)
        if received is None:
            return text_answer("Countersign does not know this kind of request.")
        return await self._presses.answer(received)
