"""The operators of conditions, with JavaScript's rules for values of mixed types."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from headgate.mapping import javascript
from headgate.mapping.liquidjs.budget import ITEM, Budget
from headgate.mapping.liquidjs.conversions import (
    Drop,
    compare,
    falsy,
    is_number,
    missing,
    settle,
    to_string,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PRECEDENCE = {
    "==": 2,
    "!=": 2,
    ">=": 2,
    "<=": 2,
    ">": 2,
    "<": 2,
    "contains": 2,
    "not": 1,
    "and": 0,
    "or": 0,
}
_ORDERS: dict[str, Callable[[object, object], bool]] = {
    ">": operator.gt,  # type: ignore[dict-item]
    "<": operator.lt,  # type: ignore[dict-item]
    ">=": operator.ge,  # type: ignore[dict-item]
    "<=": operator.le,  # type: ignore[dict-item]
}
_WORDS = (Drop.NIL, Drop.EMPTY, Drop.BLANK)


def binary(budget: Budget, name: str, left: object, right: object) -> bool:
    """Apply an operator of two sides."""
    if order := _ORDERS.get(name):
        return left not in _WORDS and right not in _WORDS and compare(budget, order, left, right)
    match name:
        case "==":
            return equals(budget, left, right)
        case "!=":
            return not equals(budget, left, right)
        case "and":
            return not falsy(left) and not falsy(right)
        case "or":
            return not falsy(left) or not falsy(right)
    return _contains(budget, left, right)


def equals(budget: Budget, left: object, right: object) -> bool:
    """Compare lists by their items, objects by identity, everything else strictly."""
    budget.work(ITEM)
    if isinstance(left, Drop) and left in _WORDS:
        return _equals_word(left, right)
    if isinstance(right, Drop) and right in _WORDS:
        return _equals_word(right, left)
    if isinstance(left, list):
        return isinstance(right, list) and _same_items(budget, left, right)
    if is_number(left):
        return is_number(right) and left == right
    if isinstance(left, str):
        return isinstance(right, str) and left == right
    return left is right


def _equals_word(word: Drop, value: object) -> bool:
    if word is Drop.NIL:
        return missing(settle(value))
    if word is Drop.BLANK and (value is False or missing(settle(value))):
        return True
    if word is Drop.BLANK and isinstance(value, str):
        return not value.strip(javascript.WHITE_SPACE)
    return isinstance(value, str | list | dict) and not value


def _same_items(budget: Budget, left: list[object], right: list[object]) -> bool:
    if len(left) != len(right):
        return False
    return all(equals(budget, one, other) for one, other in zip(left, right, strict=True))


def _contains(budget: Budget, left: object, right: object) -> bool:
    left = settle(left)
    if isinstance(left, list):
        return any(equals(budget, item, right) for item in left)
    if not isinstance(left, str):
        return False
    budget.work(len(left))
    return to_string(budget, settle(right)) in left
