"""A message as Graph tells it: `chatMessage` (facts §5.3). Pure."""

import json
import re
from html import escape
from typing import Any

from deployment.sandbox.teams.activities import BOT_MENTION
from deployment.sandbox.teams.cards import ADAPTIVE
from deployment.sandbox.teams.conversations import BOT, Message
from deployment.sandbox.teams.directory import BOT_NAME, Directory, Person
from deployment.sandbox.teams.team_life import TEAM_GROUP_ID
from deployment.sandbox.teams.wire import Json

_MENTION = re.compile(r"&lt;at&gt;(.*?)&lt;/at&gt;")
CARD_ID = "card"


def chat_message(message: Message, directory: Directory, app_id: str) -> Json:
    """The message with its sender, text as HTML, mentions, attachments and reactions."""
    gone = message.deleted
    changed = message.edited_at or message.at
    return {
        "id": message.id,
        "replyToId": message.root,
        "etag": message.id if not message.edited_at else f"{message.id}.{message.version}",
        "messageType": "message",
        "createdDateTime": message.at,
        "lastModifiedDateTime": message.deleted_at or changed,
        "lastEditedDateTime": message.edited_at,
        "deletedDateTime": message.deleted_at,
        "subject": None,
        "importance": "normal",
        "locale": "en-us",
        "from": _sender(message, directory, app_id),
        "body": {"contentType": "html", "content": "" if gone else _html(message)},
        "channelIdentity": {"teamId": TEAM_GROUP_ID, "channelId": message.conversation},
        "attachments": [] if gone else _attachments(message),
        "mentions": [] if gone else _mentions(message, app_id),
        "reactions": [
            {"reactionType": kind, "user": {"user": {"id": who}}}
            for who, kinds in message.reactions.items()
            for kind in kinds
        ],
    }


def resource_of(message: Message) -> str:
    """The name a notice calls the message by."""
    root = f"teams('{TEAM_GROUP_ID}')/channels('{message.conversation}')/messages"
    if message.root is None:
        return f"{root}('{message.id}')"
    return f"{root}('{message.root}')/replies('{message.id}')"


def _sender(message: Message, directory: Directory, app_id: str) -> Json:
    person = None if message.sender == BOT else directory.person(message.sender)
    if person is None:
        return {"user": None, "device": None, "application": _bot(app_id)}
    return {"user": _user(person), "device": None, "application": None}


def _user(person: Person) -> Json:
    known = {"id": person.aad_id, "displayName": person.name, "tenantId": person.tenant_id}
    return known | {"userIdentityType": "aadUser"}


def _bot(app_id: str) -> Json:
    return {"id": app_id, "displayName": BOT_NAME, "applicationIdentityType": "bot"}


def _html(message: Message) -> str:
    numbers = iter(range(len(message.post.text)))
    text = escape(message.post.text, quote=False).replace("\n", "<br>")
    text = _MENTION.sub(lambda at: f'<at id="{next(numbers)}">{at.group(1)}</at>', text)
    card = f'<attachment id="{CARD_ID}"></attachment>' if message.post.card else ""
    return f"<p>{text}</p>{card}" if text else card


def _attachments(message: Message) -> list[Json]:
    if message.post.card is None:
        return []
    content = json.dumps(message.post.card, ensure_ascii=False)
    return [{"id": CARD_ID, "contentType": ADAPTIVE, "content": content, "name": None}]


def _mentions(message: Message, app_id: str) -> list[Json]:
    found: list[Json] = []
    for number, one in enumerate(message.post.mentions):
        is_bot = one["text"] == BOT_MENTION
        who: dict[str, Any] = (
            {"application": _bot(app_id)} if is_bot else {"user": {"id": one["id"]}}
        )
        found.append({"id": number, "mentionText": one["name"], "mentioned": who})
    return found
