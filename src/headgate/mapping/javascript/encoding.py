"""JSON as JavaScript writes it.

msgspec already writes strings, null, true, false and most numbers as JavaScript does. So values
are made ready for it: what needs nothing is passed through untouched, and an ordinary event costs
one walk and no copy.
"""

from __future__ import annotations

import re

import msgspec

from headgate.mapping.javascript.objects import indexes_first, is_index
from headgate.mapping.javascript.texts import number

_encode = msgspec.json.Encoder().encode
_AS_IT_IS = frozenset({str, int, bool, type(None)})
_EXACT = 2.0**53  # below, the digits of an integral float are those of the integer
_SMALLEST_ALIKE = 1e-5  # below, msgspec takes to exponents before JavaScript does
_LONE = re.compile("([\ud800-\udfff])")


def stringify(value: object) -> bytes:
    """Write JSON with the bytes of `JSON.stringify(value)`, in UTF-8.

    Raises `TypeError` for what JSON does not have, such as a date. Integers are written exactly,
    whatever their size.
    """
    ready = _ready(value)
    try:
        return _encode(ready)
    except UnicodeEncodeError:  # a lone surrogate: JavaScript escapes it
        return _written(ready).encode()


def _ready(value: object) -> object:
    if type(value) is dict:
        return _ready_object(value)
    if type(value) is list:
        return _ready_list(value)
    if type(value) is float:
        return _ready_float(value)
    return value if type(value) in _AS_IT_IS else _ready_other(value)


def _ready_object(value: dict[str, object]) -> dict[str, object]:
    changed: dict[str, object] | None = None
    ordered = True
    for key, member in value.items():
        if key < ":" and is_index(key):  # the cheap test passes digits, and no letter
            ordered = False
        if type(member) in _AS_IT_IS:
            continue
        ready = _ready(member)
        if ready is not member:
            changed = changed or dict(value)
            changed[key] = ready
    result = changed or value
    return result if ordered else indexes_first(result)


def _ready_list(value: list[object]) -> list[object]:
    changed: list[object] | None = None
    for index, item in enumerate(value):
        if type(item) in _AS_IT_IS:
            continue
        ready = _ready(item)
        if ready is not item:
            changed = changed or list(value)
            changed[index] = ready
    return changed or value


def _ready_float(value: float) -> object:
    size = abs(value)
    if value.is_integer():
        return int(value) if size < _EXACT else msgspec.Raw(number(value).encode())
    return msgspec.Raw(number(value).encode()) if size < _SMALLEST_ALIKE else value


def _ready_other(value: object) -> object:
    """Reduce subclasses (enumerations, named tuples, …) to the JSON type they extend."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _ready_float(float(value))
    if isinstance(value, dict):
        return _ready_object(dict(value))
    if isinstance(value, (list, tuple)):
        return _ready_list(list(value))
    raise TypeError(f"JSON has no {type(value).__name__}: convert it to a string or a number first")


def _written(value: object) -> str:
    """Write ready values by hand, because msgspec refuses lone surrogates."""
    if isinstance(value, dict):
        members = (f"{_quoted(key)}:{_written(member)}" for key, member in value.items())
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    return _quoted(value) if isinstance(value, str) else _encode(value).decode()


def _quoted(text: str) -> str:
    """Write a string; two halves of a pair that stand together are a character, not lone."""
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    pieces = _LONE.split(paired)
    for index, piece in enumerate(pieces):
        pieces[index] = f"\\u{ord(piece):04x}" if index % 2 else _encode(piece).decode()[1:-1]
    return f'"{"".join(pieces)}"'
