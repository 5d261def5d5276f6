"""Swagger 2.0, as versions before 24 describe themselves: OpenAPI's facts in other places. Pure."""

from collections.abc import Mapping
from typing import Any

from .swagger import REF, openapi3
from .versions import Endpoint
from .wire import Json


def swagger2(endpoint: Endpoint) -> Json:
    """The description of an endpoint of an older version."""
    described = openapi3(endpoint)
    paths = {
        path: _operations2(_object(operations))
        for path, operations in _object(described["paths"]).items()
    }
    return {
        "swagger": "2.0",
        "info": described["info"],
        "basePath": endpoint.path,
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": _moved(paths),
        "definitions": _moved(_object(described["components"])["schemas"]),
    }


def _operations2(operations: Json) -> Json:
    return {method: _operation2(operation) for method, operation in operations.items()}


def _operation2(operation: object) -> Json:
    """One operation of 3.0.1 in the places 2.0 has for its parts."""
    old: dict[str, Any] = _object(operation)
    parameters = [{**p, **p["schema"]} for p in old["parameters"]]
    parameters = [{k: v for k, v in p.items() if k != "schema"} for p in parameters]
    body = old.pop("requestBody", None)
    if body:
        content = next(iter(body["content"].values()))
        binary = content["schema"].get("format") == "binary"
        schema = {"type": "string"} if binary else content["schema"]
        parameters.append({"name": "entity", "in": "body", "required": True, "schema": schema})
    responses = {code: _response2(answer) for code, answer in old["responses"].items()}
    return {**old, "parameters": parameters, "responses": responses}


def _response2(answer: Mapping[str, Json]) -> Json:
    plain: Json = {"description": answer["description"]}
    if "content" not in answer:
        return plain
    content = answer["content"]["application/json"]
    return {**plain, "schema": content["schema"] if isinstance(content, Mapping) else {}}


def _moved(part: object) -> object:
    """The same tree with its references pointing to `definitions`."""
    if isinstance(part, Mapping):
        return {name: _moved(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_moved(value) for value in part]
    return part.replace(REF, "#/definitions/") if isinstance(part, str) else part


def _object(part: object) -> Json:
    return dict(part) if isinstance(part, Mapping) else {}
