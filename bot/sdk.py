"""The seam to botbuilder: its token check and its dispatch, fed with keys our gate has fetched.

Only this module and `activities` may import botbuilder, so that a successor SDK costs two files;
the tests drive the same doors through one (docs/adr/0007). The SDK never sends: it would fetch
tokens on the loop, wait 100 seconds and repeat on its own. So the adapter below only keeps what a
handler answers to an invoke.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.schema import Activity, ActivityTypes, ResourceResponse
from botframework.connector.auth import JwtTokenExtractor, VerifyOptions
from jwt.algorithms import RSAAlgorithm

from bot.activities import WIRE, Activities
from bot.incoming import Incoming
from bot.seam import InvokeAnswer
from bot.settings import TeamsSettings
from bot.signing_keys import GateRefused, SigningKeys
from storage.records import Json

_ANSWER = "countersign.invoke_answer"
_READ = ("type", "id", "channelId", "serviceUrl", "name")
"""What the SDK dispatches by; it breaks on other members of an unexpected form."""
LEEWAY = 300


class BotbuilderSeam:
    """Checks and runs activities the way botbuilder does."""

    def __init__(self, settings: TeamsSettings, keys: SigningKeys, incoming: Incoming) -> None:
        self._settings = settings
        self._handler = Activities(incoming)
        self._adapter = _AnswerKeeper()
        expected = VerifyOptions([settings.rows.issuer], None, LEEWAY, False)
        self._tokens = JwtTokenExtractor(expected, settings.openid_metadata_url, ["RS256"])
        # By itself it would fetch keys with a blocking call, share them with every other bot in the
        # process, and not notice a rotation.
        self._tokens.open_id_metadata = _LentKeys(keys)

    async def verify(self, activity: Json, authorization: str) -> None:
        """Check *authorization* the SDK's way, after our own gate. Raises GateRefused."""
        try:
            identity = await self._tokens.get_identity_from_auth_header(
                authorization, str(activity.get("channelId"))
            )
            accepted = identity is not None and self._is_for_us(identity.claims)
        except Exception as error:
            # PyJWTError, KeyError, IndexError, plain Exception: all mean "no".
            raise GateRefused(401, f"the SDK refused: {type(error).__name__}") from error
        if not accepted:
            raise GateRefused(401, "the SDK refused")

    def _is_for_us(self, claims: Json) -> bool:
        return bool(claims.get("aud") == self._settings.app_id)

    async def run(self, data: Json) -> InvokeAnswer | None:
        """Run one proved activity through the handler; the answer is None but for an invoke."""
        shown = {name: data[name] for name in _READ if isinstance(data.get(name), str)}
        context = TurnContext(self._adapter, Activity().deserialize(shown))
        context.turn_state[WIRE] = data
        await self._adapter.run_pipeline(context, self._handler.on_turn)
        answer = context.turn_state.get(_ANSWER)
        return None if answer is None else InvokeAnswer(answer.status, answer.body)


class _LentKeys:
    """Stands where the SDK keeps keys, and looks into ours."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    async def get(self, key_id: str) -> Any:
        """Return a key as the SDK wants it; None is refused there."""
        key = self._keys.known(key_id)
        return None if key is None else _LentKey(key)


class _LentKey:
    """One key, read once."""

    def __init__(self, key: Json) -> None:
        self.public_key = RSAAlgorithm.from_jwk(dict(key))
        self.endorsements = key.get("endorsements") or []


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
