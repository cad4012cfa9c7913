"""The values a mapping handles: JSON, and the absence of a value."""

from __future__ import annotations

from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


class Undefined(Enum):
    """The type of `UNDEFINED`, so that a type checker can tell it from JSON."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED
"""What a path leads to where an event has nothing; not null, which an event may hold."""

Value: TypeAlias = "Json | Undefined"
Resolve: TypeAlias = "Callable[[Json], Value]"
"""A compiled piece of a mapping: event -> value."""

Mapper: TypeAlias = "Callable[[Mapping[str, Json]], Json]"
"""A compiled mapping: event -> the values of an action's fields."""


def kind(value: Value) -> str:
    """Name the type of a value as error messages do: null, array, number and so on."""
    return _KINDS.get(type(value), "undefined")


def a_kind(value: Value) -> str:
    """The same with its article: `an array`."""
    name = kind(value)
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


_KINDS = {
    NoneType: "null",
    bool: "boolean",
    str: "string",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
}
