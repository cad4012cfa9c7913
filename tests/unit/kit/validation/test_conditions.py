from __future__ import annotations

from typing import Any

import pytest

from headgate.kit.validation import compile, read  # noqa: A004

MODES = ["compatible", "strict"]


def needs(
    payload: dict[str, Any], *conditions: dict[str, Any], match: str = "all", mode: Any = "strict"
) -> bool:
    """Tell whether `f` is required beside this payload."""
    required = {"match": match, "conditions": list(conditions)}
    inner = {"b": {"label": "B", "type": "string"}}
    fields = read(
        {
            "a": {"label": "A", "type": "string"},
            "n": {"label": "N", "type": "number"},
            "o": {"label": "O", "type": "object", "properties": inner},
            "f": {"label": "F", "type": "string", "required": required},
        }
    )
    problems = compile(fields, mode)(payload).problems
    return [p.message for p in problems[:1]] == [
        "The root value is missing the required field 'f'."
    ]


def when(key: str, operator: str, **value: Any) -> dict[str, Any]:
    return {"fieldKey": key, "operator": operator, **value}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("payload", "condition", "expected"),
    [
        ({"a": "x"}, when("a", "is", value="x"), True),
        ({"a": "y"}, when("a", "is", value="x"), False),
        ({}, when("a", "is", value="x"), False),
        ({"a": "y"}, when("a", "is_not", value="x"), True),
        ({"a": "x"}, when("a", "is_not", value="x"), False),
        ({}, when("a", "is_not", value="x"), False),
        ({}, when("a", "is"), True),
        ({"a": ""}, when("a", "is"), True),
        ({"a": "x"}, when("a", "is"), False),
        ({"a": "x"}, when("a", "is_not"), True),
        ({"a": None}, when("a", "is_not"), False),
        ({"n": 1.0}, when("n", "is", value=1), True),
        ({"n": 1}, when("n", "is", value=True), False),
        ({"o": {"b": "x"}}, when("o.b", "is", value="x"), True),
        ({"o": {}}, when("o.b", "is", value="x"), False),
        ({"o": {"b": "y"}}, when("o.b", "is_not", value="x"), True),
        ({"o": {"b": "x"}}, when("o", "is", value={"b": "x"}), True),
    ],
)
def test_a_condition_decides(
    mode: Any, payload: dict[str, Any], condition: dict[str, Any], *, expected: bool
) -> None:
    assert needs(payload, condition, mode=mode) is expected
    assert not needs({**payload, "f": "given"}, condition, mode=mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("match", "expected"), [("any", True), ("all", False)])
def test_several_conditions_hold_together(mode: Any, match: str, *, expected: bool) -> None:
    conditions = [when("a", "is", value="x"), when("o.b", "is", value="y")]
    assert needs({"a": "x", "o": {"b": "z"}}, *conditions, match=match, mode=mode) is expected
    assert needs({"a": "x", "o": {"b": "y"}}, *conditions, match=match, mode=mode)


def test_strict_mode_compares_what_the_action_gets() -> None:
    condition = when("n", "is", value=5)
    assert not needs({"n": "5"}, condition, mode="compatible")
    assert needs({"n": "5"}, condition)


def test_strict_mode_follows_a_name_to_any_depth() -> None:
    deep = {"label": "D", "type": "object"}
    required = {"conditions": [when("d.a.b", "is", value=1)]}
    fields = read({"d": deep, "f": {"label": "F", "type": "string", "required": required}})
    assert not compile(fields)({"d": {"a": {"b": 1}}}).is_valid
    assert compile(fields)({"d": {"a": {"b": 2}}}).is_valid


def test_strict_mode_takes_a_name_with_a_dot_for_itself_first() -> None:
    required = {"conditions": [when("a.b", "is", value="1")]}
    plain = {"label": "P", "type": "string"}
    fields = read({"a.b": plain, "f": {**plain, "required": required}})
    assert not compile(fields)({"a.b": "1"}).is_valid


def test_strict_mode_requires_a_sub_field_in_each_item_of_a_list() -> None:
    required = {"conditions": [when("kind", "is", value="sms")]}
    plain = {"label": "P", "type": "string"}
    inner = {"phone": {**plain, "required": required}}
    fields = read(
        {
            "kind": plain,
            "l": {"label": "L", "type": "object", "multiple": True, "properties": inner},
        }
    )
    result = compile(fields)({"kind": "sms", "l": [{"phone": "1"}, {}]})
    assert [p.message for p in result.problems] == [
        "The value at /l/1 is missing the required field 'phone'."
    ]
    assert not compile(fields)({"kind": "sms"}).is_valid
    assert compile(fields)({"kind": "mail", "l": [{}]}).is_valid


def test_a_conditional_sub_field_is_missed_by_its_parents_label() -> None:
    required = {"conditions": [when("kind", "is", value="sms")]}
    plain = {"label": "P", "type": "string"}
    person = {
        "label": "Person",
        "type": "object",
        "properties": {"x": {**plain, "required": required}},
    }
    fields = read({"kind": plain, "o": person})
    (problem,) = compile(fields)({"kind": "sms", "o": {}}).problems
    assert problem == ("/o", "Person is missing the required field 'x'.")
    at_segment = compile(fields, "compatible")({"kind": "sms", "o": {}}).problems
    assert at_segment[0].message == "The value at /o is missing the required field 'x'."
