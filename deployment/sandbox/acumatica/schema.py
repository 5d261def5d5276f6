"""`$adHocSchema`: every field of an entity, custom ones too, and what its screen can do."""

from collections.abc import Mapping

from aiohttp import web

from . import workflow
from .call import Call
from .refusals import json_response
from .shapes import Entity, ScreenField
from .wire import Json


async def read_schema(call: Call) -> web.Response:
    """The entity as an empty record: names to be read, with the types of custom fields."""
    schema = _shape(call.entity)
    # Newer builds name the workflow's actions; the member's exact form is unconfirmed.
    names = workflow.screen_actions(call.entity.name)
    schema["_workflowActions"] = [{"name": name} for name in names]
    return json_response(schema)


def _shape(entity: Entity) -> Json:
    lists = {name: [_part(entity, name)] for name in entity.lists if "/" not in name}
    linked = {name: _part(entity, name) for name in entity.linked if "/" not in name}
    fields: Json = {name: {} for name in entity.fields}
    return {**fields, **lists, **linked, "custom": _custom(entity.custom)}


def _part(entity: Entity, name: str) -> Json:
    fields: Json = {column: {} for column in entity.part(name)}
    inside = [n for n in (*entity.lists, *entity.linked) if n.startswith(f"{name}/")]
    inner: Json = {}
    for n in inside:
        part = _part(entity, n)
        inner[n.rpartition("/")[2]] = [part] if n in entity.lists else part
    custom = entity.line_custom if name == "Details" else {}
    return {**fields, **inner, "custom": _custom(custom)}


def _custom(known: Mapping[str, ScreenField]) -> Json:
    views: dict[str, Json] = {}
    for name, source in known.items():
        view, _, column = name.partition(".")
        views.setdefault(view, {})[column] = {"type": source.type}
    return dict(views)
