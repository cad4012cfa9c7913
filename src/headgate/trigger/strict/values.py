"""Comparing JSON values without converting any (domain section 7).

Every comparison gives True or False, or None where it cannot be told.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from headgate.trigger.strict.functions import ERROR
from headgate.trigger.strict.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def walk(value: object, path: tuple[str, ...]) -> object:
    """Walk down objects; what is no object has no members."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def equal(left: object, right: object) -> bool | None:
    """Whether two values are of the same kind and equal, lists and objects member by member."""
    if left is ERROR or right is ERROR:
        return None
    pairs = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        kind = kind_of(one)
        if kind != kind_of(other):
            return False
        if isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            pairs += zip(one, other, strict=True)
        elif isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            pairs += [(member, other[key]) for key, member in one.items()]
        elif one != other:
            return False
    return True


def ordered(left: object, right: object, sign: str) -> bool | None:
    """Compare two numbers, or two texts by their code points, as ISO times want it."""
    kind = kind_of(left)
    if kind not in ("number", "string") or kind != kind_of(right):
        return None
    return bool(ORDERS[sign](left, right))


def is_in(value: object, items: object) -> bool | None:
    """Whether a list has a value among its elements; null is a list without any."""
    if value is ERROR or isinstance(value, list | dict):
        return None
    if items is None:
        return False
    if not isinstance(items, list | tuple):
        return None
    if value is None or isinstance(value, bool):
        return any(item is value for item in items)
    # Numbers and texts: the first test is a fast one, but Python takes True for 1.
    return value in items and any(item == value and type(item) is not bool for item in items)
