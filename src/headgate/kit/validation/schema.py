"""From declared fields to the JSON Schema that says the same.

The schema of mode `compatible` is Segment's, key for key, with what it forgets (kit-behaviour
6.1). That of mode `strict` says what the fields say; formats and `title` aside, it needs no more
than the standard meaning of JSON Schema.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from headgate.kit.validation import conditional
from headgate.kit.validation.definition import Conditions, Field, Fields
from headgate.mapping import UNDEFINED, Mode

Schema: TypeAlias = dict[str, Any]

_TYPES: dict[str, str | list[str]] = {
    "text": "string",
    "password": "string",
    "datetime": ["string", "number"],
}
_FORMATS = {"datetime": "date-like", "password": "password", "text": "text"}
_BOUNDS = {
    "string": ("minLength", "maxLength"),
    "text": ("minLength", "maxLength"),
    "password": ("minLength", "maxLength"),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
}
_BOUNDED_AT_SEGMENT = ("string", "number")


def schema(fields: Fields, mode: Mode = "strict") -> Schema:
    """Derive the JSON Schema of declared fields."""
    if mode == "compatible":
        return _segments_object(fields, open_to_others=False)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **_object(fields, None)}


def _object(fields: Fields, parent: Field | None) -> Schema:
    rules = conditional.rules(fields)
    return {
        "type": "object",
        "additionalProperties": parent is not None and parent.additional_properties,
        "properties": {key: _field(field) for key, field in fields.items()},
        "required": _always_required(fields),
        **({"allOf": rules} if rules else {}),
    }


def _field(field: Field) -> Schema:
    value = _value(field)
    if field.multiple:
        value = {"type": "array", "items": value}
    if field.allow_null:
        value["type"] = [*_listed(value["type"]), "null"]
        if "enum" in value:
            value["enum"] = [*value["enum"], None]
    return {**_described(field), **value}


def _value(field: Field) -> Schema:
    if field.properties is not None:
        return {**_object(field.properties, field), **_choices(field)}
    bounds = zip(_BOUNDS.get(field.type, ()), (field.minimum, field.maximum), strict=False)
    return {
        "type": _TYPES.get(field.type, field.type),
        **_format(field),
        **{keyword: bound for keyword, bound in bounds if bound is not None},
        **_choices(field),
    }


def _segments_object(
    fields: Fields, *, open_to_others: bool, without_required: bool = False
) -> Schema:
    """Derive an object as Segment does; a conditional sub-field silences `required` beside it."""
    derived = {
        "$schema": "http://json-schema.org/schema#",
        "type": "object",
        "additionalProperties": open_to_others,
        "properties": {key: _segments_field(field) for key, field in fields.items()},
    }
    if without_required:
        return derived
    rules = conditional.segments_rules(fields)
    return derived | {"required": _always_required(fields)} | ({"allOf": rules} if rules else {})


def _segments_field(field: Field) -> Schema:
    """Derive a field as Segment does: of a list, only the type and the choices reach the items."""
    kind = _TYPES.get(field.type, field.type)
    derived: Schema = {**_described(field), "type": kind, **_format(field)}
    derived |= _segments_bounds(field)
    choices = _choices(field).get("enum")
    if field.allow_null:
        derived["type"] = [*_listed(kind), "null"]
        choices = choices and [*choices, None]
    enum = {"enum": choices} if choices else {}
    properties = _segments_properties(field)
    if field.multiple:
        return derived | {"type": "array", "items": properties or {"type": kind, **enum}}
    return derived | enum | properties


def _segments_bounds(field: Field) -> Schema:
    if field.type not in _BOUNDED_AT_SEGMENT:
        return {}
    bounds = zip(_BOUNDS[field.type], (field.minimum, field.maximum), strict=True)
    return {keyword: bound for keyword, bound in bounds if bound}


def _segments_properties(field: Field) -> Schema:
    if field.properties is None:
        return {}
    return _segments_object(
        field.properties,
        open_to_others=field.additional_properties,
        without_required=any(isinstance(f.required, Conditions) for f in field.properties.values()),
    )


def _described(field: Field) -> Schema:
    described: Schema = {"title": field.label}
    if field.description is not None:
        described["description"] = field.description
    if field.default is not UNDEFINED:
        described["default"] = field.default
    return described


def _format(field: Field) -> Schema:
    name = _FORMATS.get(field.type, field.format)
    return {} if name is None else {"format": name}


def _choices(field: Field) -> Schema:
    return {"enum": list(field.choices)} if field.choices else {}


def _always_required(fields: Fields) -> list[str]:
    return [key for key, field in fields.items() if field.required is True]


def _listed(kind: str | list[str]) -> list[str]:
    return [kind] if isinstance(kind, str) else kind
