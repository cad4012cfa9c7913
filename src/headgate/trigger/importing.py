"""What to know before a trigger that ran at Segment runs in strict mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.trigger import compatible, strict
from headgate.trigger.compatible import writer
from headgate.trigger.conditions import Condition, Group
from headgate.trigger.errors import TriggerError
from headgate.trigger.strict import forms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.trigger.conditions import Node

_NEGATED_TEXTS = "where the field is missing, it is true in strict mode and false at Segment"
_NEGATED_NUMBERS = "where the field is no number, it is true in strict mode and false at Segment"
_OTHERWISE = {
    "not_contains": _NEGATED_TEXTS,
    "not_starts_with": _NEGATED_TEXTS,
    "not_ends_with": _NEGATED_TEXTS,
    "number_not_equals": _NEGATED_NUMBERS,
}


def differences(text: str) -> list[str]:
    """Tell where strict and compatible mode decide differently, one sentence for each reason.

    An empty list means that both read the text alike and test alike. What JavaScript finds below
    values that are no objects, such as the `length` of a text, is not looked for.
    """
    try:
        segment = compatible.parse(text).group
    except TriggerError as error:
        return [f"Segment cannot read it, so that it never matches there: {error}"]
    try:
        condition = strict.parse(text)
    except TriggerError as error:
        return [f"strict mode cannot read it: {error}", *_reading(segment)]
    if not _is_the_same(condition, segment):
        return _reading(segment)
    return [
        f"`{writer.write(Group('and', (each,)))}`: {_OTHERWISE[each.operator]}"
        for each in _conditions(segment)
        if each.operator in _OTHERWISE
    ]


def _is_the_same(condition: strict.Condition, segment: Group) -> bool:
    try:
        return forms.group(condition) == segment
    except TriggerError:
        return False  # a form holds everything that Segment can read


def _reading(segment: Group) -> list[str]:
    try:
        return [f"Segment reads it as `{writer.write(segment)}`"]
    except TriggerError:
        return ["Segment finds parentheses without a condition in it"]


def _conditions(node: Node) -> Iterator[Condition]:
    if isinstance(node, Condition):
        yield node
    elif isinstance(node, Group):
        for child in node.children:
            yield from _conditions(child)
