"""What each condition of a structure tests, as clauses of a program (kit-behaviour 8.4)."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NoReturn

from headgate.trigger.compatible.values import INHERITED, in_halves, keys, walk
from headgate.trigger.compatible.writer import field_text
from headgate.trigger.conditions import (
    NAMED,
    PLAIN,
    Condition,
    Group,
    number_of,
    text_of,
)
from headgate.trigger.numerals import double
from headgate.trigger.program import Clause, Joined, Place, Unanswerable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.trigger.compatible.parser import Parsed, Span
    from headgate.trigger.conditions import Node
    from headgate.trigger.program import Program


def unanswerable() -> NoReturn:
    """Stop, where Segment's own tests throw."""
    raise Unanswerable


NAMES: dict[str, object] = {
    "dict": dict,
    "double": double,
    "float": float,
    "in_halves": in_halves,
    "int": int,
    "str": str,
    "type": type,
    "unanswerable": unanswerable,
    "walk": walk,
}
"""What the clauses call."""

_EXACT = 2**53
_HALF = re.compile(r"[\ud800-\udfff]")
_IDENTITY = {
    "exists": "{} is not None",
    "not_exists": "{} is None",
    "is_true": "{} is True",
    "is_false": "{} is False",
}
_EQUALITY = {"=": "==", "!=": "!="}
_NUMBERS = {
    "number_equals": "==",
    "number_not_equals": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_TEXTS = {
    "contains": "{value} in v",
    "starts_with": "v.startswith({value})",
    "ends_with": "v.endswith({value})",
}


def program(parsed: Parsed) -> Program:
    """Give the program of a whole structure."""
    return _group(parsed.group, iter(parsed.spans))


def _group(group: Group, spans: Iterator[Span]) -> Joined:
    return Joined(group.operator, tuple([_node(child, spans) for child in group.children]))


def _node(node: Node, spans: Iterator[Span]) -> Program:
    if isinstance(node, Group):
        return _group(node, spans)
    start, end = next(spans)
    if node is None:
        return Clause(start, end, "unanswerable()", "unanswerable()")
    place = _place(node)
    holds = "unanswerable()" if place is None else _test(node, place.source)
    return Clause(start, end, holds, f"not {holds}", (place,) if place else ())


def _place(condition: Condition) -> Place | None:
    """Where the condition looks; None where Segment cannot look."""
    if root := PLAIN.get(condition.type):
        return Place(root, f"event.get({root!r})")
    path = keys(condition.name or "")
    if path is None:
        return None
    return Place(field_text(condition), _reading(NAMED[condition.type], path))


def _reading(root: str, path: tuple[str, ...]) -> str:
    """Plain objects all the way down are read at once; everything else takes the long way."""
    slow = f"walk(event.get({root!r}), {path!r})"
    if not path or not INHERITED.isdisjoint(path):
        return slow if path else "None"
    objects, inner = [], f"event.get({root!r})"
    for depth, key in enumerate(path[:_DEEPEST_FAST]):
        objects.append(f"type(o{depth} := {inner}) is dict")
        inner = f"o{depth}.get({key!r})"
    return (
        slow if len(path) > _DEEPEST_FAST else f"({inner} if {' and '.join(objects)} else {slow})"
    )


_DEEPEST_FAST = 4


def _test(condition: Condition, place: str) -> str:
    operator, value = condition.operator, condition.value
    if identity := _IDENTITY.get(operator):
        return f"({identity.format(place)})"
    if sign := _EQUALITY.get(operator):
        return f"({place} {sign} {text_of(value)!r})"
    if sign := _NUMBERS.get(operator):
        return _number_test(place, sign, number_of(value))
    positive = operator.removeprefix("not_")
    if positive in _TEXTS:
        return _text_test(place, positive, text_of(value), negated=positive != operator)
    return "False"


def _number_test(place: str, sign: str, value: float) -> str:
    is_number = f"type(v := {place}) is int or type(v) is float"
    if math.isnan(value):
        return f"({is_number})" if sign == "!=" else "False"
    if abs(value) < _EXACT:
        return f"(({is_number}) and v {sign} {value!r})"
    large = repr(value) if math.isfinite(value) else f"float({str(value)!r})"
    return f"(({is_number}) and double(v) {sign} {large})"


def _text_test(place: str, operator: str, value: str, *, negated: bool) -> str:
    template = "in_halves({operator}, v, {value})" if _HALF.search(value) else _TEXTS[operator]
    test = template.format(operator=repr(operator), value=repr(value))
    return f"(type(v := {place}) is str and {'not ' if negated else ''}({test}))"


NO_OBJECT = "event is not None and run({})"
"""JavaScript finds no members in a text or a number either; only null has it stop."""
