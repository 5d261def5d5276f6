"""Reads JSON from outside within bounds: depth, size of objects, no duplicate keys, no NaN.

The check before parsing is linear on purpose: it reads what anybody sends, before any proof.
"""

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
    _check_shape(text)
    try:
        return _DECODER.decode(text)
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


# The closing quote is optional: a text that never ends must not be searched for again and again.
_TEXT_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _check_shape(text: str) -> None:
    """Refuse deep nesting and half characters before anything is parsed."""
    if text.count("[") + text.count("{") <= MAX_DEPTH and not _SURROGATE.search(text):
        return  # as good as every body there is: not worth a walk
    depth = 0
    for match in _TEXT_OR_BRACKET.finditer(text):
        if match[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotJson("nested too deeply")
        elif match[0] in "]}":
            depth -= 1
        elif _SURROGATE.search(match[0]):
            _check_characters(match[0])


def _check_characters(quoted: str) -> None:
    """Refuse a surrogate without its other half: it can be neither stored nor sent."""
    try:
        json.loads(quoted).encode()
    except UnicodeEncodeError as error:
        raise NotJson("half a character") from error
    except ValueError as error:
        raise NotJson("malformed") from error


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


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=Decimal,
    parse_int=_integer,
    parse_constant=_constant,
)
