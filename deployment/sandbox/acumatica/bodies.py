"""Request bodies as IIS and the API take them: length required, JSON objects only."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn

from aiohttp import web

from . import refusals
from .refusals import Refusal

BODY = web.RequestKey("BODY", Mapping[str, object])
_KEPT = 4000  # characters of a body the history keeps


def require_length(request: web.Request) -> None:
    """IIS answers 411 to a POST or PUT that does not say how long it is."""
    if request.method not in ("POST", "PUT"):
        return
    if request.content_length is None and not request.headers.get("Transfer-Encoding"):
        raise refusals.length_required()


async def json_body(request: web.Request) -> Mapping[str, object]:
    """The JSON object of a PUT or action; the history keeps a short one for judging clients."""
    text = await request.text()
    if not text.strip():
        raise refusals.empty_body()
    if request.content_type != "application/json":
        kind = request.content_type
        message = f"The request entity's media type '{kind}' is not supported for this resource."
        raise Refusal(415, {"message": message})
    body = read_object(text)
    if len(text) <= _KEPT:
        request[BODY] = body
    return body


def read_object(text: str) -> Mapping[str, object]:
    """A JSON object with its decimals unharmed."""
    try:
        body = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as bad:
        raise refusals.bad_request("entity", f"The body cannot be read: {bad}.") from None
    if not isinstance(body, dict):
        raise refusals.bad_request("entity", "The request body must be a JSON object.")
    return body


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
