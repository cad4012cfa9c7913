"""What the root of a stored mapping stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from headgate.mapping.errors import MappingError
from headgate.mapping.javascript import entries, indexes_first
from headgate.mapping.values import a_kind

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Mode, Value

ROOT_DIRECTIVE = "__segment_internal_directive"


def rewritten(mapping: Json, mode: Mode) -> Json:
    """Give the mapping that is meant.

    Beside a root directive, all other members become its `mapping` (kit-behaviour 7.1). In
    compatible mode a list or a text is the object of its elements, any other value is empty, and
    members stand in JavaScript's order, which decides what fails first.
    """
    if mode == "compatible":
        mapping = _ordered(mapping)
    if not isinstance(mapping, dict):
        if mode == "strict" or mapping is None:
            raise MappingError(f"/ should be an object but it is {a_kind(mapping)}.")
        return _members(mapping)
    if ROOT_DIRECTIVE not in mapping:
        return mapping
    fields = {key: member for key, member in mapping.items() if key != ROOT_DIRECTIVE}
    return _around(mapping[ROOT_DIRECTIVE], fields, mode)


def _around(directive: Json, fields: dict[str, Json], mode: Mode) -> Json:
    """Put the fields into the one member of a root directive; Segment takes a list for one, too."""
    is_list = isinstance(directive, list) and mode == "compatible"
    members = _members(directive) if is_list or isinstance(directive, str) else directive
    if not isinstance(members, dict):
        raise MappingError("The root directive must be an object")
    if len(members) > 1:
        raise MappingError("The root mapping must only have a single directive object")
    name, argument = next(iter(members.items()), ("", None))
    if not isinstance(argument, (dict, list)):
        raise MappingError("The root directive must be an object")
    filled = {**argument, "mapping": fields} if isinstance(argument, dict) else argument
    return [filled] if is_list else {name: filled}


def _ordered(stored: Json) -> Json:
    if isinstance(stored, list):
        return [_ordered(item) for item in stored]
    if not isinstance(stored, dict):
        return stored
    return {key: _ordered(member) for key, member in indexes_first(stored).items()}


def _members(value: Json) -> dict[str, Json]:
    return cast("dict[str, Json]", dict(entries(cast("Value", value))))
