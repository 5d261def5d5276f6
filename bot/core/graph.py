"""Microsoft Graph without I/O: requests built, answers read, permissions named.

Follows the vendor's pages "Microsoft Graph error responses", "JSON batching" and "Paging".

GraphError
├─ GraphAway       no answer, or none that makes sense             → try again later
├─ GraphBusy       429, 503 or 504, with after                     → try again after that
└─ GraphRefused    any other refusal, with status and Graph's code → do not try again
   ├─ GraphMissing    404
   └─ GraphForbidden  403, names the permission that may be missing
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from storage.records import Json

VERSION = "/v1.0"
BATCH = 20
"""Requests in one `$batch`, by the vendor's limit."""
BUSY = frozenset({429, 503, 504})
NONSENSE_WAIT = 60.0
LONGEST_WAIT = 900.0


class GraphError(Exception):
    """Graph did not do what was asked; the kinds say whether to try again."""


class GraphAway(GraphError):
    """No answer that makes sense. `unknown`: it may have been carried out all the same."""

    def __init__(self, reason: str, *, unknown: bool = False) -> None:
        super().__init__(reason)
        self.unknown = unknown


class GraphBusy(GraphError):
    """Graph wants to be left alone for `after` seconds; None where it did not say how long."""

    def __init__(self, reason: str, after: float | None) -> None:
        super().__init__(reason)
        self.after = after


class GraphRefused(GraphError):
    """Graph refused: asking again changes nothing."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


class GraphMissing(GraphRefused):
    """What was asked for is not there."""


class GraphForbidden(GraphRefused):
    """The app may not do this; the message names the permission that is missing, where known."""


@dataclass(frozen=True, slots=True)
class Permission:
    """An application permission, other names that do as well, and what is lost without it."""

    name: str
    lost: str
    paths: str
    """Pattern of the paths that need it."""
    instead: tuple[str, ...] = ()
    alone: str = ""
    """The name it has where a team or a person grants it alone: no token ever tells of that."""

    @property
    def absence(self) -> str:
        """What is known when a token does not have it, and what is lost: reads on from its name."""
        if not self.alone:
            return f"is not granted: {self.lost}"
        return (
            f"is not in the token; a team or person may have granted {self.alone}."
            f" Where not, {self.lost}"
        )

    def granted(self, roles: Iterable[str]) -> bool:
        """Say whether *roles* of a token have it, by this name or another."""
        return not {self.name, self.alone, *self.instead}.isdisjoint(roles)


USERS = Permission(
    "User.Read.All",
    "people are matched by channel rosters and countersign.toml alone, and a disabled account is"
    " not noticed",
    r"/users(/[^/?]+)?(\?|$)",
    ("User.ReadBasic.All", "Directory.Read.All"),
)
INSTALL = Permission(
    "TeamsAppInstallation.ReadWriteSelfForUser.All",
    "an approver who lacks the app must add it by hand before a card can reach their chat",
    r"/users/[^/]+/teamwork/installedApps",
    ("TeamsAppInstallation.ReadWriteForUser.All",),
)
CATALOG = Permission(
    "AppCatalog.Read.All",
    "the app cannot be found in the organisation's catalog; set TEAMS__APP_CATALOG_ID instead",
    r"/appCatalogs/",
    ("AppCatalog.ReadWrite.All",),
)
FEED = Permission(
    "TeamsActivity.Send",
    "nobody is told in the activity feed that something waits",
    r"/users/[^/]+/teamwork/sendActivityNotification",
    alone="TeamsActivity.Send.User",
)
REPLIES = Permission(
    "ChannelMessage.Read.All",
    "replies under a card are not kept",
    r"/(subscriptions|teams/[^/]+/channels/[^/]+/messages)",
    alone="ChannelMessage.Read.Group",
)
APPLICATION = Permission(
    "Application.Read.All",
    "nobody is told that the client secret ends, unless TEAMS__CLIENT_SECRET_ENDS says when",
    r"/applications",
    ("Application.ReadWrite.All", "Directory.Read.All"),
)
PERMISSIONS = (FEED, INSTALL, CATALOG, REPLIES, APPLICATION, USERS)
HINT = 3
"""Characters of a secret that Graph tells, to know one from another."""


def secret_path(app_id: str) -> str:
    """Return where Graph tells of an app's client secrets, never what they are."""
    return f"/applications(appId='{quote(app_id, safe='')}')?$select=passwordCredentials"


def read_secret_end(found: Json, secret: str) -> datetime | None:
    """Return when *secret* ends, if Graph tells of one secret only that begins like it."""
    listed = found.get("passwordCredentials")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    ours = [row for row in rows if row.get("hint") == secret[:HINT]]
    if len(ours) != 1:
        return None
    try:
        ends = datetime.fromisoformat(str(ours[0].get("endDateTime")))
    except ValueError:
        return None
    return ends if ends.tzinfo else None


