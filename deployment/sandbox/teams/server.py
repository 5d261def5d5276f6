"""Composing the stand-in: routes, middlewares, start and stop."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial

import aiohttp
from aiohttp import web

from deployment.sandbox.teams import (
    connector,
    doors,
    identity_doors,
    levers,
    query_doors,
    roster,
    site,
    token_doors,
)
from deployment.sandbox.teams.connector import VIEWS
from deployment.sandbox.teams.faults import CUT, Handler, error_answer, suffer
from deployment.sandbox.teams.graph import door as graph_door
from deployment.sandbox.teams.greeting import greet
from deployment.sandbox.teams.opening import open_state
from deployment.sandbox.teams.options import SandboxOptions
from deployment.sandbox.teams.state import STATE
from deployment.sandbox.teams.views import Views
from deployment.sandbox.teams.wire import ConnectorError

MOST_BODY = 4 * 1024 * 1024
STOP_SECONDS = 1.0


def build_app(options: SandboxOptions) -> web.Application:
    """The whole stand-in as an application; nothing runs before it is started."""
    app = web.Application(
        middlewares=[learn_address, doors.explain_errors, record, strike, refuse],
        client_max_size=MOST_BODY,
    )
    own = (doors, query_doors, levers, site)
    # The token door's `{tenant}` fits any first step, so the fixed ones stand before it.
    for part in (*own, connector, roster, graph_door, identity_doors, token_doors):
        app.router.add_routes(part.routes())
    app.cleanup_ctx.append(partial(run, options))
    app.on_shutdown.append(_let_pages_go)
    return app


@dataclass(slots=True)
class Served:
    """A listening stand-in."""

    app: web.Application
    port: int
    url: str
    runner: web.AppRunner

    async def cleanup(self) -> None:
        """Stop listening and close the store."""
        await self.runner.cleanup()


async def serve(options: SandboxOptions, *, host: str = "127.0.0.1", port: int = 0) -> Served:
    """Listen on *host*:*port* (0: any free one) with the address the activities will carry."""
    bound = socket.create_server((host, port))
    real = int(bound.getsockname()[1])
    # The address in every activity must be one that can be called.
    shown = "127.0.0.1" if host in {"", "0.0.0.0"} else host  # noqa: S104 - compared, not bound
    url = options.address or f"http://{shown}:{real}"
    try:
        app = build_app(replace(options, address=url))
        runner = web.AppRunner(app, shutdown_timeout=STOP_SECONDS)
        await runner.setup()
    except BaseException:
        bound.close()
        raise
    await web.SockSite(runner, bound).start()
    return Served(app, real, url, runner)


async def run(options: SandboxOptions, app: web.Application) -> AsyncIterator[None]:
    """Hold the store, the session to the bot and the background work while the server runs."""
    state = open_state(options)
    app[STATE], app[VIEWS] = state, Views(state)
    async with aiohttp.ClientSession() as session:
        state.session = session
        state.background.start(greet(state))
        yield
        await state.background.stop()
    state.store.close()


@web.middleware
async def learn_address(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Take the own address from the first request where none was given."""
    request.app[STATE].address.learn(str(request.url.origin()))
    return await handler(request)


@web.middleware
async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note every call of the bot, with the status it got."""
    if not _is_the_bots(request):
        return await handler(request)
    response = await handler(request)
    status = None if request.get(CUT) else response.status
    state = request.app[STATE]
    state.history.add("request", method=request.method, path=request.path, status=status)
    return response


@web.middleware
async def strike(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let an armed fault happen."""
    state = request.app[STATE]
    if not _is_the_bots(request):
        return await handler(request)
    text = state.faults.take(request.method, request.path)
    if text is None:
        return await handler(request)
    state.history.add("fault", fault=text, method=request.method, path=request.path)
    return await suffer(text, request, handler, state.options.sleep)


@web.middleware
async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn a refusal of the connector into its error body (facts §4)."""
    try:
        return await handler(request)
    except ConnectorError as error:
        return error_answer(error)
    except web.HTTPRequestEntityTooLarge:
        message = "The message is larger than the service reads."
        return error_answer(ConnectorError(413, "MessageSizeTooBig", message))
    except web.HTTPException as error:
        if not _is_the_bots(request):
            raise
        return error_answer(ConnectorError(error.status, "BadSyntax", f"{error.reason}."))


def _is_the_bots(request: web.Request) -> bool:
    own = request.path.startswith(("/_sandbox", "/page/", "/favicon")) or request.path == "/"
    return not own


async def _let_pages_go(app: web.Application) -> None:
    app[STATE].pulse.close()
