"""The OpenAPI document of the console: how people get in, what is its own, and the Public API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headgate.api.console.calls import DECLARED, Declared
from headgate.api.console.guard import CSRF_HEADER
from headgate.api.console.handlers import load
from headgate.api.console.routes import PUBLIC
from headgate.api.console.streams import STREAMED
from headgate.api.console.ways import WAYS, Way
from headgate.api.openapi import document as public_document

if TYPE_CHECKING:
    from pydantic import BaseModel

_NAMED: Final = re.compile(r"\{(\w+)\}")
_PLACE: Final = "#/components/schemas/{name}"
_ERRORS: Final = (400, 401, 403, 404, 409, 413, 415, 421, 422, 429)
_CSRF: Final = {
    "name": CSRF_HEADER,
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
}
_PAGES: Final = ("pagination[count]", "pagination[cursor]")


@cache
def document() -> dict[str, Any]:
    """Whatever a session opens, and the ways to one."""
    load()
    public = public_document()
    paths: dict[str, Any] = {f"{PUBLIC}{path}": each for path, each in public["paths"].items()}
    for way in WAYS:
        paths.setdefault(way.path, {})[way.method.lower()] = _way(way)
    for declared in declared_operations():
        endpoint = declared.endpoint
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(declared)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Headgate console API", "version": version("headgate")},
        "security": [{"session": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "headgate"}},
            "schemas": {**public["components"]["schemas"], **_schemas()},
        },
    }


def declared_operations() -> list[Declared]:
    """What the console has of its own."""
    load()
    return [*DECLARED.values(), *STREAMED.values()]


def _schemas() -> dict[str, Any]:
    """Of what is answered, and of what is sent."""
    ways = [way.body for way in WAYS if way.body is not None]
    answers = [type_ for each in DECLARED.values() for type_ in each.answer.values()]
    _, found = msgspec.json.schema_components([*answers, *ways], ref_template=_PLACE)
    for each in DECLARED.values():
        if each.body is not None:
            found |= _of_body(each.body)
    return found


def _of_body(model: type[BaseModel]) -> dict[str, Any]:
    own = model.model_json_schema(ref_template="#/components/schemas/{model}")
    inner = own.pop("$defs", {})
    return {**inner, model.__name__: own}


def _operation(declared: Declared) -> dict[str, Any]:
    endpoint = declared.endpoint
    described: dict[str, Any] = {
        "operationId": endpoint.op,
        "summary": " ".join(declared.told.split()),
        "parameters": [*_path(endpoint.path), *_query(declared), *_csrf(endpoint.method)],
        "responses": {"200": _succeeded(declared), **_faults()},
    }
    if declared.body is not None:
        described["requestBody"] = _body(declared.body.__name__)
    return described


def _way(way: Way) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": way.op,
        "parameters": [*_path(way.path), *(_csrf(way.method) if way.needs == "session" else ())],
        "responses": {
            "200": {"description": way.op, "content": _json(_data({"type": "object"}))},
            **_faults(),
        },
    }
    if way.needs == "nobody":
        described["security"] = []
    if way.body is not None:
        described["requestBody"] = _body(way.body.__name__)
    return described


def _succeeded(declared: Declared) -> dict[str, Any]:
    if declared.media != "application/json":
        text = {"schema": {"type": "string"}}
        return {"description": declared.endpoint.op, "content": {declared.media: text}}
    names = tuple(declared.answer)
    shapes, _ = msgspec.json.schema_components(declared.answer.values(), ref_template=_PLACE)
    data = {
        "type": "object",
        "required": list(names),
        "properties": dict(zip(names, shapes, strict=True)),
        "additionalProperties": False,
    }
    return {"description": declared.endpoint.op, "content": _json(_data(data))}


def _faults() -> dict[str, Any]:
    told = {"$ref": "#/components/schemas/Errors"}
    return {str(status): {"description": "Errors", "content": _json(told)} for status in _ERRORS}


def _data(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": ["data"], "properties": {"data": schema}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _body(name: str) -> dict[str, Any]:
    return {"required": True, "content": _json({"$ref": _PLACE.format(name=name)})}


def _path(path: str) -> Iterator[dict[str, Any]]:
    for name in _NAMED.findall(path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query(declared: Declared) -> Iterator[dict[str, Any]]:
    known = declared.query.model_json_schema() if declared.query else {"properties": {}}
    for name, schema in known["properties"].items():
        required = name in known.get("required", ())
        yield {"name": name, "in": "query", "required": required, "schema": schema}
    for name in _PAGES if declared.is_paged else ():
        yield {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}


def _csrf(method: str) -> list[dict[str, Any]]:
    return [] if method == "GET" else [_CSRF]
