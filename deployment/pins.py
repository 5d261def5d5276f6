"""Renews every pinned version: both requirements files, and the same pins as uv's constraints.

Run as `uv run poe pins` after changing a dependency in `pyproject.toml`. `uv.lock` is not kept, as
it names the hosts packages came from; these files name versions and hashes only.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
BEGIN, END = "# pins: begin (uv run poe pins)\n", "# pins: end\n"
COMPILE = (
    "uv", "pip", "compile", "pyproject.toml", "--universal", "--generate-hashes", "--quiet",
    "--no-emit-index-url", "--no-annotate", "--custom-compile-command", "uv run poe pins",
)  # fmt: skip
EVERYTHING = (
    "--group", "dev", "--group", "lint", "--group", "browser", "--group", "successor",
    "--group", "bench", "--extra", "otel",
)  # fmt: skip


def main() -> None:
    """Write `requirements.txt`, `requirements-dev.txt` and the constraints in `pyproject.toml`."""
    _write_constraints([])  # the old pins must not hold the new ones back
    _compile("requirements-dev.txt", *EVERYTHING)
    _compile("requirements.txt", "--constraint", "requirements-dev.txt")
    _write_constraints(pins(ROOT / "requirements-dev.txt"))


def pins(file: Path) -> list[str]:
    """Return every `name==version ; marker` of a requirements file."""
    return re.findall(r"^([a-z0-9].*==[^\\\n]*?) *\\?$", file.read_text("utf-8"), re.MULTILINE)


def constraints() -> list[str]:
    """Return the pins that stand in `pyproject.toml`."""
    return re.findall(r'^    "(.*)",$', _between(PROJECT.read_text("utf-8")), re.MULTILINE)


def _between(text: str) -> str:
    return text[text.index(BEGIN) + len(BEGIN) : text.index(END)]


def _write_constraints(found: list[str]) -> None:
    text = PROJECT.read_text("utf-8")
    rows = "".join(f'    "{pin}",\n' for pin in found)
    PROJECT.write_text(text.replace(BEGIN + _between(text), BEGIN + rows), "utf-8")


def _compile(output: str, *more: str) -> None:
    command = [*COMPILE, "--upgrade", "--output-file", output, *more]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603  # our own words only


if __name__ == "__main__":
    main()
