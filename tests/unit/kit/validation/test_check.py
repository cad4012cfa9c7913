from __future__ import annotations

import copy
import math
import time
from typing import Any

import pytest

from headgate.kit.validation import Problem, Result, compile, read  # noqa: A004
from headgate.mapping import UNDEFINED

MODES = ["compatible", "strict"]


def check(fields: dict[str, Any], payload: dict[str, Any], mode: Any = "strict") -> Result:
    declared = {
        key: {"label": key.upper(), **(field if isinstance(field, dict) else {"type": field})}
        for key, field in fields.items()
    }
    before = copy.deepcopy(payload)
    result = compile(read(declared), mode)(payload)
    assert payload == before
    return result


def messages(result: Result) -> list[str]:
    return [problem.message for problem in result.problems]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("string", 1.0, "1"),
        ("string", 1e21, "1e+21"),
        ("string", True, "true"),
        ("string", ["a"], "a"),
        ("string", [1], "1"),
        ("number", "0x10", 16),
        ("number", " 1e3 ", 1000),
        ("number", " ", 0),
        ("number", True, 1),
        ("number", ["1.5"], 1.5),
        ("integer", "42", 42),
        ("integer", 1.0, 1.0),
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("boolean", 1, True),
        ("boolean", 0.0, False),
        ("datetime", 1612137600, 1612137600),
        ({"type": "boolean", "allowNull": True}, None, None),
        ({"type": "string", "multiple": True}, "a", ["a"]),
        ({"type": "string", "multiple": True}, [1, None, True], ["1", "true"]),
        ({"type": "object", "multiple": True}, {"a": 1}, [{"a": 1}]),
    ],
)
def test_a_value_of_another_type_is_converted(
    mode: Any, type_: Any, value: Any, expected: Any
) -> None:
    result = check({"f": type_}, {"f": value}, mode)
    assert result == Result({"f": expected}, ())
    assert type(result.payload["f"]) is type(expected)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("string", {}, "F must be a string but it was an object."),
        ("string", [], "F must be a string but it was an array."),
        ("string", ["a", "b"], "F must be a string but it was an array."),
        ("number", "1_0", "F must be a number but it was a string."),
        ("number", "NaN", "F must be a number but it was a string."),
        ("number", math.inf, "F must be a number but it was a number."),
        ("number", math.nan, "F must be a number but it was a number."),
        ("integer", 1.5, "F must be an integer but it was a number."),
        ("integer", "1.5", "F must be an integer but it was a string."),
        ("boolean", "yes", "F must be a boolean but it was a string."),
        ("boolean", 2, "F must be a boolean but it was a number."),
        ("object", "x", "F must be an object but it was a string."),
        ("object", ["x", 1], "F must be an object but it was an array."),
        ("object", True, "F must be an object but it was a boolean."),
        (
            {"type": "datetime", "allowNull": True},
            {},
            "F must be a string, number, or null but it was an object.",
        ),
    ],
)
def test_a_value_that_cannot_be_converted_is_a_problem(
    mode: Any, type_: Any, value: Any, message: str
) -> None:
    assert messages(check({"f": type_}, {"f": value}, mode)) == [message]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ({"type": "string", "minimum": 2}, "é", "2 characters or more but it was 1 character."),
        ({"type": "string", "maximum": 1}, "a😀", "1 character or fewer but it was 3 characters."),
        ({"type": "number", "minimum": 1.5}, 1, "equal to or greater than 1.5."),
        ({"type": "number", "maximum": 1e21}, 1e22, "equal to or less than 1e+21."),
        ({"type": "string", "choices": ["a"]}, "x", 'one of: "a".'),
        ({"type": "string", "choices": ["a", "b", "c"]}, "x", 'one of: "a", "b", or "c".'),
        (
            {"type": "number", "choices": [{"value": 1}], "allowNull": True},
            2,
            "one of: 1 or null.",
        ),
        (
            {"type": "string", "format": "date-time"},
            "x",
            "a valid date and time string but it was not.",
        ),
        ({"type": "string", "format": "uuid"}, "x", "a valid uuid string but it was not."),
    ],
)
def test_what_a_field_asks_is_told(
    mode: Any, field: dict[str, Any], value: Any, message: str
) -> None:
    assert messages(check({"f": field}, {"f": value}, mode)) == [f"F must be {message}"]


@pytest.mark.parametrize("mode", MODES)
def test_lengths_count_characters(mode: Any) -> None:
    assert check({"f": {"type": "string", "maximum": 1}}, {"f": "😀"}, mode).is_valid


@pytest.mark.parametrize("mode", MODES)
def test_a_choice_is_of_its_type(mode: Any) -> None:
    field = {"type": "number", "choices": [{"value": 1}]}
    assert check({"f": field}, {"f": 1.0}, mode).is_valid
    assert check({"f": field}, {"f": True}, mode).payload == {"f": 1}
    boolean = {"type": "boolean", "choices": [{"value": 1}]}
    assert messages(check({"f": boolean}, {"f": True}, mode)) == ["F must be one of: 1."]


