"""The adapter to botbuilder: its token check and its dispatch, fed with keys our gate has fetched.

Only this module and `activities` may import botbuilder, so that a successor SDK costs two files.
The SDK never sends: it would fetch tokens on the loop, wait 100 seconds and repeat on its own. So
the adapter below only keeps what a handler answers to an invoke.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from botbuilder.core import ActivityHandler, BotAdapter, TurnContext
from botbuilder.integration.aiohttp import ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity, ActivityTypes, ResourceResponse
from botframework.connector.auth import ChannelValidation, JwtTokenExtractor

from bot.gate import GateRefused, SigningKeys
from bot.settings import TeamsSettings
from storage.records import Json

_ANSWER = "countersign.invoke_answer"
_READ = ("type", "id", "channelId", "serviceUrl", "name")
"""What the SDK checks and dispatches by; it breaks on other members of an unexpected form."""
WIRE = "countersign.wire"
"""Where a turn keeps the activity as it came: the typed one loses members."""


class Sdk:
    """Runs one proved activity through botbuilder's handler."""

    def __init__(
        self, settings: TeamsSettings, keys: SigningKeys, handler: ActivityHandler
    ) -> None:
        self._keys = keys
        self._handler = handler
        self._adapter = _AnswerKeeper()
        self._authentication = ConfigurationBotFrameworkAuthentication(
            SimpleNamespace(
                APP_ID=settings.app_id,
                APP_PASSWORD=settings.client_secret.get_secret_value(),
                APP_TYPE=settings.app_type,
                APP_TENANTID=settings.tenant_id,
            )
        )
        ChannelValidation.open_id_metadata_endpoint = keys.url

    async def run(self, data: Json, authorization: str) -> Any:
        """Check *authorization* once more, the SDK's way, and return the handler's invoke answer.

        The answer is an object with `status` and `body`, or None for anything but an invoke.
        """
        shown = {name: data[name] for name in _READ if isinstance(data.get(name), str)}
        activity = Activity().deserialize(shown)
        self._lend_keys()
        try:
            await self._authentication.authenticate_request(activity, authorization)
        except Exception as error:
            # PermissionError, PyJWTError, KeyError, IndexError, plain Exception: all mean "no".
            raise GateRefused(401, f"the SDK refused: {type(error).__name__}") from error
        context = TurnContext(self._adapter, activity)
        context.turn_state[WIRE] = data
        await self._adapter.run_pipeline(context, self._handler.on_turn)
        return context.turn_state.get(_ANSWER)

    def _lend_keys(self) -> None:
        # The SDK fetches keys with a blocking call and cannot rotate them; given ours, it never
        # fetches: it only does so when `last_updated` is more than a day ago.
        metadata = JwtTokenExtractor.get_open_id_metadata(self._keys.url)
        metadata.keys = self._keys.rows
        metadata.last_updated = datetime.max  # noqa: DTZ901  # the SDK compares naive moments


class _AnswerKeeper(BotAdapter):  # type: ignore[misc]  # the SDK has no types
    """Keeps the invoke answer of a turn; there is nothing else to send through the SDK."""

    async def send_activities(
        self, context: TurnContext, activities: Sequence[Activity]
    ) -> list[ResourceResponse]:
        """Keep the answer of an invoke."""
        for activity in activities:
            if activity.type != ActivityTypes.invoke_response:
                raise NotImplementedError("messages go through the outbox")
            context.turn_state[_ANSWER] = activity.value
        return [ResourceResponse() for _ in activities]

    async def update_activity(self, context: TurnContext, activity: Activity) -> None:
        """Refuse: cards are edited by our own connector client."""
        raise NotImplementedError("messages go through the outbox")

    async def delete_activity(self, context: TurnContext, reference: Any) -> None:
        """Refuse: messages are deleted by our own connector client."""
        raise NotImplementedError("messages go through the outbox")
