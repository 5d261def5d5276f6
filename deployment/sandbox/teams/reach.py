"""Places the bot cannot reach, each with the connector's own words for it (facts §4). Pure."""

import json
from dataclasses import dataclass

from deployment.sandbox.teams.directory import Conversation
from deployment.sandbox.teams.wire import ConnectorError, Json

NO_APP, REMOVED, OK = "no app", "removed", "ok"
_BLOCKED_DETAILS = {
    "subCode": "MessageWritesBlocked",
    "details": "Thread is not writable",
    "errorCode": None,
}
_BLOCKED: Json = {"errorCode": 209, "message": json.dumps(_BLOCKED_DETAILS)}


@dataclass(frozen=True, slots=True)
class Wall:
    """One way not to be reached; *writing* ones let the bot read on."""

    status: int
    code: str
    text: str
    writing: bool = False
    body: Json | None = None

    def error(self) -> ConnectorError:
        """The refusal."""
        return ConnectorError(self.status, self.code, self.text, body=self.body)


WALLS = {
    "blocked": Wall(403, "MessageWritesBlocked", "The user blocked the bot.", True, _BLOCKED),
    "muted": Wall(403, "ConversationBlockedByUser", "The user blocked the conversation.", True),
    "disabled by admin": Wall(403, "BotDisabledByAdmin", "The tenant admin disabled this bot."),
    "not in roster": Wall(
        403, "BotNotInConversationRoster", "The bot is not part of the conversation roster."
    ),
    "gone": Wall(404, "ConversationNotFound", "The conversation was not found."),
    "foreign": Wall(400, "BadSyntax", "Failed to decrypt pairwise id."),
    "wrong host": Wall(403, "InvalidBotApiHost", "The bot API host is not valid for this tenant."),
    "not registered": Wall(401, "BotNotRegistered", "No bot is registered with this app id."),
}
HOWS = (OK, NO_APP, REMOVED, *WALLS)
NO_PERSONAL_APP = Wall(
    403,
    "ForbiddenOperationException",
    "The app is not installed in the personal scope of this user.",
)
ARCHIVED = Wall(403, "NotEnoughPermissions", "The team is archived: nothing can be written.", True)


def no_app_in(conversation: Conversation) -> Wall:
    """What the connector says where the app is not installed."""
    personal = conversation.type == "personal"
    return NO_PERSONAL_APP if personal else WALLS["not in roster"]
