"""What every command needs: words on the terminal, a loop to run in, bars for long work."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any


def say(text: str = "") -> None:
    """Tell a person something; data would go to standard output, this does not."""
    print(text, file=sys.stderr, flush=True)


def run_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run *work* on the fastest loop there is."""
    try:
        import uvloop  # not on Windows
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how far long work is."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        bar = display.add_task(what, total=None)
        yield lambda done, total: display.update(bar, completed=done, total=total)


def operator() -> str:
    """Return who types, for the audit; a user without a name, as in a container, by number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
