"""`people`: who is who, and who cannot be reached."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from bot.commands.console import run_loop


def people(
    company: Annotated[
        str, typer.Option(help="One company of countersign.toml; without it, all.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON on standard output.")
    ] = False,
) -> None:
    """Show who is who: employees, their accounts in Teams, how they were found, who may approve.

    Reads what the service last stored, whether it runs or not; those in doubt come first, with the
    lines that settle them. Exit code 1: somebody who is to approve cannot be reached, or may not.
    """
    from bot.people.report import read_reports
    from bot.safety import read_everything

    settings, file = read_everything()
    wanted = [one.name for one in file.companies(company)]

    async def work() -> None:
        path = settings.storage.path
        installing = settings.teams.asks_graph and settings.teams.install == "approvers"
        _tell_people(await read_reports(path, file, wanted, installing=installing), as_json)

    run_loop(work())


def _tell_people(reports: Sequence[Any], as_json: bool) -> None:
    from rich.console import Console

    from bot.clock import SystemClock
    from bot.people.table import drawn

    if as_json:
        print(json.dumps({"companies": [report.to_json() for report in reports]}))
    else:
        console = Console()
        for report in reports:
            # Lines to paste stay lines: the terminal breaks them, we do not.
            console.print(drawn(report, SystemClock().now()), soft_wrap=True)
    if any(report.blocked for report in reports):
        raise typer.Exit(1)
