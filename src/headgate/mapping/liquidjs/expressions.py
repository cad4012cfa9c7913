"""What a template reads and computes: constants, paths, ranges, operators, filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from headgate.mapping.liquidjs.budget import ITEM, LONGEST
from headgate.mapping.liquidjs.conversions import falsy, settle, to_number
from headgate.mapping.liquidjs.operators import binary
from headgate.mapping.liquidjs.scope import read
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from headgate.mapping.liquidjs.scope import Scope


class Constant(NamedTuple):
    """A quoted text, a number, a word of Liquid, or a name that is a key in a path."""

    value: object

    def evaluate(self, _: Scope) -> object:
        return self.value


class Range(NamedTuple):
    """`(low..high)`: a list of numbers."""

    low: Operand
    high: Operand

    def evaluate(self, scope: Scope) -> object:
        budget = scope.budget
        low = to_number(budget, self.low.evaluate(scope))
        high = to_number(budget, self.high.evaluate(scope))
        budget.doing = "a range"
        budget.allocate(high - low + 1)
        if not high + 1 > low:  # nothing to count, or no numbers
            return []
        budget.holds(high + 1 - low)
        return _counted(low, high + 1)


def _counted(number: float, stop: float) -> list[object]:
    """Count up by adding, whose rounding shows when a range does not start at a whole number."""
    numbers: list[object] = []
    while number < stop and len(numbers) <= LONGEST:
        numbers.append(number)
        number += 1
    return numbers


class Access(NamedTuple):
    """`a.b[0]`, or a constant with properties (`"text".size`)."""

    base: Operand | None
    path: tuple[Operand, ...]

    def evaluate(self, scope: Scope) -> object:
        scope.budget.work(ITEM * len(self.path))
        keys = [key.evaluate(scope) for key in self.path]
        if self.base is None:
            return scope.get(keys)
        value = self.base.evaluate(scope)
        for key in keys:
            value = read(scope.budget, value, key)
        return value


class Operator(NamedTuple):
    """A place in an expression where the values before it are joined."""

    name: str


Operand: TypeAlias = Constant | Range | Access


class Argument(NamedTuple):
    """What stands after a filter's colon; with a key it reaches the filter as a pair."""

    key: str | None
    value: Operand | None

    def evaluate(self, scope: Scope) -> object:
        value = self.value.evaluate(scope) if self.value is not None else UNDEFINED
        return value if self.key is None else [self.key, value]


class Call(NamedTuple):
    """A filter and its arguments; the value passes through a filter that does not exist."""

    name: str
    arguments: tuple[Argument, ...]

    def apply(self, scope: Scope, value: object) -> object:
        arguments = [argument.evaluate(scope) for argument in self.arguments]
        found = scope.filters.get(self.name)
        if found is None:
            return value
        scope.budget.doing = f"`{self.name}`"
        scope.budget.work(_STEP)
        return found.function(scope.budget, value, *arguments[: found.takes])


class Computed(NamedTuple):
    """An expression in postfix order, and the filters its value passes through."""

    postfix: tuple[Operand | Operator, ...]
    filters: tuple[Call, ...]

    def evaluate(self, scope: Scope) -> object:
        only = self.postfix[0]
        plain = len(self.postfix) == 1 and not isinstance(only, Operator)
        value = only.evaluate(scope) if plain else _reduced(self.postfix, scope)  # type: ignore[union-attr]
        for call in self.filters:
            value = call.apply(scope, value)
        return value


def _reduced(postfix: tuple[Operand | Operator, ...], scope: Scope) -> object:
    """An operator that lacks a side takes undefined; values without operator give the first."""
    values: list[object] = []
    for token in postfix:
        if not isinstance(token, Operator):
            values.append(token.evaluate(scope))
            continue
        right = values.pop() if values else UNDEFINED
        if token.name == "not":
            values.append(falsy(settle(right)))
            continue
        left = values.pop() if values else UNDEFINED
        scope.budget.doing = f"`{token.name}`"
        values.append(binary(scope.budget, token.name, left, right))
    return values[0]


_STEP = 100  # units of work for the call itself
