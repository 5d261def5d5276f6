"""Puts the stand-in together, and starts it on a port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from . import (
    api,
    catalogue,
    consent,
    doors,
    gate,
    habits,
    identity,
    master_doors,
    pages,
    push_doors,
    signin,
    site_doors,
)
from .erp import ERP, Erp
from .habits import BOARD
from .options import SandboxOptions

LARGEST = 30_000_000  # bytes of a request: what IIS takes unless told otherwise


def build_app(options: SandboxOptions) -> web.Application:
    """The whole stand-in as one application; its file and tasks live and end with it."""
    middlewares = [pages.careful, doors.sandbox_door, gate.api_door]
    app = web.Application(middlewares=middlewares, client_max_size=LARGEST)
    app[ERP] = Erp(options)
    habits.add_routes(app)
    master_doors.add_routes(app)
    doors.add_routes(app)
    site_doors.add_routes(app)
    push_doors.add_routes(app)
    pages.add_routes(app)
    app.cleanup_ctx.extend((_book, _push))
    _place_site(app, options.site)
    return app


def _place_site(app: web.Application, folder: str) -> None:
    """The API and the identity server, in the site's folder; doors and pages stay at the root."""
    site = web.Application() if folder else app
    signin.add_routes(site)
    identity.add_routes(site)
    consent.add_routes(site)
    catalogue.add_routes(site)
    api.add_routes(site)
    if folder:
        site[ERP], site[BOARD] = app[ERP], app[BOARD]
        site.router.add_get("/Main", pages.show_document)
        app.add_subapp(folder, site)


@dataclass(frozen=True, slots=True)
class Serving:
    """A started stand-in: where it answers, and how to end it."""

    runner: web.AppRunner
    port: int

    async def stop(self) -> None:
        """Close the port, end the tasks, close the file."""
        await self.runner.cleanup()


async def serve(options: SandboxOptions, *, host: str, port: int) -> Serving:
    """Start on a port; 0 takes a free one, `Serving.port` says which."""
    runner = web.AppRunner(build_app(options), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return Serving(runner, runner.addresses[0][1])


async def _book(app: web.Application) -> AsyncIterator[None]:
    erp = app[ERP]
    erp.open()
    yield
    await erp.operations.stop()
    erp.close()


async def _push(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[ERP].sender.run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
