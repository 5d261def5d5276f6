"""Every sentence of the product a person can read, found in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

ROOT = Path(__file__).parents[2]
FORMS = {"say": 1, "phrase": 1, "count": 2}
"""What is called with a sentence, and how many forms of it. `bot` counts other things too."""
COMMANDS = ROOT / "bot" / "commands"
"""What an operator's terminal shows; it speaks English, as logs do."""
Sentence = tuple[str, ...]
"""One sentence, or the two forms of one that counts."""


@cache
def sentences() -> dict[Sentence, str]:
    """Every sentence in the source, with a place it stands at."""
    found: dict[Sentence, str] = {}
    for room, names in (("cards", {"say", "phrase", "count"}), ("bot", {"say", "phrase"})):
        for path in sorted((ROOT / room).rglob("*.py")):
            if COMMANDS in path.parents:
                continue
            for call in _calls(ast.parse(path.read_text("utf-8")), names):
                forms = _forms(call)
                if forms:
                    found.setdefault(forms, f"{path.relative_to(ROOT)}:{call.lineno}")
    return found


def _calls(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in names:
            yield node


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _forms(call: ast.Call) -> Sentence:
    wanted = call.args[: FORMS[_name(call.func)]]
    texts = [arg.value for arg in wanted if isinstance(arg, ast.Constant)]
    return tuple(text for text in texts if isinstance(text, str) and text)


def places(sentence: str) -> set[str]:
    """The names of the parts a sentence has places for."""
    return {name for _text, name, _spec, _conversion in Formatter().parse(sentence) if name}


def unfit(english: Sentence, translated: Sentence) -> Iterator[str]:
    """What is wrong with a translation."""
    for form in translated:
        if not form:
            yield f"{english[0]!r} has no translation"
        elif places(form) - {"n"} != places(english[0]) - {"n"}:
            yield f"{english[0]!r} has other parts than {form!r}"
