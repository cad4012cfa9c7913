"""Compiling a trigger into closures, once, so that each event only runs them.

What the strict language means (domain section 7): a comparison never converts, so values of
different types are not equal; a missing place is null; numbers are equal by value, `1 = 1.0`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from headgate.trigger.errors import TriggerError
from headgate.trigger.parser import parse
from headgate.trigger.syntax import All, And, Comparison, Not, Or

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headgate.trigger.syntax import Condition, Constant, Subject

Mode: TypeAlias = Literal["strict", "compatible"]
Test: TypeAlias = "Callable[[Mapping[str, object]], bool]"
Read: TypeAlias = "Callable[[Mapping[str, object]], object]"


class Trigger(msgspec.Struct, frozen=True):
    """A compiled trigger; `matches(event)` tells whether it wants an event, and never raises."""

    text: str
    mode: Mode
    matches: Test


def compile(text: str, mode: Mode = "strict") -> Trigger:  # noqa: A001 - reads like `re.compile`
    """Compile a trigger. Raises `TriggerError` with the place of what cannot be read."""
    if mode != "strict":
        raise TriggerError(f"{mode} mode is not available yet: use strict", 0)
    return Trigger(text, mode, _test(parse(text)))


def _test(condition: Condition) -> Test:
    match condition:
        case All():
            return lambda _: True
        case Comparison():
            return _comparison(condition)
        case Not(inner):
            return _not(_test(inner))
        case And(conditions):
            return _and(tuple(map(_test, conditions)))
        case Or(conditions):
            return _or(tuple(map(_test, conditions)))


def _comparison(comparison: Comparison) -> Test:
    if len(comparison.subject) == 1 and isinstance(comparison.value, str):
        test = _text_at_root(comparison.subject[0], comparison.value)
    else:
        test = _equal(_reader(comparison.subject), comparison.value)
    return test if comparison.operator == "=" else _not(test)


def _text_at_root(key: str, text: str) -> Test:
    """The usual `type = "track"`: in Python, too, no other type equals a text."""

    def test(event: Mapping[str, object]) -> bool:
        return event.get(key) == text

    return test


def _equal(read: Read, value: Constant) -> Test:
    if value is None or isinstance(value, bool):
        return lambda event: read(event) is value
    if isinstance(value, str):
        return lambda event: read(event) == value
    return _same_number(read, value)


def _same_number(read: Read, value: float) -> Test:
    def test(event: Mapping[str, object]) -> bool:
        actual = read(event)
        return type(actual) is not bool and actual == value  # Python takes True for 1

    return test


def _reader(subject: Subject) -> Read:
    match subject:
        case (only,):
            return lambda event: event.get(only)
        case (first, second):
            return _two(first, second)
    return lambda event: _walk(event, subject)


def _two(first: str, second: str) -> Read:
    def read(event: Mapping[str, object]) -> object:
        inner = event.get(first)
        return inner.get(second) if type(inner) is dict else None

    return read


def _walk(value: object, subject: Subject) -> object:
    """Walk down objects; what is no object has no members."""
    for key in subject:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _not(test: Test) -> Test:
    return lambda event: not test(event)


def _and(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 1:
        return tests[0]
    first, second = (_and(half) for half in _halves(tests))
    return lambda event: first(event) and second(event)


def _or(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 1:
        return tests[0]
    first, second = (_or(half) for half in _halves(tests))
    return lambda event: first(event) or second(event)


def _halves(tests: tuple[Test, ...]) -> tuple[tuple[Test, ...], tuple[Test, ...]]:
    """Pairs of pairs are faster than a loop, and hundreds of conditions stay a few calls deep."""
    middle = len(tests) // 2
    return tests[:middle], tests[middle:]
