"""What Countersign used of one company's Acumatica licence: plain counters, for metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from acumatica_client.transport import Request


class Kind(StrEnum):
    """What a request is for."""

    READ = "read"
    LIST = "list"
    ACTION = "action"
    POLL = "poll"
    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"


def kind_of(request: Request) -> Kind:
    """Say what a request to an endpoint is for, by its method and address."""
    if request.method != "GET":
        return Kind.ACTION
    if "/status/" in request.url:
        return Kind.POLL
    return Kind.LIST if "$top=" in request.url else Kind.READ


@dataclass(slots=True)
class Usage:
    """Counters of one company since the start; they only grow, except `sessions_open`."""

    requests: Counter[Kind] = field(default_factory=Counter)
    sessions_opened: int = 0
    sessions_open: int = 0
    refused_by_limit: int = 0
    """Answers that were the login limit or a 429, in whatever face."""
    waits: int = 0
    """Requests that had to wait for their share of the minute."""
    waited: float = 0.0
    """Seconds those waited, together."""
    last_error: str = ""
