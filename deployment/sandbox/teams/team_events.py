"""The life of the team: channels come and go, people too, and the bot hears of it (facts §1.8)."""

from collections.abc import Callable
from dataclasses import replace

from deployment.sandbox.teams.bot_calls import send_activity
from deployment.sandbox.teams.directory import Conversation, Person
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.team_life import TEAM_ID, TeamLife
from deployment.sandbox.teams.wire import DoorError, Json, flag, text_in

MEMBERSHIPS = ("standard", "private")
Change = Callable[[TeamLife, Json], TeamLife]


async def happen(state: State, by: Person, event: str, wish: Json) -> Json:
    """Let *event* happen and tell the bot; says what the lever should answer."""
    team, facts = _team(state), _facts(state, event, wish)
    change = _CHANGES.get(event)
    if change:
        state.set_team(change(state.directory.team, facts))
    if event == "teamOwner":
        return {"status": None}
    answer = await send_activity(state, _activity(state, by, team, event, facts))
    told = {"status": answer.status}
    return told | ({"id": facts["id"]} if facts.get("id") else {})


def _team(state: State) -> Conversation:
    team = state.directory.conversation(TEAM_ID)
    if team is None:
        raise LookupError(TEAM_ID)
    return team


def _facts(state: State, event: str, wish: Json) -> Json:
    """What the event is about, looked up."""
    if event == "channelCreated":
        name = text_in(wish.get("name"), "name")
        membership = str(wish.get("membership", MEMBERSHIPS[0]))
        if membership not in MEMBERSHIPS:
            raise DoorError(422, f"membership must be one of: {', '.join(MEMBERSHIPS)}.")
        key = f"19:{state.new_id().replace('-', '')}@thread.tacv2"
        return {"id": key, "name": name, "membership": membership}
    if event in _CHANGES and event.startswith("channel"):
        channel = _channel(state, text_in(wish.get("channel"), "channel"))
        return {"id": channel.id, "name": str(wish.get("name") or channel.name)}
    if event == "teamRenamed":
        return {"name": text_in(wish.get("name"), "name")}
    if event.startswith(("teamMember", "teamOwner")):
        person = state.directory.person(text_in(wish.get("person"), "person"))
        if person is None:
            raise DoorError(404, f"Nobody is called “{wish['person']}”.")
        return {"person": person, "owner": flag(wish.get("owner", True), "owner")}
    return {}


def _channel(state: State, ref: str) -> Conversation:
    """A channel by id or name, also one that was deleted."""
    wanted = ref.casefold()
    for one in state.directory.conversations:
        if one.type == "channel" and wanted in {one.id.casefold(), one.name.casefold()}:
            return one
    raise DoorError(404, f"The team has no channel “{ref}”.")


def _activity(state: State, by: Person, team: Conversation, event: str, facts: Json) -> Json:
    channel = {"id": facts["id"], "name": facts["name"]} if facts.get("id") else {}
    now = state.options.now()
    activity = state.envelopes.team_event(by, team, event, now=now, channel=channel)
    person = facts.get("person")
    if person is None:
        return activity
    member = {"id": person.teams_id, "aadObjectId": person.aad_id, "name": person.name}
    return activity | {f"members{event.removeprefix('teamMember')}": [member]}


def _created(team: TeamLife, facts: Json) -> TeamLife:
    return team.with_channel(facts["id"], name=facts["name"], membership=facts["membership"])


_CHANGES: dict[str, Change] = {
    "channelCreated": _created,
    "channelRenamed": lambda team, it: team.with_channel(it["id"], name=it["name"]),
    "channelDeleted": lambda team, it: team.with_channel(it["id"], deleted=True),
    "channelRestored": lambda team, it: team.with_channel(it["id"], deleted=False),
    "teamRenamed": lambda team, it: replace(team, name=it["name"]),
    "teamArchived": lambda team, _: replace(team, archived=True),
    "teamUnarchived": lambda team, _: replace(team, archived=False),
    "teamDeleted": lambda team, _: replace(team, deleted=True),
    "teamHardDeleted": lambda team, _: replace(team, deleted=True),
    "teamRestored": lambda team, _: replace(team, deleted=False),
    "teamMemberAdded": lambda team, it: team.with_member(it["person"].login, present=True),
    "teamMemberRemoved": lambda team, it: team.with_member(it["person"].login, present=False),
    "teamOwner": lambda team, it: team.with_owner(it["person"].login, owner=it["owner"]),
}
