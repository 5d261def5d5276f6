"""OpenAPI of an endpoint, written from its tables: paths, tags, operations and schemas. Pure.

Named as the product's own files name them: one tag per entity, `Bill_GetList`,
`Bill_InvokeAction_ReleaseBill`; one schema per entity, line and action.
"""

from collections.abc import Iterable, Mapping

from . import contract5
from .shapes import Entity, Kind, Table
from .versions import PARAMETERS, Endpoint
from .wire import Json

_VALUES: Mapping[Kind, tuple[str, Json]] = {
    Kind.TEXT: ("StringValue", {"type": "string"}),
    Kind.DECIMAL: ("DecimalValue", {"type": "number", "format": "double"}),
    Kind.FLAG: ("BooleanValue", {"type": "boolean"}),
    Kind.DAY: ("DateTimeValue", {"type": "string", "format": "date-time"}),
    Kind.MOMENT: ("DateTimeValue", {"type": "string", "format": "date-time"}),
    Kind.COUNT: ("IntValue", {"type": "integer", "format": "int32"}),
    Kind.GUID: ("GuidValue", {"type": "string", "format": "uuid"}),
}
_CUSTOM = ("String", "Int", "Short", "Long", "Byte", "Decimal", "Double", "Boolean", "DateTime")
_QUERY = ("$select", "$filter", "$expand", "$custom", "$skip", "$top")
REF = "#/components/schemas/"


def openapi3(endpoint: Endpoint) -> Json:
    """OpenAPI 3.0.1, as versions 24 and later have it."""
    return {
        "openapi": "3.0.1",
        "info": {"title": f"{endpoint.name}/{endpoint.version}", "version": "1"},
        "servers": [{"url": endpoint.path}],
        "paths": _paths(endpoint),
        "components": {"schemas": _schemas(endpoint), "securitySchemes": _security()},
        "security": [{"cookieAuth": []}],
    }


def instance_description(site: str) -> Json:
    """What stands beside the endpoints."""
    login = {
        name: {"type": "string"} for name in ("name", "password", "tenant", "branch", "locale")
    }
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": login}}}}
    done: Json = {"204": {"description": "Success"}}
    return {
        "openapi": "3.0.1",
        "info": {"title": "Contract-based REST API", "version": "1"},
        "servers": [{"url": site or "/"}],
        "paths": {
            "/entity": {"get": _operation("Root", "Root_GetEndpoints", [], _answers("200"))},
            "/entity/auth/login": {
                "post": {**_operation("Auth", "Auth_Login", [], done), "requestBody": body}
            },
            "/entity/auth/logout": {"post": _operation("Auth", "Auth_Logout", [], done)},
        },
        "components": {"schemas": {}, "securitySchemes": _security()},
    }


def _paths(endpoint: Endpoint) -> dict[str, Json]:
    paths: dict[str, Json] = {}
    for entity in endpoint.entities.values():
        paths |= _entity_paths(entity, endpoint.actions[entity.name], endpoint.contract)
    return paths


def _entity_paths(entity: Entity, actions: Iterable[str], contract: int) -> dict[str, Json]:
    name, query = entity.name, [_parameter(p, "query") for p in _QUERY]
    if contract == 5:
        query = [p for p in query if p["name"] != "$custom"]
    one = [p for p in query if p["name"] in ("$select", "$expand", "$custom")]
    by_id, by_keys = _parameter("id", "path"), _parameter("ids", "path")
    ref: Json = {"$ref": f"{REF}{name}"}
    put = _operation(name, f"{name}_PutEntity", query, _answers("200", ref))
    paths: dict[str, Json] = {
        f"/{name}": {
            "get": _operation(
                name, f"{name}_GetList", query, _answers("200", {"type": "array", "items": ref})
            ),
            "put": {**put, "requestBody": _json(ref)},
        },
        f"/{name}/{{id}}": _one(name, by_id, one, ref, "ById"),
        f"/{name}/{{ids}}": _one(name, by_keys, one, ref, "ByKeys"),
        f"/{name}/{{ids}}/files/{{filename}}": {"put": _put_file(name, by_keys)},
        f"/{name}/$adHocSchema": {
            "get": _operation(name, f"{name}_GetAdHocSchema", [], _answers("200", ref))
        },
    }
    for action in actions:
        paths[f"/{name}/{action}"] = {"post": _action(name, action, action)}
    custom = _action(name, "CustomAction", f"{name}CustomAction")
    custom["parameters"] = [_parameter("actionName", "path")]
    return {**paths, f"/{name}/{{actionName}}": {"post": custom}}


def _one(name: str, by: Json, query: list[Json], ref: Json, how: str) -> Json:
    gone: Json = {"204": {"description": "Success"}}
    return {
        "get": _operation(name, f"{name}_Get{how}", [by, *query], _answers("200", ref)),
        "delete": _operation(name, f"{name}_Delete{how}", [by], gone),
    }


