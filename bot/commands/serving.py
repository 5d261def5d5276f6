"""The service, listening until it is told to stop; its settings checked; its own sign-in."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import typer
from aiohttp import web

from bot.commands.console import run_loop, say


async def serve(settings: Any, file: Any) -> None:
    """Run the service until it is told to stop."""
    async with serving(settings, file) as url:
        say(f"Countersign listens on {url}")
        await until_stopped()
        say("Stopping…")


@asynccontextmanager
async def serving(settings: Any, file: Any) -> AsyncIterator[str]:
    """Listen until the block ends; everything that was opened is closed then."""
    from bot.clock import system_ports
    from bot.connections import GuardedRunner
    from bot.log import set_up_logging
    from bot.service import build

    set_up_logging(settings.log)
    runner = GuardedRunner(
        build(settings, file, system_ports()), settings.server.bounds(), access_log=None
    )
    try:
        await runner.setup()
        site = web.TCPSite(runner, settings.server.host, settings.server.port)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def until_stopped() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C raises KeyboardInterrupt instead
            break
    await stop.wait()


def check() -> None:
    """Check settings and routes without starting anything; lists every mistake and its place."""
    from bot.safety import read_everything, warnings

    settings, file = read_everything()
    companies, routes = len(file.company), len(file.route)
    counted = f"{companies} {'company' if companies == 1 else 'companies'},"
    counted += f" {routes} {'route' if routes == 1 else 'routes'}"
    say(f"✓ {settings.config}: {counted}; the settings are safe")
    for warning in warnings(file):
        say(f"! {settings.config}: {warning}")


def connect(
    company: Annotated[str, typer.Argument(help="One company of countersign.toml.")],
) -> None:
    """Connect the service's own Acumatica user by OAuth: sign in once, in a browser.

    For companies with sign_in = "oauth" and no password. Stop the service first.
    """
    from bot.clock import system_ports
    from bot.safety import read_everything
    from bot.signing_in.connect import connect_service

    settings, file = read_everything()

    async def work() -> None:
        login = await connect_service(company, settings, file, system_ports(), _sign_in_there)
        say(f"✓ {company} is connected as {login}; start the service again")

    run_loop(work())


async def _sign_in_there(url: str) -> str:
    say(f"Sign in to Acumatica as the service user, and allow it:\n\n  {url}\n")
    say("The browser ends at an address of Countersign; the page may be missing. Within a minute")
    return await asyncio.to_thread(input, "paste that whole address here: ")
