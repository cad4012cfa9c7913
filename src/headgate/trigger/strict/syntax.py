"""What a strict trigger says, as a tree: the parser makes it, the printer writes it again.

* Condition
  * All            every event
  * Truth          an operand that is itself true or false
  * Comparison     two operands and an operator
  * Not            the opposite of one condition
  * And, Or        two or more conditions
* Operand
  * Constant       a text, a number, true, false or null
  * Items          a list of constants
  * Field          a place of the event by its keys: `("properties", "plan")`
  * Call           a function of operands

Trees are equal when they say the same, wherever in a text they stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None
Keys: TypeAlias = tuple[str, ...]
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "in"]


class Span(NamedTuple):
    """Characters of the text, from 0; `end` is behind the last."""

    start: int
    end: int


_NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Constant:
    value: Scalar
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Items:
    values: tuple[Scalar, ...]
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    keys: Keys
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Operand, ...]
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class All:
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Truth:
    operand: Operand

    @property
    def span(self) -> Span:
        return self.operand.span


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Operand
    operator: Operator
    right: Operand

    @property
    def span(self) -> Span:
        return Span(self.left.span.start, self.right.span.end)


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


@dataclass(frozen=True, slots=True)
class And:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    conditions: tuple[Condition, ...]


Operand: TypeAlias = Constant | Items | Field | Call
Condition: TypeAlias = All | Truth | Comparison | Not | And | Or
