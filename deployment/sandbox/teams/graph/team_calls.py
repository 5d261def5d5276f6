"""The team and its channels (facts §5.2)."""

from deployment.sandbox.teams.directory import Conversation
from deployment.sandbox.teams.graph.asked import Asked, GraphRefusal, Reply
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.team_life import TEAM_GROUP_ID
from deployment.sandbox.teams.wire import Json


async def show_team(state: State, asked: Asked) -> Reply:
    """`GET /teams/{group}`."""
    check_team(state, asked)
    team = state.directory.team
    known = {"id": TEAM_GROUP_ID, "displayName": team.name, "isArchived": team.archived}
    return Reply(body=known | {"tenantId": state.options.tenant_id})


async def list_channels(state: State, asked: Asked) -> Reply:
    """`GET /teams/{group}/channels`."""
    check_team(state, asked)
    channels = (one for one in state.directory.conversations if one.type == "channel")
    return Reply(body={"value": [_channel(one) for one in channels if not one.deleted]})


async def show_channel(state: State, asked: Asked) -> Reply:
    """`GET /teams/{group}/channels/{channel}`."""
    return Reply(body=_channel(wanted_channel(state, asked)))


def check_team(state: State, asked: Asked) -> None:
    """404 for any team but ours."""
    if asked.parts[1].casefold() != TEAM_GROUP_ID or state.directory.team.deleted:
        raise GraphRefusal(404, "NotFound", "No team found with the group id.")


def wanted_channel(state: State, asked: Asked) -> Conversation:
    """The channel a path names, or 404."""
    check_team(state, asked)
    channel = state.directory.conversation(asked.parts[3])
    if channel is None or channel.type != "channel" or channel.deleted:
        raise GraphRefusal(404, "NotFound", "The channel was not found.")
    return channel


def _channel(one: Conversation) -> Json:
    return {"id": one.id, "displayName": one.name, "membershipType": one.membership}
