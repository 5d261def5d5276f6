"""docs/operate.md names every alarm there is, none that is gone, and commands that work."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import app
from bot.health import STEPS
from bot.metrics import METRICS

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "operate.md").read_text("utf-8")
ALARMS = ("warning", "error", "exception", "log")
MADE_UP = {"%s failed", "%s %s", "%s: %s"}
"""Sentences that name what they are about, as the page writes them in capitals."""


def section(title: str) -> str:
    return PAGE.partition(f"## {title}")[2].partition("\n## ")[0]


def sentences() -> Iterator[tuple[str, str]]:
    """Every sentence of a log line, and its level."""
    for room in ("bot", "acumatica_client", "storage"):
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
                    level = ast.unparse(node.func).removeprefix("log.")
                    for part in node.args:
                        if isinstance(part, ast.Constant) and isinstance(part.value, str):
                            yield part.value, level


def rows() -> list[str]:
    return re.findall(r"^\| `([^`]+)` \| (?:error|warning) \|", section("Log lines"), re.MULTILINE)


def test_every_alarm_of_the_log_is_explained_and_none_that_is_gone() -> None:
    told = {text for text, level in sentences() if level in ALARMS} - MADE_UP
    told = {text.removesuffix(": %s").removesuffix(" %s") for text in told}

    own = {row for row in rows() if not re.search(r"\b[A-Z]{6,}", row)}
    assert own == told


def test_every_other_line_is_named_too() -> None:
    quiet = {text for text, level in sentences() if level in ("info", "debug") and "%" not in text}

    assert [text for text in sorted(quiet) if f"`{text}`" not in PAGE] == []


def test_every_part_of_health_has_its_row_and_tells_whether_it_blocks() -> None:
    found = re.findall(r"^\| `(\w+)` \|", section("Parts of `/health/ready`"), re.MULTILINE)

    assert sorted(found) == sorted(STEPS)


def test_numbers_to_be_woken_for_are_metrics_with_these_labels() -> None:
    text = section("Numbers to be woken for")
    known = {metric.name: metric.labels for metric in METRICS}
    used = re.findall(r"^\| `(\w+)(?:\{(\w+)=[^}]*\})?`", text, re.MULTILINE)

    assert used
    assert [name for name, _ in used if name not in known] == []
    assert [(name, label) for name, label in used if label and label not in known[name]] == []


def test_every_row_says_who_acts() -> None:
    who = {"operator", "Acumatica", "Entra", "Teams", "administrators", "nobody"}
    table = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in section("Log lines").splitlines()
        if re.match(r"\| `[^`]+` \| (error|warning)", line)
    ]

    assert table
    assert [row for row in table if not set(row[3].split(", ")) <= who] == []


COMMANDS = [
    shlex.split(line.partition("  ")[0])[3:]
    for line in PAGE.splitlines()
    if line.startswith("uv run app.py ")
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_there_is_one_with_these_options(command: list[str]) -> None:
    words = [word for word in command if not word.startswith("-")]
    options = [word for word in command if word.startswith("--")]
    subject = words[:2] if words[0] in ("audit", "secrets") else words[:1]

    told = CliRunner().invoke(app.app, [*subject, "--help"], env={"COLUMNS": "200"})

    assert told.exit_code == 0, told.output
    assert [option for option in options if option not in told.output] == []


def test_every_doctor_subject_there_is_one() -> None:
    from bot.examining.catalogue import CHECKS
    from bot.examining.runner import matches

    asked = set(re.findall(r"doctor --only ([\w.-]+)", PAGE))

    assert asked
    assert [one for one in asked if not any(matches(name, one) for name in CHECKS)] == []
