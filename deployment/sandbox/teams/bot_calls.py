"""Signed activities to the bot, as the Bot Service sends them (facts §1.6, §3.5)."""

import aiohttp

from deployment.sandbox.teams.answers import NO_ANSWER, BotAnswer
from deployment.sandbox.teams.faults import REPEAT_INVOKE
from deployment.sandbox.teams.keys import ISSUER
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.waiting import at_most
from deployment.sandbox.teams.wire import Json, child

INVOKE_SECONDS = 10.0
MESSAGE_SECONDS = 15.0
QUERY_SECONDS = 5.0  # dialogs, search, unfurling: then twice more (facts §1.6)
REPEATS = 2
HEALTH_SECONDS = 2.0
NO_CONNECTION = 502
MESSAGES = "/api/messages"


async def send_activity(state: State, activity: Json) -> BotAnswer:
    """Send one activity to the bot; its answer, or 502/504 where none came."""
    is_invoke = activity["type"] == "invoke"
    answer = await _send_once(state, activity, INVOKE_SECONDS if is_invoke else MESSAGE_SECONDS)
    if is_invoke and answer.is_empty:
        # Teams takes an empty answer for none and asks again (vercel/chat#731).
        await _send_once(
            state, state.envelopes.again(activity, state.options.now()), INVOKE_SECONDS
        )
    if is_invoke:
        await _repeat_if_armed(state, activity, INVOKE_SECONDS)
    return answer


async def send_query(state: State, activity: Json) -> BotAnswer:
    """Send what a person waits for in a dialog or a search: 5 s, then twice more (facts §1.6)."""
    answer = await _send_once(state, activity, QUERY_SECONDS)
    for _ in range(REPEATS):
        if answer.status < 500:
            break
        again = state.envelopes.again(activity, state.options.now())
        answer = await _send_once(state, again, QUERY_SECONDS)
    await _repeat_if_armed(state, activity, QUERY_SECONDS)
    return answer


async def _repeat_if_armed(state: State, activity: Json, limit: float) -> None:
    if state.faults.take("POST", MESSAGES, repeat=True):
        state.history.add("fault", fault=REPEAT_INVOKE, method="POST", path=MESSAGES)
        await _send_once(state, state.envelopes.again(activity, state.options.now()), limit)


async def is_up(state: State) -> bool:
    """Whether the bot answers its health door."""
    try:
        return await at_most(HEALTH_SECONDS, _get_health(state), state.options.sleep) == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


async def _get_health(state: State) -> int:
    url = state.options.bot.rstrip("/") + "/health/live"
    async with state.http.get(url) as response:
        return response.status


async def _send_once(state: State, activity: Json, limit: float) -> BotAnswer:
    try:
        answer = await at_most(limit, _post(state, activity), state.options.sleep)
    except TimeoutError:
        answer = BotAnswer(NO_ANSWER)
    except aiohttp.ClientError:
        answer = BotAnswer(NO_CONNECTION)
    state.history.add("activity", **_facts(state, activity), status=answer.status)
    return answer


async def _post(state: State, activity: Json) -> BotAnswer:
    headers = {
        "Authorization": f"Bearer {_token(state)}",
        # Unsigned routing hints of the real service (facts §1.1).
        "x-ms-conversation-id": str(activity["conversation"]["id"]),
        "x-ms-tenant-id": state.options.tenant_id,
    }
    url = state.options.bot.rstrip("/") + MESSAGES
    async with state.http.post(url, json=activity, headers=headers) as response:
        return BotAnswer(response.status, await response.read())


def _token(state: State) -> str:
    start = int(state.options.now().timestamp())
    return state.key.sign(
        {
            "iss": ISSUER,
            "aud": state.options.app_id,
            "serviceurl": state.service_url,
            "nbf": start,
            "exp": start + 3600,
        }
    )


def _facts(state: State, activity: Json) -> Json:
    person = state.directory.person(str(child(activity, "from", "aadObjectId") or ""))
    return {
        "type": activity["type"],
        "name": activity.get("name") or activity.get("action") or _event(activity),
        "person": person.login if person else None,
        "verb": child(activity, "value", "action", "verb"),
        "trigger": child(activity, "value", "trigger"),
        "id": activity["id"],
        "conversation": activity["conversation"]["id"],
        "message": activity.get("replyToId"),
        "text": activity.get("text"),
    }


def _event(activity: Json) -> str | None:
    event = child(activity, "channelData", "eventType")
    return event if isinstance(event, str) else None
