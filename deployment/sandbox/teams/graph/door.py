"""The HTTP side of Graph: one door for every call, and `$batch`."""

from aiohttp import web

from deployment.sandbox.teams.graph import batch, calls
from deployment.sandbox.teams.graph.asked import (
    BASE,
    Asked,
    GraphRefusal,
    Reply,
    read_json,
    refused,
    split_url,
)
from deployment.sandbox.teams.state import STATE, State
from deployment.sandbox.teams.tokens import GRAPH


def routes() -> list[web.RouteDef]:
    """Everything below `/v1.0`."""
    return [web.route("*", BASE + "/{path:.*}", take)]


async def take(request: web.Request) -> web.StreamResponse:
    """Check the token, ask, and write the answer as Graph does."""
    state = request.app[STATE]
    try:
        asked = await _read(state, request)
    except GraphRefusal as error:
        return _written(refused(error, request_id=state.new_id(), at=state.stamp()), state)
    whole = asked.path.strip("/") == "$batch" and asked.method == "POST"
    return _written(await (batch.answer if whole else calls.answer)(state, asked), state)


async def _read(state: State, request: web.Request) -> Asked:
    claims = state.tokens.claims(request.headers.get("Authorization", ""), GRAPH)
    if claims is None:
        text = "Access token is missing, expired, or not for this resource."
        raise GraphRefusal(401, "InvalidAuthenticationToken", text)
    path, query = split_url(request.raw_path.removeprefix(BASE))
    return Asked(
        method=request.method,
        path=path,
        query=query,
        headers=dict(request.headers),
        body=read_json(await request.read()),
        claims=claims,
        base=f"{state.address.url}{BASE}",
    )


def _written(reply: Reply, state: State) -> web.Response:
    headers = {"request-id": state.new_id(), **reply.headers}
    if reply.body is None:
        return web.Response(status=reply.status, headers=headers)
    return web.json_response(reply.body, status=reply.status, headers=headers)
