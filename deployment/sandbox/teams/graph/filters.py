"""The part of OData's `$filter` that finds users and apps (facts §5.2). Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deployment.sandbox.teams.graph.asked import GraphRefusal
from deployment.sandbox.teams.wire import Json

Test = Callable[[Json], bool]
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w/@.]*)|(?P<mark>[(),:])|(?P<bad>\S))"
)
_LITERALS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition, and whether only the advanced index can answer it."""

    test: Test
    advanced: bool = False


def read_filter(text: str) -> Filter:
    """Read a `$filter`, or refuse it as Graph does."""
    reader = _Reader(_tokens(text))
    found = reader.either()
    if reader.left:
        raise _wrong(f"Syntax error at “{reader.left[0]}”.")
    return found


def _tokens(text: str) -> list[str]:
    found = [match.group().strip() for match in _TOKEN.finditer(text) if match.group().strip()]
    bad = [match.group("bad") for match in _TOKEN.finditer(text) if match.group("bad")]
    if bad:
        raise _wrong(f"There is an unterminated literal or a wrong character at “{bad[0]}”.")
    return found


def _wrong(why: str) -> GraphRefusal:
    return GraphRefusal(400, "Request_UnsupportedQuery", f"Invalid filter clause: {why}")


class _Reader:
    """Reads tokens from the left; one method per level of binding."""

    def __init__(self, tokens: list[str]) -> None:
        self.left = tokens

    def either(self) -> Filter:
        found = self.both()
        while self.take("or"):
            found = _joined(any, found, self.both())
        return found

    def both(self) -> Filter:
        found = self.one()
        while self.take("and"):
            found = _joined(all, found, self.one())
        return found

    def one(self) -> Filter:
        if self.take("not"):
            inner = self.one()
            return Filter(lambda row: not inner.test(row), advanced=True)
        if self.take("("):
            inner = self.either()
            self.need(")")
            return inner
        name = self.word()
        if name in {"startswith", "endswith"}:
            return self.starts(name)
        return self.any_of(name.removesuffix("/any")) if name.endswith("/any") else self.is_(name)

    def starts(self, name: str) -> Filter:
        self.need("(")
        field = self.word()
        self.need(",")
        wanted = str(self.literal()).casefold()
        self.need(")")
        method = str.startswith if name == "startswith" else str.endswith
        test = _on(field, lambda value: method(str(value or "").casefold(), wanted))
        return Filter(test, advanced=name == "endswith")

    def any_of(self, field: str) -> Filter:
        self.need("(")
        item = self.word()
        self.need(":")
        if self.word() != item:
            raise _wrong("The lambda must test its own variable.")
        self.need("eq")
        wanted = self.literal()
        self.need(")")
        test = _on(field, lambda value: any(_same(one, wanted) for one in value or []))
        return Filter(test, advanced=True)

    def is_(self, field: str) -> Filter:
        operator = self.word()
        if operator == "in":
            return self.in_(field)
        if operator not in {"eq", "ne"}:
            raise _wrong(f"The operator “{operator}” is not supported.")
        wanted = self.literal()
        if operator == "eq":
            return Filter(_on(field, lambda value: _same(value, wanted)))
        return Filter(_on(field, lambda value: not _same(value, wanted)), advanced=True)

    def in_(self, field: str) -> Filter:
        self.need("(")
        wanted = [self.literal()]
        while self.take(","):
            wanted.append(self.literal())
        self.need(")")
        return Filter(_on(field, lambda value: any(_same(value, one) for one in wanted)))

    def take(self, token: str) -> bool:
        if self.left[:1] != [token]:
            return False
        self.left = self.left[1:]
        return True

    def need(self, token: str) -> None:
        if not self.take(token):
            raise _wrong(f"“{token}” is missing.")

    def word(self) -> str:
        if not self.left:
            raise _wrong("It ends too early.")
        first, *self.left = self.left
        return first

    def literal(self) -> Any:
        word = self.word()
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        if word not in _LITERALS:
            raise _wrong(f"“{word}” is no literal.")
        return _LITERALS[word]


def _joined(how: Callable[[list[bool]], bool], left: Filter, right: Filter) -> Filter:
    def test(row: Json) -> bool:
        return how([left.test(row), right.test(row)])

    return Filter(test, left.advanced or right.advanced)


def _on(field: str, judge: Callable[[Any], bool]) -> Test:
    *outer, last = field.split("/")

    def test(row: Json) -> bool:
        step: Any = row
        for name in outer:
            step = step.get(name) or {}
        if last not in step:
            raise _wrong(f"Could not find a property named '{last}'.")
        return judge(step[last])

    return test


def _same(value: object, wanted: object) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    return value is wanted or (value == wanted and type(value) is type(wanted))
