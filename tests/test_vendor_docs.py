"""Pages that claim something name tests and settings that exist, and every section of the facts."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = {
    "acumatica": {2: 8, 3: 7, 4: 2, 5: 3, 6: 3},
    "teams": {1: 8, 2: 4, 3: 6, 4: 3, 5: 4},
}
"""Page of the docs -> chapter of the facts -> how many sections it has."""


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text("utf-8")


def tables(name: str) -> dict[str, list[list[str]]]:
    """Section number -> the cells of its rows."""
    found: dict[str, list[list[str]]] = {}
    for part in page(name).split("\n## §")[1:]:
        lines = [line for line in part.splitlines() if line.startswith("|")]
        cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines[2:]]
        found[part.split()[0]] = [[cell.strip() for cell in row] for row in cells]
    return found


def rows(name: str) -> list[list[str]]:
    return [row for section in tables(name).values() for row in section]


def functions_in(path: Path) -> set[str]:
    """The functions a file defines, found without importing it."""
    tree = ast.parse(path.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


of_the_vendors = pytest.mark.parametrize("name", SECTIONS)


@of_the_vendors
def test_every_section_of_the_facts_has_its_table(name: str) -> None:
    chapters = SECTIONS[name].items()
    wanted = [f"{chapter}.{n + 1}" for chapter, many in chapters for n in range(many)]

    assert list(tables(name)) == wanted
    assert [number for number, found in tables(name).items() if not found] == []


@pytest.mark.parametrize("name", [*SECTIONS, "reliability"])
def test_every_test_named_exists(name: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page(name))
    files = {path for path, _ in named}
    defined = {path: functions_in(ROOT / path) for path in files if (ROOT / path).exists()}

    assert named
    assert [pair for pair in named if pair[1] not in defined.get(pair[0], set())] == []


@of_the_vendors
def test_every_setting_named_exists(name: str) -> None:
    settings = (ROOT / "docs" / "settings.md").read_text("utf-8")
    named = {
        setting
        for row in rows(name)
        if "configurable:" in row[2]
        for setting in re.findall(r"`(\w+)`", row[2])
    }

    assert named
    told = {one for one in named if re.search(rf"`{one}`|`\[{one}\]`|\[company\.{one}\.", settings)}
    assert sorted(named - told) == []


@of_the_vendors
def test_every_statement_has_its_proof_or_says_why_not(name: str) -> None:
    proof = re.compile(r"^(`tests/\S+::\w+`|configurable: `|not handled: \w)")

    assert [row for row in rows(name) if len(row) != 3 or not all(row)] == []
    assert [row[0] for row in rows(name) if not proof.match(row[2])] == []


@of_the_vendors
def test_no_statement_is_told_twice(name: str) -> None:
    told = [row[0] for row in rows(name)]

    assert sorted({fact for fact in told if told.count(fact) > 1}) == []
