"""Reading values the way Segment's tests do (kit-behaviour 8.4)."""

from __future__ import annotations

import re

from headgate.trigger.compatible.lexer import units
from headgate.trigger.numerals import is_falsy

_KEYS = re.compile(r"[^\[\].]+")
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)

INHERITED = frozenset(
    {
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)
"""What every JavaScript object has without being given it."""

FUNCTION = object()
"""Stands for such an inherited member: it exists and equals nothing."""


def keys(name: str) -> tuple[str, ...] | None:
    """Split the name of a condition into keys; None where Segment's reading breaks off."""
    found = tuple(_KEYS.findall(name))
    return found if found or not name else None


def walk(value: object, path: tuple[str, ...]) -> object:
    """Walk down; a falsy value on the way ends the walk and is the result. None is undefined."""
    for key in path:
        if is_falsy(value):
            return value
        value = _member(value, key)
    return value


def _member(value: object, key: str) -> object:
    if isinstance(value, dict) and key in value:
        return value[key]
    if isinstance(value, list | str) and (found := _element(value, key)) is not None:
        return found
    return FUNCTION if key in INHERITED else None


def _element(value: list[object] | str, key: str) -> object:
    """An index or `length` of a list or a text, which JavaScript counts in UTF-16 units."""
    if key != "length" and not _INDEX.fullmatch(key):
        return None
    if isinstance(value, str):
        return _unit(value.encode("utf-16-le", "surrogatepass"), key)
    if key == "length":
        return len(value)
    return value[int(key)] if int(key) < len(value) else None


def _unit(text: bytes, key: str) -> object:
    if key == "length":
        return len(text) // 2
    return text[int(key) * 2 : int(key) * 2 + 2].decode("utf-16-le", "surrogatepass") or None


def in_halves(operator: str, actual: str, value: str) -> bool:
    """Test a text for a value that holds half a character, which `ends_with` can leave over."""
    actual, value = units(actual), units(value)
    if operator == "ends_with":
        return actual.endswith(value)
    return actual.startswith(value) if operator == "starts_with" else value in actual
