"""The JSON schema of `countersign.toml`, so that editors complete it and mark what is wrong. Pure.

Written for draft 7, which every editor's TOML extension reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, TypeAdapter

from acumatica_client.entities import ENTITIES
from bot.checked import SPAN, TIME_OF_DAY
from bot.company_file import WINDOWS, File
from bot.configuring.examples import Examples
from bot.core.plans import verbs_of
from bot.core.routes import APPROVER_SOURCES, APPROVER_TARGET, CHANNEL, CURRENCY

DRAFT = "http://json-schema.org/draft-07/schema#"
Schema = dict[str, Any]


def file_schema() -> Schema:
    """Return the schema of `countersign.toml`."""
    schema = schema_of(File, "countersign.toml")
    route, condition = (schema["definitions"][name] for name in ("Route", "Condition"))
    _name_words(route["properties"])
    condition["properties"]["field"]["enum"] = sorted(_everywhere("field"))
    route["allOf"] = [_of_entity(name) for name in ENTITIES]
    return schema


def examples_schema() -> Schema:
    """Return the schema of `countersign.examples.toml`."""
    return schema_of(Examples, "countersign.examples.toml")


def schema_of(model: type[BaseModel], title: str) -> Schema:
    """Return the schema of a file that *model* reads."""
    made = model.model_json_schema(ref_template="#/definitions/{model}")
    definitions = made.pop("$defs", {})
    whole = {"$schema": DRAFT, **made, "title": title, "definitions": definitions}
    return dict(_tidy(whole))


def _tidy(part: Any) -> Any:
    """Leave out invented titles, and put a reference beside which something stands into a list.

    Readers of draft 7 ignore what stands beside a `$ref`.
    """
    if isinstance(part, list):
        return [_tidy(one) for one in part]
    if not isinstance(part, dict):
        return part
    told = {name: _tidy(one) for name, one in part.items() if not _is_invented(name, part)}
    if "default" in told:
        told |= {"default": _written(told.pop("default"), told)}
        told = {name: one for name, one in told.items() if name != "default" or one is not None}
    if "$ref" in told and len(told) > 1:
        told = {"allOf": [{"$ref": told.pop("$ref")}], **told}
    return told


def _written(default: Any, part: Mapping[str, Any]) -> Any:
    """Return a default as the file would say it; None where it would say nothing."""
    kinds = (part.get("pattern"), part.get("items"))
    if kinds[0] == SPAN["pattern"]:
        return _span(TypeAdapter(timedelta).validate_python(default))
    if kinds[0] == TIME_OF_DAY["pattern"]:
        return str(default)[: len("02:30")]
    if kinds[1] == WINDOWS["items"]:
        return [f"{one['most']}/{_span(timedelta(seconds=one['seconds']))}" for one in default]
    return default


def _span(span: timedelta) -> str:
    """Write a span of time in the largest unit that needs no fraction."""
    seconds = int(span.total_seconds())
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    unit = next(name for name, size in units.items() if seconds % size == 0)
    return f"{seconds // units[unit]}{unit}"


def _is_invented(name: str, part: Mapping[str, Any]) -> bool:
    """Say whether this is a title pydantic made of a key; a property may be called so, too."""
    return name == "title" and isinstance(part[name], str) and part.get("$schema") is None


# --- words ----------------------------------------------------------------------------------


def _name_words(route: Schema) -> None:
    """Name the words a route's keys take, of whatever entity."""
    route["entity"] = {**route["entity"], "anyOf": [{"enum": list(ENTITIES)}]}
    _items(route["when"], {"enum": sorted(_everywhere("when"))})
    _items(route["actions"], {"enum": sorted(_everywhere("actions"))})
    places = [{"const": APPROVER_TARGET}, {"pattern": f"^{CHANNEL}.*\\S"}]
    _items(route["to"], {"anyOf": places})
    sources = {"anyOf": [{"enum": list(APPROVER_SOURCES)}, {"pattern": "^person:"}]}
    _items(route["approver"], sources)
    _items(route["second"], sources)
    route["second_above"]["propertyNames"] = {"pattern": f"^{CURRENCY.pattern}$"}


def _items(key: Schema, words: Schema) -> None:
    """Narrow a key that takes one word or a list of them."""
    del key["type"], key["items"]
    key["anyOf"] = [
        {"type": "string", **words},
        {"type": "array", "items": {"type": "string", **words}},
    ]


def _of_entity(name: str) -> Schema:
    """Return what a route for one entity may say, where it says of which it is."""
    words = {key: sorted(known) for key, known in _words(name)}
    listed = {
        key: {"type": ["string", "array"], **_each(words[key])} for key in ("when", "actions")
    }
    field = {"items": {"properties": {"field": {"enum": words["field"]}}}}
    return {
        "if": {"properties": {"entity": {"const": name}}, "required": ["entity"]},
        "then": {"properties": {**listed, "where": field}},
    }


def _each(words: list[str]) -> Schema:
    return {"anyOf": [{"enum": words}, {"type": "array", "items": {"enum": words}}]}


def _words(entity: str) -> Iterator[tuple[str, set[str]]]:
    row = ENTITIES[entity]
    yield "when", {status.lower() for status in row.statuses} | {"released"}
    yield "actions", set(verbs_of(entity))
    yield "field", set(row.select)


def _everywhere(key: str) -> set[str]:
    return {
        word for name in ENTITIES for own, known in _words(name) if own == key for word in known
    }
