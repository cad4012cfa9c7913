"""Reading one place of an event: what a path means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Resolve, Value

Steps: TypeAlias = tuple[str, ...]

# A dot; a bracket that opens an index or a quoted key; brackets that close one.
_SEPARATOR = re.compile(r"""\.|\[(?=["'0-9])|(?<=["'0-9])\]+""")
_QUOTES = str.maketrans("", "", "\"'")
_INDEX = re.compile(r"0|[1-9][0-9]*", re.ASCII)


def steps(path: str) -> Steps:
    """Split `a.b[0].c` into its keys, as Segment does (kit-behaviour 7.3).

    No key can hold a dot or a quote, quoted or not; empty pieces count for nothing, so `.` and
    the empty path name the whole event.
    """
    return tuple(piece.translate(_QUOTES) for piece in _SEPARATOR.split(path) if piece)


def without_root(path: str) -> str:
    """Drop the first `$.` of an `@path`, wherever it stands."""
    return path.replace("$.", "", 1)


def get(value: Value, path: Steps) -> Value:
    """Walk down; a falsy value on the way ends the walk and is the result."""
    for step in path:
        if type(value) is dict:
            value = value.get(step, UNDEFINED)
        elif _ends_walk(value):
            break
        else:
            value = member(value, step)
    return value


def member(value: Value, key: str) -> Value:
    """One step down, into an object, a list (index or `length`) or a string (the same)."""
    if isinstance(value, Mapping):
        return value.get(key, UNDEFINED)
    if isinstance(value, list):
        return _element(value, key)
    if isinstance(value, str):
        return _character(value, key)
    return UNDEFINED


def getter(path: Steps) -> Resolve:
    """Compile a walk; the usual depths have closures of their own, as this is the hot path."""
    match path:
        case ():
            return lambda event: event
        case (only,):
            return _one(only)
        case (first, second):
            return _two(first, second)
    return lambda event: get(event, path)


def _one(key: str) -> Resolve:
    def resolve(event: Json) -> Value:
        if type(event) is dict:
            return event.get(key, UNDEFINED)
        return get(event, (key,))

    return resolve


def _two(first: str, second: str) -> Resolve:
    def resolve(event: Json) -> Value:
        if type(event) is dict:
            inner = event.get(first, UNDEFINED)
            if type(inner) is dict:
                return inner.get(second, UNDEFINED)
            if inner is UNDEFINED:
                return UNDEFINED
        return get(event, (first, second))

    return resolve


def _ends_walk(value: Value) -> bool:
    """JavaScript's falsy values; empty lists and objects are none of them."""
    if value is UNDEFINED or value is None or value is False or value == "":
        return True
    return isinstance(value, (int, float)) and (value == 0 or value != value)  # noqa: PLR0124 - NaN


def _element(items: list[Json], key: str) -> Value:
    if key == "length":
        return len(items)
    index = _index(key)
    return items[index] if 0 <= index < len(items) else UNDEFINED


def _character(text: str, key: str) -> Value:
    """JavaScript counts UTF-16 units; half of a pair comes out as a lone surrogate."""
    units = text.encode("utf-16-le", "surrogatepass")
    if key == "length":
        return len(units) // 2
    at = _index(key) * 2
    if not 0 <= at < len(units):
        return UNDEFINED
    return units[at : at + 2].decode("utf-16-le", "surrogatepass")


def _index(key: str) -> int:
    """Read a list index in its canonical form; -1 for any other key."""
    return int(key) if len(key) <= _LONGEST_INDEX and _INDEX.fullmatch(key) else -1


_LONGEST_INDEX = 10  # digits; no event is that large, and int() need not read longer ones
