"""JSON and times as they cross the wire, and the two errors a caller can meet."""

import json
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


class ConnectorError(Exception):
    """A refusal of the connector: `{"error": {"code", "message"}}` with a status (facts §4)."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class DoorError(Exception):
    """A refusal of one of the stand-in's own doors, in a sentence a person can act on."""

    def __init__(self, status: int, message: str, **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.more = more


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
