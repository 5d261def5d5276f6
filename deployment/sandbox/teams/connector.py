"""The connector's REST calls: conversations and activities (facts §3.3)."""

from aiohttp import web

from deployment.sandbox.teams.conversations import BOT, Message, split_thread
from deployment.sandbox.teams.directory import Conversation, Person
from deployment.sandbox.teams.graph.notices import announce
from deployment.sandbox.teams.limits import Window
from deployment.sandbox.teams.posts import Post, read_post
from deployment.sandbox.teams.reach import ARCHIVED, NO_PERSONAL_APP, WALLS, no_app_in
from deployment.sandbox.teams.state import STATE, State
from deployment.sandbox.teams.views import Views
from deployment.sandbox.teams.wire import ConnectorError, Json, child, read_object

VIEWS = web.AppKey("VIEWS", Views)


def routes() -> list[web.RouteDef]:
    """What the bot may call to post, edit and delete."""
    base = "/teams/v3/conversations"
    return [
        web.post(base, create_conversation),
        web.post(base + "/{conversation}/activities", post_activity),
        web.post(base + "/{conversation}/activities/{activity}", reply_activity),
        web.put(base + "/{conversation}/activities/{activity}", edit_activity),
        web.delete(base + "/{conversation}/activities/{activity}", delete_activity),
    ]


async def create_conversation(request: web.Request) -> web.Response:
    """Start a channel thread with its first post, or open a chat with one person."""
    state, wish = admitted(request), await body_of(request)
    _check_bot(state, wish)
    channel = child(wish, "channelData", "channel", "id")
    if isinstance(channel, str):
        return await _start_thread(request, wish, channel)
    return _open_chat(state, wish)


async def post_activity(request: web.Request) -> web.Response:
    """Post into a thread (`;messageid=`), a chat, or as a new root of a channel."""
    state, activity = admitted(request), await body_of(request)
    conversation, root = place_in(state, request.match_info["conversation"], writing=True)
    limit(state, "send", conversation.id)
    if activity.get("type") == "typing":
        return web.json_response({"id": str(state.millis())}, status=201)
    async with state.traffic.alone(conversation.id, state.options.sleep):
        message = _post(request, conversation, root, activity)
    return web.json_response({"id": message.id}, status=201)


async def reply_activity(request: web.Request) -> web.Response:
    """The same as a post: the id in the path does not route anything (teams.py PR #521)."""
    return await post_activity(request)


async def edit_activity(request: web.Request) -> web.Response:
    """Replace the bot's own message; everybody's own view is reset (facts §2.2)."""
    state, activity = admitted(request), await body_of(request)
    message = _own_message(state, request)
    post = _read_message(state, activity)
    async with state.traffic.alone(message.conversation, state.options.sleep):
        state.board.edit(message, post, at=state.stamp())
    state.history.add("edit", **_facts(message), version=message.version)
    request.app[VIEWS].changed(message)
    announce(state, message, "updated")
    return web.json_response({"id": message.id})


async def delete_activity(request: web.Request) -> web.Response:
    """Delete the bot's own message."""
    state = admitted(request)
    message = _own_message(state, request)
    async with state.traffic.alone(message.conversation, state.options.sleep):
        state.board.delete(message, at=state.stamp())
    place = {"conversation": message.conversation, "thread": message.thread}
    state.history.add("delete", by=BOT, message=message.id, **place)
    announce(state, message, "deleted")
    return web.Response()


def admitted(request: web.Request) -> State:
    """Let a call in that carries a good token and fits the tenant's limit."""
    state = request.app[STATE]
    state.tokens.check(request.headers.get("Authorization", ""))
    _count(state, {"tenant": (Window(1, state.traffic.tenant),)})
    return state


def limit(state: State, kind: str, place: str) -> None:
    """Count the call at its place, or refuse it with 429 and Retry-After (facts §4)."""
    _count(state, state.traffic.windows(kind, place))


def _count(state: State, wanted: dict[str, tuple[Window, ...]]) -> None:
    wait = state.take(wanted) if state.traffic.enforced else 0
    if wait:
        raise ConnectorError(429, "Throttled", "Too many requests.", retry_after=wait)


async def body_of(request: web.Request) -> Json:
    """The JSON object of a request, or 400 as the connector says it."""
    if request.content_type != "application/json":
        raise ConnectorError(415, "UnsupportedMediaType", "Send application/json.")
    try:
        return read_object(await request.read())
    except ValueError as error:
        raise ConnectorError(400, "BadSyntax", str(error)) from error


def place_in(
    state: State, conversation_id: str, *, writing: bool = False
) -> tuple[Conversation, str | None]:
    """The conversation, and the thread's root where the id names one."""
    base, root = split_thread(conversation_id)
    conversation = state.find_conversation(base)
    known = root is None or _is_root(state, base, root)
    if conversation is None or conversation.deleted or not known:
        raise WALLS["gone"].error()
    _check_reach(state, conversation, writing=writing)
    return conversation, root


