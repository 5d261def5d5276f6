"""A Graph call and its answer as values, so that a batch asks the same way as the wire. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from deployment.sandbox.teams.wire import Json

BASE = "/v1.0"


class GraphRefusal(Exception):
    """A refusal with Graph's error body; the text is what the caller reads."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: the path begins behind `/v1.0`, names in it decoded one by one."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    base: str = ""
    """Where the caller found Graph: `http://host:port/v1.0`."""

    @property
    def parts(self) -> list[str]:
        """The steps of the path."""
        return [unquote(step) for step in self.path.strip("/").split("/")]

    @property
    def is_eventual(self) -> bool:
        """Whether the caller takes the advanced index: header and `$count` together (§5.2)."""
        level = {name.casefold(): text for name, text in self.headers.items()}
        counted = self.query.get("$count", "").casefold() == "true"
        return counted and level.get("consistencylevel", "").casefold() == "eventual"

    def document(self) -> Json:
        """The body as an object, or a refusal."""
        if not isinstance(self.body, dict):
            raise GraphRefusal(400, "BadRequest", "The request body must be a JSON object.")
        return self.body


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; a body of None is an empty one."""

    status: int = 200
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def split_url(url: str) -> tuple[str, dict[str, str]]:
    """The raw path and the decoded query of a relative URL."""
    parts = urlsplit(url)
    return parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))


def read_json(raw: bytes) -> Any:
    """The body of a call; nothing is None."""
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        raise GraphRefusal(400, "BadRequest", "Unable to read JSON request payload.") from error


def refused(error: GraphRefusal, *, request_id: str, at: str) -> Reply:
    """The refusal as Graph writes it."""
    inner = {"date": at, "request-id": request_id, "client-request-id": request_id}
    body = {"error": {"code": error.code, "message": str(error), "innerError": inner}}
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return Reply(error.status, body, headers)
