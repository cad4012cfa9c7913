"""What the argument of each directive must be (kit-behaviour 7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headgate.mapping.check.shapes import (
    Check,
    any_kind,
    anything,
    fault,
    list_like,
    object_like,
    object_of,
    object_or_directive,
    of_kind,
    one_of,
    optional,
    required,
    strictly,
    text_like,
    text_of,
    text_or_directive,
)
from headgate.mapping.errors import MappingError
from headgate.mapping.javascript import truthy

if TYPE_CHECKING:
    from headgate.mapping.check.shapes import Faults, Rule, Where
    from headgate.mapping.values import Json, Mode

LONGEST_PATTERN = 10
"""UTF-16 units of a pattern of `@replace`, and of its replacement."""


def faults(mapping: Json, mode: Mode) -> Faults:
    """Give a sentence for each fault of a mapping, each with its path."""
    return Check(mode, RULES).value(mapping, ())


def _if(check: Check, stored: Json, where: Where) -> Faults:
    found = _IF(check, stored, where)
    if found or check.mode == "compatible" or not isinstance(stored, dict):
        return found
    if truthy(stored.get("exists")) or truthy(stored.get("blank")):
        return []
    return fault(where, 'requires an "exists" key or a "blank" key')


def _array_path(check: Check, stored: Json, where: Where) -> Faults:
    if found := list_like(stored, where):
        return found
    match stored:
        case [path]:
            return text_or_directive(check, path, where)
        case [path, shape, *_]:
            return text_or_directive(check, path, where) or check.value(shape, where)
    return fault(where, "should be a string or a mapping directive but it is an undefined")


def _merge(check: Check, stored: Json, where: Where) -> Faults:
    """At Segment, the first fault among the objects is told, and its path starts anew at `/`."""
    found = _MERGE(check, stored, where)
    if found or not isinstance(stored, dict) or not isinstance(stored["objects"], list):
        return found
    if check.mode == "compatible":
        faulty = (object_or_directive(check, item, ()) for item in stored["objects"])
        return next(filter(None, faulty), [])
    return [
        each
        for index, item in enumerate(stored["objects"])
        for each in object_like(item, (*where, "objects", str(index)))
    ]


def _liquid(check: Check, stored: Json, where: Where) -> Faults:
    """In strict mode a template with a fault is refused when it is saved."""
    if not isinstance(stored, str) or check.mode == "compatible":
        return of_kind("string")(stored, where)
    from headgate.mapping.liquidjs import compile as compile_liquid

    try:
        compile_liquid(stored)
    except MappingError as error:
        return fault(where, f"cannot be read: {str(error).rstrip('.')}")
    return []


_IF = object_of()
_MERGE = object_of(
    direction=optional(one_of("left", "right")),
    objects=required(list_like),
)
_PATTERN, _REPLACEMENT = text_of(1, LONGEST_PATTERN), text_of(0, LONGEST_PATTERN)

RULES: Final[dict[str, Rule]] = {
    "@arrayPath": _array_path,
    "@case": object_of(operator=optional(of_kind("string")), value=optional(text_like)),
    "@excludeWhenNull": anything,
    "@flatten": object_of(separator=optional(of_kind("string")), value=required(any_kind)),
    "@if": _if,
    "@json": object_of(value=required(any_kind), mode=required(one_of("encode", "decode"))),
    "@liquid": _liquid,
    "@literal": anything,
    "@merge": _merge,
    "@path": text_or_directive,
    "@replace": object_of(
        pattern=required(_PATTERN),
        replacement=optional(_REPLACEMENT),
        value=required(text_like),
        ignorecase=optional(of_kind("boolean")),
        **{"global": optional(of_kind("boolean"))},
        pattern2=strictly(optional(_REPLACEMENT)),
        replacement2=strictly(optional(_REPLACEMENT)),
    ),
    "@template": text_or_directive,
    "@transform": object_of(apply=required(object_like), mapping=required(object_like)),
}
