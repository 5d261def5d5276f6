"""Levers for everything outside of a conversation: places, people, the registration, Graph."""

from aiohttp import web

from deployment.sandbox.teams import message_events, team_events
from deployment.sandbox.teams.directory import Conversation
from deployment.sandbox.teams.graph.notices import LIFECYCLE, flush, tell_lifecycle
from deployment.sandbox.teams.graph.user_calls import find_user
from deployment.sandbox.teams.graph.users import changed_user, new_user
from deployment.sandbox.teams.greeting import tell_added, tell_removed, tell_upgraded
from deployment.sandbox.teams.reach import HOWS, NO_APP, OK, REMOVED
from deployment.sandbox.teams.state import STATE, State
from deployment.sandbox.teams.wire import DoorError, Json, whole_in
from deployment.sandbox.teams.wishes import (
    conversation_of,
    message_of,
    object_of,
    person_of,
    text_of,
    wish_of,
)

MOST_CALLS = 10_000


def routes() -> list[web.RouteDef]:
    """The doors the README lists."""
    return [
        web.post("/_sandbox/reach", change_reach),
        web.post("/_sandbox/team", change_team),
        web.post("/_sandbox/message", change_message),
        web.post("/_sandbox/users", change_users),
        web.post("/_sandbox/limits", change_limits),
        web.post("/_sandbox/traffic", add_traffic),
        web.post("/_sandbox/app", change_app),
        web.post("/_sandbox/graph", change_roles),
        web.get("/_sandbox/subscriptions", show_subscriptions),
        web.post("/_sandbox/subscriptions", tell_subscribers),
        web.post("/_sandbox/notices", change_notices),
    ]


async def change_reach(request: web.Request) -> web.Response:
    """Build a wall between the bot and a place, or take it down; the bot hears of the latter."""
    state, wish = request.app[STATE], await wish_of(request)
    place, how = _meant(state, wish), text_of(wish, "how")
    if how not in HOWS:
        raise DoorError(422, f"how must be one of: {', '.join(HOWS)}.")
    if how in {NO_APP, REMOVED}:
        status = await _take_out(state, state.home_of(place), told=how == REMOVED)
    elif how == OK:
        state.set_reach(place, OK)
        status = await tell_added(state, state.home_of(place))
    else:
        state.set_reach(place, how)
        status = None
    return web.json_response({"conversation": place.id, "how": how, "status": status})


async def _take_out(state: State, home: Conversation, *, told: bool) -> int | None:
    if told:
        return await tell_removed(state, home)
    state.set_installed(home, "removed")
    return None


def _meant(state: State, wish: Json) -> Conversation:
    """A person means their own chat with the bot."""
    if "person" not in wish:
        ref = text_of(wish, "conversation")
        return conversation_of(state, ref, state.directory.people[0])
    person = person_of(state, text_of(wish, "person"))
    return conversation_of(state, str(wish.get("conversation") or "bot"), person)


async def change_team(request: web.Request) -> web.Response:
    """Something happens to the team."""
    state, wish = request.app[STATE], await wish_of(request)
    by, event = person_of(state, str(wish.get("by") or "ann")), text_of(wish, "event")
    if event == "addUpgrade":
        team = state.home_of(conversation_of(state, "General", by))
        return web.json_response({"status": await tell_upgraded(state, team)})
    return web.json_response(await team_events.happen(state, by, event, wish))


async def change_message(request: web.Request) -> web.Response:
    """A person edits, deletes or reacts; status null: the bot does not hear of it."""
    state, wish = request.app[STATE], await wish_of(request)
    person = person_of(state, text_of(wish, "person"))
    message = message_of(state, text_of(wish, "message"))
    answer = await message_events.happen(state, person, message, wish)
    return web.json_response({"status": answer.status if answer else None})


async def change_users(request: web.Request) -> web.Response:
    """Add, change or remove a user of Graph."""
    state, wish = request.app[STATE], await wish_of(request)
    if "add" in wish:
        return web.json_response({"user": state.users.put(new_user(object_of(wish, "add")))})
    row = find_user(state, text_of(wish, "remove" if "remove" in wish else "user"))
    if "remove" in wish:
        state.users.remove(row["id"])
        return web.json_response({"user": row})
    changed = changed_user(row, object_of(wish, "set"))
    return web.json_response({"user": state.users.put(changed)})


async def change_limits(request: web.Request) -> web.Response:
    """How strict the connector is."""
    return web.json_response(request.app[STATE].traffic.change(await wish_of(request)))


async def add_traffic(request: web.Request) -> web.Response:
    """Other bots write somewhere: they use up the thread's limit for all bots (facts §4)."""
    state, wish = request.app[STATE], await wish_of(request)
    place = _meant(state, wish)
    calls = whole_in(wish.get("calls"), "calls", range(1, MOST_CALLS))
    windows = state.traffic.windows("send", place.id)
    others = {key: value for key, value in windows.items() if key.startswith("all ")}
    counted = sum(1 for _ in range(calls) if not state.take(others))
    return web.json_response({"conversation": place.id, "calls": counted})


async def change_app(request: web.Request) -> web.Response:
    """The app's registration: credentials, catalogue, manifest."""
    return web.json_response(request.app[STATE].app.change(await wish_of(request)))


async def change_roles(request: web.Request) -> web.Response:
    """Which application permissions the next Graph token names."""
    state, wish = request.app[STATE], await wish_of(request)
    known = {name: wish[name] for name in ("roles",) if name in wish}
    return web.json_response({"roles": state.app.change(known)["roles"]})


async def show_subscriptions(request: web.Request) -> web.Response:
    """Every subscription that is not over."""
    state = request.app[STATE]
    rows = [
        one.shown()
        | {"channel": one.channel, "paused": one.paused}
        | {"notices": one.notices, "failed": one.failed}
        for one in state.subscriptions.alive(state.options.now())
    ]
    return web.json_response({"subscriptions": rows})


async def tell_subscribers(request: web.Request) -> web.Response:
    """A lifecycle event for one subscription, or for all."""
    state, wish = request.app[STATE], await wish_of(request)
    event = text_of(wish, "event")
    if event not in LIFECYCLE:
        raise DoorError(422, f"event must be one of: {', '.join(LIFECYCLE)}.")
    alive = state.subscriptions.alive(state.options.now())
    meant = [one for one in alive if wish.get("id") in {None, one.id}]
    for one in meant:
        tell_lifecycle(state, one, event, pause=wish.get("pause") is True)
    return web.json_response({"told": [one.id for one in meant]})


async def change_notices(request: web.Request) -> web.Response:
    """What happens to notices on their way."""
    state = request.app[STATE]
    told = state.mischief.change(await wish_of(request))
    flush(state)
    return web.json_response(told)
