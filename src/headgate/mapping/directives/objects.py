"""`@merge`, `@flatten` and `@excludeWhenNull`: objects made of others (kit-behaviour 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.mapping.errors import MappingError
from headgate.mapping.javascript import entries, truthy
from headgate.mapping.limits import check_text
from headgate.mapping.values import UNDEFINED, kind
from headgate.mapping.writing import Piece, Use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.mapping.values import Json, Value
    from headgate.mapping.writing import Part


def emit_merge(part: Part, argument: Json, use: Use) -> Piece:
    """`@merge`: members of several objects; an undefined member takes an earlier one away."""
    if not isinstance(argument, dict):
        return part.fail('@merge requires an object with an "objects" key and a "direction" key')
    if not truthy(argument.get("direction")):
        return part.fail('@merge requires a "direction" key')
    direction = part.value(argument["direction"], Use.ARGUMENT)
    objects = argument.get("objects")
    if not truthy(objects):
        return part.fail('@merge requires a "objects" key')
    if not isinstance(objects, list):
        return part.fail(f"@merge: expected opts.array, got {_typeof(objects)}")
    if part.program.mode == "strict" and isinstance(direction.value, str):
        direction = part.fixed(direction.value.lower())
    items = [part.value(item, Use.ARGUMENT) for item in objects]
    codes = f"({''.join(f'{item.code}, ' for item in items)})"
    holes = any(item.holes for item in items)
    merged = part.call(_merged, codes, direction, undefined=False, holes=holes)
    return part.settled(merged, use)


def _typeof(value: Json) -> str:
    return "object" if value is None else kind(value)


def _merged(objects: tuple[Value, ...], direction: Value) -> Value:
    result: dict[str, Value] = {}
    for item in reversed(objects) if direction == "left" else objects:
        result.update(item if isinstance(item, dict) else entries(item))
    return result


def emit_flatten(part: Part, argument: Json, use: Use) -> Piece:
    """`@flatten`: one level, with keys that tell the way down."""
    if not isinstance(argument, dict):
        return part.fail('@flatten requires an object with a "separator" key')
    if not truthy(argument.get("separator")):
        return part.fail('@flatten requires a "separator" key')
    separator = part.value(argument["separator"], Use.ARGUMENT)
    if "value" not in argument:
        value = part.fixed({})._replace(code="UNDEFINED", undefined=True)
    else:
        value = part.value(argument["value"], Use.ARGUMENT)
    part.program.texts += 1
    keeps_lists = part.program.constant(truthy(argument.get("omitArrays")))
    holes = value.holes or value.undefined
    flat = part.call(_flattened, value, separator, keeps_lists, undefined=False, holes=holes)
    return part.settled(flat, use)


def _flattened(value: Value, separator: Value, keeps_lists: Value) -> Value:
    if not isinstance(separator, str):
        raise MappingError("@flatten requires a string separator")
    result: dict[str, Value] = {}
    size = 0
    for key, leaf in _leaves(value, separator, keeps_lists):
        size += len(key)
        check_text("@flatten", size)
        result[key] = leaf
    return result


def _leaves(value: Value, separator: str, keeps_lists: Value) -> Iterator[tuple[str, Value]]:
    """Walk without recursion, so that no event is too deep."""
    waiting = [iter([("", value)])]
    while waiting:
        for key, member in waiting[-1]:
            if isinstance(member, dict) or (isinstance(member, list) and not keeps_lists):
                waiting.append(_below(key, member, separator))
                break
            yield key, member
        else:
            waiting.pop()


def _below(key: str, value: Value, separator: str) -> Iterator[tuple[str, Value]]:
    prefix = f"{key}{separator}" if key else ""
    check_text("@flatten", len(prefix))
    return ((f"{prefix}{name}", member) for name, member in entries(value))


def emit_exclude_when_null(part: Part, argument: Json, use: Use) -> Piece:
    """`@excludeWhenNull`: nulls become undefined, also in objects, though not in lists."""
    value = part.value(argument, use)
    clean = part.call(_without_nulls, value, undefined=True, holes=True)
    return part.settled(clean, use)


def _without_nulls(value: Value) -> Value:
    if not isinstance(value, dict):
        return UNDEFINED if value is None else value
    return {key: _without_nulls(member) for key, member in value.items()}
