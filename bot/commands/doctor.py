"""`doctor`: asks the real systems what is missing, who can mend it, and where."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from bot.commands.console import run_loop, say


def doctor(
    company: Annotated[
        str, typer.Option(help="One company of countersign.toml; without it, all.")
    ] = "",
    only: Annotated[
        str,
        typer.Option(
            metavar="CHECK", help="One check, or all of a subject, like erp.sign-in or channels."
        ),
    ] = "",
    push: Annotated[
        bool, typer.Option("--push", help="Wait for one push of each company (five minutes).")
    ] = False,
    post: Annotated[
        str,
        typer.Option(
            metavar="CHANNEL", help="Post a test card there, edit it and delete it again."
        ),
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Also list one by one what is well.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON on standard output.")
    ] = False,
) -> None:
    """Look at the whole loop, from Acumatica to Teams, and say what to mend, who can, and where.

    Nothing is written, posted or acted on, unless --post asks for it. It works beside a running
    service and without one; docs/doctor.md explains every check. Exit code 1: something blocks.
    """
    from bot.clock import system_ports
    from bot.examining.catalogue import CHECKS
    from bot.examining.runner import matches
    from bot.examining.walk import Wish, examine
    from bot.safety import read_everything

    if only and not any(matches(name, only) for name in CHECKS):
        say(f"✗ there is no check {only!r}; there are: {', '.join(CHECKS)}")
        raise typer.Exit(2)
    logging.getLogger().addHandler(logging.NullHandler())  # what came of it is told below, once
    wish = Wish(company, only, push=push, post=post)

    async def work() -> None:
        with _progress() as show:
            report = await examine(read_everything, system_ports(), wish, show)
        _tell(report, as_json=as_json, everything=everything)

    run_loop(work())


def _tell(report: Any, *, as_json: bool, everything: bool) -> None:
    import sys

    from rich.console import Console

    from bot.examining.drawn import drawn

    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        Console(soft_wrap=not sys.stdout.isatty()).print(drawn(report, everything=everything))
    if report.blocked:
        raise typer.Exit(1)


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    """Show on a terminal what is looked at just now."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    console = Console(stderr=True)
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as display:
        bar = display.add_task("")
        yield lambda done, total, what: display.update(
            bar, completed=done, total=total, description=what
        )
