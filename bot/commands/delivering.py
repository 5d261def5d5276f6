"""`deliveries`, `replay`, `backup`: what has not arrived, trying it again, one file of it all."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.console import operator, run_loop, say


class State(StrEnum):
    """Where something that has not arrived stands."""

    WAITING = "waiting"
    PARKED = "parked"
    MAYBE = "maybe"
    PERSON = "person"


def deliveries(
    company: Annotated[str, typer.Option(help="Only this company of countersign.toml.")] = "",
    state: Annotated[
        State | None,
        typer.Option(help="Only what is on its way, parked, perhaps delivered, a person's."),
    ] = None,
    document: Annotated[str, typer.Option(help="Only this document, like Bill/Bill/004512.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to list.")] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print them as JSON on standard output.")
    ] = False,
) -> None:
    """List what has not arrived: what is on its way, what is parked and why, what is in doubt.

    Reads the store, whether the service runs or not. Oldest first. `replay` tries one again.
    """
    from rich.console import Console

    from bot.clock import SystemClock
    from bot.operating.report import drawn, read_page
    from bot.settings import read_settings
    from storage.records import Wanted

    wanted = Wanted(company, document, state or "")

    async def work() -> None:
        page = await read_page(read_settings().storage.path, wanted, limit=limit)
        if as_json:
            print(json.dumps(page.to_json()))
        else:
            Console(soft_wrap=not sys.stdout.isatty()).print(drawn(page, SystemClock().now()))

    run_loop(work())


def replay(
    items: Annotated[
        list[str] | None, typer.Argument(help="What `deliveries` calls them: m12 p3 l7.")
    ] = None,
    document: Annotated[
        str, typer.Option(help="All that is parked of this document, like Bill/Bill/004512.")
    ] = "",
    parked: Annotated[bool, typer.Option("--parked", help="All that is parked.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, you are only told.")] = False,
) -> None:
    """Try again what is parked or perhaps delivered; tells first what that would do.

    A card is drawn when it leaves, so that an old one is never sent. Decisions are never replayed.
    The running service does it; where none runs, messages leave when it starts.
    """
    from bot.safety import read_everything
    from storage.records import Wanted

    if bool(items) + bool(document) + parked != 1:
        say("✗ Say what: the IDs that `deliveries` lists, or --document, or --parked")
        raise typer.Exit(2)
    settings, file = read_everything()
    ids = tuple(items) if items else None
    wanted = Wanted(document=document, state="" if items else State.PARKED.value, ids=ids)
    run_loop(_replay(settings, file, wanted, really=yes))


async def _replay(settings: Any, file: Any, wanted: Any, *, really: bool) -> None:
    from bot.clock import system_ports
    from bot.operating.asking import Wish, replay
    from bot.operating.replayer import MOST, told_lines
    from bot.operating.report import read_page

    page = await read_page(settings.storage.path, wanted, limit=MOST)
    ids = wanted.ids or tuple(row.id for row in page.rows)
    if not ids:
        say("Nothing of that is parked.")
        return
    wish = Wish(ids, operator(), preview=not really)
    answer, by_service = await replay(settings, file, system_ports(), wish)
    for line in told_lines(answer):
        say(f"  {line}")
    able = sum(row["able"] for row in answer)
    if not able:
        say("Nothing of that can be tried again.")
        raise typer.Exit(1)
    if not really:
        say("Nothing was done yet. To do it: the same command with --yes")
        return
    when = "now" if by_service else "when the service starts: none runs"
    say(f"✓ {able} of {len(answer)} are tried again {when}. What came of it: `deliveries`")


def backup(
    path: Annotated[Path, typer.Argument(help="The file to make; it must not exist yet.")],
) -> None:
    """Copy the store into one file, while the service runs or not.

    To restore it: stop the service, put the file where STORAGE__URL says (and remove the files
    beside it that end in -wal and -shm), start. Nothing is released a second time: what was open
    in the backup is read back from Acumatica first. The keys that open its secrets are not in it.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from bot.clock import SystemClock
    from bot.operating.backup import make_backup
    from bot.settings import read_settings

    with Progress(TextColumn("copying"), BarColumn(), console=Console(stderr=True)) as display:
        bar = display.add_task("copying", total=None)
        made = make_backup(
            read_settings().storage.path,
            path,
            lambda done, total: display.update(bar, completed=done, total=total),
            now=SystemClock().now(),
        )
    say(f"✓ {path}: {made.told()}")
    say("  The keys that open its secrets (ENCRYPTION__KEYS) are not in it: keep them elsewhere.")
