"""What no log line may tell: secrets in any form, tokens, addresses of people, odd characters."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from structlog.typing import EventDict

HIDDEN = "[hidden]"
SHORTEST = 8
"""Shorter values are no secrets but words, which may stand anywhere."""
FIELDS = frozenset({
    "channel", "code", "company", "correlation", "count", "document", "entity", "event",
    "exception", "level", "limit", "listed", "logger", "method", "older_than_days", "outcome",
    "peer", "permission", "person", "place", "reason", "root", "seconds", "secret", "security",
    "shown", "state", "target", "timestamp", "wanted", "what",
})  # fmt: skip
"""What a line may tell besides its sentence; a name that is not here was not thought about."""

OURS = frozenset({"correlation", "level", "logger", "timestamp"})
"""What we make ourselves of nothing that came from outside."""

_SHAPES = (
    ("eyJ", re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")),  # a token: header, body, signature
    ("earer ", re.compile(r"(?i)(?<=\bbearer )[\w.~+/=-]{8,}")),
    ("=", re.compile(r"(?i)[?&](?:sig|code|access_token)=[^&\s\"']+")),
    ("@", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")),  # an address
)
"""What each begins with or has in it, which is quick to look for; and the whole."""
_PERSON = re.compile(
    r"((?:person|summons):[0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_ODD = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
"""What would speak to the terminal, or turn the reading round."""


def forms_of(secret: str) -> Iterator[str]:
    """Yield every way a secret may be written."""
    raw = secret.encode()
    yield from (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1])
    yield base64.b64encode(raw).rstrip(b"=").decode()
    yield base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Redactor:
    """Hides what it was told to hide, and what looks like a secret or an address."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._secrets: re.Pattern[str] | None = None

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these from now on, in any form; what was hidden before stays so."""
        fresh = {part for one in secrets for part in _parts(one) if len(part) >= SHORTEST}
        if fresh <= self._known:
            return
        self._known |= fresh
        forms = {form for secret in self._known for form in forms_of(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first)))

    def cleaned(self, text: str) -> str:
        """Return *text* without what nobody may read."""
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        for sign, shape in _SHAPES:
            if sign in text:
                text = shape.sub(HIDDEN, text)
        return _PERSON.sub(r"\1…", text) if ":" in text else text

    def listed(self, logger: Any, name: str, event: EventDict) -> EventDict:
        """Clean each value and keep it on one line; hide the fields that are not on the list."""
        del logger, name
        for field, value in event.items():
            if field not in FIELDS:
                event[field] = HIDDEN
            elif field == "person":
                event[field] = f"{str(value)[:8]}…"
            elif field not in OURS and not isinstance(value, int | float | None):
                told = _ODD.sub(" ", self.cleaned(str(value)))
                event[field] = told if field == "exception" else told.replace("\n", " ")
        return event


def _parts(secret: str) -> list[str]:
    """Return a secret, and each key where it is a list of several."""
    return [secret, *(part.strip() for part in secret.split(","))]
