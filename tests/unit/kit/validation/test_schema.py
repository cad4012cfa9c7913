from __future__ import annotations

from typing import Any

import pytest

from headgate.kit.validation import read, schema


def derived(mode: Any, **field: Any) -> dict[str, Any]:
    whole = schema(read({"f": {"label": "F", **field}}), mode)
    inner: dict[str, Any] = whole["properties"]["f"]
    return inner


@pytest.mark.parametrize("mode", ["compatible", "strict"])
@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ({"type": "string"}, {"type": "string"}),
        ({"type": "string", "format": "email"}, {"type": "string", "format": "email"}),
        ({"type": "text"}, {"type": "string", "format": "text"}),
        ({"type": "password"}, {"type": "string", "format": "password"}),
        ({"type": "datetime"}, {"type": ["string", "number"], "format": "date-like"}),
        ({"type": "boolean", "default": None}, {"type": "boolean", "default": None}),
        ({"type": "object"}, {"type": "object"}),
        ({"type": "string", "choices": ["a"]}, {"type": "string", "enum": ["a"]}),
        (
            {"type": "string", "choices": ["a"], "allowNull": True},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        (
            {"type": "string", "choices": ["a"], "multiple": True},
            {"type": "array", "items": {"type": "string", "enum": ["a"]}},
        ),
        (
            {"type": "string", "minimum": 1, "maximum": 2},
            {"type": "string", "minLength": 1, "maxLength": 2},
        ),
        ({"type": "number", "minimum": 1}, {"type": "number", "minimum": 1}),
    ],
)
def test_types_and_options_become_keywords(
    mode: Any, field: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert derived(mode, **field) == {"title": "F", **expected}


def test_the_root_takes_no_other_keys() -> None:
    whole = schema(read({"f": {"label": "F", "type": "string", "required": True}}))
    assert whole["additionalProperties"] is False
    assert whole["required"] == ["f"]


def test_sub_fields_become_a_schema_in_place() -> None:
    inner = {"a": {"label": "A", "type": "string", "required": True}}
    assert derived("strict", type="object", properties=inner, additionalProperties=True) == {
        "title": "F",
        "type": "object",
        "additionalProperties": True,
        "properties": {"a": {"title": "A", "type": "string"}},
        "required": ["a"],
    }


def test_a_condition_becomes_a_rule() -> None:
    required = {"conditions": [{"fieldKey": "a", "operator": "is", "value": ["x", "y"]}]}
    whole = schema(read({"f": {"label": "F", "type": "string", "required": required}}))
    held = {"type": "object", "required": ["a"], "properties": {"a": {"enum": ["x", "y"]}}}
    assert whole["allOf"] == [{"if": held, "then": {"required": ["f"]}}]


def test_segments_rule_compares_with_the_whole_list() -> None:
    required = {"conditions": [{"fieldKey": "a", "operator": "is_not", "value": ["x"]}]}
    whole = schema(
        read({"f": {"label": "F", "type": "string", "required": required}}), "compatible"
    )
    held = {"required": ["a"], "properties": {"a": {"not": {"const": ["x"]}}}}
    assert whole["allOf"] == [{"if": held, "then": {"required": ["f"]}}]


def test_the_schema_of_strict_mode_says_what_it_checks() -> None:
    assert derived("strict", type="integer", maximum=0, multiple=True, allowNull=True) == {
        "title": "F",
        "type": ["array", "null"],
        "items": {"type": "integer", "maximum": 0},
    }
