"""Levers of the push sender under `/_sandbox/push`, and its list of what was not delivered."""

from collections.abc import Callable, Mapping
from dataclasses import fields

from aiohttp import web

from . import push, workflow
from .door_input import DoorError, door_body, refuse_unknown
from .erp import ERP
from .push import QUERIES, Settings
from .refusals import json_response
from .wire import Json

_DESTINATION = {"url", "header", "value"}
_WORDS = {"status_as": ("label", "letter"), "type_as": ("label", "code")}


def add_routes(app: web.Application) -> None:
    """Hang the doors into the application."""
    app.router.add_get("/_sandbox/push", read_push)
    app.router.add_post("/_sandbox/push", set_push)
    app.router.add_post("/_sandbox/push/resend", resend)


async def read_push(request: web.Request) -> web.Response:
    """How the sender is set, and what it failed to deliver; the header's value stays inside."""
    erp = request.app[ERP]
    settings, to = erp.sender.settings, erp.sender.settings.destination
    shown = {**push.settings_row(settings), "destination": _shown(to) if to else None}
    failures = [failure.shown() for failure in erp.undelivered.all()]
    return json_response({**shown, "failures": failures})


async def set_push(request: web.Request) -> web.Response:
    """Change any of the sender's settings."""
    erp, body = request.app[ERP], await door_body(request)
    refuse_unknown(body, tuple(f.name for f in fields(Settings)))
    members = {name: _setting(name, raw) for name, raw in body.items()}
    erp.set_push(push.changed(erp.sender.settings, **members))
    return await read_push(request)


async def resend(request: web.Request) -> web.Response:
    """Send what failed again: `{"key": …}` for one, nothing for all."""
    erp = request.app[ERP]
    body = await door_body(request) if request.can_read_body else {}
    refuse_unknown(body, ("key",))
    key = str(body.get("key") or "")
    tried = len(erp.undelivered.resendable(key))
    if key and not tried:
        raise DoorError("There is no such failure, or it was cut and cannot be sent again.", 404)
    if tried and erp.sender.settings.destination is None:
        raise DoorError("There is no 'destination' to send to.", 409)
    arrived = await erp.sender.resend(key)
    return json_response({"tried": tried, "delivered": arrived})


def _setting(name: str, raw: object) -> object:
    if name in _READERS:
        return _READERS[name](raw)
    if name in _WORDS and raw not in _WORDS[name]:
        raise DoorError(f"'{name}' must be one of: {', '.join(_WORDS[name])}.")
    if name not in _WORDS and not isinstance(raw, bool):
        raise DoorError(f"'{name}' must be true or false.")
    return raw


def _number(name: str, low: int, high: int, told: str) -> Callable[[object], object]:
    def read(raw: object) -> object:
        if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
            raise DoorError(f"'{name}' must be a whole number from {low} to {high}: {told}.")
        return raw

    return read


def _destination(raw: object) -> push.Destination | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or set(raw) != _DESTINATION:
        raise DoorError("'destination' needs exactly 'url', 'header' and 'value'.")
    texts = {name: str(raw[name]) for name in _DESTINATION}
    if not texts["url"].startswith(("http://", "https://")):
        raise DoorError("'destination.url' must begin with http:// or https://.")
    if not texts["header"] or any(c in text for text in texts.values() for c in "\r\n"):
        raise DoorError("'destination.header' must be a header's name, without line breaks.")
    return push.Destination(**texts)


def _company_id(raw: object) -> str:
    if not isinstance(raw, str):
        raise DoorError("'company_id' must be a text; an empty one is the tenant's own name.")
    return raw


def _queries(raw: object) -> Mapping[str, str]:
    table = _by_entity("queries", raw)
    if not all(isinstance(name, str) and name for name in table.values()):
        raise DoorError("'queries' must give each entity the name of an inquiry.")
    return {entity: str(name) for entity, name in table.items()}


def _columns(raw: object) -> Mapping[str, Mapping[str, str]]:
    table: dict[str, Mapping[str, str]] = {}
    for entity, names in _by_entity("columns", raw).items():
        if not isinstance(names, Mapping) or not all(isinstance(n, str) for n in names.values()):
            raise DoorError("'columns' must give each entity {field: column}; \"\" leaves one out.")
        table[entity] = dict(names)
    return table


def _filters(raw: object) -> Mapping[str, list[str]]:
    table: dict[str, list[str]] = {}
    for entity, shown in _by_entity("filters", raw).items():
        known = workflow.STATUSES[entity]
        if not isinstance(shown, list) or not set(map(str, shown)) <= set(known):
            raise DoorError(f"'filters.{entity}' must be a list out of: {', '.join(known)}.")
        table[entity] = [str(status) for status in shown]
    return table


def _by_entity(name: str, raw: object) -> Mapping[str, object]:
    if not isinstance(raw, Mapping) or set(raw) - set(QUERIES):
        raise DoorError(f"'{name}' must be an object with any of: {', '.join(QUERIES)}.")
    return raw


def _shown(destination: push.Destination) -> Json:
    return {"url": destination.url, "header": destination.header}


_READERS: Mapping[str, Callable[[object], object]] = {
    "destination": _destination,
    "duplicate": _number("duplicate", 0, 20, "extra deliveries"),
    "deleted_minutes": _number("deleted_minutes", -840, 840, "zone of deleted rows"),
    "company_id": _company_id,
    "queries": _queries,
    "columns": _columns,
    "filters": _filters,
}
