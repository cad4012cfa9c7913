"""The OpenAPI document of the Public API, made of the contract that it is served from."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any

from headgate.api.public.calls import OPERATIONS
from headgate.api.public.contract import Endpoint, contract, schema

_NAMED = re.compile(r"\{(\w+)\}")
_ERRORS = (400, 401, 403, 404, 409, 413, 415, 422, 429, 501)
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
            **({str(endpoint.status): _told(endpoint.ret)} if has_it else {}),
            **{str(status): _told("Errors") for status in _ERRORS},
        },
    }
    if not has_it:
        described["summary"] = "Not there yet: answers 501."
    if endpoint.body is not None:
        described["requestBody"] = {"required": True, **_told(endpoint.body, description=False)}
    return described


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