@pytest.mark.parametrize("mode", MODES)
def test_problems_come_in_order_with_their_places(mode: Any) -> None:
    inner = {"x.y": {"label": "", "type": "string", "required": True}}
    fields = {
        "a": {"type": "object", "properties": inner},
        "l/s": {"type": "object", "multiple": True, "properties": inner},
        "z": {"type": "string", "choices": ["2021"], "format": "date"},
    }
    result = check(fields, {"z": "x", "l/s": [{"x.y": []}, 1], "a": {"x.y": {}}}, mode)
    assert [(p.path, p.pointer) for p in result.problems] == [
        ("$.a.x\\.y", "/a/x.y"),
        ("$.l/s[0].x\\.y", "/l~1s/0/x.y"),
        ("$.l/s[1]", "/l~1s/1"),
        ("$.z", "/z"),
        ("$.z", "/z"),
    ]
    assert messages(result) == [
        "The value at /a/x.y must be a string but it was an object.",
        "The value at /l~1s/0/x.y must be a string but it was an array.",
        "The value at /l~1s/1 must be an object but it was a number.",
        'Z must be one of: "2021".',
        "Z must be a valid date string but it was not.",
    ]


def test_the_root_has_a_path_of_its_own() -> None:
    result = check({"f": {"type": "string", "required": True}}, {})
    assert result.problems == (Problem("", "The root value is missing the required field 'f'."),)
    assert result.problems[0].path == "$"


@pytest.mark.parametrize("mode", MODES)
def test_unknown_keys_are_dropped_where_they_are_not_asked_for(mode: Any) -> None:
    inner = {"a": {"label": "A", "type": "string"}}
    fields = {
        "closed": {"type": "object", "properties": inner},
        "open": {"type": "object", "properties": inner, "additionalProperties": True},
        "free": "object",
    }
    given = {"a": "1", "b": None}
    result = check(fields, {**dict.fromkeys(fields, given), "more": 1}, mode)
    assert result.payload == {"closed": {"a": "1"}, "open": given, "free": given}


@pytest.mark.parametrize("mode", MODES)
def test_null_and_the_empty_text_count_as_absent(mode: Any) -> None:
    inner = {"s": {"label": "S", "type": "string"}, "n": {"label": "N", "type": "number"}}
    fields = {
        "s": {"type": "string", "required": True},
        "o": {"type": "object", "properties": inner},
        "l": {"type": "number", "multiple": True},
    }
    result = check(fields, {"s": "", "o": {"s": "", "n": ""}, "l": [1, "", None, UNDEFINED]}, mode)
    assert result.payload == {"o": {"s": ""}, "l": [1]}
    assert messages(result) == ["The root value is missing the required field 's'."]


def test_a_list_of_nothing_is_nothing_in_strict_mode() -> None:
    fields = {"f": {"type": "number", "required": True}}
    assert check(fields, {"f": [None]}, "compatible").payload == {"f": 0}
    assert messages(check(fields, {"f": [None]})) == [
        "The root value is missing the required field 'f'."
    ]


def test_what_is_correct_is_handed_on_as_it_is() -> None:
    payload = {"f": "x", "o": {"a": [1]}}
    assert check({"f": "string", "o": "object"}, payload).payload is payload


def test_compatible_mode_hands_on_the_credentials_of_dynamic_authentication() -> None:
    given = {"f": 1, "dynamicAuthSettings": {"bearer": "t"}}
    assert check({"f": "string"}, given, "compatible").payload == {**given, "f": "1"}
    assert check({"f": "string"}, given).payload == {"f": "1"}


@pytest.mark.parametrize("mode", MODES)
def test_no_sentence_holds_a_value(mode: Any) -> None:
    private = "hunter2"
    fields = {
        "a": {"type": "password", "choices": ["x"]},
        "b": {"type": "string", "format": "uri", "maximum": 3},
        "c": "integer",
        "d": "object",
        "e": "datetime",
        "g": {"type": "boolean", "multiple": True},
    }
    result = check(fields, {key: [private] if key == "g" else private for key in fields}, mode)
    assert len(result.problems) == 7
    assert private not in " ".join(messages(result))


@pytest.mark.parametrize("mode", MODES)
def test_a_list_full_of_mistakes_is_told_with_a_hundred_sentences(mode: Any) -> None:
    field = {"type": "integer", "multiple": True}
    assert len(check({"f": field}, {"f": ["x"] * 5_000}, mode).problems) == 100


@pytest.mark.parametrize("mode", MODES)
def test_many_values_against_many_choices_take_no_more_than_the_sum_of_both(mode: Any) -> None:
    choices = [{"value": number} for number in range(5_000)]
    field = {"type": "number", "multiple": True, "choices": choices}
    began = time.process_time()
    result = check({"f": field}, {"f": [4_999.0, 0.5] * 4_000}, mode)
    assert len(result.problems) == 100
    assert time.process_time() - began < 5


@pytest.mark.parametrize("mode", MODES)
def test_the_deepest_fields_and_the_deepest_values_can_be_checked(mode: Any) -> None:
    fields: dict[str, Any] = {"f": {"label": "F", "type": "integer"}}
    payload: dict[str, Any] = {"f": "1"}
    expected: dict[str, Any] = {"f": 1}
    for _ in range(49):
        fields = {"f": {"label": "F", "type": "object", "properties": fields}}
        payload, expected = {"f": payload}, {"f": expected}
    assert compile(read(fields), mode)(payload).payload == expected
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert not compile(read(fields), mode)({"f": deep}).is_valid
    assert compile(read({"f": {"label": "F", "type": "object"}}), mode)({"f": {"d": deep}}).is_valid


@pytest.mark.parametrize("mode", MODES)
def test_checks_of_different_fields_share_nothing(mode: Any) -> None:
    first = compile(read({"a": {"label": "A", "type": "string", "required": True}}), mode)
    second = compile(read({"b": {"label": "B", "type": "string", "required": True}}), mode)
    assert messages(first({"b": "x"})) == ["The root value is missing the required field 'a'."]
    assert messages(second({"a": "x"})) == ["The root value is missing the required field 'b'."]
