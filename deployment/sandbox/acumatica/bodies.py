"""Request bodies: text in the charset it claims, JSON objects with their decimals, forms.

IIS and the API want a length. What would eat the machine (numbers of a million digits, nesting
without end) is refused while it is still text: bodies are echoed in errors and kept in the history.
"""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NoReturn

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from . import refusals
from .refusals import Refusal

BODY = web.RequestKey("BODY", Mapping[str, object])
FORM = "application/x-www-form-urlencoded"
_JSON = ("application/json", "text/json")
_KEPT = 4000  # characters of a body the history keeps
_DEEPEST = 32  # levels of nesting; the entities have four
_DIGITS = 15  # before the decimal point: an amount of the ERP has no more


class BadBody(ValueError):
    """A body that cannot be read; the text says why."""


def require_length(request: web.Request) -> None:
    """IIS answers 411 to a POST or PUT that does not say how long it is."""
    if request.method not in ("POST", "PUT"):
        return
    if request.content_length is None and not request.headers.get("Transfer-Encoding"):
        raise refusals.length_required()


async def json_body(request: web.Request) -> Mapping[str, object]:
    """The JSON object of a PUT or action; the history keeps a short one for judging clients."""
    text = await entity_text(request)
    if request.content_type not in _JSON:
        kind = request.content_type
        message = f"The request entity's media type '{kind}' is not supported for this resource."
        raise Refusal(415, {"message": message})
    body = read_object(text)
    if len(text) <= _KEPT:
        request[BODY] = body
    return body


async def entity_text(request: web.Request) -> str:
    """The text of a request that needs one. Raises Refusal."""
    try:
        text = await read_text(request)
    except BadBody as bad:
        raise _unusable(bad) from None
    if not text.strip():
        raise refusals.empty_body()
    return text


def read_object(text: str) -> Mapping[str, object]:
    """A JSON object with its decimals unharmed. Raises Refusal."""
    try:
        body = read_json(text)
    except BadBody as bad:
        raise _unusable(bad) from None
    if not isinstance(body, dict):
        raise refusals.bad_request("entity", "The request body must be a JSON object.")
    return body


async def read_text(request: web.Request) -> str:
    """The body as text, without a byte order mark. Raises BadBody."""
    try:
        text = await request.text()
    except (HttpProcessingError, web.RequestPayloadError, LookupError, ValueError) as bad:
        raise BadBody(_told(bad)) from None
    return text.removeprefix("\ufeff")


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The members of a form. Raises BadBody, for another content type too."""
    if request.content_type != FORM:
        raise BadBody(f"It must be {FORM}.")
    try:
        form = await request.post()
    except (HttpProcessingError, web.RequestPayloadError, LookupError, ValueError) as bad:
        raise BadBody(_told(bad)) from None
    return {name: value for name, value in form.items() if isinstance(value, str)}


def read_json(text: str) -> object:
    """What the JSON says, numbers and nesting within what the ERP itself could hold, or BadBody."""
    try:
        body: object = json.loads(
            text, parse_float=_number, parse_int=_whole, parse_constant=_no_constant
        )
    except (ValueError, ArithmeticError, RecursionError) as bad:
        raise BadBody(_told(bad)) from None
    _refuse_depths(body)
    return body


def _refuse_depths(body: object) -> None:
    """Level by level, not by recursion, which is what a deep body would break."""
    level: list[object] = [body]
    for _ in range(_DEEPEST):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return
    raise BadBody(f"It is nested deeper than {_DEEPEST} levels.")


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if number.adjusted() >= _DIGITS:
        raise ValueError(f"{text[:40]} is too large a number")
    return number


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > _DIGITS:
        raise ValueError(f"{text[:40]} is too large a number")
    return int(text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _told(bad: Exception) -> str:
    return f"The body cannot be read: {bad}."


def _unusable(bad: BadBody) -> Refusal:
    return refusals.bad_request("entity", str(bad))
