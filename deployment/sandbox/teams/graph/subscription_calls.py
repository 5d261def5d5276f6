"""Subscribing, renewing, unsubscribing (facts §5.3)."""

import aiohttp

from deployment.sandbox.teams.graph.asked import Asked, GraphRefusal, Reply
from deployment.sandbox.teams.graph.subscriptions import (
    Subscription,
    read_expiry,
    read_subscription,
)
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.waiting import at_most
from deployment.sandbox.teams.wire import Json

HANDSHAKE_SECONDS = 10.0
MOST_ANSWER = 4096


async def list_subscriptions(state: State, _asked: Asked) -> Reply:
    """`GET /subscriptions`: the app's own."""
    return Reply(body={"value": [one.shown() for one in _alive(state)]})


async def create(state: State, asked: Asked) -> Reply:
    """`POST /subscriptions`: both addresses are tried while the call is open."""
    one = read_subscription(asked.document(), state.new_id(), state.options.now())
    channel = state.directory.conversation(one.channel)
    if channel is None or channel.type != "channel" or channel.deleted:
        raise GraphRefusal(404, "NotFound", "The channel of the resource was not found.")
    for url in (one.notification_url, one.lifecycle_url):
        if url is not None:
            await _shake_hands(state, url)
    state.subscriptions.add(one)
    _note(state, one, "created")
    return Reply(201, {"@odata.context": f"{asked.base}/$metadata", **_told(one)})


async def show(state: State, asked: Asked) -> Reply:
    """`GET /subscriptions/{id}`."""
    return Reply(body=_wanted(state, asked).shown())


async def renew(state: State, asked: Asked) -> Reply:
    """`PATCH /subscriptions/{id}`: a later end, nothing else that we play."""
    one, wish = _wanted(state, asked), asked.document()
    if set(wish) - {"expirationDateTime"}:
        text = "Only expirationDateTime can be changed; delete and create anew for the rest."
        raise GraphRefusal(400, "InvalidRequest", text)
    has_lifecycle = one.lifecycle_url is not None
    one.expires = read_expiry(wish, state.options.now(), has_lifecycle=has_lifecycle)
    one.paused = False
    state.subscriptions.keep()
    _note(state, one, "renewed")
    return Reply(body=one.shown())


async def reauthorize(state: State, asked: Asked) -> Reply:
    """`POST /subscriptions/{id}/reauthorize`: it goes on, and ends when it would have."""
    one = _wanted(state, asked)
    one.paused = False
    state.subscriptions.keep()
    _note(state, one, "reauthorized")
    return Reply(200)


async def delete(state: State, asked: Asked) -> Reply:
    """`DELETE /subscriptions/{id}`."""
    one = _wanted(state, asked)
    state.subscriptions.remove(one)
    _note(state, one, "deleted")
    return Reply(204)


def _alive(state: State) -> list[Subscription]:
    return state.subscriptions.alive(state.options.now())


def _wanted(state: State, asked: Asked) -> Subscription:
    found = next((one for one in _alive(state) if one.id == asked.parts[1]), None)
    if found is None:
        raise GraphRefusal(404, "ResourceNotFound", "The object was not found.")
    return found


def _told(one: Subscription) -> Json:
    return one.shown() | {"clientState": one.client_state}


def _note(state: State, one: Subscription, what: str) -> None:
    facts = {"id": one.id, "channel": one.channel, "expires": one.expires}
    state.history.add("subscription", what=what, **facts)


async def _shake_hands(state: State, url: str) -> None:
    """Send a token that must come back decoded, as plain text, and nothing with it."""
    token = f"Validation: Testing client application reachability & id={state.new_id()}+1"
    try:
        answer = await at_most(HANDSHAKE_SECONDS, _ask(state, url, token), state.options.sleep)
    except TimeoutError:
        answer = "The operation has timed out."
    except aiohttp.ClientError as error:
        answer = f"The address could not be reached ({type(error).__name__})."
    state.history.add("handshake", url=url, ok=not answer)
    if answer:
        text = f"Subscription validation request failed. {answer} {url}"
        raise GraphRefusal(400, "ValidationError", text)


async def _ask(state: State, url: str, token: str) -> str:
    """What was wrong with the answer; nothing if all was well."""
    async with state.http.post(
        url,
        params={"validationToken": token},
        data=b"",
        headers={"Content-Type": "text/plain; charset=utf-8"},
        allow_redirects=False,
    ) as answer:
        body = await answer.content.read(MOST_ANSWER)
        if answer.status != 200:
            return f"Notification endpoint answered {answer.status} instead of 200."
        if answer.content_type != "text/plain":
            return f"The answer must be text/plain, not {answer.content_type}."
        return "" if body == token.encode() else "The answer is not the validation token."
