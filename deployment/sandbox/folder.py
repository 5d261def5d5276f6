"""The demo's folder: one demo at a time, a file people may add to, settings for other commands."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from deployment.sandbox.processes import StandInFailed

HEAD = "# Written anew at every start of the demo, down to the last comment; lines below it stay.\n"
YOURS = "# Your own lines go below this one: every start of the demo keeps them.\n"


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Keep *folder* for this demo alone until the block ends. Raises StandInFailed, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    # The lock ends with the process, however that ends.
    with closing(sqlite3.connect(folder / "demo.lock", timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise StandInFailed(
                f"another demo runs in {folder}; stop that one, or choose another folder with"
                " --data (and ports of its own)"
            ) from error
        yield


def write_rules(file: Path, rules: str) -> None:
    """Write the demo's rules; what a person added below the last comment stays."""
    known = file.read_text("utf-8") if file.exists() else ""
    _, _, own = known.partition(YOURS)
    file.write_text(f"{HEAD}{rules}\n{YOURS}{own}", "utf-8")


def write_environment(file: Path, settings: Mapping[str, Any]) -> None:
    """Write the bot's settings as a shell reads them, for commands beside the running demo."""
    lines = [f"{name}={shlex.quote(value)}" for name, value in variables(settings).items()]
    use = f"# (set -a; . {shlex.quote(str(file))}; uv run app.py check): also people, reconcile …"
    file.touch(mode=0o600)
    file.write_text("\n".join([use, *lines, ""]), "utf-8")


def variables(settings: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Return nested settings as variables: `TEAMS__APP_ID`."""
    found: dict[str, str] = {}
    for key, value in settings.items():
        name = f"{above}{key}".upper()
        if isinstance(value, Mapping):
            found |= variables(value, f"{name}__")
        else:
            found[name] = str(value)
    return found
