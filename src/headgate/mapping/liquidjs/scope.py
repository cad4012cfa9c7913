"""Reading names and properties: a template's variables, and only data of the event."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from headgate.mapping.liquidjs.budget import ITEM, RECODED, Budget, Fault
from headgate.mapping.liquidjs.conversions import (
    Drop,
    is_number,
    settle,
    to_string,
)
from headgate.mapping.liquidjs.units import joined, units
from headgate.mapping.values import UNDEFINED

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
_COMPARISONS = frozenset(("gt", "geq", "lt", "leq"))


class Filter(NamedTuple):
    """What a filter's name stands for; arguments beyond those it takes are left out."""

    function: Callable[..., object]
    takes: int | None


class Scope:
    """The variables one template sees: its own, then the counters, then the event."""

    __slots__ = (
        "_counters",
        "_event",
        "budget",
        "cycles",
        "filters",
        "locals",
        "position",
        "stopped",
    )

    def __init__(self, event: object, budget: Budget, filters: Mapping[str, Filter]) -> None:
        self._event = _entered(budget, {} if event is None or event is UNDEFINED else event)
        self.filters = filters
        self._counters: dict[str, float] = {}
        self.budget = budget
        self.cycles: dict[str, int] = {}
        self.locals: list[dict[str, object]] = [{}]
        self.position = 0
        self.stopped = False

    def assign(self, name: str, value: object) -> None:
        self.locals[0][name] = value

    def count(self, name: str, step: int) -> float:
        """Move a counter, which starts at the number the event has there; give it as it was.

        The original writes the counter into the event; here the event stays as it came.
        """
        value = self._counters.get(name, own(self.budget, self._event, name))
        before = value if is_number(value) else 0
        self._counters[name] = before + step
        return before

    def get(self, path: list[object]) -> object:
        value = self._root(path[0])
        for key in path[1:]:
            value = read(self.budget, value, key)
        return value

    def _root(self, key: object) -> object:
        name = to_string(self.budget, key)
        for names in reversed(self.locals):
            if name in names:
                return names[name]
        if name in self._counters:
            return self._counters[name]
        known = own(self.budget, self._event, name) is not UNDEFINED
        return read(self.budget, self._event if known else {}, key)


def read(budget: Budget, value: object, key: object) -> object:
    """One step down. Raises `Fault` only where a key cannot be written as a text."""
    if value is None or value is UNDEFINED:
        return value
    key = settle(key)
    if isinstance(value, Drop):
        return _of_drop(value, to_string(budget, key))
    if isinstance(value, list) and is_number(key) and key < 0:
        return own(budget, value, to_string(budget, len(value) + key))
    found = own(budget, value, to_string(budget, key))
    return _special(value, key) if found is UNDEFINED else found


def own(budget: Budget, value: object, name: str) -> object:
    """Read what a value itself has under a name: a member, an item, a character, a length."""
    budget.work(ITEM)
    if isinstance(value, dict):
        return _entered(budget, value.get(joined(name), UNDEFINED))
    if isinstance(value, str | list):
        return len(value) if name == "length" else _item(value, name)
    return UNDEFINED


def _entered(budget: Budget, value: object) -> object:
    """Bring texts of the event into UTF-16 units; objects are left until they are read."""
    if isinstance(value, str):
        budget.work(0 if value.isascii() else RECODED * len(value))
        return units(value)
    if isinstance(value, list):
        budget.work(ITEM * len(value))
        return [_entered(budget, item) for item in value]
    return value


def _item(value: str | list[object], name: str) -> object:
    if not _INDEX.fullmatch(name) or int(name) >= len(value):
        return UNDEFINED
    return value[int(name)]


def _special(value: object, key: object) -> object:
    if key == "size" and isinstance(value, str | list | dict):
        return len(value)
    if isinstance(value, list) and value and key in ("first", "last"):
        return value[0 if key == "first" else -1]
    return UNDEFINED


def _of_drop(drop: Drop, name: str) -> object:
    """A word of Liquid has no data; what templates see is what its methods give."""
    if drop is Drop.BLOCK:
        return "" if name == "super" else UNDEFINED
    if name in _COMPARISONS:
        return False
    if name == "equals":
        return drop is not Drop.EMPTY
    if name == "constructor":
        raise Fault(f"`{drop.value}` has no constructor")
    return settle(drop) if name == "valueOf" else UNDEFINED
