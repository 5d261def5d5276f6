"""Faults a tester arms: what goes wrong with which call, and how often."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from .refusals import LOGIN_LIMIT_FACES

_PLAIN = (
    *("refuse", "reset_before", "reset_after_apply", "half_answer", "html", "not_json", "empty"),
    *("wrong_record", "not_kept", "edit"),
)
REDIRECTS: Mapping[str, str] = {
    "": "/Frames/Error.aspx?exceptionID=1&message=The+site+is+being+updated.",
    "login": "/Frames/Login.aspx?ReturnUrl=%2fentity",
    "ui_error": "/ui/error?message=An+error+has+occurred.",
}
FAULTS = (
    "status:500, px_error, px_error:TEXT, delay:SECONDS, trickle:SECONDS, clock_skew:SECONDS,"
    f" login_limit:FACE, redirect, redirect:login, redirect:ui_error, {', '.join(_PLAIN)}"
)
_ON = ("method", "path", "action")


class BadFault(ValueError):
    """A fault that cannot be armed; the text says why."""


@dataclass(slots=True)
class Fault:
    """One armed fault and how many calls it still waits for."""

    name: str
    argument: str
    on: Mapping[str, str]
    times: int
    edit: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The fault as it was asked for."""
        return f"{self.name}:{self.argument}" if self.argument else self.name

    @property
    def seconds(self) -> float:
        """The argument of a fault about time."""
        return float(self.argument or 1)

    def meets(self, method: str, path: str, action: str) -> bool:
        """Whether a call is meant: its method, its action, part of its path (or its action)."""
        wanted = self.on.get("path", "")
        return (
            self.on.get("method", method) == method
            and self.on.get("action", action) == action
            and (wanted in path or wanted == action)
        )


class Faults:
    """What is armed now."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        """Let a fault wait for its calls."""
        self.armed.append(fault)

    def take(self, method: str, path: str, action: str) -> Fault | None:
        """The first fault that waits for this call; it waits for one call less now."""
        fault = next((f for f in self.armed if f.meets(method, path, action)), None)
        if fault:
            fault.times -= 1
            self.armed = [f for f in self.armed if f.times > 0]
        return fault


def read_fault(wish: Mapping[str, object]) -> Fault:
    """The fault a tester asked for. Raises BadFault."""
    unknown = set(wish) - {"fault", "on", "times", "edit"}
    if unknown:
        raise BadFault(f"Unknown: {', '.join(sorted(unknown))}. Allowed: fault, on, times, edit.")
    name, _, argument = str(wish.get("fault") or "").partition(":")
    if not _valid(name, argument):
        raise BadFault(f"'fault' must be one of: {FAULTS}.")
    times, edit = wish.get("times", 1), wish.get("edit") or {}
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise BadFault("'times' must be a whole number from 1.")
    if (name == "edit") != bool(edit) or not isinstance(edit, Mapping):
        raise BadFault('\'edit\' goes with the fault edit: {"entity", "keys", "set", "by"}.')
    return Fault(name, argument, _read_on(wish.get("on") or {}), times, edit)


def _read_on(on: object) -> Mapping[str, str]:
    if not isinstance(on, Mapping) or set(on) - set(_ON):
        raise BadFault(
            "'on' may hold 'method', 'action' and 'path' (a part of it, or an action's name)."
        )
    texts = {name: str(on[name]) for name in _ON if on.get(name)}
    return {**texts, **({"method": texts["method"].upper()} if "method" in texts else {})}


def _status(argument: str) -> bool:
    return bool(re.fullmatch(r"[2-5]\d\d", argument)) and int(argument) in set(HTTPStatus)


def _seconds(argument: str) -> bool:
    return bool(re.fullmatch(r"\d{1,4}(\.\d+)?", argument))


_ARGUMENTS: Mapping[str, Callable[[str], bool]] = {
    "status": _status,
    "px_error": lambda _: True,
    "delay": _seconds,
    "trickle": lambda argument: not argument or _seconds(argument),
    "clock_skew": lambda argument: bool(re.fullmatch(r"-?\d{1,6}", argument)),
    "login_limit": lambda argument: argument in ("", *LOGIN_LIMIT_FACES),
    "redirect": REDIRECTS.__contains__,
}


def _valid(name: str, argument: str) -> bool:
    if name in _ARGUMENTS:
        return _ARGUMENTS[name](argument)
    return name in _PLAIN and not argument
