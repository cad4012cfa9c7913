"""Groups of conditions: what a trigger is where it is put together without writing."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from headgate.trigger.numerals import double, number, plain

Value: TypeAlias = str | int | float | bool

Subject: TypeAlias = Literal[
    "event-type", "event", "name", "userId", "event-property", "event-trait", "event-context"
]

PLAIN: dict[Subject, str] = {
    "event-type": "type",
    "event": "event",
    "name": "name",
    "userId": "userId",
}
"""The field of the event that each kind of condition without a name tests."""

NAMED: dict[Subject, str] = {
    "event-property": "properties",
    "event-trait": "traits",
    "event-context": "context",
}
"""The object of the event that each kind of condition with a name looks into."""


class Condition(msgspec.Struct, frozen=True):
    """One test. `name` is the path below `properties`, `traits` or `context`, else None.

    `value` is None for operators that need none. `operator` is any text, as Segment takes any
    word there; one that it does not know never holds.
    """

    type: Subject
    operator: str
    value: Value | None = None
    name: str | None = None


class Group(msgspec.Struct, frozen=True):
    """All (`and`) or any (`or`) of some conditions and groups.

    A child that is None is what Segment makes of parentheses without a condition: it cannot be
    tested, so it keeps the trigger from matching when it is reached.
    """

    operator: Literal["and", "or"]
    children: tuple[Node, ...]


Node: TypeAlias = Condition | Group | None


def text_of(value: Value | None) -> str:
    """What JavaScript's `String(value)` gives; no value is `undefined`."""
    if value is None:
        return "undefined"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else plain(value)


def number_of(value: Value | None) -> float:
    """What JavaScript's `Number(value)` gives; no value is NaN."""
    if value is None:
        return float("nan")
    return number(value) if isinstance(value, str) else float(double(value))
