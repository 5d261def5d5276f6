"""The connector's read calls: members, teams, channels (facts §3.3)."""

from aiohttp import web

from deployment.sandbox.teams.connector import admitted, limit, place_in
from deployment.sandbox.teams.directory import Conversation, Person
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.team_life import TEAM_GROUP_ID, TEAM_ID
from deployment.sandbox.teams.wire import ConnectorError, Json

PAGE_SIZES = range(50, 501)
DEFAULT_PAGE = 200


def routes() -> list[web.RouteDef]:
    """What the bot may ask about people and places."""
    base = "/teams/v3/conversations/{conversation}"
    return [
        web.get(base + "/members", members),
        web.get(base + "/members/{member}", member),
        web.get(base + "/pagedmembers", paged_members),
        web.get("/teams/v3/teams/{team}", team),
        web.get("/teams/v3/teams/{team}/conversations", channels),
    ]


async def members(request: web.Request) -> web.Response:
    """The whole roster at once."""
    _, conversation = _asked(request)
    return web.json_response([_member(one, conversation) for one in conversation.members])


async def member(request: web.Request) -> web.Response:
    """One member by `29:` id, Entra id or UPN."""
    state, conversation = _asked(request)
    wanted = request.match_info["member"]
    person = state.directory.person(wanted)
    # Mail is no key here; a UPN is, and often looks the same (facts §3.3).
    keys = {person.teams_id, person.aad_id, person.upn} if person else set()
    is_key = wanted.casefold() in {key.casefold() for key in keys}
    if person is None or person not in conversation.members or not is_key:
        message = "The member was not found in the conversation."
        raise ConnectorError(404, "MemberNotFoundInConversation", message)
    return web.json_response(_member(person, conversation))


async def paged_members(request: web.Request) -> web.Response:
    """A page of the roster and the token of the next one."""
    _, conversation = _asked(request)
    size, start = _page_size(request), _page_start(request)
    page = conversation.members[start : start + size]
    body: Json = {"members": [_member(one, conversation) for one in page]}
    if start + size < len(conversation.members):
        body["continuationToken"] = f"from:{start + size}"
    return web.json_response(body)


async def team(request: web.Request) -> web.Response:
    """The team's name and its Entra group."""
    state, conversation = _team(request)
    return web.json_response(
        {
            "id": TEAM_ID,
            "name": state.directory.team.name,
            "aadGroupId": TEAM_GROUP_ID,
            "type": "standard",
            "tenantId": state.options.tenant_id,
            "channelCount": len(_channels(state)),
            "memberCount": len(conversation.members),
        }
    )


async def channels(request: web.Request) -> web.Response:
    """The team's channels; General has no name here (facts §1.1)."""
    state, _ = _team(request)
    rows = [
        {"id": one.id, "name": None if one.id == TEAM_ID else one.name, "type": one.membership}
        for one in _channels(state)
    ]
    return web.json_response({"conversations": rows})


def _asked(request: web.Request) -> tuple[State, Conversation]:
    state = admitted(request)
    conversation, _ = place_in(state, request.match_info["conversation"])
    limit(state, "read", conversation.id)
    return state, conversation


def _team(request: web.Request) -> tuple[State, Conversation]:
    state = admitted(request)
    if request.match_info["team"] != TEAM_ID:
        raise ConnectorError(404, "ConversationNotFound", "The team was not found.")
    conversation, _ = place_in(state, TEAM_ID)
    limit(state, "read", TEAM_ID)
    return state, conversation


def _channels(state: State) -> list[Conversation]:
    channels = (one for one in state.directory.conversations if one.type == "channel")
    return [one for one in channels if not one.deleted]


def _page_start(request: web.Request) -> int:
    token = request.query.get("continuationToken", "from:0")
    mark, _, number = token.partition(":")
    if mark != "from" or not number.isdigit():
        raise ConnectorError(400, "BadSyntax", "The continuationToken is not one of ours.")
    return int(number)


def _page_size(request: web.Request) -> int:
    text = request.query.get("pageSize", str(DEFAULT_PAGE))
    if not text.isdecimal() or int(text) not in PAGE_SIZES:
        raise ConnectorError(400, "BadSyntax", "pageSize must be a number from 50 to 500.")
    return int(text)


def _member(person: Person, conversation: Conversation) -> Json:
    given, _, family = person.name.removesuffix(" (guest)").partition(" ")
    # Only a team has an owner; in chats everybody is a user.
    in_team = conversation.type == "channel" or person.role == "guest"
    return {
        "id": person.teams_id,
        "name": person.name,
        "objectId": person.aad_id,
        "aadObjectId": person.aad_id,
        "givenName": given,
        "surname": family,
        "email": person.email,
        "userPrincipalName": person.upn,
        "tenantId": person.tenant_id,
        "userRole": person.role if in_team else "user",
    }
