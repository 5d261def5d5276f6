"""Reads JSON from outside within bounds: depth, size of objects, no duplicate keys, no NaN."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

MAX_DEPTH = 32
MAX_KEYS = 5000
MAX_DIGITS = 24


class NotJson(ValueError):
    """The bytes are not JSON we accept; says what is wrong, without quoting them."""


def read_json(body: bytes) -> Any:
    """Return the value of *body*, or raise NotJson. Numbers with a fraction become Decimals."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson("not UTF-8") from error
    _check_depth(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=Decimal,
            parse_int=_integer,
            parse_constant=_constant,
        )
    except NotJson:
        raise
    except (ValueError, ArithmeticError) as error:
        raise NotJson("malformed") from error


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in *body*, or raise NotJson."""
    data = read_json(body)
    if not isinstance(data, dict):
        raise NotJson("an object was expected")
    return data


_TEXT_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


def _check_depth(text: str) -> None:
    """Count brackets outside texts, so that deep nesting is refused before it is parsed."""
    depth = 0
    for match in _TEXT_OR_BRACKET.finditer(text):
        if match[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotJson("nested too deeply")
        elif match[0] in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_KEYS:
        raise NotJson("an object with too many members")
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("an object names a member twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise NotJson("a number with too many digits")
    return int(digits)


def _constant(word: str) -> NoReturn:
    raise NotJson(f"{word} is no number")
