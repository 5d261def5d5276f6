"""Reading what people wrote in a channel; writing there is not for apps (facts §5.1, §5.3)."""

from urllib.parse import quote, urlencode

from deployment.sandbox.teams.conversations import Message
from deployment.sandbox.teams.directory import Conversation
from deployment.sandbox.teams.graph.asked import Asked, GraphRefusal, Reply
from deployment.sandbox.teams.graph.chat_messages import chat_message
from deployment.sandbox.teams.graph.team_calls import wanted_channel
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.wire import Json

DEFAULT_TOP = 20
MOST_TOP = 50


async def list_messages(state: State, asked: Asked) -> Reply:
    """The channel's root messages, newest first."""
    channel = wanted_channel(state, asked)
    roots = [one for one in state.board.within(channel.id) if one.root is None]
    return _page(state, asked, roots)


async def list_replies(state: State, asked: Asked) -> Reply:
    """The replies under one message, newest first."""
    channel, root = wanted_channel(state, asked), asked.parts[5]
    _wanted(state, channel, root)
    return _page(state, asked, [one for one in state.board.within(channel.id) if one.root == root])


async def show_message(state: State, asked: Asked) -> Reply:
    """One message, or one reply under its root."""
    channel = wanted_channel(state, asked)
    message = _wanted(state, channel, asked.parts[-1])
    is_reply = len(asked.parts) == 8
    if message.root != (asked.parts[5] if is_reply else None):
        raise _missing()
    return Reply(body=_shown(state, message))


async def refuse_post(_state: State, _asked: Asked) -> Reply:
    """An app alone may import only: the bot posts through its connector (facts §5.1)."""
    text = "Message POST is allowed in application-only context only for import purposes."
    raise GraphRefusal(401, "Unauthorized", text)


def _wanted(state: State, channel: Conversation, message_id: str) -> Message:
    message = state.board.messages.get(message_id)
    if message is None or message.conversation != channel.id or message.erased:
        raise _missing()
    return message


def _missing() -> GraphRefusal:
    return GraphRefusal(404, "NotFound", "The message was not found.")


def _page(state: State, asked: Asked, messages: list[Message]) -> Reply:
    there = [one for one in reversed(messages) if not one.erased]
    top, start = _top(asked), _start(asked)
    body: Json = {"value": [_shown(state, one) for one in there[start : start + top]]}
    if start + top < len(there):
        more = urlencode({**asked.query, "$skiptoken": f"from-{start + top}"})
        body["@odata.nextLink"] = f"{asked.base}{quote(asked.path, safe='/%:@;')}?{more}"
    return Reply(body=body)


def _shown(state: State, message: Message) -> Json:
    return chat_message(message, state.directory, state.options.app_id)


def _top(asked: Asked) -> int:
    text = asked.query.get("$top", str(DEFAULT_TOP))
    if not text.isdigit() or not 1 <= int(text) <= MOST_TOP:
        raise GraphRefusal(400, "BadRequest", f"$top must be from 1 to {MOST_TOP}.")
    return int(text)


def _start(asked: Asked) -> int:
    text = asked.query.get("$skiptoken", "from-0").removeprefix("from-")
    if not text.isdigit():
        raise GraphRefusal(400, "BadRequest", "The page token is not ours.")
    return int(text)
