"""How large a mapping may be, and what it makes of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.mapping.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.mapping.values import Value

DEEPEST = 100
"""Levels of a stored mapping."""

MOST_VALUES = 10_000
"""Values of all kinds in a stored mapping, objects and lists among them."""

LONGEST = 256 * 1024
"""Characters of all texts and keys of a stored mapping together."""

LARGEST_TEXT = 1024 * 1024
"""Characters of a text that a directive makes."""

LARGEST_RESULT = 4 * 1024 * 1024
"""Characters of all texts and keys of what a mapping makes."""

MOST_RESULTS = 50_000
"""Values of all kinds in what a mapping makes."""


def fault_of_size(stored: object) -> str | None:
    """Say what is too large about a stored mapping, after looking at no more than is allowed."""
    characters = 0
    for values, (value, depth) in enumerate(_walk(stored), 1):
        characters += _characters(value)
        if depth > DEEPEST:
            return f"is nested deeper than {DEEPEST} levels"
        if values > MOST_VALUES:
            return f"has more than {MOST_VALUES} values"
        if characters > LONGEST:
            return f"has more than {LONGEST} characters"
    return None


def _walk(value: object) -> Iterator[tuple[object, int]]:
    """Give every value with its depth, without recursion; what is added later is seen first."""
    waiting = [(value, 0)]
    while waiting:
        value, depth = waiting.pop()
        yield value, depth
        if isinstance(value, (dict, list)):
            below = depth + 1
            members = value.values() if isinstance(value, dict) else value
            waiting.extend((member, below) for member in members)


def _characters(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    return sum(map(len, value)) if isinstance(value, dict) else 0


def size(value: object) -> int:
    """Measure a value: the characters of its texts and keys, and one for each value."""
    return sum(1 + _characters(part) for part, _ in _walk(value))


def bounded(value: Value) -> Value:
    """Give the value back, unless it is too large to be written out as JSON.

    A small mapping can refer to the same part of an event again and again, in references that
    cost nothing before they are written.
    """
    characters, values = LARGEST_RESULT, MOST_RESULTS
    waiting = [value]
    while waiting:
        part = waiting.pop()
        characters -= _characters(part)
        if isinstance(part, (dict, list)):
            values -= len(part)
            if values < 0:
                raise MappingError(f"/ gives more than {MOST_RESULTS} values: map less of it.")
            waiting.extend(part.values() if isinstance(part, dict) else part)
        if characters < 0:
            raise MappingError(f"/ gives more than {LARGEST_RESULT} characters: map less of it.")
    return value


def check_text(name: str, characters: int) -> None:
    """Refuse a text of so many characters before it is made."""
    if characters > LARGEST_TEXT:
        raise MappingError(f"{name}: would give a text of more than {LARGEST_TEXT} characters")
