"""`reconcile`: everything that waits, compared with Acumatica now."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from bot.commands.console import run_loop, say


def reconcile(
    company: Annotated[
        str, typer.Argument(help="One company of countersign.toml; without it, all.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the reports as JSON on standard output.")
    ] = False,
) -> None:
    """Compare everything that waits with Acumatica now; each difference is looked at again.

    The running service does it; where none runs, it is done here, and cards change when the service
    starts. Exit code 0: everything was compared. 1: something could not be.
    """
    from bot.safety import read_everything

    settings, file = read_everything()
    wanted = [one.name for one in file.companies(company)]
    run_loop(_reconcile(settings, file, wanted, as_json=as_json))


async def _reconcile(settings: Any, file: Any, companies: list[str], *, as_json: bool) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from bot.clock import system_ports
    from bot.reading.on_demand import reconcile

    logging.getLogger().addHandler(logging.NullHandler())  # what came of it is told below, once
    told = TextColumn("{task.fields[rows]} read")
    columns = (TextColumn("{task.description}"), BarColumn(), told)
    with Progress(*columns, console=Console(stderr=True)) as display:
        show = _shown_in(display)
        done = await reconcile(settings, file, system_ports(), companies, show)
    for answer in done.answers:
        _tell_answer(answer)
    found = sum(answer.differences for answer in done.answers)
    if found and not done.by_service:
        say("No service runs: the cards change, and messages leave, when it starts.")
    if as_json:
        rows = [{"company": answer.company, **answer.report} for answer in done.answers]
        print(json.dumps({"companies": rows, "by_service": done.by_service}))
    if not all(answer.whole for answer in done.answers):
        raise typer.Exit(1)


def _shown_in(display: Any) -> Callable[[Sequence[Any]], None]:
    """Return what draws rows of progress into *display*, one bar for each thing that is read."""
    bars: dict[tuple[str, str], Any] = {}

    def show(rows: Sequence[Any]) -> None:
        for row in rows:
            name = (row.company, row.entity)
            if name not in bars:
                text = f"{row.company}: {row.entity}"
                bars[name] = display.add_task(text, total=None, rows=0)
            ended = row.finished_at is not None  # then the bar is full, also of nothing
            total, completed = (1, 1) if ended else (row.total, row.rows)
            display.update(bars[name], total=total, completed=completed, rows=row.rows)

    return show


def _tell_answer(answer: Any) -> None:
    report = answer.report
    fine = "✓" if answer.whole else "✗"
    say(f"{fine} {answer.company}: {report['compared']} compared, {answer.differences} differ")
    for line in report["examples"]:
        say(f"    {line}")
    for line in dict.fromkeys(report["problems"]):
        say(f"    could not compare {line}")
