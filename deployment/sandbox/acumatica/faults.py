"""Faults a tester arms: what goes wrong with which call, and how often."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from .options import SandboxOptions
from .refusals import LOGIN_LIMIT_FACES, Refusal, login_limit, not_signed_in

_PLAIN = ("reset_before", "reset_after_apply", "html", "redirect", "login_limit", "half_answer")
FAULTS = "status:500, delay:SECONDS, login_limit:FACE, " + ", ".join(_PLAIN)
_MAINTENANCE = (
    "<!DOCTYPE html><html><head><title>Site maintenance</title></head>"
    "<body><h1>The site is under maintenance.</h1></body></html>"
)
_REDIRECT = "/Frames/Error.aspx?exceptionID=1&message=The+site+is+being+updated."


class BadFault(ValueError):
    """A fault that cannot be armed; the text says why."""


@dataclass(slots=True)
class Fault:
    """One armed fault and how many calls it still waits for."""

    name: str
    argument: str
    method: str
    path: str
    times: int

    @property
    def text(self) -> str:
        """The fault as it was asked for."""
        return f"{self.name}:{self.argument}" if self.argument else self.name

    def meets(self, method: str, path: str, action: str) -> bool:
        """Whether a call is meant: part of its path, or the name of its action."""
        return self.method in ("", method) and (self.path in path or self.path == action)


class Faults:
    """What is armed now."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []

    def arm(self, wish: Mapping[str, object]) -> Fault:
        """Arm what a tester asked for, or say why not."""
        fault = _read_fault(wish)
        self.armed.append(fault)
        return fault

    def take(self, method: str, path: str, action: str) -> Fault | None:
        """The first fault that waits for this call; it waits for one call less now."""
        fault = next((f for f in self.armed if f.meets(method, path, action)), None)
        if fault:
            fault.times -= 1
            self.armed = [f for f in self.armed if f.times > 0]
        return fault


async def before(
    fault: Fault, request: web.Request, options: SandboxOptions
) -> web.Response | None:
    """What goes wrong before the ERP gets to work; a response means it never does."""
    if fault.name == "delay":
        await options.sleep(float(fault.argument))
        return None
    if fault.name == "reset_before":
        _hang_up(request)
        return web.Response(status=503)
    refusal = _refusal(fault)
    return refusal.response() if refusal else None


def after(fault: Fault, request: web.Request, response: web.Response) -> None:
    """What goes wrong after the ERP did its work."""
    if fault.name == "reset_after_apply":
        _hang_up(request)
    elif fault.name == "half_answer" and request.transport is not None:
        request.transport.write(_half(response))
        request.transport.close()


def _refusal(fault: Fault) -> Refusal | None:
    match fault.name:
        case "status":
            return _bare(int(fault.argument))
        case "html":
            return Refusal(200, _MAINTENANCE)
        case "redirect":
            return Refusal(302, "", {"Location": _REDIRECT})
        case "login_limit":
            return login_limit(fault.argument or "429")
    return None


def _bare(status: int) -> Refusal:
    """An answer from before the screens: no exception type, so nothing says whether it ran."""
    if status == 401:
        return not_signed_in()
    if status in (502, 503, 504):
        return Refusal(status, f"<!DOCTYPE html><h1>{HTTPStatus(status).phrase}</h1>")
    return Refusal(status, {"message": "An error has occurred."})


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _half(response: web.Response) -> bytes:
    """The head with the full length, and less than that; of a bodiless answer half the head."""
    body = response.body if isinstance(response.body, bytes) else b""
    phrase = HTTPStatus(response.status).phrase
    head = f"HTTP/1.1 {response.status} {phrase}\r\nContent-Type: application/json\r\n"
    if not body:
        return head[: len(head) // 2].encode()
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2]


def _read_fault(wish: Mapping[str, object]) -> Fault:
    name, _, argument = str(wish.get("fault", "")).partition(":")
    if not _valid(name, argument):
        raise BadFault(f"'fault' must be one of: {FAULTS}.")
    on, times = wish.get("on") or {}, wish.get("times", 1)
    if not isinstance(on, Mapping) or set(on) - {"method", "path"}:
        raise BadFault("'on' may hold 'method' and 'path' (a part of it, or an action's name).")
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise BadFault("'times' must be a whole number from 1.")
    method, path = str(on.get("method") or "").upper(), str(on.get("path") or "")
    return Fault(name, argument, method, path, times)


def _valid(name: str, argument: str) -> bool:
    match name:
        case "status":
            return bool(re.fullmatch(r"[2-5]\d\d", argument)) and int(argument) in set(HTTPStatus)
        case "delay":
            return bool(re.fullmatch(r"\d{1,4}(\.\d+)?", argument))
        case "login_limit":
            return argument in ("", *LOGIN_LIMIT_FACES)
    return name in _PLAIN and not argument
