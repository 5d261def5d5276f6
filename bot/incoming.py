"""Takes one proved activity of Teams to whom it concerns. Knows no SDK.

An SDK in front of this only proves the sender and tells kinds of activities apart, so that another
SDK costs nothing here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot.core.activity import (
    Wire,
    read_asked,
    read_conversation,
    read_invoked,
    read_said,
    read_submitted,
    text,
)
from bot.core.arrivals import Came, read_arrival
from bot.core.place_events import read_place_event
from bot.deciding.dialogs import Dialogs
from bot.deciding.pressed import Presses
from bot.languages import Listener
from bot.listening.ear import Listening
from bot.sending.showing import extension_answer, text_answer
from bot.talking.arrivals import Arrivals
from bot.talking.talk import Talk
from bot.talking.welcome import Welcome
from cards.language import language_of
from cards.refusals import Refusal, refusal_text
from storage.records import Json

EXTENSION = "composeExtension/"
"""How the names of invokes of the message extension begin."""
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
        *,
        dialogs: Dialogs,
        welcome: Welcome,
        listening: Listening,
        listener: Listener,
    ) -> None:
        self._listening = listening
        self._listener = listener
        self._presses = presses
        self._dialogs = dialogs
        self._talk = talk
        self._welcome = welcome
        self._arrivals = arrivals
        self._invokes = {
            "adaptiveCard/action": self._pressed,
            "task/fetch": dialogs.fetched,
            "task/submit": dialogs.submitted,
            **(invokes or {}),
        }
        """Invoke name to who answers it: dialogs, searches and presses."""

    async def seen(self, wire: Wire) -> None:
        """Remember where an activity came from, but not where somebody merely composes."""
        # Two people's chat is *personal* too, and the bot is not in it.
        if text(wire, "name").startswith(EXTENSION):
            return
        await self._arrivals.seen(read_conversation(wire))
        await self._listening.heard(wire)

    async def invoked(self, wire: Wire) -> Json:
        """Return the body of the answer to an invoke; the HTTP status is 200 whatever it says."""
        told = await self._listener.with_locale(wire)
        handler = self._invokes.get(text(told, "name"))
        return _unknown(told) if handler is None else await handler(told)

    async def message(self, wire: Wire) -> None:
        """Answer a typed message, or a press of a client without Action.Execute."""
        wire = await self._listener.with_locale(wire)
        received = read_submitted(wire)
        if asked := read_asked(wire):
            await self._talk.answer(replace(read_said(wire), text=asked))
            return
        if received is None:
            if not await self._listening.kept(wire):
                await self._talk.answer(read_said(wire))
            return
        if self._dialogs.concerns(received):
            await self._talk.notice(read_said(wire), await self._dialogs.message(received))
            return
        answer = await self._presses.answer(received)
        if isinstance(answer["value"], str):  # a card cannot be returned here; it is edited instead
            await self._talk.notice(read_said(wire), answer["value"])

    async def changed(self, wire: Wire) -> None:
        """Note what changed in a place: somebody may be found now who was not before."""
        if wire.get("membersAdded"):
            await self.installed(wire)
        if event := read_place_event(wire):
            await self._arrivals.place_changed(event)

    async def installed(self, wire: Wire) -> None:
        """Note what became of us in a place; unknown events concern nobody."""
        place, came = read_conversation(wire), read_arrival(wire).came
        if came is Came.REMOVED:
            await self._arrivals.removed(place)
            return
        await self._arrivals.installed(place)
        await self._welcome.arrived(await self._listener.with_locale(wire))

    async def _pressed(self, wire: Wire) -> Json:
        received = read_invoked(wire)
        if received is None:
            return _unknown(wire)
        return await self._presses.answer(received)


def _unknown(wire: Wire) -> Json:
    """Answer what we do not know in the form its kind of invoke is answered in."""
    told = refusal_text(Refusal.UNKNOWN_REQUEST, language_of(text(wire, "locale")))
    in_extension = text(wire, "name").startswith(EXTENSION)
    return extension_answer(told) if in_extension else text_answer(told)
