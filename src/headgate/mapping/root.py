"""What the root of a stored mapping stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from headgate.mapping.errors import MappingError
from headgate.mapping.javascript import entries
from headgate.mapping.values import a_kind

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Mode, Value

ROOT_DIRECTIVE = "__segment_internal_directive"


def rewritten(mapping: Json, mode: Mode) -> Json:
    """Give the mapping that is meant.

    Beside a root directive, all other members become its `mapping` (kit-behaviour 7.1). In
    compatible mode a list or a text is the object of its elements, and any other value is empty.
    """
    if not isinstance(mapping, dict):
        if mode == "strict" or mapping is None:
            raise MappingError(f"/ should be an object but it is {a_kind(mapping)}.")
        return _members(mapping)
    if ROOT_DIRECTIVE not in mapping:
        return mapping
    return _around(mapping[ROOT_DIRECTIVE], mapping)


def _around(directive: Json, mapping: dict[str, Json]) -> Json:
    if isinstance(directive, (str, list)):
        directive = _members(directive)
    if not isinstance(directive, dict):
        raise MappingError("The root directive must be an object")
    if len(directive) > 1:
        raise MappingError("The root mapping must only have a single directive object")
    name, argument = next(iter(directive.items()), ("", None))
    if isinstance(argument, list):
        return {name: argument}
    if not isinstance(argument, dict):
        raise MappingError("The root directive must be an object")
    fields = {key: member for key, member in mapping.items() if key != ROOT_DIRECTIVE}
    return {name: {**argument, "mapping": fields}}


def _members(value: Json) -> dict[str, Json]:
    return cast("dict[str, Json]", dict(entries(cast("Value", value))))
