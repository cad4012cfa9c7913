"""JSON types: whether a value has one, and what JavaScript makes of a value that has not.

Segment's table of conversions (kit-behaviour 6.2) is that of Ajv with `coerceTypes: "array"`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from headgate.mapping import UNDEFINED
from headgate.mapping.javascript import string
from headgate.mapping.javascript.numbers import parse

_SCALARS = frozenset({str, int, float, bool, type(None)})


def is_number(value: Any) -> bool:
    """Tell a finite number; true and false are none."""
    kind = type(value)
    return kind is int or (kind is float and math.isfinite(value))


def is_integer(value: Any) -> bool:
    """Tell a finite number without a fraction, such as 1.0."""
    return type(value) is int or (type(value) is float and value.is_integer())


_HAS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: type(value) is str,
    "number": is_number,
    "integer": is_integer,
    "boolean": lambda value: type(value) is bool,
    "null": lambda value: value is None,
    "array": lambda value: type(value) is list,
    "object": lambda value: type(value) is dict,
}


def has_one_of(types: tuple[str, ...]) -> Callable[[Any], bool]:
    """Compile the test for having one of some types."""
    tests = [_HAS[name] for name in types]
    return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)


def _to_string(value: Any) -> Any:
    if value is None:
        return ""
    return string(value) if type(value) in (int, float, bool) else UNDEFINED


def _to_number(value: Any) -> Any:
    if value is None or type(value) is bool:
        return int(value or 0)
    if type(value) is not str or not value:
        return UNDEFINED
    number = parse(value)
    return UNDEFINED if math.isnan(number) else number


def _to_integer(value: Any) -> Any:
    """Infinity passes: its remainder is NaN, which counts as none."""
    number = _to_number(value)
    whole = type(number) is int or (type(number) is float and _has_no_fraction(number))
    return number if whole else UNDEFINED


def _has_no_fraction(x: float) -> bool:
    return math.isinf(x) or x.is_integer()


def _to_boolean(value: Any) -> Any:
    if value is None or value == "false" or (is_number(value) and value == 0):
        return False
    return True if value == "true" or (is_number(value) and value == 1) else UNDEFINED


def _to_null(value: Any) -> Any:
    if value is False or (type(value) is str and not value) or (is_number(value) and value == 0):
        return None
    return UNDEFINED


def _to_array(value: Any) -> Any:
    return [value] if type(value) in _SCALARS else UNDEFINED


_TO: dict[str, Callable[[Any], Any]] = {
    "string": _to_string,
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "null": _to_null,
    "array": _to_array,
}
COERCIBLE = _TO.keys()
"""The types that other values can be converted to."""


def coerced(value: Any, types: tuple[str, ...], *, finite: bool) -> Any:
    """Convert a value to the first type that takes it; UNDEFINED if none does.

    `finite` refuses the text "Infinity", which is a number to JavaScript.
    """
    for name in types:
        result = _TO[name](value) if name in _TO else UNDEFINED
        if result is UNDEFINED or (finite and type(result) is float and math.isinf(result)):
            continue
        return result
    return UNDEFINED
