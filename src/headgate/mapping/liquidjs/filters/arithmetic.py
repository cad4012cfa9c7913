"""Filters that compute with numbers, all of them doubles as in JavaScript."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from headgate.mapping.liquidjs.budget import Fault
from headgate.mapping.liquidjs.conversions import (
    Drop,
    javascript_truthy,
    number_or_zero,
    settle,
    to_number,
)
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.mapping.liquidjs.budget import Budget


def absolute(budget: Budget, value: object) -> float:
    return abs(number_or_zero(budget, value))


def at_least(budget: Budget, *values: object) -> float:
    return max(number_or_zero(budget, value) for value in values)


def at_most(budget: Budget, *values: object) -> float:
    return min(number_or_zero(budget, value) for value in values)


def ceil(budget: Budget, value: object) -> float:
    return _whole(number_or_zero(budget, value), math.ceil)


def floor(budget: Budget, value: object) -> float:
    return _whole(number_or_zero(budget, value), math.floor)


def plus(budget: Budget, *values: object) -> float:
    left, right = _sides(budget, values)
    return left + right


def minus(budget: Budget, *values: object) -> float:
    left, right = _sides(budget, values)
    return left - right


def times(budget: Budget, *values: object) -> float:
    left, right = _sides(budget, values)
    return left * right


def divided_by(budget: Budget, *values: object) -> float:
    """Divide; with a third value that is not 0 the result is rounded down."""
    left, right = _sides(budget, values)
    quotient = _quotient(left, right)
    rounds = len(values) > _WITH_ROUNDING - 1 and number_or_zero(budget, values[2])
    return _whole(quotient, math.floor) if rounds else quotient


def modulo(budget: Budget, *values: object) -> float:
    """The remainder, with the sign of the divisor; of an infinite divisor it is no number."""
    left, right = _sides(budget, values)
    return _remainder(_remainder(left, right) + right, right)


def round_(budget: Budget, value: object, digits: object = 0) -> float:
    """Round half away from zero; `digits` counts from the decimal point.

    What is rounded are the digits that the number shows, so that 1.005 becomes 1.01. A number
    stays as it is where `digits` is not whole, or moves it beyond the largest double.
    """
    number, places = number_or_zero(budget, value), number_or_zero(budget, digits)
    if math.isinf(number) or not places.is_integer() or abs(places) >= _LONG_FORM:
        return number
    shift = int(max(-_FARTHEST, min(_FARTHEST, places)))
    moved = _moved(abs(number), shift)
    if math.isinf(moved):
        return number
    return math.copysign(_moved(_rounded(moved), -shift), number)


def to_integer(budget: Budget, value: object) -> float:
    """Read a number, whole or not: the name promises more than the original does."""
    return to_number(budget, settle(value))


def default(_: Budget, value: object, *others: object) -> object:
    """Give the first argument in place of false, null, or an empty text or list."""
    other = others[0] if others else UNDEFINED
    value = settle(value)
    if isinstance(value, str | list):
        return value or other
    if value is False and _allows_false(others[1:]):
        return False
    return other if value is False or value is None or value is UNDEFINED else value


def _allows_false(pairs: tuple[object, ...]) -> bool:
    allows: object = UNDEFINED
    for pair in pairs:
        if not isinstance(pair, list | dict | Drop):
            raise Fault("`default` takes options such as `allow_false: true`")
        if isinstance(pair, list) and pair and pair[0] == "allow_false":
            allows = pair[1] if len(pair) > 1 else UNDEFINED
    return javascript_truthy(allows)


def _sides(budget: Budget, values: tuple[object, ...]) -> tuple[float, float]:
    """Two numbers; an argument that is left out is none, one that leads nowhere is 0."""
    left = number_or_zero(budget, values[0])
    return left, number_or_zero(budget, values[1]) if len(values) > 1 else math.nan


def _whole(number: float, function: Callable[[float], int]) -> float:
    return float(function(number)) if math.isfinite(number) else number


def _quotient(left: float, right: float) -> float:
    if right:
        return left / right
    if left == 0 or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _remainder(left: float, right: float) -> float:
    """JavaScript's `%`, with the sign of the dividend."""
    if right == 0 or math.isinf(left) or math.isnan(right):
        return math.nan
    return math.fmod(left, right)


def _moved(number: float, places: int) -> float:
    """Move the decimal point of a number as it is written."""
    mantissa, _, exponent = repr(number).partition("e")
    return float(f"{mantissa}e{int(exponent or 0) + places}")


def _rounded(number: float) -> float:
    whole = math.floor(number)
    return float(whole + (number - whole >= _HALF))


_HALF = 0.5
_FARTHEST = 1000  # places, more than any double has
_LONG_FORM = 1e21  # JavaScript writes such numbers with an exponent
_WITH_ROUNDING = 3  # values of `divided_by` in its long form
