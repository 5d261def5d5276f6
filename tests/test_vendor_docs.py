"""`docs/acumatica.md` names tests and settings that exist, and every section of the facts."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "acumatica.md").read_text("utf-8")
SECTIONS = {2: 8, 3: 7, 4: 2, 5: 3, 6: 3}
"""Chapter of the facts -> how many sections it has."""


def tables() -> dict[str, list[list[str]]]:
    """Section number -> the cells of its rows."""
    found: dict[str, list[list[str]]] = {}
    for part in PAGE.split("\n## §")[1:]:
        lines = [line for line in part.splitlines() if line.startswith("|")]
        cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines[2:]]
        found[part.split()[0]] = [[cell.strip() for cell in row] for row in cells]
    return found


def functions_in(path: Path) -> set[str]:
    """The functions a file defines, found without importing it."""
    tree = ast.parse(path.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_every_section_of_the_facts_has_its_table() -> None:
    wanted = [f"{chapter}.{n + 1}" for chapter, many in SECTIONS.items() for n in range(many)]

    assert list(tables()) == wanted
    assert [number for number, rows in tables().items() if not rows] == []


def test_every_test_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    files = {path for path, _ in named}
    defined = {path: functions_in(ROOT / path) for path in files if (ROOT / path).exists()}

    assert named
    assert [pair for pair in named if pair[1] not in defined.get(pair[0], set())] == []


def test_every_setting_named_exists() -> None:
    settings = (ROOT / "docs" / "settings.md").read_text("utf-8")
    named = {
        name
        for rows in tables().values()
        for row in rows
        if "configurable:" in row[2]
        for name in re.findall(r"`(\w+)`", row[2])
    }

    assert named
    told = {name for name in named if f"`{name}`" in settings or f"[company.{name}." in settings}
    assert sorted(named - told) == []


@pytest.mark.parametrize("number", tables())
def test_every_statement_has_its_proof_or_says_why_not(number: str) -> None:
    proof = re.compile(r"^(`tests/\S+::\w+`|configurable: `|not handled: \w)")

    rows = tables()[number]

    assert [row for row in rows if len(row) != 3 or not all(row)] == []
    assert [row[0] for row in rows if not proof.match(row[2])] == []


def test_no_statement_is_told_twice() -> None:
    told = [row[0] for rows in tables().values() for row in rows]

    assert sorted({fact for fact in told if told.count(fact) > 1}) == []
