"""Values as JavaScript and Liquid turn them into texts, numbers and booleans.

A value is JSON, `UNDEFINED` or one of the words of Liquid (`Drop`). All texts are in UTF-16 units.
"""

from __future__ import annotations

import math
import re
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeGuard

from headgate.mapping import javascript
from headgate.mapping.liquidjs.budget import ITEM, NUMBER, Budget, Fault, Output
from headgate.mapping.liquidjs.units import units
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Callable

OBJECT: Final = "[object Object]"
SPACE: Final = re.escape(javascript.WHITE_SPACE)
"""What JavaScript's `\\s` matches, for use between brackets of a pattern."""

SPACES: Final = re.compile(f"[{SPACE}]+")


class Drop(Enum):
    """What Liquid's own words stand for."""

    NIL = "nil"
    EMPTY = "empty"
    BLANK = "blank"
    BLOCK = "block"


_SETTLED = {Drop.NIL: None, Drop.EMPTY: "", Drop.BLANK: ""}

_NUMERAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RADIX = re.compile(r"0(?:[xX]([0-9a-fA-F]+)|[oO]([0-7]+)|[bB]([01]+))")
_INFINITY = re.compile(r"([+-]?)Infinity")


def settle(value: object) -> object:
    """Give the plain value of a word: null for `nil`, an empty text for `empty` and `blank`."""
    return _SETTLED.get(value, value) if isinstance(value, Drop) else value


def is_number(value: object) -> TypeGuard[float]:
    return type(value) is float or type(value) is int


def missing(value: object) -> bool:
    """Tell what JavaScript's `value == null` does."""
    return value is None or value is UNDEFINED


def falsy(value: object) -> bool:
    """Tell what Liquid counts as false: nothing but false, null and undefined."""
    value = settle(value)
    return value is False or value is None or value is UNDEFINED


def javascript_truthy(value: object) -> bool:
    return isinstance(value, Drop) or javascript.truthy(value)


def stringify(budget: Budget, value: object) -> str:
    """Write a value as Liquid prints it: lists without separators, nothing for null."""
    if type(value) is str:
        return value
    value = settle(value)
    if missing(value):
        return ""
    if isinstance(value, list):
        output = Output(budget)
        _print_items(budget, value, output)
        return output.text()
    return to_string(budget, value)


def to_string(budget: Budget, value: object) -> str:
    """Write a value as JavaScript's `String(value)`."""
    if type(value) is str:
        return value
    if isinstance(value, Drop):
        return OBJECT
    if isinstance(value, list):
        return join(budget, value, ",")
    if isinstance(value, dict):
        return _object_string(value)
    budget.work(NUMBER)
    return _scalar_string(value)


def join(budget: Budget, items: list[object], separator: str) -> str:
    """Write a list as JavaScript's `join`; null and undefined write nothing."""
    output = Output(budget)
    for index, item in enumerate(items):
        budget.work(ITEM)
        if index:
            output.write(separator)
        if not missing(item):
            output.write(to_string(budget, item))
    return output.text()


def to_primitive(budget: Budget, value: object) -> object:
    value = settle(value)
    if isinstance(value, list | dict | Drop):
        return to_string(budget, value)
    return value


def to_number(budget: Budget, value: object) -> float:
    """Read a value as JavaScript's `Number(value)`."""
    value = to_primitive(budget, value)
    if isinstance(value, str):
        return _text_number(budget, value)
    if value is UNDEFINED:
        return math.nan
    return _double(value) if isinstance(value, int | float) else 0.0


def number_or_zero(budget: Budget, value: object) -> float:
    """Read a value as the filters of arithmetic do, to which what is no number is 0."""
    number = to_number(budget, value)
    return 0.0 if math.isnan(number) else number or 0.0


def integer(number: float) -> int:
    """Cut a number as JavaScript does where it expects an index."""
    if math.isnan(number):
        return 0
    return int(max(-_FARTHEST, min(_FARTHEST, number)))


def add(budget: Budget, left: object, right: object) -> object:
    """JavaScript's `+`, which joins as soon as one side is a text."""
    left, right = to_primitive(budget, left), to_primitive(budget, right)
    if isinstance(left, str) or isinstance(right, str):
        first, second = to_string(budget, left), to_string(budget, right)
        budget.fits(len(first) + len(second))
        return first + second
    return to_number(budget, left) + to_number(budget, right)


def compare(
    budget: Budget, test: Callable[[object, object], bool], left: object, right: object
) -> bool:
    """Apply `<` or one of its kin as JavaScript does: as texts, or else as numbers."""
    left, right = to_primitive(budget, left), to_primitive(budget, right)
    if isinstance(left, str) and isinstance(right, str):
        return test(left, right)
    return test(to_number(budget, left), to_number(budget, right))


def _print_items(budget: Budget, items: list[object], output: Output) -> None:
    for item in items:
        budget.work(ITEM)
        if isinstance(item, list):
            _print_items(budget, item, output)
        else:
            output.write(stringify(budget, item))


def _object_string(value: dict[str, object]) -> str:
    if "toString" in value:  # it hides the method that JavaScript would call
        raise Fault("Cannot convert object to primitive value")
    return OBJECT


def _scalar_string(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > _WIDEST:
        return javascript.string(_double(value))
    return units(javascript.string(value))


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _text_number(budget: Budget, text: str) -> float:
    budget.work(4 * len(text))
    text = text.strip(javascript.WHITE_SPACE)
    if _NUMERAL.fullmatch(text):
        return float(text)
    if match := _RADIX.fullmatch(text):
        return _double(int(text, 0) if match.lastindex else 0)
    if match := _INFINITY.fullmatch(text):
        return -math.inf if match[1] == "-" else math.inf
    return math.nan if text else 0.0


_FARTHEST = 2**53  # beyond every index
_WIDEST = 1024  # bits of the largest double
