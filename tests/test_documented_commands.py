"""Every command line in the pages is one the program takes: its name, its options, its values."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.exceptions import Exit, TyperException

import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "deployment").rglob("*.md")),
]
LINE = re.compile(r"(?:uv run |python )app\.py (?!…)([^`\n)]+)")
TOLD_BESIDE = re.compile(r"\s{2,}.*")
"""Behind two blanks in a block a word of explanation stands."""


def lines(page: Path) -> Iterator[str]:
    for told in LINE.findall(page.read_text("utf-8")):
        yield TOLD_BESIDE.sub("", told.strip()).split(" <")[0].split(" >")[0].split(" |")[0]


CASES = sorted({(line, page.name) for page in PAGES for line in lines(page)})


def taken(line: str) -> list[str]:
    """Return the words of *line* that name a command, having read all others."""
    words, named = shlex.split(line), []
    command: Any = typer.main.get_command(app.app)
    context = command.make_context("app.py", list(words))
    while hasattr(command, "resolve_command"):
        name, command, words = command.resolve_command(context, words)
        named.append(name)
    with contextlib.suppress(Exit):  # --help says itself
        command.make_context(named[-1], list(words), parent=context)
    return named


def test_pages_tell_of_many_commands() -> None:
    assert len(CASES) > 40


@pytest.mark.parametrize(("line", "page"), CASES)
def test_each_command_line_of_a_page_is_one_the_program_takes(line: str, page: str) -> None:
    taken(line)


@pytest.mark.parametrize("line", ["doctor --onyl erp", "deliver", "deliveries --state lost"])
def test_what_the_program_does_not_take_would_be_found(line: str) -> None:
    with pytest.raises(TyperException):
        taken(line)
