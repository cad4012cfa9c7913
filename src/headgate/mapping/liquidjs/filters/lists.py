"""Filters that read, make and change lists."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from headgate.mapping.liquidjs.budget import ITEM
from headgate.mapping.liquidjs.conversions import (
    add,
    falsy,
    integer,
    is_number,
    javascript_truthy,
    missing,
    settle,
    stringify,
    to_number,
)
from headgate.mapping.liquidjs.conversions import join as joined_list
from headgate.mapping.liquidjs.cursor import Cursor
from headgate.mapping.liquidjs.filters.texts import SLOW, rounded_up, text, whole
from headgate.mapping.liquidjs.operators import equals
from headgate.mapping.liquidjs.scope import Scope, own, read
from headgate.mapping.liquidjs.units import joined, units
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from headgate.mapping.liquidjs.budget import Budget


def split(budget: Budget, value: object, separator: object = UNDEFINED) -> list[object]:
    """Cut a text; an empty separator cuts between characters. Empty texts at the end are lost."""
    source = text(budget, value, SLOW)
    mark = stringify(budget, separator)
    budget.holds(source.count(mark) + 1 if mark else len(source))
    parts: list[object] = [*source.split(mark)] if mark else [*source]
    while parts and parts[-1] == "":
        parts.pop()
    return parts


def join(budget: Budget, value: object, separator: object = UNDEFINED) -> str:
    items = _items(value)
    mark = " " if missing(settle(separator)) else stringify(budget, separator)
    budget.allocate(len(items) * (1 + len(mark)))
    return joined_list(budget, items, mark)


def first(budget: Budget, value: object) -> object:
    return _at_end(budget, value, 0)


def last(budget: Budget, value: object) -> object:
    return _at_end(budget, value, -1)


def size(budget: Budget, value: object) -> object:
    """The length of a text or list; of an object, what it has under `length`."""
    length = own(budget, value, "length") if isinstance(value, str | list | dict) else 0
    return length if javascript_truthy(length) else 0


def sum_(budget: Budget, value: object, path: object = UNDEFINED) -> float:
    keys = stringify(budget, path).split(".") if javascript_truthy(path) else []
    total = 0.0
    for item in _items(value):
        number = to_number(budget, _followed(budget, item, keys))
        total += 0.0 if math.isnan(number) else number
    return total


def compact(budget: Budget, value: object) -> list[object]:
    return [item for item in _counted(budget, value) if not missing(settle(item))]


def push(budget: Budget, value: object, item: object = UNDEFINED) -> list[object]:
    items = _items(value)
    budget.allocate(len(items) + 1)
    budget.holds(len(items) + 1)
    return [*items, item]


def unshift(budget: Budget, value: object, item: object = UNDEFINED) -> list[object]:
    return [item, *_counted(budget, value)]


def pop(budget: Budget, value: object) -> list[object]:
    return _counted(budget, value)[:-1]


def shift(budget: Budget, value: object) -> list[object]:
    return _counted(budget, value)[1:]


def slice_(
    budget: Budget, value: object, begin: object = UNDEFINED, length: object = UNDEFINED
) -> object:
    """Take characters of a text or items of a list; what would begin before the first is empty."""
    value = settle(value)
    if missing(value):
        return []
    source = value if isinstance(value, list) else whole(budget, stringify(budget, value))
    budget.work(len(source) // 8)
    if to_number(budget, begin) < 0:
        begin = add(budget, len(source), begin)
        if to_number(budget, begin) < 0:
            return source[:0]
    length = 1.0 if length is UNDEFINED else length
    budget.allocate(to_number(budget, length))
    if isinstance(source, list):
        return _items_between(budget, source, begin, add(budget, begin, length))
    start = rounded_up(to_number(budget, begin))
    return units(source[start : start + rounded_up(to_number(budget, length))])


def where(
    budget: Budget, value: object, path: object = UNDEFINED, wanted: object = UNDEFINED
) -> list[object]:
    """Keep the items in which a path leads to a value, or to anything that is true."""
    items = _counted(budget, value)
    source = text(budget, path, _PARSING)
    access = Cursor(source, 0, len(source)).path()
    kept: list[object] = []
    for item in items:
        budget.work(_SCOPE)
        found = access.evaluate(Scope(item, budget, {})) if access else UNDEFINED
        if not falsy(found) if wanted is UNDEFINED else equals(budget, found, wanted):
            kept.append(item)
    return kept


def sample(budget: Budget, value: object, count: object = UNDEFINED) -> object:
    """Take items, or characters of a text, at random."""
    value = settle(value)
    if missing(value):
        return []
    pool: list[object] = value if isinstance(value, list) else _characters(budget, value)
    wanted = 1.0 if count is UNDEFINED else count
    budget.allocate(to_number(budget, wanted))
    budget.holds(len(pool))
    budget.work(ITEM * len(pool))
    shuffled = random.sample(pool, len(pool))
    if is_number(wanted) and wanted == 1:
        return shuffled[0] if shuffled else UNDEFINED
    return shuffled[: _bound(budget, wanted, len(pool))]


def _items(value: object) -> list[object]:
    """Give a list; anything else that is there is a list of one."""
    value = settle(value)
    if missing(value):
        return []
    return value if isinstance(value, list) else [value]


def _counted(budget: Budget, value: object) -> list[object]:
    items = _items(value)
    budget.allocate(len(items))
    budget.holds(len(items))
    return items


def _items_between(budget: Budget, items: list[object], begin: object, end: object) -> list[object]:
    """Cut a list between two places, which may be texts that JavaScript's `+` has joined."""
    return items[_bound(budget, begin, len(items)) : _bound(budget, end, len(items))]


def _at_end(budget: Budget, value: object, at: int) -> object:
    value = settle(value)
    if isinstance(value, dict):
        length = own(budget, value, "length")
        if not is_number(length):
            return ""
        return own(budget, value, stringify(budget, length - 1 if at else 0))
    if isinstance(value, list):
        return value[at] if value else UNDEFINED
    return value[at] if isinstance(value, str) and value else ""


def _followed(budget: Budget, item: object, keys: list[str]) -> object:
    for key in keys:
        if missing(item):
            break
        item = read(budget, item, key)
    return settle(item)


def _characters(budget: Budget, value: object) -> list[object]:
    return [units(character) for character in joined(text(budget, value, SLOW))]


def _bound(budget: Budget, index: object, length: int) -> int:
    at = integer(to_number(budget, index))
    return max(0, length + at) if at < 0 else min(at, length)


_PARSING = 200  # units of work for a character of a path
_SCOPE = 200  # and for looking into one item
