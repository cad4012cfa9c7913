"""Objects, lists and texts as JavaScript enumerates them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.mapping.values import Value

T = TypeVar("T")

_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
_ARRAY_INDEXES = 2**32 - 1


def is_index(key: str) -> bool:
    """Tell whether a key counts as an array index, which JavaScript puts before all others."""
    return bool(_ARRAY_INDEX.fullmatch(key)) and int(key) < _ARRAY_INDEXES


def indexes_first(value: dict[str, T]) -> dict[str, T]:
    """Order members as JavaScript keeps them: array indexes ascending, then as inserted."""
    indexes = sorted((key for key in value if is_index(key)), key=int)
    return {key: value[key] for key in indexes} | value


def entries(value: Value) -> Iterable[tuple[str, Value]]:
    """Give the members of a value as `Object.entries` does; scalars have none."""
    if isinstance(value, dict):
        ordered = indexes_first(value) if any(map(_may_be_index, value)) else value
        return ordered.items()
    if isinstance(value, list):
        return ((str(index), item) for index, item in enumerate(value))
    if isinstance(value, str):
        return ((str(index), unit) for index, unit in enumerate(units(value)))
    return ()


def units(text: str) -> list[str]:
    """Cut a text into its UTF-16 units; half of a pair comes out as a lone surrogate."""
    if text.isascii():
        return list(text)
    data = text.encode("utf-16-le", "surrogatepass")
    pairs = (data[at : at + 2] for at in range(0, len(data), 2))
    return [pair.decode("utf-16-le", "surrogatepass") for pair in pairs]


def length(text: str) -> int:
    """Count the UTF-16 units of a text."""
    return len(text) + (0 if text.isascii() else sum(unit > "\uffff" for unit in text))


def _may_be_index(key: str) -> bool:
    return key[:1].isdigit()