def _check_reach(state: State, conversation: Conversation, *, writing: bool) -> None:
    wall = WALLS.get(state.reach.get(conversation.id, ""))
    if wall and (writing or not wall.writing):
        raise wall.error()
    if not state.has_app(conversation):
        raise no_app_in(conversation).error()
    if writing and conversation.type == "channel" and state.directory.team.archived:
        raise ARCHIVED.error()


def _is_root(state: State, conversation_id: str, root: str) -> bool:
    message = state.board.messages.get(root)
    return bool(message and message.conversation == conversation_id and message.root is None)


def _check_bot(state: State, wish: Json) -> None:
    if child(wish, "bot", "id") not in {state.envelopes.bot_id, state.options.app_id}:
        raise ConnectorError(400, "BadSyntax", f"bot.id must be {state.envelopes.bot_id}.")
    tenant = child(wish, "channelData", "tenant", "id") or wish.get("tenantId")
    if tenant != state.options.tenant_id:
        raise ConnectorError(400, "BadSyntax", "tenantId is missing or names another tenant.")


async def _start_thread(request: web.Request, wish: Json, channel: str) -> web.Response:
    state = request.app[STATE]
    conversation, root = place_in(state, channel, writing=True)
    if conversation.type != "channel" or root is not None:
        raise ConnectorError(400, "BadSyntax", "channelData.channel.id is no channel.")
    limit(state, "create", conversation.id)
    activity = wish.get("activity")
    if not isinstance(activity, dict):
        raise ConnectorError(400, "BadSyntax", "A channel thread needs its first activity.")
    async with state.traffic.alone(conversation.id, state.options.sleep):
        message = _post(request, conversation, None, activity)
    thread = f"{conversation.id};messageid={message.id}"
    state.history.add("create_conversation", conversation=thread, activity=message.id)
    return web.json_response({"id": thread, "activityId": message.id}, status=201)


def _open_chat(state: State, wish: Json) -> web.Response:
    person = _wanted_person(state, wish)
    conversation = state.directory.chat_with(person)
    limit(state, "create", person.aad_id)
    if conversation is None:
        raise NO_PERSONAL_APP.error()
    _check_reach(state, conversation, writing=False)
    state.history.add("create_conversation", conversation=conversation.id, person=person.login)
    return web.json_response({"id": conversation.id}, status=201)


def _wanted_person(state: State, wish: Json) -> Person:
    members = wish.get("members")
    if not isinstance(members, list) or len(members) != 1:
        message = "A bot opens chats with one member; it cannot start a group chat."
        raise ConnectorError(400, "BadSyntax", message)
    wanted = str(child({"member": members[0]}, "member", "id") or "")
    person = state.directory.person(wanted)
    # Neither e-mail nor UPN is an address for sending (facts §3.2).
    if person is None or wanted not in {person.teams_id, person.aad_id}:
        raise ConnectorError(400, "BadSyntax", "Failed to decrypt pairwise id.")
    return person


def _post(
    request: web.Request, conversation: Conversation, root: str | None, activity: Json
) -> Message:
    state = request.app[STATE]
    message = state.board.add(
        conversation.id,
        _read_message(state, activity),
        root=root,
        sender=BOT,
        at=state.stamp(),
        millis=state.millis(),
    )
    state.history.add("post", **_facts(message))
    request.app[VIEWS].changed(message)
    announce(state, message, "created")
    return message


def _read_message(state: State, activity: Json) -> Post:
    if activity.get("type", "message") != "message":
        raise ConnectorError(400, "BadSyntax", "The activity type is not supported here.")
    return read_post(activity, state.directory)


def _own_message(state: State, request: web.Request) -> Message:
    conversation, root = place_in(state, request.match_info["conversation"], writing=True)
    limit(state, "send", conversation.id)
    message = state.board.messages.get(request.match_info["activity"])
    gone = message is None or message.deleted or message.conversation != conversation.id
    if message is None or gone or not _addressed(message, conversation, root):
        text = "The activity was not found in the conversation."
        raise ConnectorError(404, "ActivityNotFoundInConversation", text)
    if message.sender != BOT:
        text = "A bot may change its own messages only."
        raise ConnectorError(403, "NotEnoughPermissions", text)
    return message


def _addressed(message: Message, conversation: Conversation, root: str | None) -> bool:
    """A reply in a channel is found through its thread only; a root also through the channel."""
    if conversation.type != "channel":
        return True
    return message.thread == root or (root is None and message.root is None)


def _facts(message: Message) -> Json:
    post = message.post
    return {
        "by": message.sender,
        "message": message.id,
        "conversation": message.conversation,
        "thread": message.thread,
        "text": post.text,
        "summary": post.summary,
        "card": post.card,
        "mentions": post.mentions,
        "dropped_mentions": post.dropped_mentions,
    }