def _put_file(name: str, by_keys: Json) -> Json:
    done: Json = {"204": {"description": "Success"}}
    where = [by_keys, _parameter("filename", "path")]
    body = {"schema": {"type": "string", "format": "binary"}}
    operation = _operation(name, f"{name}_PutFile", where, done)
    return {**operation, "requestBody": {"content": {"application/octet-stream": body}}}


def _action(name: str, action: str, schema: str) -> Json:
    answers: Json = {
        "202": {"description": "The long operation has started", "headers": _LOCATION},
        "204": {"description": "The action is done"},
    }
    operation = _operation(name, f"{name}_InvokeAction_{action}", [], answers)
    return {**operation, "requestBody": _json({"$ref": f"{REF}{schema}"})}


_LOCATION: Json = {"Location": {"schema": {"type": "string"}}}


def _operation(tag: str, id: str, parameters: list[Json], responses: Json) -> Json:
    return {"tags": [tag], "operationId": id, "parameters": parameters, "responses": responses}


def _answers(code: str, schema: Json | None = None) -> Json:
    good: Json = {"description": "Success"}
    return {code: {**good, **(_json(schema) if schema else {})}}


def _json(schema: Json) -> Json:
    return {"content": {"application/json": {"schema": schema}}}


def _parameter(name: str, where: str) -> Json:
    whole = name in ("$skip", "$top")
    schema: Json = {"type": "integer", "format": "int32"} if whole else {"type": "string"}
    return {"name": name, "in": where, "required": where == "path", "schema": schema}


def _security() -> Json:
    return {"cookieAuth": {"type": "apiKey", "in": "cookie", "name": ".ASPXAUTH"}}


def _schemas(endpoint: Endpoint) -> dict[str, Json]:
    schemas = _base_schemas(endpoint.contract)
    for entity in endpoint.entities.values():
        for name in (*entity.lists, *entity.linked):
            schemas.setdefault(
                entity.schemas[name], _object(entity, name, entity.part(name), endpoint)
            )
        schemas[entity.name] = _object(entity, "", entity.fields, endpoint)
        schemas[f"{entity.name}CustomAction"] = _invocation(entity.name, {})
        for action in endpoint.actions[entity.name]:
            schemas[action] = _invocation(entity.name, PARAMETERS.get(action, {}))
    return schemas


def _object(entity: Entity, under: str, table: Table, endpoint: Endpoint) -> Json:
    """One schema: the common base, and the fields and parts at this place of the entity."""
    downs = contract5.drop_downs(entity) if endpoint.contract == 5 and not under else {}
    properties: Json = {
        name: {"$ref": f"{REF}{_value_name(kind, name in downs, endpoint.contract)}"}
        for name, kind in table.items()
    }
    for name in (*entity.lists, *entity.linked):
        head, _, last = name.rpartition("/")
        if head == under:
            ref: Json = {"$ref": f"{REF}{entity.schemas[name]}"}
            properties[last] = {"type": "array", "items": ref} if name in entity.lists else ref
    return {"allOf": [{"$ref": f"{REF}Entity"}, {"type": "object", "properties": properties}]}


def _value_name(kind: Kind, drop_down: bool, contract: int) -> str:
    if drop_down:
        return "DropDownValue"
    if kind is Kind.DAY and contract == 5:
        return "DateOnlyValue"
    return _VALUES[kind][0]


def _invocation(entity: str, parameters: Table) -> Json:
    values = {name: {"$ref": f"{REF}{_VALUES[kind][0]}"} for name, kind in parameters.items()}
    return {
        "required": ["entity"],
        "type": "object",
        "properties": {
            "entity": {"$ref": f"{REF}{entity}"},
            "parameters": {"type": "object", "properties": values},
        },
    }


def _base_schemas(contract: int) -> dict[str, Json]:
    values: dict[str, Json] = {name: _value(schema) for name, schema in _VALUES.values()}
    if contract == 5:
        pair = {name: {"type": "string"} for name in ("id", "description")}
        values["DropDownValue"] = _value({"type": "object", "properties": pair})
        values["DateOnlyValue"] = _value({"type": "string", "format": "date"})
    text: Json = {"type": "string"}
    files: Json = dict.fromkeys(("id", "filename", "href", "comment"), text)
    entity: Json = {
        "id": {"type": "string", "format": "uuid"},
        "rowNumber": {"type": "integer", "format": "int64"},
        "note": {"$ref": f"{REF}StringValue"},
        "custom": {"type": "object", "additionalProperties": {"type": "object"}},
        "error": text,
        "files": {"type": "array", "items": {"$ref": f"{REF}FileLink"}},
        "_links": {"type": "object", "additionalProperties": text},
    }
    custom = {f"Custom{kind}Field": _value(text) for kind in (*_CUSTOM, "Guid")}
    base: dict[str, Json] = {
        "Entity": {"type": "object", "properties": entity},
        "FileLink": {"type": "object", "properties": files},
    }
    return {**base, **values, **custom}


def _value(schema: Json) -> Json:
    error: Json = {"type": "string"}
    return {"type": "object", "properties": {"value": schema, "error": error}}
