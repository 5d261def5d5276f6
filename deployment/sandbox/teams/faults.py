"""Faults that tests arm: which call, which fault, how often."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from aiohttp import web

from deployment.sandbox.teams.wire import ConnectorError, Json, child

NAMES = (
    "status:CODE, status:429:RETRY_AFTER, status_after_apply:CODE, reset_before, "
    "reset_after_apply, delay:SECONDS, html, half_answer, repeat_invoke"
)
REPEAT_INVOKE = "repeat_invoke"
CUT = web.RequestKey("CUT", bool)
_SHAPE = re.compile(
    r"(?P<name>status|status_after_apply):(?P<code>\d{3})(:(?P<after>\d+))?"
    r"|(?P<delay>delay):(?P<seconds>\d+(\.\d+)?)"
    r"|(?P<plain>reset_before|reset_after_apply|html|half_answer|repeat_invoke)"
)
_CODES = {
    400: "BadSyntax",
    401: "Unauthorized",
    403: "NotEnoughPermissions",
    404: "ConversationNotFound",
    412: "PreconditionFailed",
    413: "MessageSizeTooBig",
    429: "Throttled",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class Fault:
    """One armed fault and how often it still strikes."""

    text: str
    method: str
    path: str
    left: int

    def hits(self, method: str, path: str) -> bool:
        """Whether this call is meant."""
        return self.left > 0 and self.method in {"", method.upper()} and self.path in path


@dataclass(slots=True)
class Faults:
    """The armed faults, first armed first used."""

    armed: list[Fault] = field(default_factory=list)

    def arm(self, wish: Json) -> Fault:
        """Read `{"on", "fault", "times"}` and arm it, or raise ValueError with a sentence."""
        fault = read_fault(wish)
        self.armed.append(fault)
        return fault

    def take(self, method: str, path: str, *, repeat: bool = False, only: str = "") -> str | None:
        """The fault that strikes this call, used up by one; `repeat_invoke` is asked for apart."""
        for fault in self.armed:
            fits = (fault.text == REPEAT_INVOKE) == repeat and fault.text.startswith(only)
            if fits and fault.hits(method, path):
                fault.left -= 1
                self.armed = [one for one in self.armed if one.left > 0]
                return fault.text
        return None

    def clear(self) -> None:
        """Disarm everything."""
        self.armed = []


def read_fault(wish: Json) -> Fault:
    """Read one wish, or raise ValueError with a sentence."""
    text, times, on = wish.get("fault"), wish.get("times", 1), wish.get("on") or {}
    if not isinstance(text, str) or not _SHAPE.fullmatch(text):
        raise ValueError(f"fault must be one of: {NAMES}.")
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        raise ValueError("times must be a whole number of 1 or more.")
    if not isinstance(on, dict) or not set(on) <= {"method", "path"}:
        raise ValueError('on may hold "method" and "path" only.')
    method, path = str(child(on, "method") or ""), str(child(on, "path") or "")
    return Fault(text, method.upper(), path, times)


async def suffer(
    text: str, request: web.Request, handler: Handler, sleep: Sleep
) -> web.StreamResponse:
    """Answer *request* as the fault *text* wants."""
    found = _SHAPE.fullmatch(text)
    parts = found.groupdict() if found else {}
    if parts.get("delay"):
        # Applied at once, answered late: what a client's timeout cannot tell from a loss.
        response = await handler(request)
        await sleep(float(parts["seconds"]))
        return response
    if parts.get("name"):
        if parts["name"] == "status_after_apply":
            await handler(request)
        return status_answer(int(parts["code"]), int(parts["after"] or 0))
    return await _break(parts.get("plain"), request, handler)


def status_of(text: str) -> tuple[int, int]:
    """The status and the Retry-After of a `status:…` fault."""
    _, code, after, *_ = f"{text}:0".split(":")
    return int(code), int(after)


def status_answer(status: int, retry_after: int = 0) -> web.Response:
    """The connector's error body for a status."""
    code = _CODES.get(status, "ServiceError")
    message = "The fault armed for this call."
    return error_answer(ConnectorError(status, code, message, retry_after=retry_after))


def error_answer(error: ConnectorError) -> web.Response:
    """A refusal as the connector writes it (facts §4)."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return web.json_response(error.body, status=error.status, headers=headers)


async def _break(name: str | None, request: web.Request, handler: Handler) -> web.StreamResponse:
    if name == "html":
        page = "<!doctype html><title>Proxy</title><h1>The proxy is tired.</h1>"
        return web.Response(text=page, content_type="text/html")
    if name == "reset_before":
        return cut(request)
    response = await handler(request)
    return await _half(request, response) if name == "half_answer" else cut(request)


def cut(request: web.Request) -> web.Response:
    """Reset the connection; what is returned never arrives."""
    request[CUT] = True
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _half(request: web.Request, whole: web.StreamResponse) -> web.StreamResponse:
    body = whole.body if isinstance(whole, web.Response) else None
    content = bytes(body) if isinstance(body, bytes | bytearray) else b"{}"
    half = web.StreamResponse(status=whole.status)
    half.content_type = "application/json"
    half.content_length = len(content)
    await half.prepare(request)
    await half.write(content[: len(content) // 2])
    cut(request)
    return half


def describe(faults: Iterable[Fault]) -> list[Json]:
    """The armed faults as JSON."""
    return [
        {"fault": one.text, "on": {"method": one.method, "path": one.path}, "times": one.left}
        for one in faults
    ]
