"""Telling subscribers what changed: again until taken, doubled and shuffled on demand (§5.3)."""

import aiohttp

from deployment.sandbox.teams.conversations import Message
from deployment.sandbox.teams.graph.chat_messages import chat_message, resource_of
from deployment.sandbox.teams.graph.sealing import sealed, validation_token
from deployment.sandbox.teams.graph.subscriptions import Subscription
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.waiting import at_most
from deployment.sandbox.teams.wire import Json

ANSWER_SECONDS = 10.0
FIRST_GAP = 10.0
WIDEST_GAP = 1800.0
LONGEST_TRY = 4 * 3600.0
LIFECYCLE = ("reauthorizationRequired", "subscriptionRemoved", "missed")


def announce(state: State, message: Message, change: str) -> None:
    """Tell everybody subscribed that *message* was created, updated or deleted."""
    for one in state.subscriptions.alive(state.options.now()):
        if one.channel != message.conversation or change not in one.changes:
            continue
        if one.paused or _is_dropped(state, one):
            state.history.add("notice_lost", subscription=one.id, message=message.id)
            continue
        _hand_out(state, one, _notice(state, one, message, change))


def tell_lifecycle(state: State, one: Subscription, event: str, *, pause: bool) -> None:
    """Tell a subscriber what became of the subscription itself."""
    if event == "subscriptionRemoved":
        state.subscriptions.remove(one)
    one.paused = pause
    item: Json = {
        "lifecycleEvent": event,
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": one.expires,
        "clientState": one.client_state,
        "tenantId": state.options.tenant_id,
        "resource": one.resource,
    }
    state.history.add("lifecycle", event=event, subscription=one.id)
    if one.lifecycle_url:
        state.background.start(_deliver(state, one, one.lifecycle_url, {"value": [item]}))


def _is_dropped(state: State, one: Subscription) -> bool:
    if not state.mischief.drop:
        return False
    state.mischief.drop -= 1
    one.failed += 1
    return True


def flush(state: State) -> None:
    """Send what was held back, last first, once there is enough of it."""
    mischief = state.mischief
    if len(mischief.held) >= mischief.reorder:
        held, mischief.held = mischief.held[::-1], []
        _send(state, held)


def _hand_out(state: State, one: Subscription, notice: Json) -> None:
    state.mischief.held += [(one.id, notice)] * (1 + state.mischief.duplicate)
    flush(state)


def _send(state: State, notices: list[tuple[str, Json]]) -> None:
    for subscription_id, notice in notices:
        one = state.subscriptions.known.get(subscription_id)
        if one is not None:
            state.background.start(_deliver(state, one, one.notification_url, notice))


def _notice(state: State, one: Subscription, message: Message, change: str) -> Json:
    words, resource = state.mischief.words, resource_of(message)
    data = {"id": message.id, "@odata.type": "#Microsoft.Graph.chatMessage", "@odata.id": resource}
    item: Json = {
        "subscriptionId": one.id,
        "changeType": change,
        "clientState": "somebody else's" if words["clientState"] == "wrong" else one.client_state,
        "subscriptionExpirationDateTime": one.expires,
        "resource": resource,
        "resourceData": data,
        "tenantId": state.options.tenant_id,
    }
    if not one.include_content:
        return {"value": [item]}
    content = chat_message(message, state.directory, state.options.app_id)
    random = state.options.random
    item["encryptedContent"] = sealed(content, one, random=random, how=words["content"])
    return {"value": [item], "validationTokens": _tokens(state)}


def _tokens(state: State) -> list[str]:
    how, now = state.mischief.words["token"], state.options.now().timestamp()
    if how == "none":
        return []
    # The Bot Service's key is as foreign to Entra as any, and making another takes a moment.
    key = state.key if how == "foreign key" else state.entra_key
    return [validation_token(state.app, key, now=now, how=how)]


async def _deliver(state: State, one: Subscription, url: str, notice: Json) -> None:
    """Send until it is taken, with growing gaps, for four hours."""
    gap, tried = FIRST_GAP, 0.0
    while not await _is_taken(state, one, url, notice):
        one.failed += 1
        if tried >= LONGEST_TRY:
            return
        await (state.options.pause or state.options.sleep)(gap)
        tried, gap = tried + gap, min(WIDEST_GAP, 30.0 if gap == FIRST_GAP else gap * 2)
    one.notices += 1


async def _is_taken(state: State, one: Subscription, url: str, notice: Json) -> bool:
    try:
        status = await at_most(ANSWER_SECONDS, _post(state, url, notice), state.options.sleep)
    except (aiohttp.ClientError, TimeoutError):
        status = 0
    item = notice["value"][0]
    facts = {"change": item.get("changeType"), "resource": item["resource"]}
    state.history.add("notice", subscription=one.id, url=url, status=status, **facts)
    return 200 <= status < 300


async def _post(state: State, url: str, notice: Json) -> int:
    async with state.http.post(url, json=notice, allow_redirects=False) as answer:
        return answer.status
