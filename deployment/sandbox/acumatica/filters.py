"""`$filter`: a small OData parser; a grammar says which literals and functions it reads. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from .grammar import CONTRACT4, Grammar
from .shapes import CUSTOM_KINDS, Kind
from .values import Value, midnight

Read = Callable[[str], Value]
Condition = Callable[[Read], bool]

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": eq,
    "ne": ne,
    "gt": gt,
    "ge": ge,
    "lt": lt,
    "le": le,
}
_KIND_NAMES = {"eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual"}
_KIND_NAMES |= {"lt": "LessThan", "le": "LessThanOrEqual"}
_EDM = {
    Kind.TEXT: "Edm.String",
    Kind.GUID: "Edm.String",
    Kind.DECIMAL: "Edm.Decimal",
    Kind.COUNT: "Edm.Decimal",
    Kind.FLAG: "Edm.Boolean",
    Kind.DAY: "Edm.DateTimeOffset",
    Kind.MOMENT: "Edm.DateTimeOffset",
}
_DEEPEST = 40


class BadFilter(ValueError):
    """A `$filter` the server cannot read; it answers 500, not 400."""


@dataclass(frozen=True, slots=True)
class _Operand:
    type: str
    value: Callable[[Read], Value]


def parse_filter(
    text: str, kind_of: Callable[[str], Kind], zone: tzinfo, grammar: Grammar = CONTRACT4
) -> Condition:
    """Turn a filter into a condition on a record's fields; `kind_of` raises KeyError if unknown.

    A field of the screen (`cf.…`) is asked for by its `View.Field` name.
    """
    parser = _Parser(_tokens(text, grammar), kind_of, zone, grammar)
    condition = parser.either()
    parser.finish()
    return condition


def _tokens(text: str, grammar: Grammar) -> list[tuple[str, str]]:
    tokens, at, text = list[tuple[str, str]](), 0, text.rstrip()
    while at < len(text):
        found = grammar.token.match(text, at)
        if not found:
            raise BadFilter(f"Syntax error at position {at} in '{text}'.")
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        at = found.end()
    return tokens


class _Parser:
    """Recursive descent: `or` binds weakest, then `and`, `not`, comparison."""

    def __init__(
        self,
        tokens: list[tuple[str, str]],
        kind_of: Callable[[str], Kind],
        zone: tzinfo,
        grammar: Grammar,
    ) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._kind_of = kind_of
        self._grammar = grammar
        self._zone = zone
        self._at = 0
        self._depth = 0

    def either(self) -> Condition:
        """A chain of `or`."""
        terms = [self._both()]
        while self._take("or"):
            terms.append(self._both())
        return _any(terms)

    def finish(self) -> None:
        """Nothing may stand behind the expression."""
        if self._peek()[0] != "end":
            raise BadFilter(f"Syntax error: unexpected '{self._peek()[1]}'.")

    def _both(self) -> Condition:
        terms = [self._negated()]
        while self._take("and"):
            terms.append(self._negated())
        return _all(terms)

    def _negated(self) -> Condition:
        if not self._take("not"):
            return self._primary()
        self._deeper()
        inner = self._negated()
        return lambda read: not inner(read)

    def _primary(self) -> Condition:
        if not self._take("("):
            return self._comparison()
        self._deeper()
        inner = self.either()
        self._need(")")
        return inner

    def _comparison(self) -> Condition:
        left = self._operand()
        kind, word = self._peek()
        if kind == "name" and word in _OPERATORS:
            self._at += 1
            return _compare(left, word, self._operand())
        if left.type != "Edm.Boolean":
            raise BadFilter("The $filter expression must evaluate to a single boolean value.")
        return lambda read: left.value(read) is True

    def _operand(self) -> _Operand:
        kind, word = self._next()
        if kind == "text":
            return _constant("Edm.String", _unquoted(word).casefold())
        if kind == "number":
            return _constant("Edm.Decimal", Decimal(word.rstrip("MmLlDdFf")))
        if kind == "moment":
            return _constant("Edm.DateTimeOffset", self._moment(word))
        if kind == "name":
            return self._named(word)
        if kind == "custom":
            return self._custom(word)
        raise BadFilter(f"Syntax error: unexpected '{word or 'end of expression'}'.")

    def _named(self, word: str) -> _Operand:
        if word in ("true", "false"):
            return _constant("Edm.Boolean", word == "true")
        if word == "null":
            return _constant("null", None)
        if self._peek()[0] == "text":
            raise BadFilter(f"Syntax error: '{word}' does not begin a literal here.")
        if self._peek()[1] == "(" and self._peek()[0] == "mark":
            return self._call(word)
        return self._field(word)

    def _field(self, name: str) -> _Operand:
        kind = self._kind_of(name)
        return _Operand(_EDM[kind], lambda read: _comparable(read(name), self._zone))

    def _custom(self, word: str) -> _Operand:
        found = self._grammar.custom.fullmatch(word)
        type_, name = (found["type"], found["field"]) if found else ("", word)
        operand = self._field(name)
        declared = CUSTOM_KINDS.get(f"Custom{type_}Field")
        if declared is None or _EDM[declared] != operand.type:
            raise BadFilter(f"The type '{type_}' does not fit the field '{name}'.")
        return operand

    def _call(self, name: str) -> _Operand:
        function = self._grammar.functions.get(name)
        if not function:
            raise BadFilter(f"An unknown function with name '{name}' was found.")
        self._need("(")
        first = self._text_operand(name)
        self._need(",")
        second = self._text_operand(name)
        self._need(")")
        return _Operand(
            "Edm.Boolean",
            lambda read: function(str(first.value(read) or ""), str(second.value(read) or "")),
        )

    def _text_operand(self, function: str) -> _Operand:
        operand = self._operand()
        if operand.type != "Edm.String":
            raise BadFilter(f"No function signature for '{function}' matches '{operand.type}'.")
        return operand

    def _moment(self, word: str) -> datetime:
        literal = word.removeprefix("datetimeoffset").strip("'")
        try:
            moment = datetime.fromisoformat(literal)
        except ValueError:
            # An unencoded '+' has become a space by now and ends up here.
            raise BadFilter(f"Unrecognized 'Edm.DateTimeOffset' literal '{word}'.") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += token[0] != "end"
        return token

    def _take(self, word: str) -> bool:
        found = self._peek()[0] in ("name", "mark") and self._peek()[1] == word
        self._at += found
        return found

    def _need(self, mark: str) -> None:
        if not self._take(mark):
            raise BadFilter(f"Syntax error: '{mark}' expected.")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadFilter("Recursion limit reached.")


def _any(terms: list[Condition]) -> Condition:
    return lambda read: any(term(read) for term in terms)


def _all(terms: list[Condition]) -> Condition:
    return lambda read: all(term(read) for term in terms)


def _constant(edm_type: str, value: Value) -> _Operand:
    return _Operand(edm_type, lambda _: value)


def _unquoted(literal: str) -> str:
    return literal[1:-1].replace("''", "'")


def _comparable(value: Value, zone: tzinfo) -> Value:
    """Texts compare without case, as the database's collation does; dates as midnights."""
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, date):
        return midnight(value, zone)
    return value


def _compare(left: _Operand, word: str, right: _Operand) -> Condition:
    if "null" not in (left.type, right.type) and left.type != right.type:
        raise BadFilter(
            "A binary operator with incompatible types was detected. Found operand types "
            f"'{left.type}' and '{right.type}' for operator kind '{_KIND_NAMES[word]}'."
        )
    compare = _OPERATORS[word]

    def condition(read: Read) -> bool:
        a, b = left.value(read), right.value(read)
        if a is None or b is None:
            return word in ("eq", "ne") and bool(compare(a, b))
        return bool(compare(a, b))

    return condition
