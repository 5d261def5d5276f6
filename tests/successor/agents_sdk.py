"""The seam on the Microsoft 365 Agents SDK: what moving there costs. Not used in production.

It does what `bot/sdk.py` and `bot/activities.py` do with botbuilder, and the tests of the messages
door run over both. Like botbuilder it would fetch keys from a fixed address, answer through a
connector client of its own, and let any issuer pass; so it gets the same keys, the same gate before
it, and keeps answers only.
"""

from __future__ import annotations

from typing import Any

from jwt import PyJWK
from microsoft_agents.activity import Activity, ActivityTypes, InvokeResponse, ResourceResponse
from microsoft_agents.hosting.core import ActivityHandler, ChannelAdapter, TurnContext
from microsoft_agents.hosting.core.authorization import AgentAuthConfiguration
from microsoft_agents.hosting.core.authorization.jwt import JwtTokenValidator

from bot.incoming import Incoming
from bot.seam import InvokeAnswer
from bot.settings import TeamsSettings
from bot.signing_keys import GateRefused, SigningKeys
from storage.records import Json

_WIRE = "countersign.wire"
_READ = ("type", "id", "channelId", "serviceUrl", "name")


class AgentsSeam:
    """Checks and runs activities the way the Agents SDK does."""

    def __init__(self, settings: TeamsSettings, keys: SigningKeys, incoming: Incoming) -> None:
        expected = AgentAuthConfiguration(
            client_id=settings.app_id,
            tenant_id=settings.tenant_id,
            issuers=[settings.rows.issuer],
            validate_issuer=True,
        )
        self._tokens = JwtTokenValidator(expected)
        # By itself it asks Microsoft's own address, whatever the settings say.
        self._tokens._jwk_client_manager = _LentKeys(keys)
        self._adapter = _AnswerKeeper()
        self._handler = _Activities(incoming)

    async def verify(self, activity: Json, authorization: str) -> None:
        """Check *authorization* the SDK's way, after our own gate. Raises GateRefused."""
        del activity  # it looks at no endorsements
        try:
            await self._tokens.validate_token(authorization.removeprefix("Bearer "))
        except Exception as error:
            raise GateRefused(401, f"the SDK refused: {type(error).__name__}") from error

    async def run(self, data: Json) -> InvokeAnswer | None:
        """Run one proved activity through the handler; the answer is None but for an invoke."""
        shown = {name: told for name in _READ if isinstance(told := data.get(name), str) and told}
        # Even to keep an answer it addresses a reply, and whom it addresses must have an id.
        somebody = {
            name: {"id": "as on the wire"} for name in ("from", "recipient", "conversation")
        }
        context = TurnContext(self._adapter, Activity.model_validate({**shown, **somebody}))
        context.turn_state[_WIRE] = data
        await self._adapter.run_pipeline(context, self._handler.on_turn)
        answer = context.turn_state.get(ChannelAdapter.INVOKE_RESPONSE_KEY)
        return None if answer is None else InvokeAnswer(answer["status"], answer["body"])


class _LentKeys:
    """Stands where the SDK fetches keys, and looks into ours."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    async def get_signing_key(self, _address: str, header: dict[str, Any]) -> PyJWK:
        """Return the key a token names. Raises LookupError."""
        key = self._keys.known(str(header["kid"]))
        if key is None:
            raise LookupError("an unknown key")
        return PyJWK.from_dict(dict(key), "RS256")


class _Activities(ActivityHandler):
    """Dispatches what the SDK tells apart."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    async def on_turn(self, turn_context: TurnContext) -> None:
        await self._incoming.seen(turn_context.turn_state[_WIRE])
        await super().on_turn(turn_context)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        body = await self._incoming.invoked(turn_context.turn_state[_WIRE])
        return InvokeResponse(status=200, body=body)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await self._incoming.message(turn_context.turn_state[_WIRE])

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        await self._incoming.installed(turn_context.turn_state[_WIRE])

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        await self._incoming.changed(turn_context.turn_state[_WIRE])


class _AnswerKeeper(ChannelAdapter):
    """Keeps the invoke answer of a turn; there is nothing else to send through the SDK."""

    async def send_activities(
        self, context: TurnContext, activities: list[Activity]
    ) -> list[ResourceResponse]:
        for activity in activities:
            if activity.type != ActivityTypes.invoke_response:
                raise NotImplementedError("messages go through the outbox")
            context.turn_state[self.INVOKE_RESPONSE_KEY] = activity.value
        return [ResourceResponse() for _ in activities]

    async def update_activity(self, context: TurnContext, activity: Activity) -> None:
        raise NotImplementedError("messages go through the outbox")

    async def delete_activity(self, context: TurnContext, reference: Any) -> None:
        raise NotImplementedError("messages go through the outbox")
