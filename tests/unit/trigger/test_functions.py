from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.trigger.strict.functions import ERROR, FUNCTIONS, LONGEST_COMPUTED_PATTERN
from tests.unit.trigger.trees import json_values


def deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("contains", ("abc", "b"), True),
        ("contains", ("abc", "B"), False),
        ("contains", (None, "b"), False),
        ("contains", (["b"], "b"), ERROR),
        ("contains", ("abc", None), ERROR),
        ("match", ("abc", "a*"), True),
        ("match", (None, "*"), False),
        ("match", ("a", None), ERROR),
        ("match", (5, "*"), ERROR),
        ("match", ("a", "["), ERROR),
        ("match", ("a", "*" * LONGEST_COMPUTED_PATTERN), True),
        ("match", ("a", "*" * (LONGEST_COMPUTED_PATTERN + 1)), ERROR),
        ("length", ("a",), 1),
        ("length", ("ア",), 3),
        ("length", ("\ud800",), 3),
        ("length", ([1, [2]],), 2),
        ("length", (None,), 0),
        ("length", ({},), ERROR),
        ("length", (5,), ERROR),
        ("lowercase", ("ÄB",), "äb"),
        ("lowercase", (None,), None),
        ("lowercase", (5,), ERROR),
        ("uppercase", ("äb",), "ÄB"),
        ("uppercase", (True,), ERROR),
        ("snakecase", ("test string",), "test_string"),
        ("snakecase", (None,), None),
        ("kebabcase", ("test string",), "test-string"),
        ("titlecase", ("test string's  é",), "Test String's  É"),
        ("titlecase", ("",), ""),
        ("titlecase", ([],), ERROR),
        ("typeof", ("x",), "string"),
        ("typeof", (1.5,), "number"),
        ("typeof", (False,), "bool"),
        ("typeof", ([],), "list"),
        ("typeof", (None,), "null"),
        ("typeof", ({},), "object"),
        ("bool", (None,), False),
        ("bool", (0,), False),
        ("bool", (2,), True),
        ("bool", ("",), False),
        ("bool", ("false",), False),
        ("bool", ("no",), True),
        ("bool", ([],), False),
        ("bool", ([0],), True),
        ("bool", ({},), ERROR),
        ("string", ("x",), "x"),
        ("string", (None,), ""),
        ("string", (5,), "5"),
        ("string", (5.0,), "5"),
        ("string", (-0.5,), "-0.5"),
        ("string", (True,), "true"),
        ("string", ([1, "é", None],), '[1,"é",null]'),
        ("string", ({},), ERROR),
        ("string", (10**5000,), ERROR),
        ("string", (deep(),), ERROR),
        ("number", (5,), 5),
        ("number", ("12",), 12),
        ("number", ("-1.5e1",), -15.0),
        ("number", (None,), None),
        ("number", ("",), ERROR),
        ("number", (" 1",), ERROR),
        ("number", ("abc",), ERROR),
        ("number", ("9" * 5000,), ERROR),
        ("number", (True,), ERROR),
        ("number", ([],), ERROR),
    ],
)
def test_a_function_gives_a_value_or_cannot_tell(
    name: str, arguments: tuple[Any, ...], result: object
) -> None:
    found = FUNCTIONS[name].run(*arguments)
    assert (type(found), found) == (type(result), result)


@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(json_values | st.just(ERROR), min_size=2))
def test_no_value_makes_a_function_fail_and_errors_pass_through(
    name: str, values: list[Any]
) -> None:
    function = FUNCTIONS[name]
    arguments = values[: len(function.parameters)]
    result = function.run(*arguments)
    if any(argument is ERROR for argument in arguments):
        assert result is ERROR
