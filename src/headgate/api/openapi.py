"""The OpenAPI document of the Public API, made of the contract that it is served from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from headgate.api.public.calls import OPERATIONS
from headgate.api.public.contract import Endpoint, contract, schema, shape
from headgate.api.public.handlers import load

_NAMED = re.compile(r"\{(\w+)\}")
_ERRORS = (400, 401, 403, 404, 409, 413, 415, 422, 429, 501)
_MADE = {
    "create_source": ("sourceId", "/data/source/id"),
    "create_destination": ("destinationId", "/data/destination/id"),
    "create_destination_subscription": ("id", "/data/destinationSubscription/id"),
    "create_filter_for_destination": ("filterId", "/data/filter/id"),
    "create_user_group": ("userGroupId", "/data/userGroup/id"),
}
"""What an operation makes: the name that other paths have for its id, and where the id stands."""
_ERROR = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"type": "string"},
                    "message": {"type": "string"},
                    "field": {"type": "string"},
                    "data": {"type": "object"},
                },
            },
        }
    },
}


def document() -> dict[str, Any]:
    """Every endpoint of the contract; those that are not there yet say so."""
    load()
    paths: dict[str, Any] = {}
    for endpoint in contract().endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Headgate Public API", "version": version("headgate")},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**{name: schema(name) for name in contract().models}, "Errors": _ERROR},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    has_it = endpoint.op in OPERATIONS
    described: dict[str, Any] = {
        "operationId": endpoint.op,
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": {
            **({str(endpoint.status): _succeeded(endpoint)} if has_it else {}),
            **{str(status): _told("Errors") for status in _ERRORS},
        },
    }
    if not has_it:
        described["summary"] = "Not there yet: answers 501."
    if endpoint.body is not None:
        described["requestBody"] = {"required": True, **_told(endpoint.body, description=False)}
    return described


def _succeeded(endpoint: Endpoint) -> dict[str, Any]:
    data = shape(contract().models[endpoint.ret].fields["data"].type).model
    envelope = {
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"$ref": f"#/components/schemas/{data}"}},
    }
    told = {"description": data, "content": {"application/json": {"schema": envelope}}}
    links = dict(_links(endpoint))
    return {**told, "links": links} if links else told


def _links(endpoint: Endpoint) -> Iterator[tuple[str, Any]]:
    """What can be done with what was made: calls that need its id and no other than are known."""
    if endpoint.op not in _MADE:
        return
    name, place = _MADE[endpoint.op]
    known = {each: f"$request.path.{each}" for each in _NAMED.findall(endpoint.path)}
    known[name] = f"$response.body#{place}"
    for other in contract().endpoints:
        names = set(_NAMED.findall(other.path))
        if name in names <= known.keys() and other.op in OPERATIONS:
            yield (
                other.op,
                {"operationId": other.op, "parameters": {each: known[each] for each in names}},
            )


def _told(model: str, *, description: bool = True) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}
    return {"content": content, **({"description": model} if description else {})}


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _NAMED.findall(endpoint.path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
        for name in endpoint.query
    ]
