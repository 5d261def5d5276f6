"""`status`: what the service does now."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from bot.commands.console import run_loop


def status(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print it as JSON on standard output.")
    ] = False,
) -> None:
    """Tell what the service does now: last push, poll, look and card, what waits, what fails.

    Reads the store, whether the service runs or not, and asks the service where one runs. Exit
    code 0: it runs and nothing waits for somebody; 1: look at what is told.
    """
    from rich.console import Console

    from bot.clock import system_ports
    from bot.operating.status import drawn, read_status
    from bot.safety import read_everything

    settings, file = read_everything()
    ports = system_ports()

    async def work() -> None:
        names = [company.name for company in file.company]
        found = await read_status(settings, names, ports.open_transport)
        if as_json:
            print(json.dumps(found.to_json(), ensure_ascii=False))
        else:
            console = Console(soft_wrap=not sys.stdout.isatty())
            console.print(drawn(found, ports.clock.now()))
        raise typer.Exit(found.exit_code)

    run_loop(work())
