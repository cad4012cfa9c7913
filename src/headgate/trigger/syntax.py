"""What a trigger says, as a tree: the parser makes it, the compiler reads it.

* Condition
  * All            every event
  * Comparison     subject, operator, literal
  * Not            the opposite of one condition
  * And, Or        two or more conditions
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Subject: TypeAlias = tuple[str, ...]
"""A place of the event by its keys: `("properties", "plan")`."""

Constant: TypeAlias = str | int | float | bool | None
Operator: TypeAlias = Literal["=", "!="]


class All(msgspec.Struct, frozen=True):
    pass


class Comparison(msgspec.Struct, frozen=True):
    subject: Subject
    operator: Operator
    value: Constant


class Not(msgspec.Struct, frozen=True):
    condition: Condition


class And(msgspec.Struct, frozen=True):
    conditions: tuple[Condition, ...]


class Or(msgspec.Struct, frozen=True):
    conditions: tuple[Condition, ...]


Condition: TypeAlias = All | Comparison | Not | And | Or
