"""Conditions of a form as trees of the strict language, and the way back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headgate.trigger.conditions import NAMED, PLAIN, Condition, Group, Subject
from headgate.trigger.errors import TriggerError
from headgate.trigger.strict.kinds import kind_of
from headgate.trigger.strict.syntax import (
    And,
    Call,
    Comparison,
    Constant,
    Field,
    Not,
    Or,
    Truth,
)

if TYPE_CHECKING:
    from headgate.trigger.conditions import Node, Value
    from headgate.trigger.strict import syntax
    from headgate.trigger.strict.syntax import Operator, Scalar

_SUBJECTS: dict[str, Subject] = {root: subject for subject, root in (PLAIN | NAMED).items()}

_FIXED: dict[str, tuple[Operator, Scalar]] = {
    "exists": ("!=", None),
    "not_exists": ("=", None),
    "is_true": ("=", True),
    "is_false": ("=", False),
}
_VALUED: dict[str, tuple[Operator, str]] = {
    "=": ("=", "string"),
    "!=": ("!=", "string"),
    "number_equals": ("=", "number"),
    "number_not_equals": ("!=", "number"),
    "<": ("<", "number"),
    "<=": ("<=", "number"),
    ">": (">", "number"),
    ">=": (">=", "number"),
}
"""Operators with a value: the sign, and the kind of the value."""

_GLOBS = {"starts_with": ("", "*"), "ends_with": ("*", "")}
_WILD = re.compile(r"[*?\[\\]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def group(condition: syntax.Condition) -> Group:
    """Give the group that says what a condition says. Raises `TriggerError` if none does."""
    node = _node(condition)
    return node if isinstance(node, Group) else Group("and", (node,))


def tree(group: Group) -> syntax.Condition:
    """Give the condition that a group says. Raises `TriggerError` if the language cannot say it."""
    parts = tuple([_tree(child) for child in group.children])
    if not parts:
        raise TriggerError("a group needs a condition", 0)
    if len(parts) == 1:
        return parts[0]
    return And(parts) if group.operator == "and" else Or(parts)


def _node(condition: syntax.Condition) -> Condition | Group:
    match condition:
        case And(parts):
            return Group("and", tuple([_node(part) for part in parts]))
        case Or(parts):
            return Group("or", tuple([_node(part) for part in parts]))
        case Comparison(Field() as field, sign, Constant(value)):
            found = _comparison(field, sign, value)
        case Truth(Call(_, (Field() as field, Constant(str() as text)))):
            found = _call(field, condition, text, "")
        case Not(Truth(Call(_, (Field() as field, Constant(str() as text)))) as inner):
            found = _call(field, inner, text, "not_")
        case _:
            found = None
    if found is None or _tree(found) != condition:
        raise TriggerError("a form cannot show this condition: edit the text", _start(condition))
    return found


def _start(condition: syntax.Condition) -> int:
    while isinstance(condition, Not):
        condition = condition.condition
    return 0 if isinstance(condition, And | Or) else condition.span.start


def _comparison(field: Field, sign: Operator, value: Scalar) -> Condition | None:
    for operator, fixed in _FIXED.items():
        if fixed[0] == sign and fixed[1] is value:
            return _condition(field, operator, None)
    for operator, valued in _VALUED.items():
        if valued == (sign, kind_of(value)):
            return _condition(field, operator, value)
    return None


def _call(field: Field, truth: Truth, text: str, negation: str) -> Condition | None:
    if truth.operand == Call("contains", (field, Constant(text))):
        return _condition(field, f"{negation}contains", text)
    for operator, (before, after) in _GLOBS.items():
        if text.startswith(before) and text.endswith(after):
            bare = text.removeprefix(before).removesuffix(after)
            found = _condition(field, negation + operator, _ESCAPED.sub(r"\1", bare))
            if found and _call_of(found) == truth:
                return found
    return None


def _condition(field: Field, operator: str, value: Value | None) -> Condition | None:
    root, *below = field.keys
    subject = _SUBJECTS.get(root)
    if subject is None or (subject in NAMED) is not bool(below):
        return None
    return Condition(subject, operator, value, ".".join(below) if below else None)


def _tree(node: Node) -> syntax.Condition:
    if node is None:
        raise TriggerError("a group has an empty child: no text says that", 0)
    if isinstance(node, Group):
        return tree(node)
    if node.operator in _FIXED:
        sign, fixed = _FIXED[node.operator]
        return Comparison(_field(node), sign, Constant(fixed))
    if node.operator in _VALUED:
        sign, kind = _VALUED[node.operator]
        return Comparison(_field(node), sign, Constant(_checked(node, kind)))
    truth = _call_of(node)
    return Not(truth) if node.operator.startswith("not_") else truth


def _call_of(node: Condition) -> Truth:
    """The call of a condition, without its negation."""
    operator, text = node.operator.removeprefix("not_"), _checked(node, "string")
    if operator == "contains":
        return Truth(Call("contains", (_field(node), Constant(text))))
    if operator not in _GLOBS:
        raise TriggerError(f"there is no operator {node.operator!r}", 0)
    before, after = _GLOBS[operator]
    escaped = _WILD.sub(r"\\\g<0>", str(text))
    pattern = f"{before}{escaped}{after}"
    return Truth(Call("match", (_field(node), Constant(pattern))))


def _checked(node: Condition, kind: str) -> Scalar:
    value = node.value
    if kind_of(value) != kind:
        raise TriggerError(f"{node.operator} takes a {kind}, not {value!r}", 0)
    if isinstance(value, str) and '"' in value and "'" in value:
        raise TriggerError(f"no text can hold both kinds of quotes: {value!r}", 0)
    return value


def _field(node: Condition) -> Field:
    if root := PLAIN.get(node.type):
        return Field((root,))
    keys = tuple((node.name or "").split("."))
    if not all(keys):
        raise TriggerError(f"{node.name!r} is no name of a field", 0)
    return Field((NAMED[node.type], *keys))
