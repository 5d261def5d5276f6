"""botbuilder's dispatch of activities: by kind, to `Incoming`, which knows no SDK."""

from __future__ import annotations

from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext

from bot.incoming import Incoming

WIRE = "countersign.wire"
"""Where a turn keeps the activity as it came: the typed one loses members."""


class Activities(ActivityHandler):  # type: ignore[misc]  # the SDK has no types
    """Dispatches what botbuilder tells apart."""

    def __init__(self, incoming: Incoming) -> None:
        super().__init__()
        self._incoming = incoming

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Remember where the activity came from, then handle it."""
        await self._incoming.seen(turn_context.turn_state[WIRE])
        await super().on_turn(turn_context)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Answer an invoke; the HTTP status is 200 whenever our code ran."""
        body = await self._incoming.invoked(turn_context.turn_state[WIRE])
        return InvokeResponse(status=200, body=body)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Answer a typed message, or a press of a client without Action.Execute."""
        await self._incoming.message(turn_context.turn_state[WIRE])

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        """Note an installation: cards may wait for this place."""
        await self._incoming.installed(turn_context.turn_state[WIRE])

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """Note what changed in a place: members, channels, the team itself."""
        await self._incoming.changed(turn_context.turn_state[WIRE])
