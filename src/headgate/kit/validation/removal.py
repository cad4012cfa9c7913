"""Empty values, which count as absent before anything is checked (kit-behaviour 6.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from headgate.mapping import UNDEFINED

if TYPE_CHECKING:
    from headgate.kit.validation.schema import Schema
    from headgate.mapping import Mode

Remove: TypeAlias = Callable[[Any], Any]
"""Value -> the value without what is empty in it, or UNDEFINED if it is empty itself."""


def removal(schema: Schema, mode: Mode) -> Remove:
    """Compile the removal for what a schema describes.

    null is empty where it is not allowed, "" where no string is. Segment leaves the members of
    objects in lists alone; mode `strict` does not, and takes a list of one item for the item
    where no list is allowed.
    """
    null_is_empty = "null" not in schema["type"]
    text_is_empty = "string" not in schema["type"]
    unwraps = mode == "strict" and "array" not in schema["type"]
    from_list = _from_list(schema.get("items"), mode)
    from_object = _from_object(schema.get("properties"), mode)

    def remove(value: Any) -> Any:
        if unwraps and type(value) is list and len(value) == 1 and type(value[0]) is not list:
            value = value[0]
        kind = type(value)
        if kind is dict:
            return from_object(value)
        if kind is list:
            return from_list(value)
        if (value is None and null_is_empty) or (kind is str and not value and text_is_empty):
            return UNDEFINED
        return value

    return remove


def _from_list(items: Schema | None, mode: Mode) -> Remove:
    if items is None:
        return _unchanged
    remove = removal(items, mode)
    if mode == "compatible":
        return lambda value: [item for item in value if remove(item) is not UNDEFINED]
    return lambda value: [kept for item in value if (kept := remove(item)) is not UNDEFINED]


def _from_object(properties: dict[str, Schema] | None, mode: Mode) -> Remove:
    if properties is None:
        return _unchanged
    removes = {key: removal(schema, mode) for key, schema in properties.items()}

    def remove(value: dict[str, Any]) -> dict[str, Any]:
        kept = {}
        for key, member in value.items():
            left = removes[key](member) if key in removes else member
            if left is not UNDEFINED:
                kept[key] = left
        return kept

    return remove


def _unchanged(value: Any) -> Any:
    return value
