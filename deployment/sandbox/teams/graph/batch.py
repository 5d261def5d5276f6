"""JSON batching: up to twenty calls at once, answered in any order (facts §5.2)."""

from typing import Any

from deployment.sandbox.teams.faults import status_of
from deployment.sandbox.teams.graph import calls
from deployment.sandbox.teams.graph.asked import (
    BASE,
    Asked,
    GraphRefusal,
    Reply,
    refused,
    split_url,
)
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.wire import Json

MOST = 20
DEPENDENCY_FAILED = 424


async def answer(state: State, asked: Asked) -> Reply:
    """Answer every item by itself; the whole is 200 even where all of them failed."""
    try:
        items = _items(asked)
    except GraphRefusal as error:
        return refused(error, request_id=state.new_id(), at=state.stamp())
    answers: dict[str, Json] = {}
    for item in items:
        answers[item["id"]] = await _answer_item(state, asked, item, answers)
    # Shuffled, because a client must go by the ids.
    shuffled = list(answers.values())
    state.options.random.shuffle(shuffled)
    return Reply(body={"responses": shuffled})


def _items(asked: Asked) -> list[Json]:
    items = asked.document().get("requests")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST:
        raise _bad(f"Number of batch request steps must be from 1 to {MOST}.")
    ids = [item.get("id") for item in items if isinstance(item, dict)]
    if len(set(ids)) != len(items) or not all(isinstance(one, str) and one for one in ids):
        raise _bad("Each step needs a unique id, written as a text.")
    for item in items:
        _check(item)
    return items


def _check(item: Json) -> None:
    url, method = item.get("url"), item.get("method")
    if not isinstance(url, str) or "://" in url or not isinstance(method, str):
        raise _bad(f"Step {item['id']} needs a method and a relative url.")
    types = {name.casefold() for name in item.get("headers") or {}}
    if item.get("body") is not None and "content-type" not in types:
        raise _bad(f"Step {item['id']} has a body but no Content-Type header.")


async def _answer_item(state: State, asked: Asked, item: Json, before: dict[str, Json]) -> Json:
    failed = [one for one in item.get("dependsOn") or [] if not _went_well(before.get(one))]
    if failed:
        error = GraphRefusal(DEPENDENCY_FAILED, "FailedDependency", f"Step {failed[0]} failed.")
        return _written(state, item, refused(error, request_id=state.new_id(), at=state.stamp()))
    path, query = split_url("/" + item["url"].lstrip("/"))
    one = Asked(
        method=item["method"].upper(),
        path=path,
        query=query,
        headers=item.get("headers") or {},
        body=item.get("body"),
        claims=asked.claims,
        base=asked.base,
    )
    reply = _struck(state, one) or await calls.answer(state, one)
    return _written(state, item, reply)


def _struck(state: State, one: Asked) -> Reply | None:
    """The armed fault that means this item, where it is a plain status."""
    path = f"{BASE}{one.path}"
    text = state.faults.take(one.method, path, only="status:")
    if text is None:
        return None
    state.history.add("fault", fault=text, method=one.method, path=path)
    status, after = status_of(text)
    code = "TooManyRequests" if status == 429 else "ServiceError"
    error = GraphRefusal(status, code, "The fault armed for this call.", retry_after=after)
    return refused(error, request_id=state.new_id(), at=state.stamp())


def _went_well(answer: Json | None) -> bool:
    return answer is not None and 200 <= answer["status"] < 300


def _written(state: State, item: Json, reply: Reply) -> Json:
    path = split_url(item["url"])[0]
    facts: Json = {"method": item["method"], "path": f"{BASE}/{path.lstrip('/')}", "batch": True}
    state.history.add("request", **facts, status=reply.status)
    written: dict[str, Any] = {"id": item["id"], "status": reply.status}
    written["headers"] = {"Content-Type": "application/json", **reply.headers}
    return written | ({"body": reply.body} if reply.body is not None else {})


def _bad(text: str) -> GraphRefusal:
    return GraphRefusal(400, "BadRequest", text)