def missing(roles: Iterable[str], wanted: Iterable[Permission]) -> list[Permission]:
    """List the permissions of *wanted* that a token with *roles* does not have."""
    granted = frozenset(roles)
    return [one for one in wanted if not one.granted(granted)]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a `$batch`. `advanced`: a query that only works with eventual consistency."""

    path: str
    method: str = "GET"
    body: Json | None = None
    advanced: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What Graph answered to one request. `after`: seconds to wait, where it is busy and says."""

    status: int
    body: Json
    after: float | None = None
    path: str = ""

    def value(self) -> Json:
        """Return the body of a success. Raises GraphError."""
        if 200 <= self.status < 300:
            return self.body
        raise refusal(self)


def refusal(answered: Answered) -> GraphError:
    """Return the error an answer other than success means."""
    status, code = answered.status, _code(answered.body)
    reason = f"Graph answered {status} {code}".strip()
    if status in BUSY:
        return GraphBusy(reason, answered.after)
    if status >= 500 or status < 400:
        return GraphAway(reason, unknown=status >= 500)
    if status == 404:
        return GraphMissing(status, code, reason)
    if status == 403:
        return GraphForbidden(status, code, reason + _named(answered.path))
    return GraphRefused(status, code, reason)


def _named(path: str) -> str:
    for one in PERMISSIONS:
        if re.match(one.paths, path):
            return f"; it needs the application permission {one.name}, with admin consent"
    return ""


def _code(body: Json) -> str:
    error = body.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else ""


def read_body(status: int, content_type: str, body: bytes) -> Json:
    """Read the body of an answer; none is an empty object. Raises GraphAway."""
    if not body.strip():
        return {}
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    if status >= 400:
        return {}  # the status says it all
    shown = content_type or "something"
    raise GraphAway(f"Graph answered {status} with {shown} that is no JSON object", unknown=True)


def wait_of(retry_after: str) -> float | None:
    """Read Retry-After: clamped to 1 s … 15 min, a minute when it is nonsense, None when absent."""
    if not retry_after:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        return NONSENSE_WAIT
    return NONSENSE_WAIT if math.isnan(seconds) else min(LONGEST_WAIT, max(1.0, seconds))


def next_path(base: str, page: Json) -> str | None:
    """Return the path of the page after *page*, None after the last. Raises GraphAway.

    The link comes in an answer, and our token goes along: it must stay on *base*, `…/v1.0`.
    """
    link = page.get("@odata.nextLink")
    if link is None:
        return None
    if not isinstance(link, str) or not link.startswith(f"{base}/") or _strays(link):
        raise GraphAway("the link to the next page leads away from Graph")
    return link.removeprefix(base)


def _strays(link: str) -> bool:
    path = urlsplit(link).path.lower()
    return ".." in path or "%2e" in path or "\\" in link


def rows_of(page: Json) -> list[Json]:
    """Return the objects of a page. Raises GraphAway."""
    rows = page.get("value")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise GraphAway("a page of Graph has no list of objects")
    return rows


# --- $batch ---------------------------------------------------------------------------------


def build_batch(asked: Mapping[int, Asked]) -> dict[str, Any]:
    """Return the body of one `$batch`; each request is named by its number."""
    return {"requests": [_batched(number, one) for number, one in asked.items()]}


def _batched(number: int, asked: Asked) -> dict[str, Any]:
    headers = dict(headers_of(asked))
    built: dict[str, Any] = {"id": str(number), "method": asked.method, "url": asked.path}
    if asked.body is not None:
        built["body"] = asked.body
        headers["Content-Type"] = "application/json"
    return built | ({"headers": headers} if headers else {})


def headers_of(asked: Asked) -> Mapping[str, str]:
    """Return the headers a request needs besides the token."""
    return {"ConsistencyLevel": "eventual"} if asked.advanced else {}


def read_batch(body: Json, asked: Mapping[int, Asked]) -> dict[int, Answered]:
    """Read the answers by the numbers of their requests: they come in any order.

    What was not answered is left out. Raises GraphAway.
    """
    rows = body.get("responses")
    if not isinstance(rows, list):
        raise GraphAway("the answer to a batch has no responses")
    found = {}
    for row in rows:
        number = _number(row)
        if number in asked:
            found[number] = _item(row, asked[number])
    return found


def _number(row: Any) -> int:
    name = row.get("id") if isinstance(row, dict) else None
    return int(name) if isinstance(name, str) and re.fullmatch(r"\d{1,9}", name) else -1


def _item(row: Json, asked: Asked) -> Answered:
    status, body, headers = row.get("status"), row.get("body"), row.get("headers")
    told = headers if isinstance(headers, dict) else {}
    after = {str(name).lower(): str(value) for name, value in told.items()}.get("retry-after", "")
    return Answered(
        status if isinstance(status, int) else 0,
        body if isinstance(body, dict) else {},
        wait_of(after),
        asked.path,
    )


def chunks(asked: Sequence[Asked], size: int = BATCH) -> list[dict[int, Asked]]:
    """Split what is asked into batches, each request numbered by its place in the whole."""
    numbered = list(enumerate(asked))
    return [dict(numbered[at : at + size]) for at in range(0, len(numbered), size)]


# --- words in a query -----------------------------------------------------------------------


def literal(text: str) -> str:
    """Return *text* as a quoted literal of a `$filter`, ready for a path."""
    doubled = text.replace("'", "''")
    return quote(f"'{doubled}'", safe="")


def segment(text: str) -> str:
    """Return *text* as one segment of a path."""
    return quote(text, safe="")
