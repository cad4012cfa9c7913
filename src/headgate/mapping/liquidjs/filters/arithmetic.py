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
    """The remainder, with the sign of the dividend."""
    left, right = _sides(budget, values)
    if right == 0 or math.isinf(left) or math.isnan(right):
        return math.nan
    return math.fmod(left, right)


def round_(budget: Budget, value: object, digits: object = 0) -> float:
    """Round half away from zero; `digits` counts from the decimal point."""
    number = number_or_zero(budget, value)
    scale = _power_of_ten(number_or_zero(budget, digits))
    rounded = _rounded(abs(number * scale))
    sign = math.copysign(1.0, number) if number else 0.0
    return _quotient(sign * rounded, scale)


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


def _power_of_ten(exponent: float) -> float:
    try:
        return math.pow(10.0, exponent)
    except OverflowError:
        return math.inf


def _rounded(number: float) -> float:
    if not math.isfinite(number):
        return number
    whole = math.floor(number)
    return float(whole + (number - whole >= _HALF))


_HALF = 0.5
_WITH_ROUNDING = 3  # values of `divided_by` in its long form
