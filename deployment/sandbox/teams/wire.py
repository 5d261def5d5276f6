"""JSON and times as they cross the wire, and the errors a caller can meet."""

import json
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


class ConnectorError(Exception):
    """A refusal of the connector: `{"error": {"code", "message"}}` with a status (facts §4)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        retry_after: int = 0,
        body: Json | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        # A few refusals have a shape of their own, such as errorCode 209.
        self.body = body or {"error": {"code": code, "message": message}}


class DoorError(Exception):
    """A refusal of one of the stand-in's own doors, in a sentence a person can act on."""

    def __init__(self, status: int, message: str, **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.more = more


class ShapeError(ValueError):
    """Something in a body has the wrong shape; the text is a sentence that names it."""


def stamp(moment: datetime) -> str:
    """Write *moment* as activities do: UTC, milliseconds, `Z`."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def read_object(raw: bytes) -> Json:
    """Read a JSON object, or raise ValueError with a sentence."""
    try:
        value = json.loads(raw or b"null")
    except ValueError as error:
        raise ValueError("The body is not JSON.") from error
    if not isinstance(value, dict):
        raise ValueError("The body must be a JSON object.")  # noqa: TRY004 - bad input, not a bug
    return value


def child(value: Json, *names: str) -> Any:
    """Walk *names* down nested objects; None where the path ends early."""
    step: Any = value
    for name in names:
        step = step.get(name) if isinstance(step, dict) else None
    return step


def text_in(value: object, name: str) -> str:
    """A text that says something, or ShapeError."""
    if not isinstance(value, str) or not value.strip():
        raise ShapeError(f"“{name}” is missing: give a text.")
    return value.strip()


def flag(value: object, name: str) -> bool:
    """True or false, or ShapeError."""
    if not isinstance(value, bool):
        raise ShapeError(f"{name} must be true or false.")
    return value


def whole_in(value: object, name: str, allowed: range) -> int:
    """A whole number within *allowed*, or ShapeError."""
    if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
        last = allowed.stop - 1
        raise ShapeError(f"{name} must be a whole number from {allowed.start} to {last}.")
    return value


def names_in(value: object, name: str) -> list[str]:
    """A list of texts, or ShapeError."""
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ShapeError(f"{name} must be a list of texts.")
    return list(value)
