"""The many faces of an error, recognised: which error an answer is, and its useful words. Pure.

The login limit alone has five faces, a missing record is a 500, and a sign-in page can stand
behind a redirect; each is told apart here, once.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from acumatica_client.errors import (
    ErpBusy,
    ErpError,
    ErpFailed,
    ErpForbidden,
    ErpNotFound,
    ErpPage,
    ErpRejected,
    ErpSignInFailed,
    ErpUnavailable,
)
from acumatica_client.transport import Reply

LIMIT_BACK_OFF = 120.0
"""Seconds to leave the ERP alone after a licence limit; it documents no Retry-After."""

_LIMIT_WORDS = ("checkapiuserslimit", "api login limit", "concurrent api logins")
_LIMIT_FRAME = re.compile(r"(?:^|\s)(?:\w+\.)*PXLicensePolicy\.CheckApiUsersLimits?\(")
"""A line of a stack trace inside the licence's own check."""
_CANNOT_LIST = "optimization cannot be performed"
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_TITLE = re.compile(r"<(title|h1|h2)\b[^<>]*>([^<>]*)<", re.IGNORECASE)
_HIDDEN = re.compile(r"<(style|script)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_SCREEN = re.compile(r"\(([A-Z]{2}\d{6})\)")
_LOOKED_AT = 20_000
"""Bytes of an answer that are searched for the words of the login limit."""
_PAGE_LOOKED_AT = 4_000
"""Bytes of a page that are looked at for its title: what matches tags gets slow on more."""
_MAX_ERROR = 1024 * 1024
"""Bytes of an error body that are parsed; a larger one is not understood."""
_TOLD = 1000
"""Characters of an error's words that are kept for log and audit."""
_TOLD_OF_A_PAGE = 200
_PLACE = 60
"""Characters of the way to a field, of which the end says most."""


# --- which error it is ----------------------------------------------------------------------


def error_of(reply: Reply) -> ErpError:
    """Name the error that *reply* is."""
    told = f"{reply.status} {error_text(reply)}".strip()
    if reply.status == 429 or names_login_limit(reply):
        return ErpBusy(told, after=LIMIT_BACK_OFF)
    if is_signed_out(reply):
        return ErpSignInFailed(told)
    if reply.status == 404:
        return ErpNotFound(told)
    if reply.content_type == "text/html" or 300 <= reply.status < 400:
        return ErpPage(told)
    if reply.status == 403:
        return ErpForbidden(told, screen=screen_of(reply))
    if reply.status == 408 or not (400 <= reply.status < 500 or _names_exception(reply)):
        return ErpUnavailable(f"{told} ({reply.content_type or 'no content'})")
    return ErpRejected(told) if reply.status < 500 else ErpFailed(told)


def is_signed_out(reply: Reply) -> bool:
    """Say whether the session is gone: a 401, or a redirect to the sign-in page."""
    goes_to_sign_in = "login.aspx" in reply.headers.get("location", "").lower()
    return reply.status == 401 or (reply.status in (301, 302) and goes_to_sign_in)


def is_missing(reply: Reply) -> bool:
    """Say whether this is how Acumatica reports that no record has these keys: a 500."""
    kind = _word(error_body(reply), "exceptionType")
    return reply.status == 500 and kind.endswith("NoEntitySatisfiesTheConditionException")


def cannot_list(reply: Reply) -> bool:
    """Say whether a list was refused for a field that only a read by key can show."""
    body = error_body(reply)
    kind = _word(body, "exceptionType").endswith("CannotOptimizeException")
    return reply.status == 500 and (kind or _CANNOT_LIST in error_text(reply).lower())


def names_login_limit(reply: Reply) -> bool:
    """Say whether this is the API login limit in one of its faces other than 429 and 401.

    Its words may be quoted from a document, so this is good for reads, which can be asked again.
    """
    if reply.status == 204:
        return False
    shown = reply.body[:_LOOKED_AT].decode("utf-8", "replace") + _location(reply)
    return any(word in shown.lower() for word in _LIMIT_WORDS)


def stopped_by_licence(reply: Reply) -> bool:
    """Say whether the licence's check itself raised this error: then no write ran.

    Only a stack trace counts: every other text of an error may be quoted from a document.
    """
    traces = (_word(layer, "stackTrace") for layer in _layers(error_body(reply)))
    return any(_LIMIT_FRAME.search(trace) for trace in traces)


def screen_of(reply: Reply) -> str:
    """Return the id of the screen that a 403 speaks of, empty when it names none."""
    named = _SCREEN.search(error_text(reply))
    return named[1] if named else ""


def _location(reply: Reply) -> str:
    return unquote(reply.headers.get("location", "").replace("+", " "))


# --- its words ------------------------------------------------------------------------------


def error_text(reply: Reply) -> str:
    """Return the useful words of an error, bounded, without its stack trace.

    The innermost exception's, those of a `modelState`, every `error` in the tree of a 422, the
    title of a page, or the message in a redirect.
    """
    text = _told(reply)
    return _HALF_CHARACTER.sub("?", " ".join(text.split()))[:_TOLD]


def _told(reply: Reply) -> str:
    body = error_body(reply)
    if body:
        return _exception_text(body) or "; ".join(_errors_in(body))
    if 300 <= reply.status < 400:
        return _redirect_text(reply)
    shown = reply.body[:_PAGE_LOOKED_AT].decode("utf-8", "replace")
    if reply.content_type == "text/html":
        return _page_text(shown)
    return shown[:_TOLD_OF_A_PAGE]


def _exception_text(body: dict[str, Any]) -> str:
    told = ""
    for layer in _layers(body):
        told = _word(layer, "exceptionMessage") or _word(layer, "message") or told
    more = [_word(body, "messageDetail"), *_model_state(body.get("modelState"))]
    return " ".join(word for word in (told, *more) if word)


def _layers(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an exception and those inside it, innermost last."""
    layer: Any = body
    while isinstance(layer, dict):
        yield layer
        layer = layer.get("innerException")


def _model_state(state: Any) -> Iterator[str]:
    for field, words in state.items() if isinstance(state, dict) else ():
        for word in words if isinstance(words, list) else ():
            yield f"{field}: {word}" if field else str(word)


def _page_text(page: str) -> str:
    """Return the title of a page, else its first words: below them may be a stack trace."""
    title = _TITLE.search(page)
    words = title[2] if title else _HIDDEN.sub(" ", page)
    return html.unescape(" ".join(_TAG.sub(" ", words).split()))[:_TOLD_OF_A_PAGE]


def _redirect_text(reply: Reply) -> str:
    """Say where it points, and the message an error page's address carries."""
    place = reply.headers.get("location", "")
    try:
        parts = urlsplit(place)
    except ValueError:
        return "a redirect to nowhere"
    said = parse_qs(parts.query).get("message", [""])[0]
    return f"a redirect to {parts.path[:_TOLD_OF_A_PAGE]}" + (f": {said}" if said else "")


def _errors_in(body: dict[str, Any]) -> list[str]:
    """Collect `error` members anywhere in the tree: on the record, its fields, its lines."""
    found: list[str] = []
    ahead: list[tuple[str, Any]] = [("", body)]
    while ahead:
        place, node = ahead.pop()
        if isinstance(node, list):
            rows = [(f"{place}[{row}]", item) for row, item in enumerate(node, 1)]
            ahead += reversed(rows)
        elif isinstance(node, dict):
            word = _word(node, "error")
            found += [f"{place}: {word}" if place else word] if word else []
            ahead += reversed([(_place(place, name), item) for name, item in node.items()])
    return found


def _place(place: str, name: str) -> str:
    return f"{place}.{name}"[-_PLACE:] if place else name[:_PLACE]


# --- its body -------------------------------------------------------------------------------


def parsed(body: bytes) -> Any:
    """Parse JSON with exact numbers; whatever we cannot hold is a ValueError."""
    try:
        return json.loads(
            body, parse_float=Decimal, parse_constant=_no_constant, object_hook=_let_others_run
        )
    except (ArithmeticError, RecursionError) as error:
        raise ValueError(f"beyond our bounds: {type(error).__name__}") from error


def error_body(reply: Reply) -> dict[str, Any]:
    """Return the JSON object of an error answer, empty when there is none."""
    sane = reply.content_type == "application/json" and len(reply.body) <= _MAX_ERROR
    try:
        body = parsed(reply.body) if sane else None
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def exception_type(reply: Reply) -> str:
    """Return the vendor's name of the exception, empty when the answer names none."""
    return _word(error_body(reply), "exceptionType")


def _names_exception(reply: Reply) -> bool:
    body = error_body(reply)
    return bool(_word(body, "exceptionMessage") or _word(body, "exceptionType"))


def _word(body: dict[str, Any], name: str) -> str:
    word = body.get(name)
    return word if isinstance(word, str) else ""


def _let_others_run(record: dict[str, Any]) -> dict[str, Any]:
    # Parsing is one long call of C, which no other thread can interrupt but here.
    return record


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")
