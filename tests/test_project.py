"""The house itself: who may import whom, what the docs must name, that all pins are one."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("bot", "cards", "acumatica_client", "storage", "deployment")


def modules(pattern: str = "**/*.py") -> Iterator[Path]:
    for room in ROOMS:
        yield from (ROOT / room).glob(pattern)
    yield ROOT / "app.py"


def imported(file: Path) -> set[str]:
    """The full names a module imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def test_everybody_walks_only_where_the_architecture_allows() -> None:
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    # The contracts stand in pyproject.toml; what they forbid is printed when this fails.
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


def test_modules_do_not_import_in_a_circle() -> None:
    names = {_dotted(file): file for file in modules() if file.name != "__init__.py"}
    graph = {
        name: {target for target in imported(file) if target in names}
        for name, file in names.items()
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join((*path, name))
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def _dotted(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def test_one_place_swallows_what_it_did_not_expect() -> None:
    broad = [
        str(file.relative_to(ROOT))
        for file in modules()
        if "deployment" not in str(file)
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and ast.unparse(node.type or ast.Name("Exception")) in ("Exception", "BaseException")
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert broad == ["bot/attempt.py"]


def test_no_module_reads_a_clock_or_sleeps_on_its_own() -> None:
    reading = re.compile(r"datetime\.now|time\.time\(|time\.monotonic|asyncio\.sleep|random\.\w+\(")
    users = {
        str(file.relative_to(ROOT))
        for room in ("bot", "cards", "acumatica_client", "storage")
        for file in (ROOT / room).rglob("*.py")
        if reading.search(file.read_text("utf-8"))
    }
    assert users == {"bot/clock.py"}


def test_every_pin_is_the_same_everywhere() -> None:
    sys.path.insert(0, str(ROOT / "deployment"))
    from deployment.pins import constraints, pins

    everything = pins(ROOT / "requirements-dev.txt")

    assert everything
    assert constraints() == everything
    assert set(pins(ROOT / "requirements.txt")) <= set(everything)


def test_no_pin_names_an_address() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert "://" not in (ROOT / name).read_text("utf-8")


def test_every_direct_dependency_has_its_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        wanted += group
    told = (ROOT / "docs" / "dependencies.md").read_text("utf-8").lower()
    missing = [
        name
        for name in (re.split(r"[\[<>=; ]", row)[0].lower() for row in wanted)
        if f"`{name}`" not in told
    ]
    assert missing == []


def test_every_setting_is_in_the_docs() -> None:
    from pydantic import BaseModel

    from bot.company_file import ChannelEntry, Company, Inquiry, PersonEntry
    from bot.core.routes import Condition, Route
    from bot.settings import CompanySecrets, Settings

    told = (ROOT / "docs" / "settings.md").read_text("utf-8")

    def names(model: type[BaseModel], prefix: str) -> Iterator[str]:
        for name, field in model.model_fields.items():
            inner = field.annotation
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from names(inner, f"{prefix}{name.upper()}__")
            elif name != "acumatica":
                yield f"`{prefix}{name.upper()}`"

    environment = [*names(Settings, ""), *names(CompanySecrets, "ACUMATICA__<NAME>__")]
    rows = [
        f"`{field.alias or name}`"
        for model in (Company, Inquiry, Route, Condition, PersonEntry, ChannelEntry)
        for name, field in model.model_fields.items()
    ]
    assert [name for name in (*environment, *rows) if name not in told] == []


def test_every_command_is_in_the_readme() -> None:
    import typer.main

    import app

    group = typer.main.get_command(app.app)
    commands = [
        f"app.py {name}" if not hasattr(command, "commands") else f"app.py {name} {inner}"
        for name, command in group.commands.items()
        for inner in getattr(command, "commands", {"": None})
    ]
    told = (ROOT / "README.md").read_text("utf-8")
    assert [command for command in commands if command.strip() not in told] == []


def test_the_picture_of_the_architecture_names_every_module_of_the_bot() -> None:
    told = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    files = [
        file
        for room in ("bot", "cards", "acumatica_client", "storage")
        for file in (ROOT / room).rglob("*.py")
        if file.name != "__init__.py"
    ]
    assert [str(f.relative_to(ROOT)) for f in files if f"`{f.stem}`" not in told] == []


@pytest.mark.parametrize("word", ["mock.patch", "time.sleep("])
def test_no_test_patches_or_sleeps(word: str) -> None:
    users = [
        str(file.relative_to(ROOT))
        for file in (ROOT / "tests").rglob("*.py")
        if word in file.read_text("utf-8") and file != Path(__file__)
    ]
    assert users == []
