"""What Teams tells the bot, sorted by kind: presses, messages, installations.

The typed activity of the SDK loses members (the trigger of an invoke, the tenant), so handlers read
the activity as it came on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext

from bot.arrivals import Arrivals
from bot.core.presses import Press, thread_base
from bot.pressed import Presses, Received
from bot.sdk import WIRE
from bot.showing import text_answer
from bot.talk import Said, Talk
from storage.records import Conversation


class Activities(ActivityHandler):  # type: ignore[misc]  # the SDK has no types
    """Dispatches what botbuilder tells apart."""

    def __init__(self, presses: Presses, talk: Talk, arrivals: Arrivals) -> None:
        super().__init__()
        self._presses = presses
        self._talk = talk
        self._arrivals = arrivals

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Remember where the activity came from, then handle it."""
        await self._arrivals.seen(_conversation(turn_context.turn_state[WIRE]))
        await super().on_turn(turn_context)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Answer a press or a refresh; the HTTP status is 200 whenever we understood the form."""
        wire = turn_context.turn_state[WIRE]
        received = _pressed(wire) if wire.get("name") == "adaptiveCard/action" else None
        if received is None:
            body: Any = text_answer("Countersign does not know this kind of request.")
        else:
            body = await self._presses.answer(received)
        return InvokeResponse(status=200, body=body)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Answer a typed message, or a press of a client without Action.Execute."""
        wire = turn_context.turn_state[WIRE]
        said = _said(wire)
        data = wire.get("value")
        if not isinstance(data, dict):
            await self._talk.answer(said)
            return
        press = _press(wire, str(data.get("verb", "")), data)
        # Unlike an invoke's, a message's id is one only within its conversation.
        identity = said.activity and f"{said.conversation}|{said.activity}"
        answer = await self._presses.answer(Received(press, identity))
        if isinstance(answer["value"], str):  # a card cannot be returned here; it is edited instead
            await self._talk.notice(said, answer["value"])

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        """Note an installation: cards may wait for this place."""
        await self._arrivals.installed(_conversation(turn_context.turn_state[WIRE]))

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """Note new members: somebody may be found now who was not before."""
        wire = turn_context.turn_state[WIRE]
        if wire.get("membersAdded"):
            await self._arrivals.installed(_conversation(wire))


def _conversation(wire: Mapping[str, Any]) -> Conversation:
    place = _dict(wire.get("conversation"))
    kind = str(place.get("conversationType") or "channel")
    person = _text(_dict(wire.get("from")), "aadObjectId") if kind == "personal" else ""
    team = _dict(_dict(wire.get("channelData")).get("team"))
    conversation = thread_base(_text(place, "id"))
    return Conversation(conversation, kind, _text(wire, "serviceUrl"), person, _text(team, "id"))


def _pressed(wire: Mapping[str, Any]) -> Received | None:
    """Read a press from an invoke; None when its form is not the documented one."""
    value = _dict(wire.get("value"))
    action = value.get("action")
    if not isinstance(action, dict):
        return None
    press = _press(wire, _text(action, "verb"), _dict(action.get("data")))
    return Received(press, _text(wire, "id"), automatic=value.get("trigger", "manual") != "manual")


def _press(wire: Mapping[str, Any], verb: str, data: Mapping[str, Any]) -> Press:
    return Press(
        token=_text(data, "token"),
        verb=verb,
        person=_text(_dict(wire.get("from")), "aadObjectId"),
        conversation=_text(_dict(wire.get("conversation")), "id"),
        reply_to=_text(wire, "replyToId"),
    )


def _said(wire: Mapping[str, Any]) -> Said:
    text, entities = _text(wire, "text"), wire.get("entities")
    for entity in map(_dict, entities if isinstance(entities, list) else []):
        # Only a mention of ourselves is taken out; the entity is trusted, never the text.
        ours = _text(_dict(entity.get("mentioned")), "id") == _text(
            _dict(wire.get("recipient")), "id"
        )
        mention = _text(entity, "text")
        if ours and mention:
            text = text.replace(mention, " ")
    return Said(
        text,
        _text(wire, "id"),
        _text(wire, "serviceUrl"),
        _text(_dict(wire.get("conversation")), "id"),
        person=_text(_dict(wire.get("from")), "aadObjectId"),
        alone=_dict(wire.get("conversation")).get("conversationType") == "personal",
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
