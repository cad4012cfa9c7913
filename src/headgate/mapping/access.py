"""Reading one place of an event: what a path means."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from headgate.mapping import javascript
from headgate.mapping.values import METADATA, UNDEFINED

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Mode, Value

Steps: TypeAlias = tuple[str, ...]

# A dot; a bracket that opens an index or a quoted key; brackets that close one.
_SEPARATOR = re.compile(r"""\.|\[(?=["'0-9])|(?<=["'0-9])\]+""")
_QUOTED_KEY = re.compile(r"""\[(?:"([^"]*)"|'([^']*)')\]""")
_QUOTES = str.maketrans("", "", "\"'")
_INDEX = re.compile(r"0|[1-9][0-9]*", re.ASCII)


def steps(path: str, mode: Mode = "strict") -> Steps:
    """Split `a.b[0].c` into its keys, as Segment does (kit-behaviour 7.3).

    Empty pieces count for nothing, so `.` and the empty path name the whole event. In strict mode
    `["…"]` names any key; for Segment a quoted key splits at its dots all the same.
    """
    if mode == "compatible" or "[" not in path:
        return _pieces(path)
    found: list[str] = []
    at = 0
    for match in _QUOTED_KEY.finditer(path):
        found += (*_pieces(path[at : match.start()]), match[1] or match[2] or "")
        at = match.end()
    return (*found, *_pieces(path[at:]))


def _pieces(path: str) -> Steps:
    return tuple(piece.translate(_QUOTES) for piece in _SEPARATOR.split(path) if piece)


def without_root(path: str) -> str:
    """Drop the first `$.` of an `@path`, wherever it stands."""
    return path.replace("$.", "", 1)


def is_whole_event(mapping: Json) -> bool:
    """Tell whether a mapping is the event itself, `{"@path": "$."}`, so its JSON can be shared."""
    if not isinstance(mapping, dict) or not mapping.keys() <= {"@path", METADATA}:
        return False
    path = mapping.get("@path")
    return isinstance(path, str) and not steps(without_root(path))


def look_up(value: Value, path: str, mode: Mode) -> Value:
    """Read a place whose path only the event knows."""
    return walk(value, _known(path, mode) if len(path) < _WORTH_KEEPING else steps(path, mode))


_WORTH_KEEPING = 256
_known = lru_cache(1024)(steps)


def walk(value: Value, path: Steps) -> Value:
    """Walk down; a falsy value on the way ends the walk and is the result."""
    for step in path:
        value = value.get(step, UNDEFINED) if type(value) is dict else member(value, step)
    return value


def member(value: Value, key: str) -> Value:
    """One step down, into an object, a list (index or `length`) or a string (the same).

    JavaScript's falsy values lead to themselves, any other value to nothing.
    """
    if isinstance(value, dict):
        return value.get(key, UNDEFINED)
    if isinstance(value, list):
        return _element(value, key)
    if not value or value is UNDEFINED or value != value:  # noqa: PLR0124 - NaN
        return value
    return _character(value, key) if isinstance(value, str) else UNDEFINED


def _element(items: list[Value], key: str) -> Value:
    if key == "length":
        return len(items)
    index = _index(key)
    return items[index] if 0 <= index < len(items) else UNDEFINED


def _character(text: str, key: str) -> Value:
    if key == "length":
        return javascript.length(text)
    index = _index(key)
    if text.isascii():
        return text[index] if 0 <= index < len(text) else UNDEFINED
    pieces = javascript.units(text)
    return pieces[index] if 0 <= index < len(pieces) else UNDEFINED


def _index(key: str) -> int:
    """Read a list index in its canonical form; -1 for any other key."""
    return int(key) if len(key) <= _LONGEST_INDEX and _INDEX.fullmatch(key) else -1


_LONGEST_INDEX = 10  # digits; no event is that large, and int() need not read longer ones
