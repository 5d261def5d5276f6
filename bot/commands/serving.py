"""The service, listening until it is told to stop; its own sign-in."""

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
    from bot.safety import read_everything

    def reread() -> Any:
        # The keys stay those of the start: another one needs a restart, and Key Vault its rest.
        return read_everything(encryption=settings.encryption)[0]

    async with serving(settings, file, reread) as url:
        say(f"Countersign listens on {url}")
        await until_stopped()
        say("Stopping…")


@asynccontextmanager
async def serving(settings: Any, file: Any, reread: Any = None) -> AsyncIterator[str]:
    """Listen until the block ends; everything that was opened is closed then.

    *reread* reads the settings anew, to take secrets that changed.
    """
    from bot.clock import system_ports
    from bot.connections import GuardedRunner
    from bot.log import set_up_logging
    from bot.redacting import Redactor
    from bot.secrets.sources import secrets_of
    from bot.service import build
    from bot.spans import spans_to

    redactor = Redactor()
    redactor.learn(secrets_of(settings))
    set_up_logging(settings.log, redactor)

    def learning() -> Any:
        fresh = reread()
        redactor.learn(secrets_of(fresh))
        return fresh

    app = build(settings, file, system_ports(), reread=learning if reread else None)
    runner = GuardedRunner(app, settings.server.bounds(), access_log=None)
    async with spans_to(settings.traces.url):
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
