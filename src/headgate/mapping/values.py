"""The values a mapping handles: JSON, and the absence of a value."""

from __future__ import annotations

from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


class Undefined(Enum):
    """The type of `UNDEFINED`, so that a type checker can tell it from JSON."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED
"""What a path leads to where an event has nothing; not null, which an event may hold."""

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | Undefined | None"
"""JSON on its way through a mapping, where anything may be undefined."""

Mapper: TypeAlias = "Callable[[Mapping[str, Json]], Json]"
"""A compiled mapping: event -> the values of an action's fields."""

Mode: TypeAlias = Literal["strict", "compatible"]
"""The language as documented, or Segment's with all its quirks."""


def kind(value: object) -> str:
    """Name the type of a value as error messages do: null, array, number and so on."""
    return _KINDS.get(type(value), "undefined")


def a_kind(value: object) -> str:
    """The same with its article: `an array`; an object with an `@` key is `a directive`."""
    return with_article("directive" if is_directive_like(value) else kind(value))


def with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def is_directive_like(value: object) -> bool:
    """Tell whether a stored value is meant as a directive: an object with an `@` key."""
    return isinstance(value, dict) and any(key.startswith("@") for key in value)


def is_directive(value: object) -> bool:
    """Tell whether an object is a directive when it runs: nothing but `@` keys and notes."""
    return is_directive_like(value) and not others(value)  # type: ignore[arg-type]  # it is a dict


def others(stored: dict[str, Json]) -> list[str]:
    """The keys that a directive must not have: neither `@…` nor notes about it."""
    return [key for key in stored if not key.startswith("@") and key != METADATA]


def same_json(one: object, other: object) -> bool:
    """Tell whether two values are the same JSON; to Python, true and 1 are equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return type(one) is type(other) and one == other


METADATA = "_metadata"
"""The key under which editors keep notes beside a directive."""

_KINDS = {
    NoneType: "null",
    bool: "boolean",
    str: "string",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
}
