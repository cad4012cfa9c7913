"""Writing groups of conditions as a text, as Segment does (kit-behaviour 8.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headgate.trigger.conditions import NAMED, PLAIN, Group, number_of, text_of
from headgate.trigger.errors import TriggerError
from headgate.trigger.numerals import plain

if TYPE_CHECKING:
    from headgate.trigger.conditions import Condition, Node, Value

_BARE = {
    "exists": "!= null",
    "not_exists": "= null",
    "is_true": "= true",
    "is_false": "= false",
}
"""Operators that need no value, as texts write them."""

_NUMBERS = {"number_equals": "=", "number_not_equals": "!="}

_CALLS = {
    "contains": ("contains", "", ""),
    "starts_with": ("match", "", "*"),
    "ends_with": ("match", "*", ""),
}
"""Operators that texts write as calls: the function, and what goes before and after the value."""


def write(group: Group) -> str:
    """Write a group. Raises `TriggerError` for a child that is None."""
    text = _group(group)
    brackets = text.count("(") + text.count(")")
    is_wrapped = text.startswith("(") and text.endswith(")")
    # Segment drops a pair of parentheses when there is no other.
    return text[1:-1] if is_wrapped and brackets == len("()") else text


def _group(group: Group) -> str:
    return f" {group.operator} ".join(map(_child, group.children))


def _child(node: Node) -> str:
    if node is None:
        raise TriggerError("a group has an empty child: no text says that", 0)
    return f"({_group(node)})" if isinstance(node, Group) else _condition(node)


def _condition(condition: Condition) -> str:
    field, operator, value = field_text(condition), condition.operator, condition.value
    if bare := _BARE.get(operator):
        return f"{field} {bare}"
    positive = operator.removeprefix("not_")
    if call := _CALLS.get(positive):
        function, before, after = call
        mark = "" if positive == operator else "!"
        return f"{mark}{function}({field}, {_quoted(value, before, after)})"
    if sign := _NUMBERS.get(operator):
        return f"{field} {sign} {_number(value)}"
    return f"{field} {operator} {_number(value) if operator in _ORDERS else _quoted(value)}"


_ORDERS = frozenset({"<", "<=", ">", ">="})
_ESCAPED = re.compile(r"[^A-Za-z0-9._-]")


def field_text(condition: Condition) -> str:
    """Write the place that a condition tests."""
    if root := PLAIN.get(condition.type):
        return root
    name = _ESCAPED.sub(r"\\\g<0>", condition.name or "")
    return f"{NAMED[condition.type]}.{name}"


def _quoted(value: Value | None, before: str = "", after: str = "") -> str:
    if before or after or not isinstance(value, bool | int | float):
        return f'"{before}{text_of(value)}{after}"'
    return text_of(value)


def _number(value: Value | None) -> str:
    return plain(number_of(value))
