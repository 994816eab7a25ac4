"""`openapi.json`, written from the operations themselves: what is described is what is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from webapp.api.operations import VERSION, Operation
from webapp.services.people import answered

USUAL = {401: "No valid token came with the request", 403: "The token's role does not allow it", 404: "There is no such thing in the team"}
UNREADABLE = {422: "A value cannot be taken; `details.field` names it"}
_PLAIN: Mapping[Any, Mapping[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    NoneType: {"type": "null"},
    Any: {},
}
_KEY = {
    "name": answered.FIELD,
    "in": "header",
    "required": False,
    "description": (
        "Any text of yours for this one request. Sent again with it within a day, the request is not done again but answered as before, "
        "with `Idempotent-Replayed: true`; two at once are done once. With another request the same key is refused (422, "
        "`idempotency_key_reused`). A request that was refused keeps no key."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": answered.LONGEST_KEY, "pattern": "^[ -~]+$"},
}
"""What every operation that writes takes."""
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "code")},
        "status": {"type": "integer"},
        "details": {"type": "object", "properties": {"field": {"type": "string"}}},
    },
}


def describe(operations: Iterable[Operation]) -> dict[str, Any]:
    """An OpenAPI 3.1 document of the operations."""
    schemas: dict[str, Any] = {"Problem": _PROBLEM}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(VERSION + operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "SmartCart Segments", "version": "1", "description": "Segments, campaigns, imports and scores of one team."},
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    answer = schema_of(get_type_hints(operation.run).get("return", Any), schemas)
    refusals = USUAL | (UNREADABLE if operation.query or operation.body or operation.writes else {}) | dict(operation.refusals)
    responses = {str(operation.status): {"description": "Done", "content": {"application/json": {"schema": answer}}}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses |= {str(status): {"description": words, "content": problem} for status, words in sorted(refusals.items())}
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Needs the permission `{operation.needs}`.",
        "parameters": _parameters(operation),
        "responses": responses,
    }
    if operation.body:
        described["requestBody"] = {"content": {kind: {"schema": schema} for kind, schema in operation.body.content.items()}}
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    parts = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    asked = [
        {"name": name, "in": "query", "required": field.required, "description": field.about, "schema": field.schema}
        for name, field in operation.query.items()
    ]
    return parts + asked + ([_KEY] if operation.writes else [])


def schema_of(kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a type as it is answered; dataclasses are described once, in `schemas`. TypeError where JSON has no form."""
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return {"anyOf": [schema_of(part, schemas) for part in arguments]}
    if origin in (list, tuple):
        return {"type": "array", "items": schema_of(arguments[0], schemas)}
    if origin is dict or origin is Mapping or kind is dict:
        return {"type": "object", **({"additionalProperties": schema_of(arguments[1], schemas)} if arguments else {})}
    if isinstance(kind, type) and issubclass(kind, str):
        return {"type": "string"}
    if is_dataclass(kind) and isinstance(kind, type):
        return _reference(kind, schemas)
    raise TypeError(f"{kind!r} cannot be described")


def _reference(kind: type, schemas: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__
    if name not in schemas:
        schemas[name] = {}  # before its parts, which may hold it again
        hints = get_type_hints(kind)
        own = fields(kind)
        schemas[name] = {
            "type": "object",
            "required": [each.name for each in own if each.default is MISSING and each.default_factory is MISSING],
            "properties": {each.name: schema_of(hints[each.name], schemas) for each in own},
        }
    return {"$ref": f"#/components/schemas/{name}"}
