"""Asking Graph for users (facts §5.2)."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from deployment.sandbox.teams.graph.asked import Asked, GraphRefusal, Reply
from deployment.sandbox.teams.graph.filters import read_filter
from deployment.sandbox.teams.graph.users import DEFAULT_PROPERTIES
from deployment.sandbox.teams.state import State
from deployment.sandbox.teams.wire import DoorError, Json

DEFAULT_TOP = 100
MOST_TOP = 999
LINK_DAYS = 7
_UNKNOWN = {"$skip", "$expand"}
_DELTA_UNKNOWN = {"$top", "$expand", "$orderby"}


async def list_users(state: State, asked: Asked) -> Reply:
    """`GET /users`, with `$filter`, `$select`, `$top` and pages."""
    _refuse(asked, _UNKNOWN)
    rows = _matching(state.users.rows(), asked)
    top, start = _top(asked), _start(asked)
    body: Json = {"@odata.context": f"{asked.base}/$metadata#users"}
    if asked.is_eventual:
        body["@odata.count"] = len(rows)
    body["value"] = [_selected(row, asked) for row in rows[start : start + top]]
    if start + top < len(rows):
        more = {**asked.query, "$skiptoken": f"from-{start + top}"}
        body["@odata.nextLink"] = f"{asked.base}/users?{urlencode(more)}"
    return Reply(body=body)


async def show_user(state: State, asked: Asked) -> Reply:
    """`GET /users/{id or UPN}`: never by mail."""
    row = wanted_user(state, asked.parts[1])
    context = {"@odata.context": f"{asked.base}/$metadata#users/$entity"}
    return Reply(body=context | _selected(row, asked))


async def changed_users(state: State, asked: Asked) -> Reply:
    """`GET /users/delta`: everything at first, then what changed since the link was made."""
    _refuse(asked, _DELTA_UNKNOWN)
    token = asked.query.get("$deltatoken", "")
    since = state.users.last if token == "latest" else _since(token, state.options.now())  # noqa: S105 - a word of Graph's
    rows = [row if "@removed" in row else _selected(row, asked) for row in state.users.since(since)]
    kept = {"$select": asked.query["$select"]} if "$select" in asked.query else {}
    made = int(state.options.now().timestamp())
    link = urlencode({**kept, "$deltatoken": f"{state.users.last}.{made}"})
    context = {"@odata.context": f"{asked.base}/$metadata#users"}
    return Reply(
        body={**context, "value": rows, "@odata.deltaLink": f"{asked.base}/users/delta?{link}"}
    )


def wanted_user(state: State, ref: str) -> Json:
    """The user a path names, or 404."""
    row = state.users.find(ref)
    if row is None:
        text = f"Resource '{ref}' does not exist, or something it leads to is not present."
        raise GraphRefusal(404, "Request_ResourceNotFound", text)
    return row


def find_user(state: State, ref: str) -> Json:
    """The user a lever means: also by mail or login. Raises DoorError."""
    person = state.directory.person(ref)
    by_mail = (
        row for row in state.users.rows() if (row["mail"] or "").casefold() == ref.casefold()
    )
    row = state.users.find(person.aad_id if person else ref) or next(by_mail, None)
    if row is None:
        raise DoorError(404, f"Graph has no user “{ref}”.")
    return row


def _matching(rows: list[Json], asked: Asked) -> list[Json]:
    text, sorted_by = asked.query.get("$filter"), asked.query.get("$orderby")
    advanced = "$search" in asked.query
    if text:
        wanted = read_filter(text)
        advanced = advanced or wanted.advanced or bool(sorted_by)
        rows = [row for row in rows if wanted.test(row)]
    if (advanced or "$count" in asked.query) and not asked.is_eventual:
        text = "Unsupported Query. Send ConsistencyLevel: eventual and $count=true."
        raise GraphRefusal(400, "Request_UnsupportedQuery", text)
    if "$search" in asked.query:
        raise GraphRefusal(400, "BadRequest", "The stand-in does not play $search.")
    field, _, way = (sorted_by or "id").partition(" ")
    return sorted(rows, key=lambda row: str(row.get(field) or ""), reverse=way == "desc")


def _selected(row: Json, asked: Asked) -> Json:
    names = [name.strip() for name in asked.query.get("$select", "").split(",") if name.strip()]
    unknown = [name for name in names if name not in row]
    if unknown:
        text = f"Could not find a property named '{unknown[0]}' on type 'microsoft.graph.user'."
        raise GraphRefusal(400, "BadRequest", text)
    return {name: row[name] for name in names or DEFAULT_PROPERTIES}


def _refuse(asked: Asked, names: set[str]) -> None:
    for name in sorted(names & set(asked.query)):
        text = f"'{name}' is not supported by the service."
        raise GraphRefusal(400, "Request_UnsupportedQuery", text)


def _top(asked: Asked) -> int:
    text = asked.query.get("$top", str(DEFAULT_TOP))
    if not text.isdigit() or not 1 <= int(text) <= MOST_TOP:
        raise GraphRefusal(400, "Request_UnsupportedQuery", "Invalid page size specified.")
    return int(text)


def _start(asked: Asked) -> int:
    text = asked.query.get("$skiptoken", "from-0").removeprefix("from-")
    if not text.isdigit():
        raise GraphRefusal(400, "Directory_ExpiredPageToken", "The page token is not ours.")
    return int(text)


def _since(token: str, now: datetime) -> int:
    if not token:
        return 0
    number, _, made = token.partition(".")
    if not number.isdigit() or not made.isdigit():
        raise GraphRefusal(400, "BadRequest", "The delta token is not ours.")
    age = now.timestamp() - int(made)
    if age > timedelta(days=LINK_DAYS).total_seconds():
        raise GraphRefusal(410, "syncStateNotFound", "The delta token has expired. Start anew.")
    return int(number)
