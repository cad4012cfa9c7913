"""The OpenAPI document of the Config API, made of the operations that it is served from."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headgate.api.config.calls import BASE, OPERATIONS, Operation
from headgate.api.config.errors import CODES
from headgate.api.config.handlers import load
from headgate.api.config.missing import MISSING
from headgate.api.config.models import Failure

if TYPE_CHECKING:
    from headgate.api.config.missing import Absent
    from headgate.api.config.models import Model

_NAMED: Final = re.compile(r"\{(\w+)\}")
_SCHEMAS: Final = "#/components/schemas/{name}"
_PAGE: Final = {"page_size": {"type": "integer"}, "page_token": {"type": "string"}}


def document() -> dict[str, Any]:
    """Every call; those that are not there say so."""
    load()
    paths: dict[str, Any] = {}
    for operation in OPERATIONS.values():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _served(operation)
    for absent in MISSING:
        paths.setdefault(absent.path, {})[absent.method.lower()] = _missing(absent)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Headgate Config API", "version": version("headgate")},
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


def _served(operation: Operation) -> dict[str, Any]:
    succeeded = {"description": operation.answer.__name__, "content": _content(operation.answer)}
    described = {
        "operationId": operation.op,
        "parameters": _parameters(operation),
        "responses": {"200": succeeded, **_failures()},
    }
    if operation.body is None:
        return described
    return {**described, "requestBody": {"required": True, "content": _content(operation.body)}}


def _missing(absent: Absent) -> dict[str, Any]:
    return {
        "operationId": absent.op,
        "summary": "Not there: answers 501.",
        "parameters": _parameters(absent),
        "responses": _failures(),
    }


def _parameters(call: Operation | Absent) -> list[dict[str, Any]]:
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _NAMED.findall(call.path)
    ]
    if not (isinstance(call, Operation) and call.is_list):
        return named
    asked = [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in _PAGE.items()
    ]
    return [*named, *asked]


def _failures() -> dict[str, Any]:
    return {
        str(status): {"description": f"code {code}", "content": _content(Failure)}
        for status, code in CODES.items()
    }


def _content(model: type[Model]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _SCHEMAS.format(name=model.__name__)}}}


def _schemas() -> dict[str, Any]:
    bodies = [each.body for each in OPERATIONS.values() if each.body is not None]
    answers = [each.answer for each in OPERATIONS.values()]
    models: set[type[Model]] = {*answers, *bodies, Failure}
    ordered = sorted(models, key=lambda each: each.__name__)
    return msgspec.json.schema_components(ordered, ref_template=_SCHEMAS)[1]
