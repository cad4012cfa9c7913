"""Writing a tree as text, so that parsing the text gives the tree again."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from headgate.trigger.strict.syntax import (
    All,
    And,
    Call,
    Comparison,
    Constant,
    Field,
    Items,
    Not,
    Or,
    Truth,
)

if TYPE_CHECKING:
    from headgate.trigger.strict.syntax import Condition, Keys, Operand, Scalar

_TO_ESCAPE = re.compile(r"[^A-Za-z0-9_-]", re.ASCII)
_CONSTANTS = {True: "true", False: "false", None: "null"}


def write(condition: Condition) -> str:
    """Write a condition in its canonical form: double quotes, and no parentheses too many."""
    match condition:
        case All():
            return "all"
        case Truth(operand):
            return write_operand(operand)
        case Comparison(left, operator, right):
            return f"{write_operand(left)} {operator} {write_operand(right)}"
        case Not(inner):
            written = write(inner)
            return f"!{written}" if isinstance(inner, All | Truth) else f"!({written})"
        case And(conditions):
            return " and ".join([_within(each, And | Or) for each in conditions])
        case Or(conditions):
            return " or ".join([_within(each, Or) for each in conditions])


def _within(condition: Condition, weaker: type | object) -> str:
    """Write a part of `and` or `or`, in parentheses where it would fall apart."""
    written = write(condition)
    return f"({written})" if isinstance(condition, weaker) else written  # type: ignore[arg-type]


def write_operand(operand: Operand) -> str:
    match operand:
        case Constant(value):
            return _constant(value)
        case Items(values):
            return f"[{', '.join(map(_constant, values))}]"
        case Field(keys):
            return path(keys)
        case Call(function, arguments):
            return f"{function}({', '.join(map(write_operand, arguments))})"


def path(keys: Keys) -> str:
    """Write a field; other characters than letters, digits, `_` and `-` get a backslash."""
    return ".".join([_TO_ESCAPE.sub(r"\\\g<0>", key) for key in keys])


def _constant(value: Scalar) -> str:
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    if isinstance(value, str):
        quote = "'" if '"' in value else '"'
        return f"{quote}{value}{quote}"
    if isinstance(value, int):
        return str(value)
    digits = f"{Decimal(repr(value)):f}"  # no exponents: the language has none
    return digits if "." in digits else f"{digits}.0"
